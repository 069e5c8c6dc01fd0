"""The parse stage: bytes to a verdict, by the corpus package, without the network."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.readers.limits import ReaderPool
    from corpus.readers.result import Document

#: Reasons of the readers for pages that are a refusal, not a document.
BLOCKS = ("blocked_waf", "blocked_challenge", "login_required")


_MOVE = re.compile(
    rb"http-equiv\s*=\s*[\"']?refresh|location(?:\.href)?\s*=|location\.(?:replace|assign)\(",
    re.IGNORECASE,
)
_TOKEN = re.compile(rb"cookie|\$_ts|_\$\w+\s*\(|eval\(", re.IGNORECASE)
_SMALL = 4_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What the corpus package says of some bytes.

    Attributes
    ----------
    verdict : str
        ``ok`` or the reason why it is no report of the row's region.
    """

    verdict: str
    region_code: str
    year: int | None
    text_sha256: str
    title: str
    document: Document


def read_page(
    pool: ReaderPool, data: bytes, *, url: str, region_code: str, charset: str = "",
    more: Sequence[bytes] = (),
) -> Reading:  # fmt: skip
    """Read a page, or an article of several pages, and judge it for a region.

    Notes
    -----
    A report of another region than the row's is refused: lists hold reports of cities and, in
    link boxes, of other provinces.
    """
    document = pool.read(data, name=url, declared_charset=charset or None, more=more)
    verdict = "ok" if document.status == "ok" else document.reason or document.status
    if document.status in ("needs_ocr", "unsupported_format"):
        verdict = document.status
    if verdict in ("blocked_challenge", "no_text") and moves_on(data):
        verdict = "moved"
    if verdict == "ok" and document.region_code != region_code:
        verdict = f"other_region:{document.region_code}"
    text = "\x00".join((document.text, document.glossary, document.annex))
    digest = hashlib.sha256(re.sub(r"\s+", "", text).encode("utf-8", "surrogatepass")).hexdigest()
    return Reading(
        verdict, document.region_code, document.year, digest if verdict == "ok" else "",
        document.title, document,
    )  # fmt: skip


def moves_on(data: bytes) -> bool:
    """Tell a small page that only sends its reader on from a challenge, which sets a token first."""
    return len(data) < _SMALL and bool(_MOVE.search(data)) and not _TOKEN.search(data)
