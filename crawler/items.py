"""What stands in the frontier, what came back for it, and what a page led to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["list", "article", "part", "glossary", "data", "home", "sitemap", "search"]
State = Literal["queued", "leased", "deferred", "done", "gone", "blocked", "failed"]

#: Order in which a host's items are asked for.
PRIORITY = {
    "list": 10,
    "data": 20,
    "part": 25,
    "glossary": 28,
    "article": 30,
    "home": 60,
    "sitemap": 70,
    "search": 80,
}


@dataclass(frozen=True, slots=True)
class New:
    """An item to put into the frontier."""

    url: str
    region_code: str
    role: Role
    tier: int = 1
    body: str = ""
    phase: int = 1
    depth: int = 0
    parent: int | None = None
    number: int = 0
    parser: str = "auto"
    charset: str = ""
    hint_year: int | None = None
    hint_title: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the frontier, as leased."""

    id: int
    url: str
    body: str
    host: str
    region_code: str
    role: Role
    tier: int
    phase: int
    depth: int
    attempts: int
    parent: int | None
    number: int
    parser: str
    charset: str
    hint_year: int | None
    hint_title: str
    etag: str
    last_modified: str
    sha256: str
    text_sha256: str
    links_sha256: str
    n_links: int | None
    verdict: str
    verdict_region: str
    verdict_year: int | None
    header_charset: str = ""
    final_url: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and all that came of it, redirects included.

    Attributes
    ----------
    chain : tuple of (int, str)
        Status and address of every hop before the last.
    error : str
        Reason code when there is no response that can be used.
    is_cut : bool
        The body is not as long as the server said.
    """

    url: str
    final_url: str
    requested_at: str
    fetched_at: str
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    data: bytes = b""
    chain: tuple[tuple[int, str], ...] = ()
    address: str = ""
    tls: str = ""
    robots: str = ""
    error: str = ""
    is_cut: bool = False

    def header(self, name: str) -> str:
        """Value of a header, the last one sent; empty when it is absent."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[-1] if found else ""

    @property
    def charset(self) -> str:
        """Content-Type of the response, in which a charset may stand."""
        kind = self.header("content-type")
        return kind if "charset" in kind.lower() else ""


@dataclass(slots=True)
class Result:
    """What an exchange means for its item.

    Attributes
    ----------
    state, reason : str
        Where the item goes; ``queued`` asks again.
    outcome : str
        ``new``, ``changed``, ``unchanged_304``, ``unchanged_bytes``, ``unchanged_text``, or the
        state, for the log.
    keep : bool
        Whether the bytes are put into the raw store.
    """

    state: State
    reason: str = ""
    outcome: str = ""
    keep: bool = False
    sha256: str = ""
    text_sha256: str = ""
    links_sha256: str = ""
    n_links: int | None = None
    verdict: str = ""
    verdict_region: str = ""
    verdict_year: int | None = None
    new: list[New] = field(default_factory=list)
