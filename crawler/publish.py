"""The publish stage: raw bytes of a store to documents and the report table, offline.

Nothing here depends on the clock, on the order of fetching or on the run: equal bytes under equal
addresses give equal files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from corpus.dedup import canonical_sha256
from corpus.records import report_row, reports_frame
from corpus.regions import regions
from crawler.database import rows
from crawler.reading import Reading, read_page

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable, Iterator
    from pathlib import Path

    import pandas as pd

    from corpus.readers.limits import ReaderPool
    from crawler.rawstore import RawStore

DOCUMENT_COLUMNS = (
    "path", "status", "reason", "region_code", "region", "year", "title", "publish_date", "encoding",
    "container", "n_paragraphs", "n_sentences", "sha256", "report_id", "is_chosen", "source_tier",
    "canonical_sha256", "text_sha256", "raw_sha256s",
)  # fmt: skip
_LESSER = ("口头", "摘", "修改稿", "审议稿", "讨论稿", "送审稿")


@dataclass(frozen=True, slots=True)
class Stored:
    """A page of the store: its address, the raw bytes of it, its further pages, its page of notes."""

    url: str
    region_code: str
    tier: int
    charset: str
    digests: tuple[str, ...]
    state: str
    glossary: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page that holds an accepted report."""

    stored: Stored
    reading: Reading

    @property
    def report_id(self) -> str:
        """``region_code-year``."""
        return f"{self.reading.region_code}-{self.reading.year}"

    @property
    def rank(self) -> tuple[Any, ...]:
        """Order among the versions of a report, best first: source, wholeness, form, date."""
        document = self.reading.document
        lesser = any(word in document.title for word in _LESSER)
        date = document.publish_date or "0000-00-00"
        newest = tuple(-int(n) for n in date.split("-"))
        return (
            self.stored.tier, lesser, document.container == "pdf", newest,
            -len(document.text), self.stored.url,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """What the publish stage gives.

    Attributes
    ----------
    documents : DataFrame
        A row for each page that was read, also for what is no report.
    reports : DataFrame
        The report table: the best version of each.
    chosen : dict of str to Candidate
        By report id.
    """

    documents: pd.DataFrame
    reports: pd.DataFrame
    chosen: dict[str, Candidate]


def stored_pages(db: sqlite3.Connection) -> Iterator[Stored]:
    """Pages of the store that can be documents, by address."""
    parts: dict[int, list[str]] = {}
    query = "SELECT parent, sha256 FROM item WHERE role = 'part' AND sha256 <> '' ORDER BY parent, number, url"
    for row in rows(db, query):
        parts.setdefault(row["parent"], []).append(row["sha256"])
    query = "SELECT parent, sha256 FROM item WHERE role = 'glossary' AND sha256 <> '' ORDER BY parent, url DESC"
    notes = {row["parent"]: row["sha256"] for row in rows(db, query)}
    query = (
        "SELECT * FROM item WHERE sha256 <> '' AND role IN ('article', 'list', 'home', 'search')"
        " ORDER BY url, region_code"
    )
    for row in rows(db, query):
        yield Stored(
            row["url"], row["region_code"], row["tier"], row["header_charset"] or row["charset"],
            (row["sha256"], *parts.get(row["id"], ())), row["state"],
            notes.get(row["id"], ""),
        )  # fmt: skip


def publish(
    db: sqlite3.Connection, raw: RawStore, pool: ReaderPool, *, rejected: Container[str] = ()
) -> Published:
    """Read every stored page again and choose the best version of each report.

    Parameters
    ----------
    rejected : container of str
        ``region-year url`` of pages that a person refused.
    """
    from concurrent.futures import ThreadPoolExecutor

    pages = list(stored_pages(db))

    def read(page: Stored) -> Reading:
        first, *more = (raw.get(digest) for digest in page.digests)
        reading = read_page(
            pool, first, url=page.url, region_code=page.region_code, charset=page.charset, more=more
        )
        if reading.verdict != "ok" or reading.document.glossary or not page.glossary:
            return reading
        notes = pool.read(raw.get(page.glossary), name=page.url)
        document = replace(reading.document, glossary=notes.glossary or notes.text)
        return replace(reading, document=document)

    with ThreadPoolExecutor(pool.n_workers) as threads:
        readings = list(threads.map(read, pages))
    candidates = [
        Candidate(page, reading)
        for page, reading in zip(pages, readings, strict=True)
        if reading.verdict == "ok"
        and f"{reading.region_code}-{reading.year} {page.url}" not in rejected
    ]
    chosen = choose(candidates)
    documents = _documents(zip(pages, readings, strict=True), chosen)
    reports = reports_frame([_report(chosen[key]) for key in sorted(chosen)])
    return Published(documents, reports, chosen)


def choose(candidates: Iterable[Candidate]) -> dict[str, Candidate]:
    """Take the best version of each report."""
    best: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda c: c.rank):
        best.setdefault(candidate.report_id, candidate)
    return best


