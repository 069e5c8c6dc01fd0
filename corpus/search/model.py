"""What goes into a search and what comes out, the same for every engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from configs.errors import UserError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Engine = Literal["embedded", "elasticsearch"]
Key = Literal["region", "year", "level", "section", "unit_type", "temporality"]
KEYS: tuple[Key, ...] = ("region", "year", "level", "section", "unit_type", "temporality")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which sentences take part; an empty field asks nothing.

    Attributes
    ----------
    years : (first, last) or None
    annex : bool or None
        None takes both.
    min_levels : pairs of dimension and level
        Only sentences whose level in the dimension is at least this one.
    """

    regions: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    years: tuple[int, int] | None = None
    sections: tuple[str, ...] = ()
    unit_types: tuple[str, ...] = ()
    temporality: tuple[str, ...] = ()
    annex: bool | None = None
    min_levels: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that matches; ``scores`` by dimension, None where it was not scored."""

    sentence_id: str
    region_code: str
    region: str
    year: int
    level: str
    section: str
    unit_type: str
    temporality: str
    is_annex: bool
    text: str
    scores: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """The first hits, and how many there are in all, counted exactly."""

    total: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one cell of a count.

    Attributes
    ----------
    key : values of the columns counted by (a region as its code and its name)
    n_hits, n_sentences : int
        Sentences that match, and all that pass the filters.
    means : dict
        Mean score of the hits by dimension; None without scored hits.
    """

    key: tuple[str | int, ...]
    n_hits: int
    n_sentences: int
    means: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Status:
    """What an index holds and what it was made from."""

    engine: Engine
    place: str
    n_sentences: int
    n_regions: int
    years: tuple[int, int] | None
    dimensions: tuple[str, ...]
    scorer: str
    normalisation: str
    bytes: int
    sources: tuple[str, ...]
    stale: str


def key_columns(by: Sequence[Key]) -> list[str]:
    """Name the columns of a count; a region takes two."""
    return [c for key in by for c in (("region_code", "region") if key == "region" else (key,))]


def read_keys(text: str) -> tuple[Key, ...]:
    """Read ``region,year``."""
    parts = [part.strip() for part in text.split(",")]
    found = tuple(key for part in parts for key in KEYS if key == part)
    if len(found) != len(parts) or len(set(found)) != len(found):
        raise UserError(f"{text!r} is no list of columns", where="--by", fix=_of(KEYS))
    return found


def read_choices(values: Iterable[str], known: Iterable[str], where: str) -> tuple[str, ...]:
    """Check a filter's values against those the index holds."""
    names = sorted(set(known) - {""})
    for value in values:
        if value not in names:
            raise UserError(f"{shown(value)} is not in the index", where=where, fix=_of(names))
    return tuple(values)


def read_min_level(text: str, dimensions: Sequence[str]) -> tuple[str, int]:
    """Read ``green_infrastructure=2`` or ``G=2``."""
    name, sign, level = text.partition("=")
    if not sign or not level.strip().isascii() or not level.strip().isdigit():
        raise UserError(f"{shown(text)} is no floor", where="--min-level", fix="write S=2")
    return find_dimension(name, dimensions, "--min-level"), min(int(level[:9]), 99)


def find_dimension(name: str, dimensions: Sequence[str], where: str) -> str:
    """Resolve a dimension of the index by its id, or by the rubric's short name."""
    from corpus.rubric import load_rubric

    short = {d.short: d.id for d in load_rubric().dimensions}
    wanted = name.strip()
    found = wanted if wanted in dimensions else short.get(wanted, "")
    if found not in dimensions:
        known = _of(dimensions) if dimensions else "run `zhengce score`, then `zhengce index build`"
        raise UserError(f"no scores of {shown(wanted)} in the index", where=where, fix=known)
    return found


def _of(names: Sequence[str]) -> str:
    return "use " + ", ".join(names)
