"""Where a figure lies: file, sheet, row, column; and tables that know it of every cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a user's file.

    Attributes
    ----------
    file : str
    sheet : str
        Empty for text files.
    row : int
        From 1, as a spreadsheet or editor counts; for long records the last line.
    column : str
        Its header.
    """

    file: str
    sheet: str
    row: int
    column: str

    def text(self) -> str:
        """Tell the place in one phrase."""
        sheet = f" sheet {self.sheet}" if self.sheet else ""
        return f"{self.file}{sheet} row {self.row} column {self.column}"


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """A table of statistics: numbers by unit and year, with the place of each.

    Attributes
    ----------
    file, sheet : str
    frame : DataFrame
        ``unit`` (code), ``name``, ``year`` and numeric columns under our names.
    rows : Series
        Row of the file, by the frame's index; for a wide table, use `cells`.
    headers : dict
        Our column name to the header in the file.
    cells : dict
        (unit, year, column) to place, only where a row of the frame is spread over the file.
    simulated : bool
        Made by the simulator, not observed.
    notes : tuple of str
        What was changed in reading: units converted, marks taken off, codes brought up to date.
    """

    file: str
    frame: pd.DataFrame
    rows: pd.Series[int]
    headers: Mapping[str, str]
    sheet: str = ""
    cells: Mapping[tuple[str, int, str], Place] = field(default_factory=dict)
    simulated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numeric columns."""
        return tuple(c for c in self.frame.columns if c not in ("unit", "name", "year"))
