"""Scores that were paid for once: Parquet parts by the hash of text, surroundings and model.

A part is written whole or not at all and never changed, so a scorer killed at any moment loses at
most the part in hand, and several processes may fill one folder. What a part holds is a pure
function of its keys: scoring again gives the same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.files import write_atomically
from nlp_scoring.bert.passages import decile
from nlp_scoring.bert.runtime import BertScores, score_passages
from nlp_scoring.ordinal import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nlp_scoring.bert.passages import Passage
    from nlp_scoring.bert.runtime import BertModel

#: Sentences a part: some seconds of work, which is the most that a kill can lose.
PART = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What the cache keeps of n sentences.

    Attributes
    ----------
    exceed : (n, d, k) float64 array
    marks : (n, 2) integer array
        Index of temporality and of unit type.
    """

    exceed: NDArray[np.float64]
    marks: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CachedScores:
    """Scores in the order asked for, and how many were not there before."""

    scores: BertScores
    n_new: int


def passage_key(passage: Passage, without: frozenset[str]) -> str:
    """Hash everything that the model reads of a passage.

    The place counts by its decile and hidden surroundings not at all, so that a stock phrase is
    scored once.
    """
    fields = {
        "previous": passage.previous, "next": passage.next,
        "heading": passage.heading.rsplit(" / ", 1)[-1],
        "section": passage.section, "place": str(decile(passage.progress)),
    }  # fmt: skip
    read = [passage.text, *(v for name, v in fields.items() if name not in without)]
    return hashlib.sha256("\0".join(read).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def score_with_cache(
    model: BertModel,
    passages: Sequence[Passage],
    folder: Path,
    *,
    score_parts: Callable[[Iterable[list[Passage]]], Iterator[BertScores]] | None = None,
    advance: Callable[[int], object] = lambda _: None,
) -> CachedScores:
    """Score what the cache does not hold, keep it, and give everything in order.

    Parameters
    ----------
    folder : Path
        One folder serves all models: parts lie below the model's id.
    score_parts : callable, optional
        Scores lists of passages, in order, wherever it likes (`nlp_scoring.bert.executors`).
    """
    keys, known, n_new = _fill(model, passages, folder, (1, 1), score_parts, advance)
    return CachedScores(_in_order(model, keys, known), n_new)


def fill_share(
    model: BertModel,
    passages: Sequence[Passage],
    folder: Path,
    share: tuple[int, int],
    *,
    score_parts: Callable[[Iterable[list[Passage]]], Iterator[BertScores]] | None = None,
    advance: Callable[[int], object] = lambda _: None,
) -> int:
    """Score the i-th of n shares (by hash) into the cache; a run without shares gathers them."""
    return _fill(model, passages, folder, share, score_parts, advance)[2]


def _fill(
    model: BertModel,
    passages: Sequence[Passage],
    folder: Path,
    shard: tuple[int, int],
    score_parts: Callable[[Iterable[list[Passage]]], Iterator[BertScores]] | None,
    advance: Callable[[int], object],
) -> tuple[list[str], dict[str, tuple[Any, Any]], int]:
    place = folder / model.model_id
    keys = [passage_key(p, model.without) for p in passages]
    known = read_parts(place)
    wanted: dict[str, Passage] = {}
    for key, passage in zip(keys, passages, strict=True):
        if key not in known and int(key, 16) % shard[1] == shard[0] - 1:
            wanted.setdefault(key, passage)
    advance(len(keys) - len(wanted))
    new = list(wanted)
    parts = [new[i : i + PART] for i in range(0, len(new), PART)]
    run = score_parts or (lambda lists: (score_passages(model, part) for part in lists))
    for names, scores in zip(
        parts, run([wanted[k] for k in names] for names in parts), strict=True
    ):
        scored = _scored(scores, model)
        write_part(place, names, scored)
        known |= {k: (scored.exceed[i], scored.marks[i]) for i, k in enumerate(names)}
        advance(len(names))
    return keys, known, len(new)


def _scored(scores: BertScores, model: BertModel) -> Scored:
    tense = [model.temporality.index(name) for name in scores.temporality]
    unit = [model.unit_type.index(name) for name in scores.unit_type]
    return Scored(scores.predictions.exceed, np.array([tense, unit], dtype=np.int64).T)


def _in_order(model: BertModel, keys: list[str], known: dict[str, tuple[Any, Any]]) -> BertScores:
    shape = (0, len(model.dimensions), model.n_levels - 1)
    exceed = np.stack([known[k][0] for k in keys]) if keys else np.zeros(shape)
    marks = [known[k][1] for k in keys]
    return BertScores(
        predictions=Predictions(exceed=exceed, model_id=model.model_id),
        temporality=[model.temporality[m[0]] for m in marks],
        unit_type=[model.unit_type[m[1]] for m in marks],
    )


def write_part(place: Path, keys: Sequence[str], scored: Scored) -> Path:
    """Write one part; its name is the hash of its keys, so a part is never there twice."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n, d, k = scored.exceed.shape
    flat = scored.exceed.reshape(n, d * k)
    columns: dict[str, Any] = {"key": list(keys)}
    columns |= {f"p{i // k}_{i % k}": flat[:, i] for i in range(d * k)}
    columns |= {"temporality": scored.marks[:, 0], "unit_type": scored.marks[:, 1]}
    name = hashlib.sha256("".join(keys).encode()).hexdigest()[:24]
    path = place / f"part-{name}.parquet"
    table = pa.table(columns).replace_schema_metadata({"shape": f"{d} {k}"})
    write_atomically(path, lambda temporary: pq.write_table(table, temporary))
    return path


def read_parts(place: Path) -> dict[str, tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Read every part of a model; a damaged one is set aside and its sentences scored again."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    known: dict[str, tuple[Any, Any]] = {}
    for path in sorted(place.glob("part-*.parquet")):
        try:
            table = pq.read_table(path)
            d, k = map(int, table.schema.metadata[b"shape"].split())
        except (pa.ArrowInvalid, OSError, KeyError, TypeError, ValueError):
            path.unlink(missing_ok=True)
            continue
        chances = [table[f"p{i // k}_{i % k}"].to_numpy() for i in range(d * k)]
        exceed = np.column_stack(chances).reshape(-1, d, k)
        marks = np.column_stack([table[c].to_numpy() for c in ("temporality", "unit_type")])
        known |= {key: (exceed[i], marks[i]) for i, key in enumerate(table["key"].to_pylist())}
    return known
