"""Read the tables a panel file names and put them on one grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from configs.paths import DATA, resolve
from corpus.regions import regions
from econometrics.grid import Grid, grid_of
from econometrics.places import Statistics
from econometrics.simulator import SIMULATED
from econometrics.tidy import NATION, read_tidy

if TYPE_CHECKING:
    from configs.panel_settings import (
        DistrustedCell,
        PanelConfig,
        SimulatorSettings,
        SourceSettings,
        Vintage,
    )

CITY_PANEL = DATA / "statistics" / "city_panel.csv"


@dataclass(frozen=True, slots=True)
class Emptied:
    """A cell that its own table or the panel file distrusts, and that was treated as missing."""

    unit: str
    year: int
    column: str
    value: float
    reason: str = "its table suspects that it is interpolated"


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """All tables of a panel.

    Attributes
    ----------
    tables : tuple of Statistics
        As the files have them (suspect cells still filled).
    owner : dict
        Column to the position of its table.
    grid : Grid
        All columns, suspect cells emptied.
    names : dict
        Unit to name.
    nation : Grid or None
        One unit, the same years.
    nation_table : Statistics or None
    vintages, nation_vintages : dict
        Column to declared vintage.
    emptied : tuple of Emptied
    notes : tuple of str
        What was left out, for the report.
    """

    tables: tuple[Statistics, ...]
    owner: dict[str, int]
    grid: Grid
    names: dict[str, str]
    nation: Grid | None
    nation_table: Statistics | None
    vintages: dict[str, Vintage]
    nation_vintages: dict[str, Vintage]
    emptied: tuple[Emptied, ...]
    notes: tuple[str, ...]

    def national(self) -> tuple[Grid, Statistics]:
        """Give the nation's series; a panel of places cannot do without."""
        if self.nation is None or self.nation_table is None:
            raise UserError("the panel has no [national] table")
        return self.nation, self.nation_table

    def table(self, position: int) -> Statistics:
        """Give a table by its position in `owner`; -1 is the nation's."""
        return self.national()[1] if position < 0 else self.tables[position]


def load_sources(config: PanelConfig) -> Loaded:
    """Read every table of a panel.

    Raises
    ------
    UserError
        What the readers refuse; a column that two tables have.
    """
    tables, emptied = [], []
    for source in config.sources:
        table = read_source(source, firms=config.scale == "enterprise")
        cleaned, found = _empty_suspects(table, source)
        tables.append((table, cleaned))
        emptied += found
    if config.simulator:
        table = simulated_table(config.simulator, config.years)
        tables.append((table, table))
    if any(t.simulated for t, _ in tables) and SIMULATED not in config.name:
        fix = f"write SIMULATED into its name, e.g. {config.name}_SIMULATED"
        raise UserError(
            "firms are simulated and the panel's name hides it", where=config.name, fix=fix
        )
    owner = _owners([table for table, _ in tables])
    grid, names, notes = _merge([cleaned for _, cleaned in tables], config)
    nation_table = read_source(config.national, firms=False) if config.national else None
    return Loaded(
        tables=tuple(table for table, _ in tables),
        owner=owner,
        grid=grid,
        names=names,
        nation=_nation_grid(nation_table, config) if nation_table else None,
        nation_table=nation_table,
        vintages={k: v for source in config.sources for k, v in source.vintages.items()},
        nation_vintages=dict(config.national.vintages) if config.national else {},
        emptied=tuple(emptied),
        notes=tuple(notes),
    )


def read_source(source: SourceSettings, *, firms: bool) -> Statistics:
    """Read one table with the reader it names."""
    path = resolve(source.file)
    if source.reader == "auto":
        from econometrics.readers.tables import read_statistics_table

        table = read_statistics_table(
            path, sheet=source.sheet, confirmed=source.confirmed, units=source.units, firms=firms
        )
        return _renamed(table, source)
    text = [source.suspect] if source.suspect else []
    only = [*source.only, *text] if source.only else []
    code = "firm_code" if firms and source.code == "code" else source.code
    if firms:
        text = [*text, "city_code"]
    table = read_tidy(
        path, code=code, columns=source.columns, only=only, text_columns=text, firms=firms
    )
    made_up = firms and table.frame["name"].str.contains(SIMULATED, regex=False).any()
    return replace(table, simulated=bool(made_up))


def _renamed(table: Statistics, source: SourceSettings) -> Statistics:
    """Give the columns of a table that was read by its labels the names of the panel file."""
    ours = {old: new for new, old in source.columns.items()}
    lost = sorted((set(ours) | set(source.only)) - set(table.columns) - set(source.columns))
    if lost:
        fix = f"there are {', '.join(table.columns)}"
        raise UserError(f"lacks the column {lost[0]!r}", where=table.file, fix=fix)
    frame = table.frame.rename(columns=ours)
    if source.only:
        frame = frame[["unit", "name", "year", *source.only]]
    cells = {(u, y, ours.get(c, c)): place for (u, y, c), place in table.cells.items()}
    return replace(table, frame=frame, headers={c: c for c in frame.columns}, cells=cells)


