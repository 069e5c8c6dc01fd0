"""How well coders agree, where they lean, and on which sentences they part.

Only sentences that have all their coders count: numbers that moved while somebody still codes
would tell them what others said.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_scoring.agreement import (
    Estimate,
    confusion_by_group,
    exact_agreement,
    interval,
    weighted_kappa,
)
from nlp_scoring.reliability import alpha_interval

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from corpus.rubric import Rubric

DRAWS = 1000
#: Two levels apart is a misunderstanding, not a doubt.
WIDE_GAP = 2
#: A coder's sentences are cut into as many stretches to see drift.
STRETCHES = 5


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """Who gave which level.

    Attributes
    ----------
    levels : (n, coders, d) array
        Negative where a coder did not code the sentence.
    order : (n, coders) array
        Place of the label in its coder's own sequence; negative where missing.
    final : (n, d) array
        The decision where there is one, else negative.
    """

    sentences: NDArray[np.int64]
    reports: tuple[str, ...]
    coders: tuple[str, ...]
    machine: tuple[bool, ...]
    levels: NDArray[np.int64]
    order: NDArray[np.int64]
    final: NDArray[np.int64]


def read_ratings(db: sqlite3.Connection, n_dimensions: int) -> Ratings:
    """Read the sentences that at least two coders have finished: people's, or if none machine passes'."""
    people = _rows(db, machine=False)
    rows = people or _rows(db, machine=True)
    sentences = list(dict.fromkeys(r["sentence"] for r in rows))
    coders = sorted({r["who"] for r in rows})
    place, column = {s: i for i, s in enumerate(sentences)}, {c: j for j, c in enumerate(coders)}
    levels = np.full((len(sentences), len(coders), n_dimensions), -1, dtype=np.int64)
    order = np.full((len(sentences), len(coders)), -1, dtype=np.int64)
    final = np.full((len(sentences), n_dimensions), -1, dtype=np.int64)
    reports = [""] * len(sentences)
    for r in rows:
        i, j = place[r["sentence"]], column[r["who"]]
        levels[i, j], order[i, j] = json.loads(r["levels"]), r["seq"]
        reports[i] = r["report_id"] or str(r["sentence"])
        if r["final"]:
            final[i] = json.loads(r["final"])
    for j in range(len(coders)):
        given = order[:, j] >= 0
        order[given, j] = np.argsort(np.argsort(order[given, j]))
    return Ratings(
        np.asarray(sentences, dtype=np.int64), tuple(reports), tuple(coders),
        (not people,) * len(coders), levels, order, final,
    )  # fmt: skip


def _rows(db: sqlite3.Connection, *, machine: bool) -> list[sqlite3.Row]:
    done = "" if machine else "AND s.n_labels >= s.n_required"
    return db.execute(
        "SELECT l.sentence, l.who, json_extract(l.coding, '$.levels') AS levels, e.seq, s.report_id,"  # noqa: S608 - two fixed texts
        " CASE f.source WHEN 'adjudicated' THEN json_extract(f.decision, '$.levels') END AS final"
        " FROM label l JOIN sentence s ON s.id = l.sentence JOIN event e ON e.id = l.event"
        " LEFT JOIN final f ON f.sentence = l.sentence"
        f" WHERE l.machine = ?1 {done} AND (SELECT count(*) FROM label m"
        " WHERE m.sentence = l.sentence AND m.machine = ?1) > 1 ORDER BY l.sentence, l.who",
        (machine,),
    ).fetchall()


def agreement(
    ratings: Ratings, rubric: Rubric, *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Agreement in every dimension, and every coder's leaning, as plain values."""
    n_levels = rubric.max_level + 1
    dimensions = {
        d: _dimension(ratings, i, n_levels, draws, seed) for i, d in enumerate(rubric.dimension_ids)
    }
    return {
        "among": "machine passes" if any(ratings.machine) else "people",
        "n_sentences": len(ratings.sentences),
        "n_reports": len(set(ratings.reports)),
        "coders": list(ratings.coders),
        "dimensions": dimensions,
        "by_coder": {
            coder: {d: _leaning(ratings, j, i) for i, d in enumerate(rubric.dimension_ids)}
            for j, coder in enumerate(ratings.coders)
        },
        "rubric_version": rubric.version,
        "draws": draws,
        "seed": seed,
    }


