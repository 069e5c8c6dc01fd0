"""Read a user's table: records to figures with codes, units and places; or findings that say why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from configs.errors import UserError, shown
from corpus.regions import regions
from econometrics.findings import Finding
from econometrics.places import Statistics
from econometrics.readers.figures import duplicates, read_figures
from econometrics.readers.layouts import read_layout
from econometrics.readers.naming import name_conflicts
from econometrics.readers.regions import match_region, shown_candidates
from econometrics.readers.sheets import read_sheets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from econometrics.readers.figures import Figure


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a file says.

    Attributes
    ----------
    file : str
    figures : tuple of Figure
        Without those that a finding stops.
    findings : tuple of Finding
        Faults that stop the table, and notes of everything that was changed in reading.
    shapes : tuple of str
        Shape of each sheet.
    """

    file: str
    figures: tuple[Figure, ...]
    findings: tuple[Finding, ...]
    shapes: tuple[str, ...]

    @property
    def faults(self) -> list[Finding]:
        """Findings because of which the table is refused."""
        return [f for f in self.findings if f.stops]


def read_any(
    path: Path, *, sheet: str = "", confirmed: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None, firms: bool = False,
) -> Reading:  # fmt: skip
    """Read a table in any usual shape; every doubt becomes a finding.

    Parameters
    ----------
    sheet : str
        One sheet; all without it.
    confirmed : dict, optional
        Names that a person has matched: text to code.
    units : dict, optional
        Our column (or the label) to the unit of the file, where its header is silent or wrong.
    firms : bool
        Units are firms: any code is taken.
    """
    figures: list[Figure] = []
    findings: list[Finding] = []
    shapes = []
    sheets = read_sheets(path, sheet=sheet)
    for one in sheets:
        try:
            layout = read_layout(one)
        except UserError as error:
            if len(sheets) == 1:
                raise
            findings.append(Finding("note", f"no table here: {error.what}", one.file, one.name))
            continue
        shapes.append(layout.shape)
        findings += [Finding("note", n, one.file, one.name) for n in (*one.notes, *layout.notes)]
        found, told = read_figures(one, layout.records, confirmed or {}, units or {}, firms=firms)
        told += [
            Finding("bad_cell", f"{shown(t)} stands beyond the header; quote cells that hold a comma", one.file, one.name,
                    one.numbers[r], value=t)
            for r, t in layout.stray
        ]  # fmt: skip
        if not firms:
            told += name_conflicts(one, layout.records, confirmed or {})
        figures += found
        findings += told
    findings += duplicates(figures)
    return Reading(str(path), tuple(figures), tuple(findings), tuple(shapes))


def read_statistics_table(
    path: Path, *, sheet: str = "", confirmed: Path | None = None, units: Mapping[str, str] | None = None,
    firms: bool = False,
) -> Statistics:  # fmt: skip
    """Read a table strictly, for a panel.

    Raises
    ------
    UserError
        The first fault with file, sheet, row and value, and how many there are.
    """
    names = read_confirmed(confirmed) if confirmed else {}
    reading = read_any(path, sheet=sheet, confirmed=names, units=units, firms=firms)
    if reading.faults:
        first, n = reading.faults[0], len(reading.faults)
        more = f" ({n - 1} more: `zhengce panel check {path}`)" if n > 1 else ""
        fix = "list confirmed names in a file: name,code" if first.rule == "guessed_region" else ""
        raise UserError(f"[{first.rule}] {first.message}{more}", where=first.where, fix=fix)
    if not reading.figures:
        raise UserError("holds no figure", where=str(path))
    return replace(statistics_of(reading), notes=tuple(f.line() for f in reading.findings))


def guesses_frame(reading: Reading) -> pd.DataFrame:
    """List names that need confirmation: ``name, code`` (empty, to fill in) ``, candidates``."""
    import pandas as pd

    rules = ("guessed_region", "ambiguous_region", "unknown_region")
    names = dict.fromkeys(f.value for f in reading.findings if f.rule in rules)
    rows = [(name, "", shown_candidates(match_region(name))) for name in names]
    return pd.DataFrame(rows, columns=["name", "code", "candidates"])


def statistics_of(reading: Reading) -> Statistics:
    """Lay a reading's figures out by unit and year."""
    import pandas as pd

    figures = reading.figures
    long = pd.DataFrame(
        [(f.unit, f.year, f.column, f.value) for f in figures],
        columns=["unit", "year", "column", "value"],
    )
    long = long.drop_duplicates(["unit", "year", "column"])
    order = list(dict.fromkeys(long["column"]))
    wide = (
        long.pivot(index=["unit", "year"], columns="column", values="value")[order]
        .astype("float64")
        .reset_index()
    )
    wide.columns.name = None
    names = wide["unit"].map(lambda code: regions()[code].name if code in regions() else code)
    wide.insert(1, "name", names.astype("str"))
    cells = {(f.unit, f.year, f.column): f.place for f in reversed(figures)}
    rows = {(f.unit, f.year): f.place.row for f in reversed(figures)}
    lines = pd.Series(
        [rows[u, int(y)] for u, y in zip(wide["unit"], wide["year"], strict=True)], dtype="int64"
    )
    return Statistics(
        file=reading.file, frame=wide, rows=lines, headers={c: c for c in order}, cells=cells
    )


def read_confirmed(path: Path) -> dict[str, str]:
    """Read names that a person has matched: CSV with ``name, code``.

    Raises
    ------
    UserError
        A missing column, or a code that does not exist.
    """
    from corpus.csvfiles import read_csv

    frame = read_csv(path)
    for column in ("name", "code"):
        if column not in frame.columns:
            raise UserError(
                f"lacks the column {column!r}", where=str(path), fix="columns: name,code"
            )
    for row, code in enumerate(frame["code"], start=2):
        if code and code not in regions():
            raise UserError(f"unknown code {shown(code)}", where=f"{path} line {row}")
    return {n: c for n, c in zip(frame["name"], frame["code"], strict=True) if c}
