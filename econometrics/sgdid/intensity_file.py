"""Intensity of a SGDID study: from the panel, from a file, and draws of it from ``zhengce correct``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.paths import resolve
from corpus.csvfiles import read_csv
from corpus.rubric import load_rubric
from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from configs.sgdid_settings import SgdidSettings

DRAW_COLUMNS = ("draw", "region_code", "year", "dimension", "intensity")


def read_intensity(
    settings: SgdidSettings, frame: pd.DataFrame
) -> tuple[dict[str, float], dict[str, float]]:
    """Intensity and, where known, its standard error, by unit."""
    t = settings.treatment
    if t.file is not None:
        table = read_csv(resolve(t.file))
        absent = [c for c in ("unit", "value") if c not in table.columns]
        if absent:
            raise SpecificationError(f"lacks the column {absent[0]!r}", where=str(t.file))
        values = dict(zip(table["unit"], table["value"].astype(float), strict=True))
        known = "std_error" in table.columns
        errors = (
            dict(zip(table["unit"], table["std_error"].astype(float), strict=True)) if known else {}
        )
        return values, errors
    if t.column is None:
        raise SpecificationError(
            "no intensity", where="treatment", fix="give column (and year), or file"
        )
    errors = intensity_of(frame, settings, t.std_error) if t.std_error else {}
    return intensity_of(frame, settings, t.column), errors


def intensity_of(frame: pd.DataFrame, settings: SgdidSettings, column: str) -> dict[str, float]:
    """One value a unit from a column of the panel, in the intensity's year."""
    data, t = settings.data, settings.treatment
    if column not in frame.columns:
        raise SpecificationError(f"there is no column {column!r}", where=str(data.panel))
    rows = frame if t.year is None else frame[frame[data.time] == t.year]
    known = rows[rows[column].notna()]
    if not len(known):
        raise SpecificationError(
            f"column {column!r} is empty in {t.year}",
            where=str(data.panel),
            fix="choose the year of the reports whose intensity is meant",
        )
    return {str(k): float(v) for k, v in known.groupby(data.unit)[column].mean().items()}


def read_draws(settings: SgdidSettings, units: Sequence[str]) -> list[dict[str, float]]:
    """Panels of intensities drawn by ``zhengce correct``, the first of as many as are asked for.

    Raises
    ------
    SpecificationError
        A missing column or dimension, no draw of the year, a unit without a draw, one draw only.
    """
    t = settings.treatment
    where = str(t.draws)
    table = read_csv(resolve(t.draws))  # type: ignore[arg-type]
    absent = [c for c in DRAW_COLUMNS if c not in table.columns]
    if absent:
        raise SpecificationError(
            f"lacks the column {absent[0]!r}",
            where=where,
            fix="it is the file intensity_draws.csv of `zhengce correct`",
        )
    chosen = table[table["dimension"] == _dimension(settings, table)]
    if t.year is not None:
        chosen = chosen[chosen["year"].astype(int) == t.year]
    wide = chosen.assign(intensity=chosen["intensity"].astype(float)).pivot_table(
        index="draw", columns="region_code", values="intensity", sort=False
    )
    if len(wide) < 2:
        raise SpecificationError(f"{len(wide)} draws of {t.year}", where=where, fix="use 2 or more")
    lacking = [u for u in units if u not in wide.columns or wide[u].isna().any()]
    if lacking:
        raise SpecificationError(
            f"no draw for {', '.join(lacking[:6])}{' ...' if len(lacking) > 6 else ''} in {t.year}",
            where=where,
            fix="correct with a method that covers all reports (pooled, calibrated, shrunk)",
        )
    rows = wide[list(units)].head(max(settings.robustness.intensity_draws, 2))
    return [{u: float(row[u]) for u in units} for _, row in rows.iterrows()]


def _dimension(settings: SgdidSettings, table: pd.DataFrame) -> str:
    t = settings.treatment
    asked = t.draws_dimension or (t.column or "").removeprefix("intensity_").upper()
    known = {d.short: d.id for d in load_rubric().dimensions}
    found = known.get(asked, asked)
    there = sorted(set(table["dimension"]))
    if found not in there:
        raise SpecificationError(
            f"no draws of the dimension {asked!r}",
            where=str(t.draws),
            fix=f"set treatment.draws_dimension to one of {', '.join(there)}",
        )
    return found
