"""Articles that stand twice in one page: a PC and a mobile block, a print view."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.paragraphs import Paragraph, Parts


def drop_copy(paragraphs: list[Paragraph], parts: Parts) -> tuple[list[Paragraph], bool]:
    """Where the article stands twice, keep the first copy, or the second if that is longer."""
    keys = [re.sub(r"\s", "", p.text) for p in paragraphs]
    seen: dict[str, int] = {}
    repeats: list[tuple[int, int]] = []
    for i, key in enumerate(keys):
        if len(key) < 25:
            continue
        if key in seen:
            repeats.append((seen[key], i))
        else:
            seen[key] = i
    total = sum(map(len, seen))
    if not repeats or sum(len(keys[j]) for _, j in repeats) < 0.4 * total:
        return paragraphs, False
    first, second = repeats[0]
    while first > 0 and second - 1 > first and keys[first - 1] == keys[second - 1]:
        first, second = first - 1, second - 1
    one, other = paragraphs[:second], paragraphs[second:]
    kept, dropped = (one, other) if _running(one) >= 0.98 * _running(other) else (other, one)
    parts.dropped += [(p, "copy") for p in dropped]
    return kept, True


def _running(paragraphs: Sequence[Paragraph]) -> int:
    return sum(len(p.text) for p in paragraphs if len(p.text) >= 25)
