"""Find the body of a page whose system is not known, by where its running text stands."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from corpus.readers.html_containers import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.readers.html_lines import Page, PageLine

_SENTENCE = re.compile(r"[。！？；，、：]")
_GREETING = re.compile(r"^[\s\u3000]*各位代表[：:！!，,]?")
_HOLDS = 0.8


def line_weights(lines: Sequence[PageLine]) -> list[int]:
    """Sum up running text from the top: ``weight[j] - weight[i]`` is that of lines i to j.

    Running text is a line with sentence marks that is not mostly links; menus, titles, dates
    and link lists weigh nothing.
    """
    sizes = [
        len(line.text)
        if line.linked < 0.5 and len(line.text) >= 10 and _SENTENCE.search(line.text)
        else 0
        for line in lines
    ]
    return [0, *accumulate(sizes)]


def choose_dense(page: Page, weight: Sequence[int]) -> Choice | None:
    """Go down from the page to the element that still holds nearly all running text.

    Notes
    -----
    From the whole page down, the child that keeps at least four fifths of the parent's text is
    entered; where the text spreads over several children, their parent is the body. Two copies
    of an article therefore end at the box that holds both, and cleaning takes one.
    """
    if not page.lines or weight[-1] == 0:
        return None
    children: dict[int, list[int]] = {}
    for number, element in enumerate(page.elements[1:], start=1):
        if element.last - element.first >= 1:
            children.setdefault(element.parent, []).append(number)
    chosen = 0
    while True:
        here = page.elements[chosen]
        held = weight[here.last] - weight[here.first]
        best = max(children.get(chosen, ()), key=lambda n: _held(page, weight, n), default=0)
        if (
            not best
            or _held(page, weight, best) < _HOLDS * held
            or _loses_greeting(page, chosen, best)
        ):
            break
        chosen = best
    element = page.elements[chosen]
    return Choice(chosen, element.first, element.last)


def _held(page: Page, weight: Sequence[int], number: int) -> int:
    element = page.elements[number]
    return weight[element.last] - weight[element.first]


def _loses_greeting(page: Page, parent: int, child: int) -> bool:
    """Tell a child that holds only a part: a report begins with its greeting."""
    outer, inner = page.elements[parent], page.elements[child]
    greeted = [i for i in range(outer.first, outer.last) if _GREETING.match(page.lines[i].text)]
    return bool(greeted) and not inner.first <= greeted[0] < inner.last


def agreement(lines: Sequence[PageLine], one: Choice, other: Choice) -> float:
    """Compare two choices by the running text in them: twice the common part over the sum.

    Each distinct line counts once, so that a second copy of the article changes nothing.
    """
    first, second = _running(lines, one), _running(lines, other)
    size = sum(map(len, first)) + sum(map(len, second))
    return 2 * sum(map(len, first & second)) / size if size else 0.0


def _running(lines: Sequence[PageLine], choice: Choice) -> set[str]:
    return {
        line.text.strip()
        for line in lines[choice.first : choice.last]
        if line.linked < 0.5 and len(line.text) >= 10 and _SENTENCE.search(line.text)
    }
