"""Readers: text kept, charsets, glossaries, traps, PDF, speed, beside trafilatura on the same pages.

Run ``python -m benchmarks.readers``.
"""

from __future__ import annotations

import csv
import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.reader_charsets import broken, combinations
from benchmarks.reader_pages import (
    REPORTS,
    TEMPLATES,
    GeneratedPage,
    GlossaryForm,
    Report,
    page,
    reports,
)
from benchmarks.reader_pdfs import FontKind, layout_pdf, many_pages_pdf, text_pdf
from benchmarks.reader_scores import char_f1
from benchmarks.reader_traps import traps
from corpus.readers.charset import decode
from corpus.readers.document import read_document
from corpus.readers.html_containers import without

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
_FORMS: tuple[GlossaryForm, ...] = ("section", "footnotes", "page", "table", "hidden")
Row = Figure


def _row(
    figure: str,
    bar: float | None,
    measured: float,
    unit: str = "",
    peer: str = "",
    *,
    low: bool = False,
) -> Row:
    passed = None if bar is None else measured <= bar if low else measured >= bar
    sign = "<=" if low else ">="
    told = "" if bar is None else f"{sign} {bar:g}"
    return Figure(figure, told, round(measured, 5), unit, passed, peer)


def rows() -> list[Row]:
    """Measure everything; about a minute on one core."""
    parts: Sequence[Callable[[], Iterator[Row]]] = (
        _known, _real, _left_out, _charsets, _glossaries, _traps, _pdfs, _docx, _speed, _memory,
    )  # fmt: skip
    return [row for part in parts for row in part()]


@cache
def _pages(template: str, n: int = 6) -> tuple[GeneratedPage, ...]:
    shift = TEMPLATES.index(template)
    pool = reports(2026)
    return tuple(
        page(template, pool[(shift + 4 * i) % len(pool)], seed=100 * shift + i) for i in range(n)
    )


def _known() -> Iterator[Row]:
    scores = [
        char_f1(p.text, read_document(p.html.encode(), second="never").text)
        for template in TEMPLATES
        for p in _pages(template)
    ]
    yield _row(
        f"characters, known templates, worst of {len(scores)} generated pages",
        0.998,
        min(scores),
        "F1",
    )


def _real() -> Iterator[Row]:
    folder = DATA / "pages" / "real"
    scores: list[float] = []
    fallback: list[float] = []
    peers: list[float] = []
    for row in csv.DictReader((folder / "manifest.csv").read_text("utf-8").splitlines()):
        data = (folder / row["file"]).read_bytes()
        truth = (folder / row["expected_text_file"]).read_text("utf-8").strip()
        if truth:
            scores.append(char_f1(truth, read_document(data).text))
            fallback.append(char_f1(truth, read_document(data, known=(), second="never").text))
            peers.append(char_f1(truth, _trafilatura(data.decode())))
    note = f"trafilatura {min(peers):.4f}"
    yield _row(
        f"characters, real structures, worst of {len(scores)} pages", 0.998, min(scores), "F1", note
    )
    yield _row(
        f"characters, real structures, no rule at all, worst of {len(fallback)}",
        0.985,
        min(fallback),
        "F1",
        note,
    )


def _trafilatura(html: str) -> str:
    from trafilatura import extract

    return extract(html, include_comments=False, include_tables=True) or ""


def _left_out() -> Iterator[Row]:
    for template in TEMPLATES:
        pages = _pages(template, 3)
        known = without(template)
        ours = [
            char_f1(p.text, read_document(p.html.encode(), known=known, second="never").text)
            for p in pages
        ]
        peer = [char_f1(p.text, _trafilatura(p.html)) for p in pages]
        gain = sum(ours) / len(ours) - sum(peer) / len(peer)
        note = f"trafilatura {sum(peer) / len(peer):.4f} (we are {gain:+.4f})"
        yield _row(
            f"characters, {template} left out, by fallback, worst of {len(pages)}",
            0.985,
            min(ours),
            "F1",
            note,
        )


def _charsets() -> Iterator[Row]:
    cases = list(combinations())
    right = sum(decode(c.data, declared=c.header).text == c.page for c in cases)
    yield _row(
        "charset combinations, all right",
        48,
        right if right == len(cases) else 0,
        f"of {len(cases)}",
    )
    flagged = [decode(data) for _, data, _ in broken()]
    names = [name for _, _, name in broken()]
    good = sum(d.encoding == n and 0 < d.n_broken <= 3 for d, n in zip(flagged, names, strict=True))
    yield _row("broken bytes flagged, encoding kept", len(names), good, f"of {len(names)}")


