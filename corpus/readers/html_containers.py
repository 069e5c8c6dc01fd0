"""The elements in which portals put the body of an article, by content management system.

Rules name class tokens and ids, never hosts: reprints on department sites use the same systems
as the portals, and a portal may change its system with a new year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.readers.html_lines import Element, Page

Kind = Literal["id", "class", "tag"]


@dataclass(frozen=True, slots=True)
class Container:
    """One rule: an element of this id, class token or tag holds the body."""

    template: str
    kind: Kind
    value: str


def _rules(template: str, kind: Kind, values: str) -> tuple[Container, ...]:
    return tuple(Container(template, kind, value.lower()) for value in values.split())


KNOWN: tuple[Container, ...] = (
    # T01, T02: TRS WCM; the editor's own class, on portals and departments alike
    *_rules("T01", "class", "TRS_Editor TRS_UEDITOR trs_editor_view trs_paper_default trs_word"),
    *_rules("T01", "id", "TRS_Editor trs_editor UEDITOR"),
    *_rules("T01", "class", "ueditor view-content TRS_PreAppend"),
    *_rules("T02", "class", "xl_con article-con xlrllt"),
    # T03: legacy tables
    *_rules("T03", "class", "zwxl-article zwnr articleText bt_content"),
    *_rules("T03", "id", "articleText fontzoom"),
    # T04: hanweb jpage / jpaas; begin and end markers around the text
    *_rules("T04", "id", "#content-marker zoom"),
    *_rules("T04", "class", "zoom wip_art_con art_con bt-content main-txt"),
    # T05: information disclosure
    *_rules("T05", "class", "wzcon j-fontContent gkwz_contnet contentbox_nr wenzhang"),
    *_rules("T05", "id", "J_content zwgk_content"),
    # T06: Shanghai
    *_rules("T06", "id", "ivs_content"),
    *_rules("T06", "class", "Article_content trout-region-content"),
    # T07: Kaipu ucap
    *_rules("T07", "tag", "ucapcontent"),
    *_rules("T07", "id", "UCAP-CONTENT UCAPCONTENT"),
    *_rules("T07", "class", "UCAP-CONTENT pages_content"),
    # T08: UUID columns
    *_rules("T08", "id", "zoom content detailContent"),
    *_rules("T08", "class", "detail-content cont_content"),
    # T09: the national portal
    *_rules("T09", "id", "conlun2_box_text zfgzbg UCAP-CONTENT"),
    *_rules("T09", "class", "conlun2_box_text zhj-bgqw addScroll pages_content"),
    # T10: gkmlpt
    *_rules("T10", "class", "article-content"),
    # T11: state media and reprints
    *_rules("T11", "class", "rm_txt_con zhengwen text_con box_con article-detail post_body"),
    *_rules("T11", "id", "p-detail detail rwb_zw ozoom articleEdit detailContent"),
    # a small PHP system seen on a department's reprint
    *_rules("PHP", "id", "infoyh"),
)
TEMPLATES = tuple(dict.fromkeys(rule.template for rule in KNOWN))


def without(*templates: str, known: Sequence[Container] = KNOWN) -> tuple[Container, ...]:
    """Leave out templates, and every rule of another template that names the same element."""
    dropped = {(c.kind, c.value) for c in known if c.template in templates}
    return tuple(c for c in known if (c.kind, c.value) not in dropped)


@dataclass(frozen=True, slots=True)
class Choice:
    """The element chosen for the body: its number, the lines it holds, the rule that chose it."""

    element: int
    first: int
    last: int
    template: str = ""


def choose_known(page: Page, weight: Sequence[int], known: Sequence[Container]) -> Choice | None:
    """Choose among the elements that a rule names.

    The innermost element wins that holds nearly all the text that any of them holds: outer boxes
    add toolbars. Of two equal copies (a PC and a mobile block) the first is taken; ids are not unique.
    """
    found = _matches(page.elements, known)
    sized = [(weight[e.last] - weight[e.first], number, rule) for number, e, rule in found]
    most = max((size for size, _, _ in sized), default=0)
    if most < 200:
        return None
    near = [(number, rule) for size, number, rule in sized if size >= 0.95 * most]
    elements = page.elements
    number, rule = min(
        near, key=lambda item: (_span(elements[item[0]]), elements[item[0]].first, item[0])
    )
    chosen = elements[number]
    first, last = chosen.first, chosen.last
    for size, other, its_rule in sized:
        e = elements[other]
        apart = e.last <= first or e.first >= last
        if apart and its_rule is rule and size >= 0.1 * most and not _same_text(page, chosen, e):
            first, last = min(first, e.first), max(last, e.last)  # one article in several boxes
    return Choice(number, first, last, rule.template)


def _same_text(page: Page, one: Element, other: Element) -> bool:
    """Tell a second copy of the article from its next part, by the long lines."""
    first, second = (
        {line.text.strip() for line in page.lines[e.first : e.last] if len(line.text) >= 25}
        for e in (one, other)
    )
    return len(first & second) >= 0.3 * min(len(first), len(second))


def _span(element: Element) -> int:
    return element.last - element.first


def _matches(
    elements: Sequence[Element], known: Sequence[Container]
) -> list[tuple[int, Element, Container]]:
    ids = {c.value: c for c in reversed(known) if c.kind == "id"}
    classes = {c.value: c for c in reversed(known) if c.kind == "class"}
    tags = {c.value: c for c in reversed(known) if c.kind == "tag"}
    found: list[tuple[int, Element, Container]] = []
    for number, element in enumerate(elements):
        rule = tags.get(element.tag)
        if rule is None and element.ident:
            rule = ids.get(element.ident.strip().lower())
        if rule is None and element.classes:
            tokens = element.classes.lower().split()
            rule = next((classes[token] for token in tokens if token in classes), None)
        if rule is not None and element.last > element.first:
            found.append((number, element, rule))
    return found
