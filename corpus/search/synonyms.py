"""Synonyms: a phrase of a group stands for any of the group.

One group a line, phrases parted by `` / ``; ``#`` begins a comment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from configs.errors import UserError, shown
from configs.paths import PROJECT_ROOT
from corpus.search.normal import normalise
from corpus.search.syntax import And, Node, Not, Or, Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHIPPED = PROJECT_ROOT / "configs" / "synonyms.txt"
_PARTING = re.compile(r"\s+/\s+|\t+")

Synonyms = dict[str, tuple[Phrase, ...]]


def read_synonyms(path: Path) -> Synonyms:
    """Read groups of synonyms, keyed by each normalised phrase.

    Raises
    ------
    UserError
        When the file cannot be read, a line has fewer than two phrases, or a phrase is in two
        groups.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise UserError("is not UTF-8", where=str(path)) from error
    found: Synonyms = {}
    for number, line in enumerate(lines, start=1):
        content = line.split("#", 1)[0].strip()
        if content:
            _add(found, content, f"{path} line {number}")
    return found


def _add(found: Synonyms, line: str, where: str) -> None:
    typed = [part.strip() for part in _PARTING.split(line)]
    group = tuple(Phrase(normalise(part), part) for part in typed if normalise(part))
    if len(group) < 2:
        fix = "write 新质生产力 / new quality productive forces, a space on each side of /"
        raise UserError("needs two phrases at least", where=where, fix=fix)
    for phrase in group:
        if phrase.text in found:
            raise UserError(f"{shown(phrase.typed)} is in two groups", where=where)
        found[phrase.text] = group


def expand(node: Node, synonyms: Mapping[str, tuple[Phrase, ...]]) -> Node:
    """Replace each phrase that has synonyms by an OR of its group, itself first."""
    if isinstance(node, Phrase):
        others = [p for p in synonyms.get(node.text, ()) if p.text != node.text]
        return Or((node, *others)) if others else node
    if isinstance(node, Not):
        return Not(expand(node.part, synonyms))
    parts = tuple(expand(part, synonyms) for part in node.parts)
    return And(parts) if isinstance(node, And) else Or(parts)
