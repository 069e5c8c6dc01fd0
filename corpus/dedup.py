"""The same report at several addresses, and several versions of one report."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SHINGLE = 8
_SEED = 20_260_127
_PERMUTATIONS = 128


def canonical(text: str) -> str:
    """Reduce a text to what makes it the same text: letters, digits and Han characters.

    Width, blanks, line breaks and punctuation differ between reprints; wording does not.
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


def canonical_sha256(text: str) -> str:
    r"""Hash the canonical text; mirrors and reprints share it.

    Examples
    --------
    >>> canonical_sha256("各位代表：\n增长５％。") == canonical_sha256("各位代表: 增长5%。")
    True
    """
    return hashlib.sha256(canonical(text).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two texts with much in common.

    Attributes
    ----------
    one, other : str
        Keys of the texts.
    similarity : float
        Jaccard similarity of their shingles, counted exactly.
    """

    one: str
    other: str
    similarity: float


def near_duplicates(texts: Mapping[str, str], *, threshold: float = 0.7) -> list[NearPair]:
    """Find pairs of texts that share most of their wording.

    Parameters
    ----------
    texts : mapping of str to str
        Key to text.
    threshold : float
        Least Jaccard similarity of the sets of 8-character shingles.

    Notes
    -----
    datasketch's MinHash with banding proposes pairs; the similarity reported is counted on the
    shingles themselves, so that no pair is reported by chance.
    """
    from datasketch import MinHash, MinHashLSH

    index: Any = MinHashLSH(threshold=max(threshold - 0.15, 0.2), num_perm=_PERMUTATIONS)
    shingles = {key: _shingles(text) for key, text in texts.items()}
    pairs: list[NearPair] = []
    for key, own in shingles.items():
        if not own:
            continue
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=_SEED)
        sketch.update_batch([s.encode() for s in own])
        for other in index.query(sketch):
            similarity = _jaccard(own, shingles[other])
            if similarity >= threshold:
                pairs.append(NearPair(other, key, round(similarity, 4)))
        index.insert(key, sketch)
    return sorted(pairs, key=lambda p: (-p.similarity, p.one, p.other))


def _shingles(text: str) -> set[str]:
    reduced = canonical(text)
    return {reduced[i : i + _SHINGLE] for i in range(max(len(reduced) - _SHINGLE + 1, 0))}


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


@dataclass(frozen=True, slots=True)
class Revision:
    """A version of a report.

    Attributes
    ----------
    key : str
        Key of the document.
    group : str
        ``region_code-year``.
    number : int
        1 for the first version; mirrors of a version share its number.
    is_mirror : bool
        The same canonical text was seen before in the group.
    """

    key: str
    group: str
    number: int
    is_mirror: bool


def number_revisions(documents: Sequence[tuple[str, str, str]]) -> list[Revision]:
    """Give the versions of each report numbers, in the order given.

    Parameters
    ----------
    documents : sequence of (key, group, text)
        In order of publication or arrival.
    """
    return list(_numbered(documents))


def _numbered(documents: Sequence[tuple[str, str, str]]) -> Iterator[Revision]:
    seen: dict[str, dict[str, int]] = {}
    for key, group, text in documents:
        versions = seen.setdefault(group, {})
        digest = canonical_sha256(text)
        known = digest in versions
        number = versions.setdefault(digest, len(versions) + 1)
        yield Revision(key, group, number, known)
