"""What discovery finds on a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

#: ``link`` to a page or file; ``page`` a further page of the list; ``part`` of the article;
#: ``data`` an address that answers with records of the list; ``move`` where the page sends its
#: reader at once; ``frame`` shown inside the page; ``search`` a form's address with ``{query}``.
LinkKind = Literal["link", "page", "part", "data", "move", "frame", "search"]


@dataclass(frozen=True, slots=True)
class Link:
    """An address found on a page.

    Attributes
    ----------
    url : str
        Absolute, in one spelling.
    title : str
        Text of the link, or its title attribute where that says more.
    body : str
        Form fields, for an address that wants POST; else empty.
    number : int
        Place among the parts of an article.
    """

    url: str
    title: str
    kind: LinkKind = "link"
    body: str = ""
    number: int = 0


@dataclass(slots=True)
class Found:
    """Links of one page, in the order of the page, each address once a kind."""

    links: list[Link] = field(default_factory=list)
    _seen: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def add(self, link: Link) -> None:
        """Keep a link; a second one to the same address only lends a title that says more."""
        if not link.url:
            return
        key = (link.url, link.kind, link.body)
        at = self._seen.get(key)
        if at is None:
            self._seen[key] = len(self.links)
            self.links.append(link)
        elif _says(link.title) > _says(self.links[at].title):
            self.links[at] = link

    def of(self, *kinds: LinkKind) -> list[Link]:
        """Links of some kinds."""
        return [link for link in self.links if link.kind in kinds]


def _says(title: str) -> tuple[int, int]:
    """How much a title tells: an index number is longer than many a title and tells nothing."""
    return sum("\u4e00" <= c <= "\u9fff" for c in title), len(title)
