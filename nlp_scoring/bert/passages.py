"""What the encoder reads: the sentence, and what stands around it in the report.

Segment A is the sentence. Segment B is its surroundings: place in the report (decile), section,
the nearest heading, the end of the sentence before and the beginning of the one after. Rule R3 of
the codebook lets the surroundings settle subject and tense only; the heads therefore pool over
segment A, and the surroundings reach them through attention.

Region and year are never part of the input: a score must not depend on who is speaking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

SECTIONS = ("review", "plan", "governance", "other")
FIELDS = ("place", "section", "heading", "previous", "next")
_LISTS = ("text", "heading", "previous", "next")
DECILES = 10
#: Word pieces of each part. Longer sentences are read in windows (see `windows`).
TEXT, HEADING, PREVIOUS, NEXT = 160, 14, 32, 16
#: Windows of one sentence; beyond 5,000 characters nothing in a report is a sentence.
MAX_WINDOWS = 32
CLS, SEP = "[CLS]", "[SEP]"
#: Free places of BERT's vocabulary carry what is not text.
_PLACES = tuple(f"[unused{i + 1}]" for i in range(DECILES))
_SECTION_MARKS = tuple(f"[unused{i + 11}]" for i in range(len(SECTIONS)))
_HEADING_MARK, _PREVIOUS_MARK, _NEXT_MARK = "[unused15]", "[unused16]", "[unused17]"
MARKS = (*_PLACES, *_SECTION_MARKS, _HEADING_MARK, _PREVIOUS_MARK, _NEXT_MARK)

#: Full-width letters and digits, and marks that BERT's Chinese vocabulary lacks, to plain ones.
_PLAIN = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B),
                                           *range(0xFF41, 0xFF5B))}  # fmt: skip
_PLAIN |= {ord(a): b for a, b in zip("％＋－．＆／“”‘’—", "%+-.&/\"\"''-", strict=True)}
_BREAK = re.compile(r"(?<=[，。；！？：,;!?、])")


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence with its surroundings; what is unknown is empty or NaN."""

    text: str
    previous: str = ""
    next: str = ""
    heading: str = ""
    section: str = ""
    progress: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Passages as word-piece numbers, part by part.

    Attributes
    ----------
    text, heading, previous, next : list of n integer arrays
    place, section : (n,) array
        Decile 0-9 and index into `SECTIONS`; -1 when unknown.
    owner : (n,) array
        The passage each row belongs to: a long sentence has several windows.
    """

    text: list[NDArray[np.int64]]
    heading: list[NDArray[np.int64]]
    previous: list[NDArray[np.int64]]
    next: list[NDArray[np.int64]]
    place: NDArray[np.int64]
    section: NDArray[np.int64]
    owner: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.text)

    def take(self, rows: NDArray[np.int64]) -> Pieces:
        """Take some rows, each as a passage of its own."""
        lists = {name: [getattr(self, name)[i] for i in rows] for name in _LISTS}
        return Pieces(**lists, place=self.place[rows], section=self.section[rows],
                      owner=np.arange(len(rows)))  # fmt: skip

    def joined(self, other: Pieces) -> Pieces:
        """Append others, each as a passage of its own."""
        lists = {name: getattr(self, name) + getattr(other, name) for name in _LISTS}
        return Pieces(
            **lists, place=np.concatenate([self.place, other.place]),
            section=np.concatenate([self.section, other.section]),
            owner=np.arange(len(self) + len(other)),
        )  # fmt: skip

    @property
    def unknown(self) -> frozenset[str]:
        """Surroundings (`FIELDS`) that no row has."""
        marks = [f for f in ("place", "section") if not (getattr(self, f) >= 0).any()]
        words = [f for f in ("heading", "previous", "next") if not any(map(len, getattr(self, f)))]
        return frozenset(marks + words)


def plain(text: str) -> str:
    """Write full-width letters and digits, curly quotes and dashes as plain ones."""
    return text.translate(_PLAIN)


def load_tokenizer(path: Path) -> Tokenizer:
    """Read ``tokenizer.json`` and hold it to what the encoder needs.

    Raises
    ------
    UserError
        When the file is no tokenizer, keeps capitals, or lacks a mark.
    """
    from tokenizers import Tokenizer

    from configs.errors import UserError

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception for any bad file
        raise UserError(
            "is no readable tokenizer", where=str(path), fix="give a folder with tokenizer.json"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True  # "[SEP]" in a hostile text is text
    lacking = [mark for mark in (CLS, SEP, *MARKS) if tokenizer.token_to_id(mark) is None]
    if lacking:
        raise UserError(
            f"the vocabulary lacks {lacking[0]}",
            where=str(path),
            fix="use a Chinese BERT vocabulary",
        )
    unknown = tokenizer.token_to_id("[UNK]")
    if unknown in tokenizer.encode("R&D AI PM2.5", add_special_tokens=False).ids:
        raise UserError(
            "the tokenizer turns capitals into [UNK]",
            where=str(path),
            fix='set "lowercase": true in its normalizer',
        )
    return tokenizer


def pieces_of(
    passages: Sequence[Passage], tokenizer: Tokenizer, *, without: frozenset[str] = frozenset()
) -> Pieces:
    """Cut passages into word pieces; sentences beyond `TEXT` pieces become several windows.

    Parameters
    ----------
    without : set of field names
        Surroundings (`FIELDS`) that nobody will read: those of words are left empty.
    """
    split = [windows(plain(p.text)) for p in passages]
    owner = np.repeat(np.arange(len(passages)), [len(w) for w in split])
    texts = _encode([w for parts in split for w in parts], tokenizer)
    deepest = [p.heading.rsplit(" / ", 1)[-1] for p in passages]
    around = {
        "heading": [h[: 2 * HEADING] for h in deepest],
        "previous": [p.previous[-2 * PREVIOUS :] for p in passages],
        "next": [p.next[: 2 * NEXT] for p in passages],
    }
    heading, before, after = (
        _encode([""] * len(words) if name in without else [plain(w) for w in words], tokenizer)
        for name, words in around.items()
    )
    place = np.array([decile(p.progress) for p in passages], dtype=np.int64)
    section = np.array([section_index(p.section) for p in passages], dtype=np.int64)
    return Pieces(
        text=[t[:TEXT] for t in texts],
        heading=[heading[i][:HEADING] for i in owner],
        previous=[before[i][-PREVIOUS:] for i in owner],
        next=[after[i][:NEXT] for i in owner],
        place=place[owner],
        section=section[owner],
        owner=owner,
    )


def windows(text: str) -> list[str]:
    """Cut a sentence longer than the encoder reads at its clauses, as evenly as they allow.

    Rules R2 and R10 give a long sentence the level of its highest clause, so its windows are
    scored apart and the highest counts.
    """
    limit = TEXT - 10  # a character is a piece or less, save rare marks
    if len(text) <= limit:
        return [text]
    parts: list[str] = [""]
    for clause in _BREAK.split(text[: limit * MAX_WINDOWS]):
        for begin in range(0, max(len(clause), 1), limit):
            bit = clause[begin : begin + limit]
            if parts[-1] and len(parts[-1]) + len(bit) > limit:
                parts.append("")
            parts[-1] += bit
    return [part for part in parts if part][:MAX_WINDOWS]


def decile(progress: float) -> int:
    """Tenth of the report, 0-9; -1 when the place is unknown."""
    return -1 if np.isnan(progress) else min(int(progress * DECILES), DECILES - 1)


def section_index(section: str) -> int:
    """Index of a section's name; -1 when it is unknown."""
    return SECTIONS.index(section) if section in SECTIONS else -1


def _encode(texts: Sequence[str], tokenizer: Tokenizer) -> list[NDArray[np.int64]]:
    distinct = list(dict.fromkeys(texts))
    encodings = tokenizer.encode_batch(distinct, add_special_tokens=False)
    found = {t: np.array(e.ids, dtype=np.int64) for t, e in zip(distinct, encodings, strict=True)}
    return [found[t] for t in texts]
