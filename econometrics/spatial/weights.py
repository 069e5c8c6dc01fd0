"""Spatial weights with their unit ids, aligned to a panel by key and never by order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.paths import shipped_name
from corpus.csvfiles import read_csv
from econometrics.spatial.problems import WeightsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from scipy.sparse import csr_matrix

_TOLERANCE = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A weights matrix.

    Attributes
    ----------
    ids : tuple of str
        Unit of each row and column.
    matrix : (n, n) csr_matrix
        Zero diagonal.
    source : str
        Where it came from, for the table's header.
    """

    ids: tuple[str, ...]
    matrix: csr_matrix
    source: str = ""

    @property
    def is_row_standardised(self) -> bool:
        """Every row sums to one."""
        sums = np.asarray(self.matrix.sum(axis=1)).ravel()
        return bool(np.abs(sums - 1).max(initial=0.0) < _TOLERANCE)

    @property
    def islands(self) -> tuple[str, ...]:
        """Units without a neighbour."""
        sums = np.asarray(abs(self.matrix).sum(axis=1)).ravel()
        return tuple(i for i, s in zip(self.ids, sums, strict=True) if s == 0)

    def row_standardise(self) -> Weights:
        """Divide each row by its sum.

        Raises
        ------
        WeightsError
            When a unit has no neighbour, so that its row cannot sum to one.
        """
        from scipy.sparse import diags

        self.refuse_islands()
        sums = np.asarray(self.matrix.sum(axis=1)).ravel()
        return replace(self, matrix=(diags(1.0 / sums) @ self.matrix).tocsr())

    def refuse_islands(self) -> None:
        """Stop at a unit without a neighbour: what to do with it is the researcher's decision."""
        if self.islands:
            raise WeightsError(
                f"units without a neighbour: {', '.join(self.islands)}",
                where=self.source,
                fix="link them (in the weights file), or leave them out of the panel",
            )

    def align(self, units: Sequence[str]) -> Weights:
        """Bring rows and columns into the order of the panel's units.

        Raises
        ------
        WeightsError
            When the units differ; the differences are listed.
        """
        place = {unit: i for i, unit in enumerate(self.ids)}
        absent = [u for u in units if u not in place]
        surplus = sorted(set(self.ids) - set(units))
        if absent or surplus:
            told = f"the panel has {_some(absent)} that the weights lack" if absent else ""
            more = f"the weights have {_some(surplus)} that the panel lacks" if surplus else ""
            raise WeightsError(
                " and ".join(part for part in (told, more) if part),
                where=self.source,
                fix="give weights for exactly the panel's units (dropping a unit from row-standardised weights changes them)",
            )
        order = [place[u] for u in units]
        return replace(self, ids=tuple(units), matrix=self.matrix[order][:, order].tocsr())


def _some(names: Sequence[str], limit: int = 8) -> str:
    listed = ", ".join(names[:limit])
    return listed if len(names) <= limit else f"{listed} and {len(names) - limit} more"


def make_weights(ids: Sequence[str], matrix: Any, *, source: str = "") -> Weights:
    """Check a matrix and wrap it.

    Raises
    ------
    WeightsError
        Not square, wrong size, negative, not finite, doubled ids, or own neighbours.
    """
    from scipy.sparse import csr_matrix

    csr = csr_matrix(matrix, dtype=np.float64)
    csr.eliminate_zeros()
    if csr.shape != (len(ids), len(ids)):
        raise WeightsError(f"is {csr.shape[0]} x {csr.shape[1]} for {len(ids)} ids", where=source)
    twice = sorted({i for i in ids if list(ids).count(i) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise WeightsError(f"unit {twice[0]!r} occurs twice", where=source)
    if not np.isfinite(csr.data).all():
        raise WeightsError("a weight is not a number", where=source)
    if (csr.data < 0).any():
        raise WeightsError(
            "a weight is negative",
            where=source,
            fix="weights are distances of influence, at least 0",
        )
    own = np.flatnonzero(csr.diagonal())
    if len(own):
        raise WeightsError(
            f"unit {ids[own[0]]!r} is its own neighbour", where=source, fix="set the diagonal to 0"
        )
    return Weights(tuple(ids), csr, source)


def read_weights(path: Path) -> Weights:
    """Read weights: long (``focal, neighbor, weight``) or a dense matrix with ids on both sides.

    Raises
    ------
    WeightsError
        When it is neither, or a cell is no number.
    """
    frame, source = read_csv(path), shipped_name(path) or str(path)
    if {"focal", "neighbor", "weight"} <= set(frame.columns):
        return _from_long(frame, source)
    return _from_dense(frame, source)


def _from_long(frame: pd.DataFrame, source: str) -> Weights:
    from scipy.sparse import coo_matrix

    pairs = frame[["focal", "neighbor"]]
    twice = frame.index[pairs.duplicated()]
    if len(twice):
        row = pairs.loc[twice[0]]
        raise WeightsError(
            f"the pair {row.focal}, {row.neighbor} occurs twice",
            where=f"{source} line {twice[0] + 2}",
        )
    values = _numbers(frame["weight"].tolist(), source, "weight")
    ids = sorted(set(frame["focal"]) | set(frame["neighbor"]))
    place = {unit: i for i, unit in enumerate(ids)}
    rows, columns = (frame[c].map(place).to_numpy() for c in ("focal", "neighbor"))
    return make_weights(
        ids, coo_matrix((values, (rows, columns)), shape=(len(ids),) * 2), source=source
    )


def _from_dense(frame: pd.DataFrame, source: str) -> Weights:
    rows, columns = frame.iloc[:, 0].tolist(), list(frame.columns[1:])
    if len(rows) != len(columns) or set(rows) != set(columns):
        raise WeightsError(
            "is neither long nor a square matrix with the same ids on both sides",
            where=source,
            fix="columns focal, neighbor, weight; or ids in the first column and the header",
        )
    values = [_numbers(frame[c].tolist(), source, c) for c in columns]
    matrix = np.column_stack(values)
    place = {unit: i for i, unit in enumerate(rows)}
    return make_weights(columns, matrix[[place[c] for c in columns]], source=source)


def _numbers(
    cells: Sequence[str], source: str, column: str
) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        return np.array([float(c) if c.strip() else 0.0 for c in cells])
    except ValueError as error:
        raise WeightsError(f"column {column!r}: {error}", where=source) from error
