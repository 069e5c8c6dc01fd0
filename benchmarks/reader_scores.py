"""How much of a text came out: character F1 along an alignment, not a bag of characters."""

from __future__ import annotations

from difflib import SequenceMatcher


def char_f1(truth: str, found: str) -> float:
    """Harmonic mean of precision and recall of characters that stand in the same order.

    Lines are aligned first; where lines differ, their characters are. Line breaks do not count.
    """
    if truth == found:
        return 1.0
    ours, theirs = _lines(truth), _lines(found)
    matched = 0
    for tag, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag == "equal":
            matched += sum(map(len, ours[a:b]))
        elif tag == "replace":
            one, other = "".join(ours[a:b]), "".join(theirs[c:d])
            matched += _aligned(one[:20_000], other[:20_000])
    total = sum(map(len, ours)) + sum(map(len, theirs))
    return 2 * matched / total if total else 1.0


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _aligned(one: str, other: str) -> int:
    matcher = SequenceMatcher(None, one, other, autojunk=len(one) + len(other) > 6_000)
    return sum(block.size for block in matcher.get_matching_blocks())
