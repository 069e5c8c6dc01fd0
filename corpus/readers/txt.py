"""Plain text to source text: every line as it stands, metadata lines of scrapers understood."""

from __future__ import annotations

import itertools
import re

from corpus.readers.html import iso_date
from corpus.readers.result import Line, Source

_LINES = re.compile(r"[^\r\n\x0b\x0c\x85\u2028\u2029]+")
_FIELD = re.compile(r"^\s*(标题|title)\s*[：:]\s*(.+)$", re.IGNORECASE)
_DATE = re.compile(r"(?:发文|发布|发表)?(?:时间|日期)\s*[：:]")
_NAMED = re.compile(r"工\s*作\s*报\s*告")


def read_txt(text: str) -> Source:
    """Take a text file: ``raw`` is the decoded text itself.

    Parameters
    ----------
    text : str
        The decoded file.
    """
    found = [Line(m.start(), m.end()) for m in _LINES.finditer(text) if m[0].strip()]
    if len(found) == 1 and len(text) > 3000:
        found = _cut_single_line(text)
    head = [text[line.start : line.end].strip() for line in found[:30]]
    fields = [m[2].strip() for m in map(_FIELD.match, head) if m]
    named = [
        line for line in head if len(line) <= 60 and _NAMED.search(line) and not _FIELD.match(line)
    ]
    dated = (iso_date(line) for line in head if _DATE.search(line))
    return Source(
        raw=text,
        lines=tuple(found),
        first=0,
        last=len(found),
        titles=tuple(dict.fromkeys([*fields, *named])),
        publish_date=next((d for d in dated if d), ""),
        broken_lines=True,
    )


def _cut_single_line(text: str) -> list[Line]:
    """Cut a file without line breaks at indents behind a sentence end."""
    bounds = [m.start() for m in re.finditer(r"(?<=[。！？：])[ \u3000]{2,}", text)]
    edges = [0, *bounds, len(text)]
    return [Line(a, b) for a, b in itertools.pairwise(edges) if text[a:b].strip()]