def simulated_table(how: SimulatorSettings, years: tuple[int, int]) -> Statistics:
    """Make the synthetic firms of a panel file; their rows count as those of a CSV of them."""
    from econometrics.simulator import simulate_firms

    frame = simulate_firms(firms=how.firms, years=years, seed=how.seed, cities=city_codes()).rename(
        columns={"firm_code": "unit", "firm_name": "name"}
    )
    import pandas as pd

    name = f"{SIMULATED}_firms.csv (zhengce panel simulate --firms {how.firms} --seed {how.seed})"
    rows = pd.Series(range(2, len(frame) + 2))
    headers = {c: c for c in frame.columns}
    return Statistics(file=name, frame=frame, rows=rows, headers=headers, simulated=True)


def city_codes() -> list[str]:
    """List the cities that synthetic firms are placed in."""
    return [r.code for r in regions().values() if r.level == "prefecture" and r.code[2:4] != "90"]


def _empty_suspects(table: Statistics, source: SourceSettings) -> tuple[Statistics, list[Emptied]]:
    frame = table.frame.drop(columns=[source.suspect] if source.suspect else [])
    wanted: list[tuple[int, str, str]] = []
    if source.suspect and source.suspect_cells == "empty":
        texts = table.frame[source.suspect].str.replace(r"[;,]", " ", regex=True)
        wanted += [(row, c, "") for row, text in enumerate(texts) for c in text.split()]
    wanted += [_distrusted_row(table, cell) for cell in source.distrust]
    found = []
    for column in dict.fromkeys(c for _, c, _ in wanted):
        if column not in frame.columns:
            continue
        values = frame[column].to_numpy(dtype=np.float64, copy=True)
        for row, _, reason in (w for w in wanted if w[1] == column):
            unit, year = frame["unit"].iloc[row], int(frame["year"].iloc[row])
            told = {"reason": reason} if reason else {}
            found.append(Emptied(unit, year, column, float(values[row]), **told))
            values[row] = np.nan
        frame[column] = values
    return replace(table, frame=frame), found


def _distrusted_row(table: Statistics, cell: DistrustedCell) -> tuple[int, str, str]:
    here = (table.frame["unit"] == cell.code) & (table.frame["year"] == cell.year)
    if not here.any() or cell.column not in table.columns:
        raise UserError(
            f"distrust names {cell.code} {cell.year} {cell.column}, which the table has not",
            where=table.file,
        )
    return int(here.to_numpy().argmax()), cell.column, cell.reason


def _owners(tables: list[Statistics]) -> dict[str, int]:
    owner: dict[str, int] = {}
    for i, table in enumerate(tables):
        for column in table.columns:
            if column in owner:
                problem = f"the column {column!r} is in {tables[owner[column]].file} too"
                fix = "name it otherwise with columns = { new = 'old' }, or keep it out with `only`"
                raise UserError(problem, where=table.file, fix=fix)
            owner[column] = i
    return owner


def _merge(tables: list[Statistics], config: PanelConfig) -> tuple[Grid, dict[str, str], list[str]]:
    names: dict[str, str] = {}
    notes = [note for table in tables for note in table.notes]
    frames = []
    for table in tables:
        mine = table.frame["unit"].map(lambda code: _of_scale(code, config.scale))
        if not mine.all():
            others = sorted(set(table.frame.loc[~mine, "unit"]))
            notes.append(f"{table.file}: left out, not of this scale: {', '.join(others[:9])}")
        frame = table.frame[mine]
        names.update(dict(zip(frame["unit"], frame["name"], strict=True)) | names)
        frames.append((frame, [c for c in table.columns if frame[c].dtype.kind in "fi"]))
    units = tuple(sorted(names))
    columns = {}
    for frame, numeric in frames:
        grid = grid_of(frame, unit="unit", years=config.years, columns=numeric)
        rows = np.searchsorted(units, grid.units)
        for column, values in grid.columns.items():
            whole = np.full((len(units), values.shape[1]), np.nan)
            whole[rows] = values
            columns[column] = whole
    if not units:
        raise UserError("no row is of the panel's scale", where=str(config.indicators))
    if config.scale != "enterprise":
        names = {u: regions()[u].name for u in units}
    span = tuple(range(config.years[0], config.years[1] + 1))
    return Grid(units=units, years=span, columns=columns), names, notes


def _of_scale(code: str, scale: str) -> bool:
    if scale == "enterprise":
        return True
    if code in (NATION, "000000"):
        return False
    return scale == "city" or code.endswith("0000")


def _nation_grid(table: Statistics, config: PanelConfig) -> Grid:
    frame = table.frame[table.frame["unit"].isin([NATION, "000000"])]
    if frame.empty:
        raise UserError(f"has no row of the nation ({NATION})", where=table.file)
    return grid_of(frame, unit="unit", years=config.years, columns=table.columns)
