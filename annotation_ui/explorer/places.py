"""What a request names, checked against the project: region, year, dimension, report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.errors import UserError, shown
from corpus.regions import regions
from corpus.rubric import load_rubric
from corpus.search.model import find_dimension
from corpus.search.request import read_region
from corpus.years import year_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from annotation_ui.explorer.store import Explored


class NotFoundError(UserError):
    """Something well named that the project does not hold: status 404."""


def choose_dimension(explored: Explored, text: str) -> str:
    """Resolve an id or a short name; nothing means the first dimension."""
    first = explored.dimensions[0]
    return find_dimension(text, explored.dimensions, "dimension") if text else first


def choose_region(explored: Explored, text: str) -> str:
    """Resolve a code, a name or an English name to a code."""
    try:
        return read_region(text, explored.index.regions)
    except UserError as error:
        raise UserError(error.what, where="region", fix=error.fix) from error


def name_of(explored: Explored, code: str, lang: str) -> str:
    """Name a region in the language of the page."""
    known = regions().get(code)
    own = explored.index.regions.get(code, code)
    if known is None:
        return own
    return known.short_name if lang == "zh" else known.name_en


def dimension_names(dimension: str) -> tuple[str, str, str]:
    """Short, English and Chinese name; the id where the rubric has no such dimension."""
    for known in load_rubric().dimensions:
        if known.id == dimension:
            return known.short, known.en, known.zh
    return dimension, dimension, dimension


def intensity_rows(
    explored: Explored,
    *,
    regions: Sequence[str] = (),
    years: str = "",
    dimension: str = "",
) -> pd.DataFrame:
    """Select rows of the report_score table as typed in a request.

    Raises
    ------
    UserError
        Naming the parameter, the value and what is allowed.
    """
    frame = explored.intensity
    if regions:
        frame = frame[frame["region_code"].isin([choose_region(explored, r) for r in regions])]
    if years:
        first, last = read_years(years)
        frame = frame[frame["year"].between(first, last)]
    if dimension:
        frame = frame[frame["dimension"] == choose_dimension(explored, dimension)]
    return frame


def read_years(text: str) -> tuple[int, int]:
    """Read ``2025`` or ``2018-2026``."""
    try:
        return year_range(text)
    except UserError as error:
        raise UserError(error.what, where="years", fix=error.fix) from error


def report_id_of(explored: Explored, code: str, year: int) -> str:
    """Find the report of a region and year."""
    found = f"{code}-{year:04d}"
    if found not in explored.reports.index:
        raise NotFoundError(f"no report of {explored.index.regions.get(code, code)} in {year}")
    return found


def check_report(explored: Explored, report_id: str) -> str:
    """Make sure that the project holds a report."""
    if report_id not in explored.reports.index:
        raise NotFoundError(
            f"no report {shown(report_id)} in this project", fix="ids look like 440000-2025"
        )
    return report_id
