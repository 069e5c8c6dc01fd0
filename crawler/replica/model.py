"""Pages of the replica, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

TRUTH_COLUMNS = (
    "url", "host", "region_code", "year", "is_report", "template", "charset", "declared_charset", "title",
    "session_date", "publish_date", "n_paragraphs", "glossary", "expected_status", "sha256", "text_sha256",
    "expected_state", "expected_reason",
)  # fmt: skip


@dataclass(slots=True)
class Page:
    """What an address answers.

    Attributes
    ----------
    behaviour : str
        Name of a behaviour of ``faults``; empty for a page that is just served.
    """

    data: bytes
    content_type: str = "text/html"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    behaviour: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a page; the fields are the columns of the truth file.

    Attributes
    ----------
    expected_state, expected_reason : str
        What a crawl must record of an address that misbehaves; the reason's beginning.
    """

    url: str
    region_code: str
    year: int | str
    is_report: int
    template: str
    charset: str = "utf-8"
    declared_charset: str = "utf-8"
    title: str = ""
    session_date: str = ""
    publish_date: str = ""
    n_paragraphs: int | str = ""
    glossary: str = "none"
    expected_status: int = 200
    sha256: str = ""
    text_sha256: str = ""
    expected_state: str = ""
    expected_reason: str = ""

    @property
    def host(self) -> str:
        """Host of the address."""
        return urlsplit(self.url).hostname or ""


@dataclass(slots=True)
class Site:
    """All pages of the replica by address (without scheme), the truth, and registry rows.

    Attributes
    ----------
    tls : dict of str to str
        Hosts that speak TLS, and what is wrong with it: one of ``replica.tls.KINDS``.
    """

    pages: dict[str, Page] = field(default_factory=dict)
    truth: list[Truth] = field(default_factory=list)
    sources: list[dict[str, str]] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    tls: dict[str, str] = field(default_factory=dict)

    def join(self, other: Site) -> None:
        """Take in the pages, truth and rows of another site."""
        self.pages |= other.pages
        self.truth += other.truth
        self.sources += other.sources
        self.hosts |= other.hosts
        self.tls |= other.tls

    def put(self, url: str, page: Page) -> None:
        """Serve a page at an address."""
        parts = urlsplit(url)
        self.hosts.add(parts.hostname or "")
        key = f"{parts.hostname}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
        self.pages[key] = page

    def html(self, url: str, text: str, *, charset: str = "utf-8", header: str = "") -> bytes:
        """Serve text as HTML; returns its bytes."""
        data = text.encode(charset, "xmlcharrefreplace")
        kind = f"text/html; charset={header}" if header else "text/html"
        self.put(url, Page(data, kind))
        return data

    def source(self, region_code: str, region: str, url: str, **more: str) -> None:
        """Add a row to the registry of the replica."""
        host = urlsplit(url).hostname or ""
        row = {
            "region_code": region_code, "region": region, "level": "national" if region_code == "000000" else "province",
            "start_url": url, "allowed_domain": host, "kind": "list", "charset": "", "template": "", "year": "",
            "evidence": "replica", "confidence": "high", "source_tier": "1", "seen": "seen", "note": "",
        }  # fmt: skip
        self.sources.append(row | more)
