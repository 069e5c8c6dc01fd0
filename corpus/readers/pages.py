"""An article that is spread over several pages, as one source text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.readers.result import Source


def join_pages(pages: Sequence[Source]) -> Source:
    """Put the bodies of several pages in a row; frame and labels are the first page's.

    Parameters
    ----------
    pages : sequence of Source
        In the order of reading. A page with a problem (a challenge, a missing page) gives its
        problem to the whole: a report without one of its pages is no report.
    """
    first = pages[0]
    raw, at = [first.raw], len(first.raw)
    lines = list(first.lines[: first.last])
    marks = list(first.marks)
    for page in pages[1:]:
        raw.append(page.raw)
        shift = at + 1
        lines += [
            replace(line, start=line.start + shift, end=line.end + shift)
            for line in page.lines[page.first : page.last]
        ]
        marks += [(a + shift, b + shift) for a, b in page.marks]
        at = shift + len(page.raw)
    last = len(lines)
    lines += list(first.lines[first.last :])
    agreements = [page.agreement for page in pages if page.agreement is not None]
    return replace(
        first,
        raw="\n".join(raw),
        lines=tuple(lines),
        last=last,
        marks=tuple(marks),
        agreement=min(agreements, default=None),
        n_parts=1,
        problem=next((page.problem for page in pages if page.problem), ""),
    )