def _report(candidate: Candidate) -> dict[str, Any]:
    document, stored = candidate.reading.document, candidate.stored
    region = regions()[candidate.reading.region_code]
    record = {
        "text": document.text, "region_code": region.code, "region": region.name, "year": document.year,
        "title": document.title or None, "publish_date": document.publish_date or None,
        "level": "national" if region.level == "national" else "province",
        "source_url": stored.url, "source_path": f"sha256:{stored.digests[0]}",
    }  # fmt: skip
    return report_row(record, where=stored.url)


def _documents(
    pairs: Iterable[tuple[Stored, Reading]], chosen: dict[str, Candidate]
) -> pd.DataFrame:
    import pandas as pd

    from corpus.readers.batch import document_row

    best = {(c.stored.url, c.stored.region_code) for c in chosen.values()}
    found: list[dict[str, Any]] = []
    for stored, reading in pairs:
        accepted = reading.verdict == "ok"
        row: dict[str, Any] = dict.fromkeys(DOCUMENT_COLUMNS, "") | document_row(reading.document)
        row |= {
            "status": "ok" if accepted else row["status"] if row["status"] != "ok" else "quarantined",
            "reason": "" if accepted else reading.verdict, "path": stored.url,
            "report_id": f"{reading.region_code}-{reading.year}" if accepted else "",
            "is_chosen": int((stored.url, stored.region_code) in best), "source_tier": stored.tier,
            "canonical_sha256": canonical_sha256(reading.document.text) if accepted else "",
            "text_sha256": reading.text_sha256, "raw_sha256s": " ".join(stored.digests),
            "n_sentences": "",
        }  # fmt: skip
        found.append(row)
    return pd.DataFrame(found, columns=list(DOCUMENT_COLUMNS)).astype("str")


def write_published(published: Published, out: Path) -> None:
    """Write documents, report table, sentences and texts below a folder."""
    from corpus.csvfiles import write_csv
    from corpus.files import write_text
    from corpus.records import sentence_frame
    from corpus.schemas import ReportTable, SentenceTable
    from corpus.store import write_table

    for key, candidate in sorted(published.chosen.items()):
        document = candidate.reading.document
        for suffix, part in (
            ("txt", document.text),
            ("glossary.txt", document.glossary),
            ("annex.txt", document.annex),
        ):
            if part:
                write_text(out / "text" / f"{key}.{suffix}", part + "\n")
    sentences = sentence_frame(published.reports)
    counts = {f"{k}": str(n) for k, n in sentences.groupby("report_id").size().items()}
    documents = published.documents.copy()
    is_best = documents["is_chosen"] == "1"
    documents.loc[is_best, "n_sentences"] = documents.loc[is_best, "report_id"].map(counts)
    write_csv(out / "documents.csv", documents)
    write_table(ReportTable, published.reports, out / "report.parquet")
    write_table(SentenceTable, sentences, out / "sentence.parquet")
