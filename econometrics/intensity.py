"""Join policy intensity: from a project's reports or a user's table, by an explicit rule of timing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from econometrics.grid import Array, Grid


def intensity_of_reports(report_scores: pd.DataFrame, *, short: Mapping[str, str]) -> pd.DataFrame:
    """Lay the report_score table out as one row a report.

    Parameters
    ----------
    report_scores : DataFrame
        The report_score table of one scorer.
    short : dict
        Dimension id to the suffix of its column.

    Returns
    -------
    DataFrame
        ``region_code, year, report_id, intensity_<suffix>..., intensity_mean``; the mean over
        dimensions is the article's "dimension scores averaged".
    """
    keys = ["region_code", "year", "report_id"]
    wide = report_scores.pivot(index=keys, columns="dimension", values="intensity")
    wide = wide[[d for d in short if d in wide.columns]]
    wide.columns = [f"intensity_{short[d]}" for d in wide.columns]
    return wide.assign(intensity_mean=wide.mean(axis=1, skipna=False)).reset_index()


def read_intensity(path: Path) -> pd.DataFrame:
    """Read a user's intensities: a region, a year and one column a dimension, or the long form.

    Regions are codes or names (``region_code`` or ``region``). The long form is what `zhengce intensity` prints: ``region_code, year, dimension, intensity``.

    Raises
    ------
    UserError
        Bad cells, unknown codes and repeated rows, with file and line.
    """
    from corpus.csvfiles import read_csv

    raw = read_csv(path)
    raw = raw.assign(line=range(2, len(raw) + 2))
    raw["region_code"] = _codes(raw, path)
    return _by_report(raw if "dimension" in raw.columns else _melt(raw), path)


def _codes(raw: pd.DataFrame, path: Path) -> list[str]:
    from econometrics.readers.naming import match_texts
    from econometrics.readers.regions import shown_candidates

    named = next((c for c in ("region_code", "code", "region", "name") if c in raw.columns), None)
    if named is None:
        raise UserError("lacks the column 'region_code' (or 'region')", where=str(path))
    codes, matches = [], match_texts(raw[named].unique(), {})
    for line, text in zip(raw["line"], raw[named], strict=True):
        match = matches[text]
        if not match.code:
            near = f"; near: {shown_candidates(match)}" if match.candidates else ""
            raise UserError(
                f"{text!r} names no single region that we know{near}",
                where=f"{path} line {line} column {named}",
                fix="use a name such as 广东省 or a code such as 440000",
            )
        codes.append(match.code)
    return codes


def _melt(raw: pd.DataFrame) -> pd.DataFrame:
    """Turn one column a dimension into one row a dimension; empty cells are no score."""
    keys = [c for c in ("region_code", "year", "line") if c in raw.columns]
    texts = {"code", "region", "name", "province", "report_id"}
    values = [c for c in raw.columns if c not in {*keys, *texts}]
    long = raw.melt(keys, values, var_name="dimension", value_name="intensity")
    long["dimension"] = [d.removeprefix("intensity_") for d in long["dimension"]]
    return long[long["intensity"].str.strip() != ""]


def _by_report(raw: pd.DataFrame, path: Path) -> pd.DataFrame:
    import pandas as pd

    for column in ("year", "intensity"):
        if column not in raw.columns:
            raise UserError(f"lacks the column {column!r}", where=str(path))
    keys = ["region_code", "year", "dimension"]
    values = raw[["intensity", "year"]].apply(pd.to_numeric, errors="coerce")
    wrong = ~np.isfinite(values.to_numpy(dtype=float)).all(axis=1) | (values["year"] % 1 != 0)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        shown = raw.iloc[row][["year", "intensity"]].tolist()
        raise UserError(
            f"year and intensity {shown} are not both numbers",
            where=f"{path} line {raw['line'].iloc[row]}",
        )
    long = raw.assign(year=values["year"].astype("int64"), intensity=values["intensity"])
    twice = long.duplicated(keys)
    if twice.any():
        row = int(twice.to_numpy().argmax())
        raise UserError(
            f"{' '.join(str(cell) for cell in long.iloc[row][keys])} occurs twice",
            where=f"{path} line {long['line'].iloc[row]}",
        )
    wide = long.pivot(index=keys[:2], columns="dimension", values="intensity")
    wide.columns = [f"intensity_{d}" for d in wide.columns]
    lines = long.groupby(keys[:2])["line"].min()
    return wide.assign(report_id=[f"{path} row {line}" for line in lines]).reset_index()


def join_years(intensity: pd.DataFrame | None, grid: Grid, *, lag: int) -> dict[str, Array]:
    """Put intensities on the grid of a panel.

    Parameters
    ----------
    intensity : DataFrame or None
        ``region_code, year`` (of delivery) and columns ``intensity_...``.
    lag : int
        The report of year t joins row t + lag. A report is delivered in January and sets out the
        plans of its own year, so 0 relates plans to what happened in the year planned.

    Raises
    ------
    UserError
        When no report falls on a unit and year of the panel: a join of nothing is a mistake.
    """
    if intensity is None:
        return {}
    names = [c for c in intensity.columns if c.startswith("intensity")]
    columns = {name: grid.empty() for name in names}
    units = {unit: i for i, unit in enumerate(grid.units)}
    n = 0
    for row in intensity.to_dict("records"):
        i, t = units.get(row["region_code"]), int(row["year"]) + lag - grid.years[0]
        if i is not None and 0 <= t < len(grid.years):
            n += 1
            for name in names:
                columns[name][i, t] = row[name]
    if n == 0:
        years = sorted({int(y) + lag for y in intensity["year"]})
        span = f"{years[0]}-{years[-1]}" if years else "none"
        raise UserError(
            f"no report joins a row: reports give years {span}, the panel has {grid.years[0]}-{grid.years[-1]}",
            where="[intensity]",
            fix='widen years, change lag, or set source = "none"',
        )
    return {name: np.asarray(values) for name, values in columns.items()}
