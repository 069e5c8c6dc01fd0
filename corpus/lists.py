"""Which units were one sentence, and which words introduce a list (rule R10)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUM = "[一二三四五六七八九十]+"
_ITEM = re.compile(rf"^(?:{_NUM}[是要]|第{_NUM}[，、：]|[（(]\s*\d{{1,2}}\s*[）)]|[①-⑳]|——)")
_OPENS = re.compile(rf"：(?=(?:{_NUM}[是要]|第{_NUM}[，、]|[（(]\s*\d{{1,2}}\s*[）)]|[①-⑳]))")
_SEMICOLON = ("；", ";", "；”", "；’")
_COLON = ("：", ":")
MAX_LEAD_IN = 200


@dataclass(frozen=True, slots=True)
class Link:
    """How a unit hangs together with those before it.

    Attributes
    ----------
    parent : int
        Index of the first unit of the sentence it was cut from at ；; its own when it is whole.
    lead_in : str
        Words before the list that the unit is an item of (``要抓好三件事：``); empty for others
        and for the unit that holds the words itself.
    """

    parent: int
    lead_in: str


def link_units(sentences: Sequence[str], paragraphs: Sequence[int]) -> list[Link]:
    """Link the units of a text.

    Parameters
    ----------
    sentences : sequence of str
        Units in order.
    paragraphs : sequence of int
        Paragraph of each.

    Examples
    --------
    >>> link_units(["做好三件事：一是稳增长；", "二是惠民生。", "严守底线。"], [0, 0, 0])[1]
    Link(parent=0, lead_in='做好三件事：')
    """
    links: list[Link] = []
    lead = ""
    for i, sentence in enumerate(sentences):
        together = i > 0 and paragraphs[i - 1] == paragraphs[i]
        chained = together and sentences[i - 1].endswith(_SEMICOLON)
        parent = links[i - 1].parent if chained else i
        is_item = chained or bool(_ITEM.match(sentence))
        announced = i > 0 and sentences[i - 1].endswith(_COLON)
        if not is_item and not announced:
            lead = ""
        links.append(Link(parent, lead))
        opened = _lead_of(sentence)
        lead = opened or lead
    return links


def _lead_of(sentence: str) -> str:
    """Words of a unit that open a list: all of it up to a final colon, or up to the first item."""
    if sentence.endswith(_COLON):
        return sentence[-MAX_LEAD_IN:]
    opening = _OPENS.search(sentence)
    return sentence[: opening.end()][-MAX_LEAD_IN:] if opening else ""
