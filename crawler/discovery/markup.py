"""Links in markup: anchors, handlers, frames, options, forms and places a page moves on to."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from corpus.readers.html_tokens import Token, tokens
from crawler.addresses import normalise
from crawler.discovery.model import Found, Link

if TYPE_CHECKING:
    from collections.abc import Iterable

_ATTRIBUTE = re.compile(
    r"""([a-zA-Z_:@][\w:.\-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.DOTALL
)
# A quoted text that reads like an address of a page or file.
_QUOTED = re.compile(
    r"""["'`]((?:https?:)?(?:\.{0,2}/)[^"'`\s<>(){}|\\^]{1,400}|[\w\-./%]{1,200}\.(?:s?html?|jsp|aspx?|php|pdf|docx?|wps|ofd)(?:\?[^"'`\s<>]{0,200})?)["'`]""",
    re.IGNORECASE,
)
_REFRESH = re.compile(r"^\s*\d*(?:\.\d+)?\s*[;,]\s*(?:url\s*=)?\s*[\"']?([^\"'>]+)", re.IGNORECASE)
_MOVE = re.compile(
    r"""(?:window\.|self\.|top\.|parent\.|document\.)?location(?:\.href)?\s*=\s*["']([^"']{1,500})["']"""
    r"""|location\.(?:replace|assign)\(\s*["']([^"']{1,500})["']""",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"^\s*(?:下一?页|下页|后一?页|next|尾页|末页|最后一?页|[>»›]{1,2}|\[?\d{1,3}\]?)\s*(?:[>»›]*)\s*$",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.(?:pdf|docx?|wps|ofd|rtf)(?:$|[?#&])", re.IGNORECASE)
_TITLED = frozenset(
    ("a", "area", "li", "tr", "td", "div", "span", "p", "dd", "dt", "option", "h3", "h4")
)
_MAX_LINKS = 5_000


def attributes(text: str) -> dict[str, str]:
    """Read all attributes of a tag; the first of a name wins, entities are decoded."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text[:20_000]):
        value = match[2] if match[2] is not None else match[3] if match[3] is not None else match[4]
        found.setdefault(match[1].lower(), html.unescape(value or ""))
    return found


def quoted_addresses(text: str) -> list[str]:
    """Texts in quotation marks that read like addresses, as in handlers and scripts."""
    return [match[1] for match in _QUOTED.finditer(text[:400_000])]


def read_markup(page: str, base: str, found: Found) -> list[str]:
    """Collect the links of markup; return the scripts of the page."""
    reader = _Reader(base, found)
    for token in tokens(page):
        reader.take(token)
        if len(found.links) > _MAX_LINKS:
            break
    reader.end_link()
    return [*reader.scripts, *reader.data]


class _Reader:
    """State of one pass: the open link, the open form, the scripts seen."""

    def __init__(self, base: str, found: Found) -> None:
        self.base = base
        self.found = found
        self.scripts: list[str] = []
        self.targets: list[str] = []
        self.title = ""
        self.text: list[str] = []
        self.tag = ""
        self.form: dict[str, str] | None = None
        self.data: list[str] = []

    def take(self, token: Token) -> None:
        if token.kind == "text":
            if self.targets and sum(map(len, self.text)) < 400:
                self.text.append(token.value)
        elif token.kind == "open":
            self._open(token.name, attributes(token.value))
        elif token.kind == "close":
            if token.name == self.tag:
                self.end_link()
            if token.name == "form":
                self._end_form()
        elif token.kind == "raw":
            self._raw(token.name, token.value)

    def _open(self, tag: str, at: dict[str, str]) -> None:
        if tag == "base" and at.get("href"):
            self.base = normalise(at["href"], self.base) or self.base
        elif tag == "meta" and at.get("http-equiv", "").lower() == "refresh":
            if match := _REFRESH.match(at.get("content", "")):
                self._add(match[1], "", "move")
        elif tag in ("frame", "embed", "object", "source"):
            self._frame(at.get("src") or at.get("data") or "")
        elif tag == "form":
            self.form = {"action": at.get("action", ""), "method": at.get("method", "get").lower()}
        elif tag == "input" and self.form is not None:
            self._input(at)
        elif tag in _TITLED:
            self._anchor(tag, at)
        elif (at.get("url") or at.get("href")) and (at.get("title") or at.get("name")):
            self._add(at.get("url") or at["href"], at.get("title") or at["name"], "link")
        data = [value for value in at.values() if value[:2] in ("[{", '{"')]
        self.data += data[:5]

    def _anchor(self, tag: str, at: dict[str, str]) -> None:
        """Open a link: its address from href, else from whatever handler or data attribute."""
        targets = []
        href = at.get("href", "").strip()
        if href and not re.match(r"(?:javascript:|#|mailto:|tel:)", href, re.IGNORECASE):
            targets.append(href)
        else:
            handlers = [
                v
                for k, v in at.items()
                if k.startswith("on") or k in ("href", "ng-click", "@click")
            ]
            targets += [a for text in handlers for a in quoted_addresses(text)]
            targets += [
                at[k] for k in ("data-href", "data-url", "data-link", "data-src", "value", "url")
                if at.get(k) and (tag != "option" or k == "value") and _like_address(at[k])
            ]  # fmt: skip
        if not targets:
            return
        self.end_link()
        self.targets, self.tag, self.text = targets[:4], tag, []
        self.title = at.get("title", "")

    def end_link(self) -> None:
        """Close the open link and keep it."""
        if not self.targets:
            return
        text = re.sub(r"\s+", " ", html.unescape("".join(self.text))).strip()
        title = self.title.strip()
        best = title if len(title) > len(text) or "…" in text or text.endswith("...") else text
        for target in self.targets:
            kind = "page" if _NEXT.match(text) and not _FILE.search(target) else "link"
            self._add(target, (text if kind == "page" else best or text)[:300], kind)
        self.targets, self.text, self.title = [], [], ""

    def _input(self, at: dict[str, str]) -> None:
        if self.form is None or not at.get("name"):
            return
        kind = at.get("type", "text").lower()
        if kind in ("text", "search") and "query" not in self.form:
            self.form["query"] = at["name"]
        elif kind == "hidden":
            self.form.setdefault("fixed", "")
            self.form["fixed"] += f"&{quote_plus(at['name'])}={quote_plus(at.get('value', ''))}"

    def _end_form(self) -> None:
        """Keep a form that asks for one text by GET: a search of the site."""
        form, self.form = self.form, None
        if form and form["method"] == "get" and form.get("query"):
            name = form["query"].lower()
            if re.search(
                r"pass|user|login|mail|tel|phone|code|captcha", name + form["action"].lower()
            ):
                return
            action = normalise(form["action"] or self.base, self.base)
            if action:
                joint = "&" if "?" in action else "?"
                url = f"{action}{joint}{quote_plus(form['query'])}={{query}}{form.get('fixed', '')}"
                self.found.add(Link(url, "", "search"))

    def _raw(self, tag: str, value: str) -> None:
        if tag == "script":
            self.scripts.append(value)
        elif tag in ("textarea", "xmp", "noscript") and "<a" in value.lower():
            read_markup(html.unescape(value), self.base, self.found)

    def _frame(self, target: str) -> None:
        if target:
            self._add(target, "", "frame")

    def _add(self, target: str, title: str, kind: str) -> None:
        self.found.add(Link(normalise(target, self.base), title, kind))  # type: ignore[arg-type]


def _like_address(text: str) -> bool:
    return bool(_QUOTED.fullmatch(f'"{text}"'))


def frames(page: str, base: str) -> Iterable[Link]:
    """Frames, and the file that a viewer's address carries in its query."""
    for match in re.finditer(
        r"<(?:iframe|embed|frame|object)\b([^>]{1,2000})>", page, re.IGNORECASE
    ):
        at = attributes(match[1])
        target = at.get("src") or at.get("data") or ""
        if not target:
            continue
        inner = re.search(r"[?&](?:file|url|src|path)=([^&#]+)", target)
        if inner:
            from urllib.parse import unquote

            yield Link(normalise(unquote(inner[1]), base), "", "frame")
        yield Link(normalise(target, base), "", "frame")


def moves(scripts: list[str], base: str, n_text: int) -> Iterable[Link]:
    """Addresses that a nearly empty page's script goes to at once."""
    if n_text > 400:
        return  # on a page with text they stand in handlers and menus
    for script in scripts:
        for match in _MOVE.finditer(script[:50_000]):
            yield Link(normalise(match[1] or match[2], base), "", "move")
