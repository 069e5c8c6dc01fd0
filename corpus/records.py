"""Text records (one JSON object a line) to the report table, and reports to sentences."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any

from configs.errors import UserError, shown
from corpus.lists import Link, link_units
from corpus.regions import regions
from corpus.sentences import split_text
from corpus.structure import Unit, describe_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pandas as pd

LEVELS = ("national", "province", "city", "county")
_COLUMNS = (
    *("report_id", "level", "region_code", "region", "year", "title", "text", "n_chars"),
    *("text_sha256", "source_repo", "source_path", "source_commit", "source_url"),
    *("publish_date", "notes"),
)
_SENTENCE_COLUMNS = (
    *("sentence_id", "report_id", "region_code", "region", "year", "level", "position"),
    *("paragraph", "start", "end", "text", "section", "heading_path", "unit_type", "is_annex"),
    *("progress", "parent_id", "lead_in"),
)
_OPTIONAL = ("source_repo", "source_path", "source_commit", "source_url", "publish_date", "notes")


def read_records(path: Path) -> pd.DataFrame:
    """Read a ``.jsonl`` or ``.jsonl.gz`` file of reports into the report table.

    Raises
    ------
    UserError
        For the first line that is no report, with line number and value.
    """
    seen: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for number, record in json_lines(path):
        row = report_row(record, where=f"{path} line {number}")
        if row["report_id"] in seen:
            raise UserError(
                f"report {row['report_id']} stands on line {seen[row['report_id']]} already",
                where=f"{path} line {number}",
                fix="keep one record a region and year",
            )
        seen[row["report_id"]] = number
        rows.append(row)
    if not rows:
        raise UserError("holds no report", where=str(path), fix="give one JSON object a line")
    return reports_frame(rows)


def reports_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Lay report rows out as the report table, in the order of their ids."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(_COLUMNS)).sort_values("report_id", ignore_index=True)
    text_columns = [c for c in frame if c not in ("year", "n_chars")]
    return frame.astype({**dict.fromkeys(text_columns, "str"), "year": "int64", "n_chars": "int64"})


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give line number and object of each line of a ``.jsonl`` or ``.jsonl.gz`` file."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, _parse(line, where=f"{path} line {number}")
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"cannot be read ({reason})", where=str(path)) from error


def _parse(line: bytes, *, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UserError("is not UTF-8", where=where) from error
    except json.JSONDecodeError as error:
        raise UserError(
            f"is not JSON ({error.msg} at column {error.colno})", where=where
        ) from error
    if not isinstance(record, dict):
        raise UserError("is not a JSON object", where=where, fix="one report a line")
    return record


def report_row(record: dict[str, Any], *, where: str) -> dict[str, Any]:
    """Check a record and make the row of the report table from it.

    Raises
    ------
    UserError
        No text, an unknown code, a year that is none, a name that does not go with the code.
    """
    text, code, year = record.get("text"), record.get("region_code"), record.get("year")
    if not isinstance(text, str) or not text.strip():
        raise UserError(
            f"a report without text: {shown(text)}",
            where=where,
            fix="fill in `text` or drop the record",
        )
    region = regions().get(code) if isinstance(code, str) else None
    if region is None and record.get("level") != "county":
        fix = "use a six-digit GB/T 2260 code of data/statistics/divisions.csv (000000 for the nation)"
        raise UserError(f"unknown region_code {shown(code)}", where=where, fix=fix)
    if isinstance(year, bool) or not isinstance(year, int) or not 1949 <= year <= 2100:
        raise UserError(
            f"year {shown(year)} is no year of delivery",
            where=where,
            fix="use a number from 1949 to 2100",
        )
    level = record.get("level") or (region.level if region else "")
    if level not in LEVELS:
        raise UserError(
            f"unknown level {shown(level)}", where=where, fix=f"use one of {', '.join(LEVELS)}"
        )
    name = record.get("region") or (region.name if region else "")
    if region is not None and name not in (region.name, region.short_name):
        raise UserError(
            f"region {shown(name)} does not go with code {code} ({region.name})", where=where
        )
    return {
        "report_id": f"{code}-{year}",
        "level": level,
        "region_code": code,
        "region": region.name if region else name,
        "year": year,
        "title": str(record.get("title") or f"{year}年{name}政府工作报告"),
        "text": text,
        "n_chars": len(text),
        "text_sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        **{key: None if record.get(key) is None else str(record[key]) for key in _OPTIONAL},
    }


def sentence_frame(
    reports: pd.DataFrame,
    *,
    semicolon: bool = True,
    advance: Callable[[], object] | None = None,
) -> pd.DataFrame:
    """Cut reports into the sentence table.

    Parameters
    ----------
    reports : DataFrame
        The report table.
    semicolon : bool
        Whether ； ends a unit; the number of units is the denominator of the intensity.
    advance : callable, optional
        Called once a report, for a progress bar.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for report in reports.itertuples(index=False):
        spans = split_text(str(report.text), semicolon=semicolon)
        units = describe_units(str(report.text), spans)
        texts = [report.text[s.start : s.end] for s in spans]
        links = link_units(texts, [s.paragraph for s in spans])
        for position, (unit, link) in enumerate(zip(units, links, strict=True), start=1):
            rows.append(_sentence(report, unit, link, position, len(units)))
        if advance is not None:
            advance()
    integers = dict.fromkeys(("year", "position", "paragraph", "start", "end"), "int64")
    frame = pd.DataFrame(rows, columns=list(_SENTENCE_COLUMNS))
    strings = [c for c in frame if c not in (*integers, "progress", "is_annex")]
    return frame.astype(
        {**dict.fromkeys(strings, "str"), **integers, "progress": "float64", "is_annex": "bool"}
    )


def _sentence(report: Any, unit: Unit, link: Link, position: int, n_units: int) -> dict[str, Any]:
    span = unit.span
    return {
        "sentence_id": f"{report.report_id}-{position:04d}",
        "report_id": report.report_id,
        "region_code": report.region_code,
        "region": report.region,
        "year": report.year,
        "level": report.level,
        "position": position,
        "paragraph": span.paragraph,
        "start": span.start,
        "end": span.end,
        "text": report.text[span.start : span.end],
        "section": unit.section,
        "heading_path": unit.heading_path,
        "unit_type": unit.unit_type,
        "is_annex": unit.is_annex,
        "progress": (position - 0.5) / n_units,
        "parent_id": f"{report.report_id}-{link.parent + 1:04d}",
        "lead_in": link.lead_in,
    }