def _dimension(ratings: Ratings, i: int, n_levels: int, draws: int, seed: int) -> dict[str, Any]:
    values = ratings.levels[:, :, i]
    alpha = alpha_interval(values, ratings.reports, n_levels=n_levels, draws=draws, seed=seed)
    by_report, total = _pairs(values, ratings.reports, n_levels)
    options = {"draws": draws, "seed": seed}
    found = {"alpha": _plain(alpha)}
    if len(by_report):
        found |= {
            "qwk": _plain(interval(weighted_kappa, by_report, **options)),
            "exact": _plain(interval(exact_agreement, by_report, **options)),
            "wide_gap": _plain(interval(_wide, by_report, **options)),
        }
    else:
        nothing = _plain(Estimate(*(float("nan"),) * 3))
        found |= dict.fromkeys(("qwk", "exact", "wide_gap"), nothing)
    return {**found, "confusion": total.astype(int).tolist(), "n": len(values)}


def _pairs(
    values: NDArray[np.int64], reports: Sequence[str], n_levels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count pairs of coders by report; with more than two coders every pair of them counts."""
    names = np.asarray(reports)
    first, second, groups = [], [], []
    for a in range(values.shape[1]):
        for b in range(a + 1, values.shape[1]):
            both = (values[:, a] >= 0) & (values[:, b] >= 0)
            first.append(values[both, a])
            second.append(values[both, b])
            groups.append(names[both])
    if not first or not sum(map(len, first)):
        return np.zeros((0, n_levels, n_levels)), np.zeros((n_levels, n_levels))
    by_report = confusion_by_group(
        np.concatenate(first), np.concatenate(second), np.concatenate(groups).tolist(), n_levels
    )
    return by_report, by_report.sum(0)


def _wide(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of pairs two levels or more apart."""
    k = np.arange(confusion.shape[-1])
    wide = np.abs(k[:, None] - k[None, :]) >= WIDE_GAP
    return np.asarray((confusion * wide).sum((-1, -2)) / np.maximum(confusion.sum((-1, -2)), 1))


def _plain(estimate: Estimate) -> dict[str, float | None]:
    names = ("estimate", "conf_low", "conf_high")
    values = (getattr(estimate, name) for name in names)
    return {n: round(v, 6) if v == v else None for n, v in zip(names, values, strict=True)}


def _leaning(ratings: Ratings, j: int, i: int) -> dict[str, Any]:
    """Mean distance of a coder from the decision, or from the other coders where there is none."""
    own = ratings.levels[:, j, i].astype(float)
    others = np.delete(ratings.levels[:, :, i], j, axis=1).astype(float)
    others[others < 0] = np.nan
    given = (own >= 0) & (~np.isnan(others).all(axis=1) | (ratings.final[:, i] >= 0))
    if not given.any():
        return {"n": 0, "bias": None, "spread": None, "drift": []}
    reference = np.where(
        ratings.final[given, i] >= 0, ratings.final[given, i], _mean(others[given])
    )
    gap, order = own[given] - reference, ratings.order[given, j]
    stretches = np.array_split(gap[np.argsort(order)], STRETCHES)
    return {
        "n": int(given.sum()),
        "bias": round(float(gap.mean()), 4),
        "spread": round(float(np.abs(gap).mean()), 4),
        "drift": [round(float(part.mean()), 4) for part in stretches if len(part)],
    }


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(values)
    return np.asarray(np.where(known, values, 0).sum(1) / np.maximum(known.sum(1), 1))


def disagreements(ratings: Ratings, n: int = 50) -> list[tuple[int, float]]:
    """Sentences on which coders part most: the widest gap first, then the sum over dimensions."""
    levels = ratings.levels.astype(float)
    levels[levels < 0] = np.nan
    if not levels.size:
        return []
    gaps = np.nanmax(levels, axis=1) - np.nanmin(levels, axis=1)
    weight = gaps.max(axis=1) * 10 + gaps.sum(axis=1)
    order = np.argsort(-weight, kind="stable")[:n]
    return [(int(ratings.sentences[i]), float(gaps[i].max())) for i in order if weight[i] > 0]
