"""The tables a panel leaves behind, as frames; and how they are written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from configs.panel_settings import PanelConfig
from configs.paths import resolve, shipped_name
from corpus.files import sha256_file, write_atomically, write_text
from econometrics.composite import rank_stability, weights_frame
from econometrics.grid import frame_of
from econometrics.indicators import coverage_frame
from econometrics.simulator import SIMULATED

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from econometrics.build import PanelBuild


def unit_of(build: PanelBuild) -> str:
    """Name of the unit's code column."""
    return "firm_code" if build.config.scale == "enterprise" else "region_code"


def is_simulated(build: PanelBuild) -> bool:
    """Whether any table of the panel was made by the simulator."""
    return any(table.simulated for table in build.loaded.tables)


def panel_frame(build: PanelBuild) -> pd.DataFrame:
    """Lay the panel out: keys, raw columns, variables, index, resilience, intensity.

    Columns of simulated firms begin with ``SIMULATED_``, so that no table or plot made from them
    can lose the word.
    """
    unit = unit_of(build)
    frame = frame_of(build.grid, unit=unit)
    if build.growth is not None:
        frame["is_near_zero_growth"] = build.growth.is_near_zero.ravel()
    frame["interpolated"] = _interpolated(build)
    name = "firm" if unit == "firm_code" else "region"
    frame.insert(1, name, frame[unit].map(build.loaded.names).astype("str"))
    keys = [unit, name, "year"]
    if unit == "firm_code":
        frame, keys = _with_city(build, frame), [*keys, "city_code"]
    frame = frame[[*keys, *(c for c in frame.columns if c not in keys)]]
    first, last = build.config.output_years or build.config.years
    frame = frame[frame["year"].between(first, last)].reset_index(drop=True)
    if is_simulated(build):
        frame = frame.rename(
            columns={c: f"{SIMULATED}_{c}" for c in frame.columns if c not in keys}
        )
    return frame


def _with_city(build: PanelBuild, frame: pd.DataFrame) -> pd.DataFrame:
    table = build.loaded.tables[0].frame
    if "city_code" not in table.columns:
        return frame.assign(city_code="")
    cities = dict(zip(table["unit"], table["city_code"], strict=True))
    return frame.assign(city_code=frame["firm_code"].map(cities).fillna("").astype("str"))


def _interpolated(build: PanelBuild) -> list[str]:
    marks = np.full(build.grid.shape, "", dtype=object)
    for name, filled in build.filled.items():
        there = np.isfinite(filled.added)
        marks[there] = [f"{old};{name}" if old else name for old in marks[there]]
    return [str(mark) for mark in marks.ravel()]


def gaps_frame(build: PanelBuild) -> pd.DataFrame:
    """List every run of missing years: interpolated, too long (excluded), or at an edge."""
    import pandas as pd

    years, units = build.grid.years, build.grid.units
    rows = [
        (units[g.unit], build.loaded.names[units[g.unit]], name, years[g.first], years[g.last],
         g.last - g.first + 1, g.treatment,
         ";".join(f"{v:.10g}" for v in filled.added[g.unit, g.first : g.last + 1] if np.isfinite(v)))
        for name, filled in build.filled.items()
        for g in filled.gaps
    ]  # fmt: skip
    columns = [
        unit_of(build), "name", "variable", "first_year", "last_year", "n_years", "treatment", "values",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def suspect_frame(build: PanelBuild) -> pd.DataFrame:
    """List cells that were emptied because their table or the panel file distrusts them."""
    import pandas as pd

    rows = [(e.unit, e.year, e.column, e.value, e.reason) for e in build.loaded.emptied]
    return pd.DataFrame(rows, columns=[unit_of(build), "year", "column", "value", "reason"])


def contributions_frame(build: PanelBuild) -> pd.DataFrame:
    """Give each indicator's part of the index, one column an indicator; a row sums to the index."""
    grid, composite = build.grid, build.composite
    parts = dict(zip(composite.ids, composite.contributions, strict=True))
    window = type(grid)(grid.units, grid.years[build.window], {**parts, "nqp": composite.main})
    return frame_of(window, unit=unit_of(build)).dropna(subset="nqp", ignore_index=True)


def bounds_frame(build: PanelBuild) -> pd.DataFrame:
    """List the minimum and maximum that each indicator was normalised with."""
    import pandas as pd

    pooled = build.composite.conventions.normalise == "pooled"
    years = build.grid.years[build.window]
    rows = [
        (None if pooled else year, name, part.low[t], part.high[t])
        for name, part in zip(build.composite.ids, build.composite.normalised, strict=True)
        for t, year in enumerate(years[:1] if pooled else years)
    ]
    frame = pd.DataFrame(rows, columns=["year", "indicator", "low", "high"])
    return frame.astype({"year": "Int64"})


def panel_tables(build: PanelBuild) -> dict[str, pd.DataFrame]:
    """Make every table of a build but the panel itself: file name to frame."""
    added = {name: filled.added for name, filled in build.filled.items()}
    years = build.grid.years[build.window]
    coverage = coverage_frame(build.system, build.grid, build.composite.ids, added)
    tables = {
        "coverage.csv": coverage,
        "weights.csv": weights_frame(build.composite, years),
        "normalisation.csv": bounds_frame(build),
        "contributions.csv": contributions_frame(build),
        "rank_stability.csv": rank_stability(build.composite, years),
        "gaps.csv": gaps_frame(build),
    }
    if build.firm_resilience is not None:
        tables["weights_ser.csv"] = weights_frame(build.firm_resilience, build.grid.years)
    if build.loaded.emptied:
        tables["suspect_cells.csv"] = suspect_frame(build)
    return tables


def write_arrow_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a large frame as UTF-8 CSV, whole or not at all; ten times as fast as pandas."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    flags = {
        c: frame[c].map({True: "True", False: "False"}) for c in frame if frame[c].dtype == bool
    }
    table = pa.Table.from_pandas(frame.assign(**flags), preserve_index=False)

    def write(temporary: Path, quoting: Literal["none", "needed"] = "none") -> None:
        options = arrow_csv.WriteOptions(include_header=False, quoting_style=quoting)
        try:
            with temporary.open("wb") as file:
                file.write((",".join(map(str, frame.columns)) + "\n").encode())
                arrow_csv.write_csv(table, file, options)
        except pa.ArrowInvalid:
            if quoting == "needed":
                raise
            write(temporary, "needed")  # a text holds a comma, a quote or a line end

    write_atomically(path, write)


def write_settings(path: Path, build: PanelBuild, config_file: Path) -> None:
    """Write the resolved settings with the hashes of all inputs."""
    config = build.config
    named = [*(s.file for s in config.sources), config.indicators]
    files = [config_file, *(resolve(f) for f in named)]
    files += [resolve(config.national.file)] if config.national else []
    inputs: dict[str, Any] = {shipped_name(f) or str(f): sha256_file(f) for f in files}
    content = {
        "config": shipped_name(config_file) or str(config_file),
        "settings": config.model_dump(mode="json"),
        "inputs": inputs,
    }
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def settings_of(folder: Path) -> tuple[PanelConfig, dict[str, str]]:
    """Read back the settings and input hashes of a panel folder."""
    from configs.errors import UserError
    from configs.tomlfiles import validated

    path = folder / "settings.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        raw, inputs = content["settings"], content["inputs"]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            "is no settings file of a panel",
            where=str(path),
            fix="build it with `zhengce panel build`",
        ) from error
    return validated(PanelConfig, raw, str(path)), inputs
