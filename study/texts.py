"""The reports of a study out of one or several sources, and which cells it would need and lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.errors import UserError
from configs.paths import resolve
from corpus.records import read_records
from corpus.regions import provinces

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from configs.settings import StudySettings

TABLE = "report.parquet"


def source_files(sources: Sequence[Path]) -> list[Path]:
    """Give the file of each source: records, or the report table of a parse or crawl folder.

    Raises
    ------
    UserError
        A folder without a report table.
    """
    found = []
    for source in sources:
        path = resolve(source)
        if path.is_dir():
            path = next((p for p in (path / TABLE, path / "store" / TABLE) if p.is_file()), path)
            if path.is_dir():
                raise UserError(
                    f"holds no {TABLE}", where=str(source),
                    fix="give a folder written by `zhengce parse --out` or `zhengce crawl`",
                )  # fmt: skip
        found.append(path)
    return found


def read_reports(sources: Sequence[Path]) -> pd.DataFrame:
    """Read all sources into one report table; of a report in several, the first source counts."""
    import pandas as pd

    from corpus.schemas import ReportTable
    from corpus.store import read_table

    parts = [
        read_table(ReportTable, path) if path.suffix == ".parquet" else read_records(path)
        for path in source_files(sources)
    ]
    whole = pd.concat(parts, ignore_index=True).drop_duplicates("report_id")
    return whole.sort_values("report_id", ignore_index=True)


def coverage_frame(reports: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Say of each province and year whether there is a text: ``region_code, region, year, has_text``."""
    import pandas as pd

    there = set(zip(reports["region_code"], reports["year"], strict=True))
    return pd.DataFrame(
        [(p.code, p.name, y, (p.code, y) in there) for p in provinces() for y in years],
        columns=["region_code", "region", "year", "has_text"],
    )


def wanted_years(settings: StudySettings) -> list[int]:
    """Years that the study speaks of."""
    first, last = settings.report.years
    if settings.sgdid is not None:
        first, last = min(first, settings.sgdid.years[0]), max(last, settings.sgdid.years[1])
    return list(range(first, last + 1))


def check_texts(coverage: pd.DataFrame, settings: StudySettings) -> None:
    """Refuse a study whose intensity cannot be measured, before anything is scored.

    Raises
    ------
    UserError
        A province without the text that the SGDID needs, or a year of the page without any text.
    """
    needed = {settings.sgdid.intensity_year} if settings.sgdid is not None else set()
    # What the models need comes first: it is what a user has to find.
    for year in [*sorted(needed), *settings.report.years]:
        rows = coverage[coverage["year"] == year]
        lost = rows[~rows["has_text"]] if len(rows) else None
        if lost is None or (year in needed and len(lost)) or len(lost) == len(rows):
            _refuse(coverage, year, lost)


def _refuse(coverage: pd.DataFrame, year: int, lost: pd.DataFrame | None) -> None:
    names = [] if lost is None else lost["region"].tolist()
    shown = "、".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    first, last = coverage["year"].min(), coverage["year"].max()
    whole = f"{int(coverage['has_text'].sum())} of {len(coverage)} province-years {first}-{last} have a text"
    raise UserError(
        f"no text of {year} for {shown or 'any province'} ({whole})",
        where="tables/coverage_texts.csv lists them all",
        fix=f"`zhengce crawl --year {year}` or `zhengce parse` your files, then name the folder in "
        'corpus.reports = ["data/corpus/reports.jsonl.gz", "FOLDER"]',
    )
