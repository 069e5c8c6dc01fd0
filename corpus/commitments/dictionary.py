"""The policy dictionary: words for the segmenter and the topic of a commitment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal, get_args

__all__ = ["TOPICS", "TOPIC_ZH", "Topic", "Word", "load_dictionary", "topic_of"]

Topic = Literal[
    "science", "talent", "green", "infrastructure", "industry", "agriculture", "livelihood",
    "opening", "macro", "governance", "other",
]  # fmt: skip
TOPICS: Final[tuple[Topic, ...]] = get_args(Topic)
TOPIC_ZH: Final[dict[Topic, str]] = {
    "science": "科技",
    "talent": "人才",
    "green": "绿色",
    "infrastructure": "基础设施",
    "industry": "产业",
    "agriculture": "农业",
    "livelihood": "民生",
    "opening": "开放",
    "macro": "宏观",
    "governance": "治理",
    "other": "其他",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A dictionary entry; `topic` is None for words that only help the segmenter."""

    text: str
    frequency: int
    topic: Topic | None


@lru_cache(maxsize=1)
def load_dictionary() -> tuple[Word, ...]:
    """Return the entries of ``dictionary.txt`` in file order.

    Raises
    ------
    ValueError
        If a line does not hold a word, a frequency and a known topic or ``-``.
    """
    lines = files("corpus.commitments").joinpath("dictionary.txt").read_text("utf-8").splitlines()
    words: list[Word] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split()
        if len(fields) != 3 or not fields[1].isdigit() or fields[2] not in (*TOPICS, "-"):
            raise ValueError(
                f"dictionary.txt line {number}: expected word frequency topic: {line!r}"
            )
        topic = next((t for t in TOPICS if t == fields[2]), None)
        words.append(Word(fields[0], int(fields[1]), topic))
    return tuple(words)


@lru_cache(maxsize=1)
def _matcher() -> tuple[re.Pattern[str], dict[str, Topic]]:
    topics = {w.text: w.topic for w in load_dictionary() if w.topic is not None}
    longest_first = sorted(topics, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), topics


def topic_of(subject: str, sentence: str = "", position: int = 0) -> Topic:
    """Return the topic of a commitment.

    The last topic word of the subject decides, since the head of a Chinese noun phrase stands at
    its end; failing that, the topic word of the sentence nearest to `position`.

    Examples
    --------
    >>> topic_of("高标准农田"), topic_of("高新技术企业")
    ('agriculture', 'science')
    """
    pattern, topics = _matcher()
    words = pattern.findall(subject)
    if words:
        return topics[words[-1]]
    nearest = min(
        pattern.finditer(sentence),
        key=lambda match: min(abs(match.start() - position), abs(match.end() - position)),
        default=None,
    )
    return topics[nearest.group()] if nearest else "other"
