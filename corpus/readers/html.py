"""HTML to source text: known containers first, density as fallback, trafilatura when in doubt."""

from __future__ import annotations

import html as entities
import json
import re
from typing import TYPE_CHECKING, Literal

from corpus.readers.html_blocked import blocked_reason
from corpus.readers.html_containers import KNOWN, Choice, Container, choose_known
from corpus.readers.html_density import agreement, choose_dense, line_weights
from corpus.readers.html_lines import Page, scan
from corpus.readers.result import Line, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

Second = Literal["auto", "always", "never"]

_PARTS = re.compile(r"createPageHTML\s*\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,", re.IGNORECASE)
_DATE = re.compile(r"((?:19|20)\d\d)\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})")
_DATE_META = (
    "pubdate",
    "publishdate",
    "publish_date",
    "article:published_time",
    "og:release_date",
    "date",
)
_DATE_LINE = re.compile(r"(?:发布|发表|添加|更新)?(?:时间|日期)\s*[：:]")
_TITLE_META = ("articletitle", "og:title", "title")
_EMBEDDED = re.compile(r'"((?:[^"\\]|\\.){400,}?)"')
_UNSURE = 0.5


def read_html(text: str, *, known: Sequence[Container] = KNOWN, second: Second = "auto") -> Source:
    """Take the text of an article page.

    Parameters
    ----------
    text : str
        The decoded page.
    known : sequence of Container
        Rules for body elements; leave some out to test the fallback.
    second : {"auto", "always", "never"}
        When to ask trafilatura, which costs ten times the rest. ``auto`` asks it only where our
        own two methods disagree or no system was recognised and the text is no clear article.

    Notes
    -----
    The agreement is measured between the rule and the density method, which do not know of each
    other; where trafilatura was asked it is the lower of the two agreements.
    """
    page = scan(text)
    problem = blocked_reason(page, len(text))
    weight = line_weights(page.lines)
    if weight[-1] < 200 and not problem:
        embedded = _embedded_article(page)
        if embedded is not None:
            inner = scan(embedded)
            inner.metas, inner.title = page.metas, page.title
            page, weight = inner, line_weights(inner.lines)
    dense = choose_dense(page, weight)
    ruled = choose_known(page, weight, known)
    chosen = ruled or dense or Choice(0, 0, len(page.lines))
    agreed = agreement(page.lines, chosen, dense) if dense is not None else 0.0
    if ruled is not None and dense is not None and _better(weight, dense, ruled):
        chosen = dense
    source = _source(page, chosen, problem)
    doubt = agreed < _UNSURE or (ruled is None and weight[-1] < 3000)
    if second == "always" or (second == "auto" and doubt and not problem and weight[-1]):
        third = _trafilatura_agreement(text, page, chosen)
        agreed = third if ruled is None else min(agreed, third)
    elif ruled is None:
        agreed = _compactness(weight, chosen)
    return _with(source, agreed, page, text)


def _better(weight: Sequence[int], dense: Choice, ruled: Choice) -> bool:
    """Prefer density where the rule matched a side box that holds far less text."""
    held = weight[ruled.last] - weight[ruled.first]
    return held < 0.25 * (weight[dense.last] - weight[dense.first])


def _compactness(weight: Sequence[int], chosen: Choice) -> float:
    """Without a rule: how much of the page's running text the chosen element holds."""
    return (weight[chosen.last] - weight[chosen.first]) / weight[-1] if weight[-1] else 0.0


def _source(page: Page, chosen: Choice, problem: str) -> Source:
    pieces: list[str] = []
    lines: list[Line] = []
    marks: list[tuple[int, int]] = []
    hidden = _hidden_elements(page, chosen)
    at = 0
    for line in page.lines:
        end = at + len(line.text)
        lines.append(Line(at, end, line.linked, line.element in hidden))
        marks += [(at + a, at + b) for a, b in line.marks]
        pieces.append(line.text)
        at = end + 1
    return Source(
        raw="\n".join(pieces),
        lines=tuple(lines),
        first=chosen.first,
        last=chosen.last,
        marks=tuple(marks),
        glossary_url=page.glossary_url,
        template=chosen.template,
        problem=problem,
    )


def _hidden_elements(page: Page, chosen: Choice) -> set[int]:
    """Elements hidden inside the body; a page hidden as a whole until a script runs does not count."""
    hidden: set[int] = set()
    outer = set()
    number = chosen.element
    while number >= 0:
        outer.add(number)
        number = page.elements[number].parent
    for number, element in enumerate(page.elements):
        if number not in outer and (element.hidden or element.parent in hidden):
            hidden.add(number)
    return hidden


def _with(source: Source, agreed: float, page: Page, text: str) -> Source:
    from dataclasses import replace

    parts = _PARTS.search(text)
    metas = dict(reversed(page.metas))
    labels = [metas[key] for key in _TITLE_META if metas.get(key)]
    return replace(
        source,
        agreement=round(min(max(agreed, 0.0), 1.0), 4),
        titles=tuple(t for t in (*labels, *page.headings, page.title) if t),
        publish_date=_publish_date(metas, page, source),
        n_parts=max(int(parts[1]), 1) if parts else 1,
    )


def _publish_date(metas: dict[str, str], page: Page, source: Source) -> str:
    """PubDate of the labels, else a date in a line that says so, near the body's top."""
    for key in _DATE_META:
        if date := iso_date(metas.get(key, "")):
            return date
    near = page.lines[max(source.first - 40, 0) : source.first + 12]
    for line in near:
        if _DATE_LINE.search(line.text) and (date := iso_date(line.text)):
            return date
    dates = [
        iso_date(line.text) for line in near if len(line.text) < 80 and "代表大会" not in line.text
    ]
    return next((date for date in dates if date), "")


def iso_date(text: str) -> str:
    """Read the first date of a text as ``YYYY-MM-DD``; the time of day is not trusted."""
    match = _DATE.search(text)
    if match is None or not (1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31):
        return ""
    return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"


def _embedded_article(page: Page) -> str | None:
    """Find an article that stands only in a script, as JSON with markup in a string."""
    best = max(page.areas, key=len, default="")
    if len(best) > 1000:
        return entities.unescape(best)
    for script in page.scripts:
        if (
            "\\u" not in script
            and "代表" not in script
            and "&lt;" not in script
            and "<" not in script
        ):
            continue
        for match in _EMBEDDED.finditer(script[:3_000_000]):
            if len(match[1]) > len(best):
                best = match[1]
    if len(best) < 400:
        return None
    try:
        text = str(json.loads(f'"{best}"', strict=False))
    except ValueError:
        text = best
    if "&lt;" in text[:2000]:
        text = entities.unescape(text)
    if "<" not in text[:2000]:
        text = "<div>" + text.replace("\n", "<br>") + "</div>"
    return text


def _trafilatura_agreement(text: str, page: Page, chosen: Choice) -> float:
    """Ask trafilatura for the body and compare, by lines, with ours."""
    from trafilatura import extract

    if len(text) > 3_000_000:
        return 0.0
    try:
        other = extract(text, include_comments=False, include_tables=True) or ""
    except Exception:
        return 0.0
    ours = {re.sub(r"\s", "", line.text) for line in page.lines[chosen.first : chosen.last]}
    theirs = {re.sub(r"\s", "", line) for line in other.split("\n")}
    common = sum(map(len, ours & theirs))
    total = sum(map(len, ours)) + sum(map(len, theirs))
    return 2 * common / total if total else 0.0
