"""What a check or reader has to say about a table: one finding a line."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

Rule = Literal[
    "bad_cell", "bad_year", "unknown_region", "ambiguous_region", "guessed_region", "renamed_region", "abolished_region",
    "duplicate_row", "duplicate_key", "duplicate_series", "unit", "unit_break", "reversed_years", "shifted_years", "interpolated_run",
    "vintage_mix", "identity", "unreadable", "note",
]  # fmt: skip

#: Rules that stop a table from being read: what it says cannot be known.
STOPS: frozenset[str] = frozenset(
    {"bad_cell", "bad_year", "unknown_region", "ambiguous_region", "guessed_region", "abolished_region",
     "duplicate_row", "duplicate_key", "unit", "unreadable"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding.

    Attributes
    ----------
    rule : str
    message : str
        What is wrong, with the value.
    file, sheet : str
    row : int
        In the file, from 1; 0 for a whole column.
    unit : str
        Code, or the text of a region that has none.
    year : int
        0 for all years.
    column : str
    value : str
        As it stands in the file.
    """

    rule: Rule
    message: str
    file: str = ""
    sheet: str = ""
    row: int = 0
    unit: str = ""
    year: int = 0
    column: str = ""
    value: str = ""

    @property
    def where(self) -> str:
        """File, sheet, row and column in one phrase."""
        parts = [self.file, f"sheet {self.sheet}" if self.sheet else ""]
        parts += [
            f"row {self.row}" if self.row else "",
            f"column {self.column}" if self.column else "",
        ]
        return " ".join(p for p in parts if p)

    @property
    def stops(self) -> bool:
        """Whether the table cannot be read because of it."""
        return self.rule in STOPS

    def line(self) -> str:
        """Tell the finding in one line."""
        return f"{self.where}: [{self.rule}] {self.message}"


def shortened(findings: Iterable[Finding], most: int) -> list[str]:
    """Tell findings in lines, ``most`` of each file, rule and column, and how many more there are."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.file, finding.rule, finding.column), []).append(finding)
    lines = []
    for (file, rule, column), group in groups.items():
        lines += [f.line() for f in group[:most]]
        if len(group) > most:
            lines.append(
                f"{file} column {column}: [{rule}] {len(group) - most} more (--out FILE has all)"
            )
    return lines


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Lay findings out, one a row."""
    import pandas as pd

    columns = ["rule", "file", "sheet", "row", "unit", "year", "column", "value", "message"]
    return pd.DataFrame([asdict(f) for f in findings], columns=columns)
