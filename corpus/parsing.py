"""Any mix of files, folders and archives to documents, reports and sentences."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from configs.errors import UserError
from corpus.dedup import near_duplicates, number_revisions
from corpus.readers.batch import COLUMNS, document_row, read_paths, text_stem
from corpus.readers.limits import ReaderPool
from corpus.records import read_records, report_row, reports_frame, sentence_frame
from corpus.regions import regions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from corpus.readers.result import Document

RECORD_SUFFIXES = (".jsonl", ".jsonl.gz")
#: Columns of documents.csv: those that scripts rely on first.
DOCUMENT_COLUMNS = (
    *COLUMNS,
    *("report_id", "revision", "session_date", "agreement", "near_duplicate", "warnings"),
)
_LEVELS = {
    "national": "national",
    "province": "province",
    "prefecture": "city",
    "county_direct": "county",
}


@dataclass(frozen=True, slots=True)
class ParsedText:
    """Body, glossary and annex of a document, and the file name they are written under."""

    stem: str
    body: str
    glossary: str
    annex: str


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """What parsing gives.

    Attributes
    ----------
    documents : DataFrame
        One row a file, `DOCUMENT_COLUMNS`; also for what could not be read.
    reports, sentences : DataFrame
        The report and sentence tables of the accepted reports; mirrors and later revisions of a
        report are in ``documents`` only.
    texts : dict of str to ParsedText
        Texts of the documents that have one, by path.
    """

    documents: pd.DataFrame
    reports: pd.DataFrame
    sentences: pd.DataFrame
    texts: dict[str, ParsedText]


@dataclass(slots=True)
class _Gathered:
    rows: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[str, ParsedText] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)


def parse_paths(
    paths: Sequence[Path],
    *,
    semicolon: bool = True,
    workers: int | None = None,
    advance: Callable[[int], object] | None = None,
) -> Parsed:
    """Parse documents of any kind and records.

    Parameters
    ----------
    paths : sequence of Path
        Files, folders (taken whole, hidden files left out), zip archives, or record files.
    semicolon : bool
        Whether ； ends a sentence.
    workers : int, optional
        Reader processes; the number of processors by default.

    Raises
    ------
    UserError
        A path that does not exist, no document at all, or a broken record file. A document that
        cannot be read is no error: it has a status and a reason.
    """
    for path in paths:
        if not path.exists():
            raise UserError("no such file or folder", where=str(path))
    records = [p for p in paths if p.name.endswith(RECORD_SUFFIXES)]
    documents = [p for p in paths if p not in records]
    gathered = _Gathered()
    for path in records:
        gathered.reports += read_records(path).to_dict("records")
    with ReaderPool(workers or os.cpu_count() or 1) as pool:
        for document in read_paths(documents, pool=pool):
            _take(document, gathered)
            if advance is not None:
                advance(1)
    if not gathered.rows and not gathered.reports:
        raise UserError(
            "there is no document", where=", ".join(map(str, paths)), fix="give files or folders"
        )
    _number_versions(gathered)
    reports = reports_frame(_unique(gathered.reports))
    sentences = sentence_frame(reports, semicolon=semicolon)
    return Parsed(_documents(gathered, sentences), reports, sentences, gathered.texts)


def _take(document: Document, gathered: _Gathered) -> None:
    """Keep a document's row, its text, and, when it is accepted, its report."""
    row: dict[str, Any] = dict.fromkeys(DOCUMENT_COLUMNS, "") | document_row(document)
    row["session_date"] = document.session_date
    row["agreement"] = "" if document.agreement is None else round(document.agreement, 4)
    row["warnings"] = "; ".join(document.warnings)
    gathered.rows.append(row)
    if document.text:
        stem = text_stem(document, gathered.taken)
        gathered.texts[document.name] = ParsedText(
            stem, document.text, document.glossary, document.annex
        )
    if document.status == "ok":
        row["report_id"] = f"{document.region_code}-{document.year}"
        gathered.reports.append(_report(document))


def _report(document: Document) -> dict[str, Any]:
    region = regions().get(document.region_code)
    record = {
        "text": document.text, "region_code": document.region_code, "region": document.region,
        "year": document.year, "title": document.title or None, "publish_date": document.publish_date or None,
        "level": _LEVELS[region.level] if region else "county", "source_path": document.name,
    }  # fmt: skip
    return report_row(record, where=document.name)


def _number_versions(gathered: _Gathered) -> None:
    """Name mirrors and revisions of one report, and near-duplicates that claim to be two."""
    accepted = [row for row in gathered.rows if row["report_id"]]
    texts = {row["path"]: gathered.texts[row["path"]].body for row in accepted}
    first: dict[tuple[str, int], str] = {}
    for row, version in zip(
        accepted,
        number_revisions([(r["path"], r["report_id"], texts[r["path"]]) for r in accepted]),
        strict=True,
    ):
        row["revision"] = version.number
        key = (version.group, version.number)
        if version.is_mirror:
            row["reason"] = f"mirror_of:{first[key]}"
        elif version.number > 1:
            row["reason"] = f"revision_of:{first[(version.group, 1)]}"
        first.setdefault(key, row["path"])
    ids = {row["path"]: row["report_id"] for row in accepted}
    rows = {row["path"]: row for row in accepted}
    for pair in near_duplicates(texts) if len(texts) > 1 else []:
        if ids[pair.one] != ids[pair.other]:
            rows[pair.other]["near_duplicate"] = f"{pair.one} ({pair.similarity:.2f})"


def _unique(reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the first version of each report; the others stay visible in the document list."""
    kept: dict[str, dict[str, Any]] = {}
    for row in reports:
        kept.setdefault(row["report_id"], row)
    return list(kept.values())


def _documents(gathered: _Gathered, sentences: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    from corpus.sentences import split_text

    counts = sentences.groupby("report_id").size().to_dict()
    for row in gathered.rows:
        if row["report_id"] and not row["reason"]:
            row["n_sentences"] = counts[row["report_id"]]
        elif row["path"] in gathered.texts:
            row["n_sentences"] = len(split_text(gathered.texts[row["path"]].body))
    return pd.DataFrame(gathered.rows, columns=list(DOCUMENT_COLUMNS))
