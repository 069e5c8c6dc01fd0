"""A spatial Durbin table as printed: main, Wx, total, direct, indirect, each with its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from configs.errors import UserError
from corpus.csvfiles import read_csv
from econometrics.audit.printed import Printed, read_printed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTS = ("main", "wx", "total", "direct", "indirect")
_SPATIAL = frozenset({"rho", "ρ", "spatial rho", "spatial:rho", "w*y", "wy"})
_VARIANCE = frozenset({"sigma2", "sigma2_e", "σ2", "sigma^2", "variance", "variance:sigma2_e"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with where it stands."""

    row: str
    column: str
    printed: Printed


@dataclass(frozen=True, slots=True)
class Row:
    """A regressor's row; cells that are empty are absent."""

    name: str
    cells: dict[str, Cell]

    def __getitem__(self, column: str) -> Printed:
        return self.cells[column].printed

    def has(self, *columns: str) -> bool:
        """Whether all the columns are filled."""
        return all(column in self.cells for column in columns)

    def pairs(self) -> Iterator[tuple[str, Printed, Printed]]:
        """Every estimate with its error."""
        for part in PARTS:
            if self.has(part, f"{part}_se"):
                yield part, self[part], self[f"{part}_se"]


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table read.

    Attributes
    ----------
    rows : tuple of Row
        Regressors.
    rho, variance : Row or None
    unreadable : tuple of (row, column, text)
    """

    rows: tuple[Row, ...]
    rho: Row | None
    variance: Row | None
    unreadable: tuple[tuple[str, str, str], ...]


def read_published(path: Path) -> PublishedTable:
    """Read a table with the columns of ``data/published/table3_sgdid.csv``.

    Raises
    ------
    UserError
        When a column is missing.
    """
    frame = read_csv(path)
    needed = ["variable", *(f"{p}{s}" for p in PARTS for s in ("", "_se"))]
    absent = [c for c in needed if c not in frame.columns]
    if absent:
        raise UserError(
            f"lacks the column {absent[0]!r}",
            where=str(path),
            fix="see data/published/table3_sgdid.csv",
        )
    rows, rho, variance, unreadable = [], None, None, []
    for record in frame.to_dict("records"):
        name, cells = record["variable"].strip(), {}
        for column in needed[1:]:
            printed = read_printed(record[column])
            if printed is not None:
                cells[column] = Cell(name, column, printed)
            elif record[column].strip():
                unreadable.append((name, column, record[column]))
        row = Row(name, cells)
        if name.lower() in _SPATIAL:
            rho = row
        elif name.lower() in _VARIANCE:
            variance = row
        else:
            rows.append(row)
    if not rows:
        raise UserError("holds no regressor", where=str(path))
    return PublishedTable(tuple(rows), rho, variance, tuple(unreadable))
