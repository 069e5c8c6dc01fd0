"""A page as lines of text, and of every block element the range of lines it holds."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from corpus.readers.html_tokens import Token, attributes, tokens

BLOCK = frozenset(
    ["address", "article", "aside", "blockquote", "body", "button", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "section", "select", "summary", "table", "tbody", "td", "template", "tfoot", "th", "thead", "tr", "ul", "ucapcontent", "ucaptitle", "noscript", "object", "map", "label"]
)  # fmt: skip
# An end tag of another element does not reach through them.
_WALL = frozenset(("td", "th", "table", "template"))
_BREAK = frozenset(("br", "hr", "wbr-block"))
_HEADING = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANK = re.compile(r"[ \t\r\n]+")
_MARK = re.compile(r"\x01([^\x01\x02]*)\x02")
_MARK_TEXT = re.compile(
    r"\s*(?:[\[［〔【(（]\s*(?:注\s*)?\d{1,3}\s*[\]］〕】)）]|[\u2460-\u2473\u3251-\u32bf])\s*"
)
_NOTE_LINK = re.compile(r"#.*(?:ftn|edn|note|zhu|zs)", re.IGNORECASE)
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u2014\u2018\u2019\u201c\u201d\u2026\u3000"
# A source line may wrap anywhere beside Han text; the wrap is no space. Behind a sentence end,
# an indent says that a paragraph begins.
_SOFT_BREAK = re.compile(
    rf"(?<=[{_WIDE}])[ \t]*[\r\n]\s*(?=\S)|(?<=[^\s{_WIDE}])[ \t]*[\r\n]\s*(?=[{_WIDE}])"
)
_HARD_BREAK = re.compile(r"(?<=[。！？：])[ \t]*\r?\n\s*")
_GLOSSARY_LINK = re.compile(r"名词解释|名词注释|词语解释|注释")


@dataclass(slots=True)
class Element:
    """A block element and the lines it holds (``last`` excluded)."""

    tag: str
    ident: str
    classes: str
    parent: int
    first: int
    last: int = -1
    hidden: bool = False


@dataclass(slots=True)
class PageLine:
    """A line, its link share, the innermost element around it, and note marks in it."""

    text: str
    linked: float
    element: int
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Page:
    """What one pass over a page finds."""

    lines: list[PageLine] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    metas: list[tuple[str, str]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)
    title: str = ""
    glossary_url: str = ""
    n_tags: int = 0


def scan(text: str) -> Page:
    """Read a decoded page into lines and elements."""
    scanner = _Scanner()
    for token in tokens(text):
        scanner.take(token)
    scanner.close()
    return scanner.page


class _Scanner:
    """State of the pass: the open elements, and the line being written."""

    def __init__(self) -> None:
        self.page = Page(elements=[Element("#page", "", "", -1, 0)])
        self.stack: list[int] = [0]
        self.open: dict[str, int] = {}
        self.pieces: list[str] = []
        self.link_chars = 0
        self.all_chars = 0
        self.links = 0
        self.note_links = 0
        self.superscripts = 0
        self.link_target = ""
        self.heading_at = -1
        self.waiting: list[int] = []  # cells that ended while their row's line is still open

    def take(self, token: Token) -> None:
        """Let one token change the state."""
        if token.kind == "text":
            self._text(token.value)
        elif token.kind == "open":
            self.page.n_tags += 1
            self._open(token.name, token.value)
        elif token.kind == "close":
            self._close(token.name)
        elif token.kind == "raw":
            self._raw(token.name, token.value)
        elif token.value.startswith(("ZJEG_RSS.content", "<$[信息内容]>")):
            self._marker(token.value.rstrip("- ").endswith("begin"))

    def close(self) -> None:
        """End the page: what is open ends here."""
        self._flush()
        for element in self.page.elements:
            if element.last < 0:
                element.last = len(self.page.lines)

    def _text(self, value: str) -> None:
        if not value:
            return
        if "&" in value:
            value = html.unescape(value)
        value = _CONTROL.sub("", value)
        blank = not value.strip()
        if (self.superscripts or self.note_links) and self._is_mark(value):
            value = f"\x01{value}\x02"
        if self.open.get("pre") and "\n" in value:
            self._preformatted(value)
            return
        self.pieces.append(value)
        if not blank:
            self.all_chars += len(value)
            if self.links:
                self.link_chars += len(value)
                if not self.page.glossary_url and self.link_target and _GLOSSARY_LINK.search(value):
                    self.page.glossary_url = self.link_target

    def _preformatted(self, value: str) -> None:
        for number, line in enumerate(value.split("\n")):
            if number:
                self._flush()
            self.pieces.append(line)
            self.all_chars += len(line.strip())

    def _is_mark(self, value: str) -> bool:
        """Tell a note mark from an exponent: bare digits count only inside a link to a note."""
        bare = bool(self.note_links) and re.fullmatch(r"\s*\d{1,3}\s*", value) is not None
        return bare or _MARK_TEXT.fullmatch(value) is not None

    def _open(self, name: str, value: str) -> None:
        if name in _BREAK:
            self._flush()
        elif name in BLOCK:
            self._open_block(name, value)
        elif name == "a":
            self.links = 1  # links do not nest: a new one ends the last
            self.link_target = attributes(value).get("href", "")
            self.note_links = int(bool(_NOTE_LINK.search(self.link_target)))
        elif name == "sup":
            self.superscripts += 1
        elif name == "meta":
            found = attributes(value)
            key = (found.get("name") or found.get("property") or "").strip().lower()
            if key == "contentstart" or key == "contentend":
                self._marker(key == "contentstart")
            elif key and "content" in found:
                self.page.metas.append((key, found["content"].strip()))

    def _open_block(self, name: str, value: str) -> None:
        cell = name in ("td", "th")
        if cell and self._line_has_text() and self._top().tag in ("tr", "td", "th"):
            self.pieces.append("\t")
        elif not (cell and not self.pieces):
            self._flush(cells=name == "tr")
        while self._top().tag == "p":  # a block ends an open paragraph
            self._pop()
        if name in ("li", "option", "tr", "td", "th", "dt", "dd"):
            self._end_sibling(name)
        found = attributes(value) if value else {}
        style = found.get("style", "").replace(" ", "").lower()
        hidden = "display:none" in style or "hidden" in found or name == "template"
        page = self.page
        page.elements.append(
            Element(
                name,
                found.get("id", ""),
                found.get("class", ""),
                self.stack[-1],
                len(page.lines),
                -1,
                hidden,
            )
        )
        self.stack.append(len(page.elements) - 1)
        self.open[name] = self.open.get(name, 0) + 1
        if name in _HEADING or name == "ucaptitle":
            self.heading_at = len(page.lines)

    def _end_sibling(self, name: str) -> None:
        """End the item or cell before when its end tag is left out."""
        same = (
            ("td", "th")
            if name in ("td", "th")
            else ("dt", "dd")
            if name in ("dt", "dd")
            else (name,)
        )
        top = self._top().tag
        if top in same or (name == "tr" and top in ("td", "th")):
            self._pop()
            if name == "tr" and self._top().tag == "tr":
                self._pop()

    def _close(self, name: str) -> None:
        if name == "a":
            self.links = self.note_links = 0
            self.link_target = ""
        elif name == "sup":
            self.superscripts = max(self.superscripts - 1, 0)
        elif name in ("p", "br") and not self.open.get(name):
            self._flush()
        elif name in BLOCK and name not in ("html", "body"):
            # </html> and </body> in the middle of a page do not end it.
            self._close_block(name)

    def _close_block(self, name: str) -> None:
        if name not in ("td", "th"):
            self._flush(cells=name in ("tr", "table", "tbody"))
        if not self.open.get(name):
            return
        for depth in range(len(self.stack) - 1, 0, -1):
            tag = self.page.elements[self.stack[depth]].tag
            if tag == name:
                while len(self.stack) > depth:
                    self._pop()
                break
            if tag in _WALL and name not in ("table", "tr", "tbody", "thead", "tfoot", "template"):
                break
        if name in _HEADING or name == "ucaptitle":
            self._note_heading()

    def _note_heading(self) -> None:
        if self.heading_at >= 0:
            found = "".join(line.text for line in self.page.lines[self.heading_at :])
            if 0 < len(found) <= 200:
                self.page.headings.append(found)
        self.heading_at = -1

    def _raw(self, name: str, value: str) -> None:
        if name == "script":
            if value.strip():
                self.page.scripts.append(value)
        elif name == "textarea" and len(value) > 1000:
            self.page.areas.append(value)
        elif name == "title" and not self.page.title:
            self.page.title = _BLANK.sub(" ", html.unescape(value)).strip()

    def _marker(self, begin: bool) -> None:
        """Content markers of hanweb pages act as an element of their own."""
        self._flush()
        if begin:
            page = self.page
            page.elements.append(
                Element("#marker", "#content-marker", "", self.stack[-1], len(page.lines))
            )
        else:
            for element in reversed(self.page.elements):
                if element.tag == "#marker" and element.last < 0:
                    element.last = len(self.page.lines)
                    break

    def _top(self) -> Element:
        return self.page.elements[self.stack[-1]]

    def _pop(self) -> None:
        number = self.stack.pop()
        element = self.page.elements[number]
        element.last = len(self.page.lines)
        if element.tag in ("td", "th") and self.all_chars:
            self.waiting.append(number)
        self.open[element.tag] -= 1

    def _line_has_text(self) -> bool:
        return self.all_chars > 0

    def _flush(self, *, cells: bool = False) -> None:
        """End the line: collapse blanks; no space where the source only wraps Han text."""
        if not self.pieces:
            return
        text, share = "".join(self.pieces), 0.0
        if self.all_chars:
            share = self.link_chars / self.all_chars
        self.pieces.clear()
        self.link_chars = self.all_chars = 0
        parts = [text] if cells or "\t" not in text else text.split("\t")
        for part in parts:
            self._add_line(part, share)
        for number in self.waiting:
            self.page.elements[number].last = len(self.page.lines)
        self.waiting.clear()

    def _add_line(self, text: str, share: float) -> None:
        if "\n" in text or "\r" in text:
            if _is_bare_article(text):
                for piece in text.split("\n"):
                    self._add_line(piece, share)
                return
            text = _SOFT_BREAK.sub(_wrapped, text)
        text = _BLANK.sub(lambda m: "\t" if "\t" in m[0] and "\n" not in m[0] else " ", text).strip(
            " \t"
        )
        if not text or not text.strip():
            return
        marks: list[tuple[int, int]] = []
        if "\x01" in text:
            text, marks = _take_marks(text)
        self.page.lines.append(PageLine(text, share, self.stack[-1], tuple(marks)))


def _is_bare_article(text: str) -> bool:
    """Tell an article without markup inside: its source lines end where sentences end."""
    ends = len(_HARD_BREAK.findall(text))
    return len(text) > 2000 and ends > 8 and ends >= 0.6 * text.strip().count("\n")


def _wrapped(match: re.Match[str]) -> str:
    """Drop a wrap of the source, but keep the indent of a paragraph behind a sentence end."""
    before = match.string[match.start() - 1]
    return "\u3000\u3000" if before in "。！？：；”" and "\u3000\u3000" in match[0] else ""


def _take_marks(text: str) -> tuple[str, list[tuple[int, int]]]:
    pieces: list[str] = []
    marks: list[tuple[int, int]] = []
    at = length = 0
    for match in _MARK.finditer(text):
        before = text[at : match.start()].replace("\x01", "").replace("\x02", "")
        pieces += [before, match[1]]
        length += len(before)
        marks.append((length, length + len(match[1])))
        length += len(match[1])
        at = match.end()
    pieces.append(text[at:].replace("\x01", "").replace("\x02", ""))
    return "".join(pieces), marks
