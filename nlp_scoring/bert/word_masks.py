"""Text as rows of word pieces, and the hiding of whole words in them.

Masking whole words (Cui et al. 2021, "Pre-training with whole word masking for Chinese BERT") takes
jieba for the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_scoring.bert.passages import CLS, SEP, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

MASKED_SHARE, KEEP_SHARE, RANDOM_SHARE = 0.15, 0.1, 0.1
#: Loss at places that are not asked about.
IGNORED = -100


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Text cut into rows of one length.

    Attributes
    ----------
    ids : (n, t) uint16 array
        Word pieces with [CLS] and [SEP]; 0 where padded.
    starts : (n, t) bool array
        Where a word begins; pieces that continue a word are masked with it.
    """

    ids: NDArray[np.uint16]
    starts: NDArray[np.bool_]


def stream_of(texts: Iterable[str], tokenizer: Any, length: int) -> Stream:
    """Cut texts into rows of ``length`` pieces, remembering where jieba's words begin."""
    room = length - 2
    ids: list[int] = []
    starts: list[bool] = []
    for text in texts:
        for line in plain(text).splitlines():
            for number, first in _pieces_with_words(line, tokenizer):
                ids.append(number)
                starts.append(first)
    n = len(ids) // room
    body = np.array(ids[: n * room], dtype=np.uint16).reshape(n, room)
    begins = np.array(starts[: n * room], dtype=bool).reshape(n, room)
    edge = np.ones((n, 1), dtype=np.uint16)
    whole = [edge * tokenizer.token_to_id(CLS), body, edge * tokenizer.token_to_id(SEP)]
    never = np.zeros((n, 1), dtype=bool)
    return Stream(np.hstack(whole).astype(np.uint16), np.hstack([never, begins, never]))


def _pieces_with_words(line: str, tokenizer: Any) -> Iterator[tuple[int, bool]]:
    import jieba

    jieba.setLogLevel(60)
    begins = {begin for _, begin, _ in jieba.tokenize(line)} if line else set()
    encoding = tokenizer.encode(line, add_special_tokens=False)
    for number, (begin, _) in zip(encoding.ids, encoding.offsets, strict=True):
        yield number, begin in begins


def mask_words(
    ids: NDArray[np.int64],
    starts: NDArray[np.bool_],
    *,
    mask: int,
    n_pieces: int,
    first_piece: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hide 15 % of the words of each row, whole.

    Parameters
    ----------
    ids : (b, t) array
    starts : (b, t) array
    first_piece : int
        Lowest number of a piece that is text; random replacements are drawn from there on.

    Returns
    -------
    (b, t) array, (b, t) array
        Input with pieces hidden (80 % [MASK], 10 % random, 10 % as they were), and the answers:
        `IGNORED` where nothing was hidden.
    """
    word = starts.cumsum(axis=1)
    chosen = rng.random((len(ids), int(word.max()) + 1)) < MASKED_SHARE
    chosen[:, 0] = False
    hidden = np.take_along_axis(chosen, word, axis=1) & (ids >= first_piece)
    answers = np.where(hidden, ids, IGNORED)
    draw = rng.random(ids.shape)
    masked = np.where(hidden & (draw >= KEEP_SHARE), mask, ids)
    random = rng.integers(first_piece, n_pieces, ids.shape)
    replaced = hidden & (draw >= KEEP_SHARE) & (draw < KEEP_SHARE + RANDOM_SHARE)
    return np.where(replaced, random, masked), answers