def _glossaries() -> Iterator[Row]:
    total = right = 0
    for number, template in enumerate(TEMPLATES):
        for form in _FORMS:
            made = page(template, reports(2026)[number], seed=number, glossary=form)
            found = read_document(made.html.encode(), second="never")
            linked = form != "page" or found.glossary_url != ""
            total += 1
            right += found.text == made.text and found.glossary == made.glossary and linked
    folder = DATA / "pages" / "real"
    real = read_document((folder / "2026_GD.html").read_bytes())
    for part, name in ((real.glossary, "glossary"), (real.annex, "annex")):
        total += 1
        right += part == (folder / f"2026_GD.{name}.txt").read_text("utf-8").strip()
    yield _row(
        "glossary split right, five forms by thirteen templates and a real page",
        total,
        right,
        f"of {total}",
    )


def _traps() -> Iterator[Row]:
    total = right = 0
    for trap in traps():
        found = read_document(trap.html.encode(), second="never")
        total += 1
        right += (found.region_code, found.year, found.reason) == (
            trap.region_code,
            trap.year,
            trap.reason,
        )
    yield _row("year, region and reason right in trap pages", max(60, total), right, f"of {total}")


def _pdfs() -> Iterator[Row]:
    fonts: tuple[FontKind, ...] = ("unicode", "gbk")
    for font in fonts:
        scores = []
        for report in reports(2026)[:6]:
            try:
                data = text_pdf([*report.head, *report.body], font=font)
            except UnicodeEncodeError:  # a character that GBK lacks
                continue
            scores.append(char_f1("\n".join(report.body), read_document(data).text))
        label = "GBK-EUC-H without ToUnicode" if font == "gbk" else "Unicode CMap"
        yield _row(
            f"characters, text PDF, {label}, worst of {len(scores)}", 0.995, min(scores), "F1"
        )

    report = reports(2026)[2]
    layouts: list[dict[str, float]] = [{}, {"indent": 0, "space": 8}, {"columns": 2, "indent": 21}]
    scores = [
        char_f1("\n".join(report.body), read_document(_layout(report, **layout)).text)
        for layout in layouts
    ]
    yield _row(
        "characters, PDF set with indents, with space, in two columns, worst of 3",
        0.995,
        min(scores),
        "F1",
    )


def _layout(report: Report, *, indent: float = 24, space: float = 0, columns: float = 1) -> bytes:
    return layout_pdf(
        [*report.head, *report.body], indent=indent, space=space, columns=int(columns)
    )


def _docx() -> Iterator[Row]:
    truth: dict[tuple[str, int], str] = {}
    with gzip.open(REPORTS, "rt", encoding="utf-8") as file:
        for record in map(json.loads, file):
            truth[record["region"], record["year"]] = record["text"]
    scores: list[float] = []
    for path in sorted((DATA / "documents" / "docx").glob("*.docx")):
        found = read_document(path.read_bytes())
        text = truth[found.region, found.year or 0]
        text = text[text.index("各位代表") :]
        orders = (
            (found.text, found.glossary, found.annex),
            (found.text, found.annex, found.glossary),
        )
        scores.append(max(char_f1(text, "\n".join(filter(None, parts))) for parts in orders))
    yield _row(f"characters, DOCX, all parts, worst of {len(scores)}", 0.998, min(scores), "F1")


def _speed() -> Iterator[Row]:
    folder = DATA / "pages" / "real"
    pages = [p.read_bytes() for p in sorted(folder.glob("*.html"))]
    pages += [p.html.encode() for template in TEMPLATES for p in _pages(template, 2)]
    for data in pages[:4]:
        read_document(data)
    start = time.process_time()
    for data in pages:
        read_document(data)
    rate = len(pages) / (time.process_time() - start)
    start = time.process_time()
    for data in pages[:8]:
        _trafilatura(data.decode())
    peer = 8 / (time.process_time() - start)
    yield _row(
        f"pages a second and core, {len(pages)} pages",
        50,
        rate,
        "1/s",
        f"trafilatura alone {peer:.1f}",
    )


def _memory() -> Iterator[Row]:
    """Measure the largest worker over documents made to be large; a refused one counts as well."""
    import resource

    from corpus.readers.limits import ReaderPool

    large = (
        many_pages_pdf(2_000),
        b"<div>" * 50_000 + "正文".encode() + b"</div>" * 50_000,
        "短行\n".encode() * 1_000_000,
        b"<p>" + "各位代表：增长。".encode() * 1_500_000,
        "一二三四，".encode() * 3_000_000,
    )
    with ReaderPool() as pool:
        for data in large:
            pool.read(data)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield _row(
        f"peak memory of a reader over {len(large)} large documents", 512, peak, "MiB", low=True
    )
