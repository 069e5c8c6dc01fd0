"""What a user typed after ``zhengce query``, checked against what the index holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import UserError
from corpus.regions import find_region
from corpus.search.model import Filters, find_dimension, read_choices, read_min_level
from corpus.search.synonyms import SHIPPED, expand, read_synonyms
from corpus.search.syntax import parse_query
from corpus.years import year_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.index import SentenceIndex
    from corpus.search.syntax import Node


def read_node(expression: str, synonyms: str) -> Node:
    """Parse an expression and expand its synonyms; ``default`` names the shipped list."""
    node = parse_query(expression)
    if not synonyms:
        return node
    path = Path(synonyms)
    shipped = synonyms == "default" and not path.exists()
    return expand(node, read_synonyms(SHIPPED if shipped else path))


def read_filters(
    index: SentenceIndex,
    *,
    regions: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
    years: str | None = None,
    sections: Sequence[str] | None = None,
    unit_types: Sequence[str] | None = None,
    temporality: Sequence[str] | None = None,
    annex: bool | None = None,
    min_levels: Sequence[str] | None = None,
) -> Filters:
    """Check filters as typed.

    Raises
    ------
    UserError
        Naming the option, the value and what is allowed.
    """
    return Filters(
        regions=tuple(read_region(text, index.regions) for text in regions or ()),
        levels=read_choices(levels or (), index.values["level"], "--level"),
        years=None if years is None else year_range(years),
        sections=read_choices(sections or (), index.values["section"], "--section"),
        unit_types=read_choices(unit_types or (), index.values["unit_type"], "--unit-type"),
        temporality=read_choices(temporality or (), index.values["temporality"], "--temporality"),
        annex=annex,
        min_levels=tuple(read_min_level(text, index.dimensions) for text in min_levels or ()),
    )


def read_region(text: str, known: dict[str, str]) -> str:
    """Resolve a region by the index's own codes and names, else by the list of divisions."""
    wanted = text.strip()
    if wanted in known:
        return wanted
    codes = [code for code, name in known.items() if name == wanted]
    return codes[0] if len(codes) == 1 else find_region(text).code


def read_sort(text: str, dimensions: Sequence[str]) -> str:
    """Read ``score:S`` as the dimension to sort by; nothing means corpus order."""
    if not text:
        return ""
    kind, sign, name = text.partition(":")
    if kind != "score" or not sign:
        raise UserError(f"{text!r} is no order", where="--sort", fix="write score:S")
    return find_dimension(name, dimensions, "--sort")
