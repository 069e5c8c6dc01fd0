"""Parameters of requests, the same for the interface and the pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from annotation_ui.explorer.places import choose_region
from annotation_ui.explorer.store import Explored
from configs.errors import UserError
from corpus.index import Filters, Node
from corpus.search.request import read_filters, read_node
from corpus.search.syntax import MAX_LENGTH

MAX_HITS = 200


def _explored(request: Request) -> Explored:
    explored: Explored = request.app.state.explored
    return explored


Project = Annotated[Explored, Depends(_explored)]
Regions = Annotated[
    list[str],
    Query(
        default_factory=list,
        description="name or six-digit code; may be repeated",
        examples=[["广东"]],
    ),
]
Region = Annotated[str, Query(description="name or six-digit code", examples=["广东", "440000"])]
Years = Annotated[str, Query(description="2025 or 2018-2026; empty for all", examples=["2025"])]
Year = Annotated[int, Query(ge=1, le=9999, examples=[2025])]
YearOrLast = Annotated[int | None, Query(ge=1, le=9999)]
Dimension = Annotated[
    str, Query(description="id or short name; empty for all or the first", examples=["S"])
]
Expression = Annotated[
    str,
    Query(
        max_length=MAX_LENGTH,
        description='words or "phrases", AND, OR, NOT, brackets',
        examples=["人工智能 NOT 会议"],
    ),
]
Limit = Annotated[int, Query(ge=0, le=MAX_HITS)]
ReportId = Annotated[str, Path(max_length=64, examples=["440000-2025"])]
Words = Annotated[list[str], Query(default_factory=list)]
Floors = Annotated[
    list[str],
    Query(default_factory=list, description="DIM=LEVEL, such as S=2", examples=[["S=2"]]),
]
Expressions = Annotated[list[Expression], Query(default_factory=list)]


def _filters(
    explored: Project,
    region: Regions,
    level: Words,
    section: Words,
    unit_type: Words,
    temporality: Words,
    min_level: Floors,
    years: Years = "",
    annex: Annotated[bool | None, Query(description="only annexes, or none of them")] = None,
) -> Filters:
    """Read the filters of a query; messages name the parameter, not the option."""
    codes = [choose_region(explored, text) for text in region if text]
    try:
        return read_filters(
            explored.index, regions=codes, levels=_filled(level), years=years or None,
            sections=_filled(section), unit_types=_filled(unit_type), temporality=_filled(temporality), annex=annex, min_levels=_filled(min_level),
        )  # fmt: skip
    except UserError as error:
        where = error.where.removeprefix("--").replace("-", "_")
        raise UserError(error.what, where=where, fix=error.fix) from error


def _filled(texts: list[str]) -> list[str]:
    """Leave out what a form sends for a field left empty."""
    return [text for text in texts if text]


Narrowed = Annotated[Filters, Depends(_filters)]


def read_expression(text: str, *, synonyms: bool = False) -> Node:
    """Parse an expression, by request with the shipped synonyms."""
    return read_node(text, "default" if synonyms else "")
