"""Rows and cells of a table: Main, Wx, Total, Direct, Indirect, Spatial, Variance, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econometrics.audit.printed import stars_of
from econometrics.spatial.estimates import HAS_LAG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from econometrics.spatial.estimates import Estimates
    from econometrics.spatial.results import SpatialResult

SECTIONS = ("Main", "Wx", "Total", "Direct", "Indirect", "Spatial", "Variance")
NOTE = "Standard errors in parentheses. * p < 0.10, ** p < 0.05, *** p < 0.01 (two-sided, normal)."


@dataclass(frozen=True, slots=True)
class TableCell:
    """An estimate with its error; stars are None where a star would test nothing."""

    estimate: float
    std_error: float
    starred: bool = True

    @property
    def stars(self) -> int:
        """Stars the z-value earns."""
        return (
            stars_of(self.estimate / self.std_error) if self.starred and self.std_error > 0 else 0
        )


@dataclass(frozen=True, slots=True)
class ModelTable:
    """Models side by side.

    Attributes
    ----------
    heads : tuple of str
        One a model.
    rows : tuple of (section, term, cells)
        A cell is None where a model has no such term.
    notes : tuple of str
        Sample, weights, error kind, bias correction, draws, seed.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[TableCell | None, ...]], ...]
    notes: tuple[str, ...]


def model_table(results: Mapping[str, SpatialResult]) -> ModelTable:
    """Lay results out: each gives a column by exact ML and, where there is one, by Lee-Yu."""
    columns: list[tuple[str, Estimates]] = []
    notes = []
    for name, result in results.items():
        columns.append((f"{name}: exact ML", result.exact))
        if result.lee_yu is not None:
            columns.append((f"{name}: Lee-Yu", result.lee_yu))
        t, n = result.shape
        notes.append(f"{name}: {result.spec}; {n} units x {t} periods; {result.provenance}")
    cells = [_cells(e) for _, e in columns]
    keys = _ordered(cells)
    rows = tuple(
        (section, term, tuple(c.get((section, term)) for c in cells)) for section, term in keys
    )
    warned = [f"{name}: {w}" for name, r in results.items() for w in r.warnings]
    return ModelTable(tuple(h for h, _ in columns), rows, (NOTE, *notes, *warned))


Cells = dict[tuple[str, str], TableCell]


def _cells(e: Estimates) -> Cells:
    errors = np.sqrt(np.diagonal(e.coef_cov))
    found: Cells = {}
    k = len(e.names)
    for i, (name, b, s) in enumerate(zip(e.columns, e.fit.coef, errors, strict=True)):
        section = "Main" if i < k else "Wx"
        found[(section, name.removeprefix("W_") if i >= k else name)] = TableCell(
            float(b), float(s)
        )
    for kind in ("total", "direct", "indirect"):
        for j, name in enumerate(e.names):
            value = float(getattr(e.impacts, kind)[j])
            found[(kind.title(), name)] = TableCell(value, float(e.impacts.simulated[kind][j]))
    if e.has_spatial:
        term = "rho" if e.model in HAS_LAG else "lambda"
        found[("Spatial", term)] = TableCell(e.fit.spatial, e.spatial_error)
    # No stars on a variance: its null is the edge of the parameter space.
    found[("Variance", "sigma2_e")] = TableCell(
        e.fit.sigma2, float(np.sqrt(e.cov[-1, -1])), starred=False
    )
    return found


def _ordered(cells: Sequence[Cells]) -> list[tuple[str, str]]:
    keys: dict[tuple[str, str], None] = {}
    for c in cells:
        keys |= dict.fromkeys(c)
    return sorted(keys, key=lambda key: SECTIONS.index(key[0]))
