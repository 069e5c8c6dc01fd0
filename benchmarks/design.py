"""Corrected intensities: coverage of 95 % intervals under a biased scorer, and what is gained.

Run ``python -m benchmarks design``. The study is SIMULATED: reports of known intensity, a scorer
that overrates sentences without policy and underrates the others, by an amount that differs from
report to report, 45 random labels in three reports of four and none in the fourth. The last rows
are of the shipped labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure
from configs.paths import BERT_MODEL, LABELS
from nlp_scoring.design.means import Z95, Population, best_lambda, powered_mean
from nlp_scoring.design.reports import Method, correct_means

STUDIES = 150
#: Chances of levels 0-3 in a report of middling intensity.
_LEVELS = np.array([0.80, 0.08, 0.09, 0.03])


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A simulated study: N sentences of R reports, n of them labelled.

    Attributes
    ----------
    scores, levels, report : (N,) array
    labelled : (n,) array
        Places of the labelled sentences.
    agenda, present : (R,) array
        True intensity of the agenda, and of the sentences that are there.
    """

    scores: NDArray[np.float64]
    levels: NDArray[np.float64]
    report: NDArray[np.int64]
    labelled: NDArray[np.int64]
    agenda: NDArray[np.float64]
    present: NDArray[np.float64]


def simulate(rng: np.random.Generator, *, n_reports: int = 80, n_labels: int = 45) -> Study:
    """Invent a study; every fourth report is without labels."""
    size = rng.integers(200, 600, n_reports)
    tilt = np.exp(0.15 * rng.standard_normal(n_reports))[:, None] ** np.arange(4)
    chances = _LEVELS * tilt / (_LEVELS * tilt).sum(axis=1, keepdims=True)
    report = np.repeat(np.arange(n_reports), size)
    edges = chances.cumsum(axis=1)[report][:, :3]
    levels = (rng.random(len(report))[:, None] > edges).sum(axis=1).astype(float)
    lean = 0.02 * rng.standard_normal(n_reports)
    noise = 0.3 * rng.standard_normal(len(report)) * (0.2 + levels)
    scores = np.clip(0.12 + 0.85 * levels + lean[report] + noise, 0.0, 3.0)
    starts = np.concatenate([[0], size.cumsum()[:-1]])
    drawn = [
        start + rng.choice(n, n_labels, replace=False)
        for r, (start, n) in enumerate(zip(starts, size, strict=True))
        if r % 4
    ]
    present = np.bincount(report, levels) / size
    return Study(scores, levels, report, np.concatenate(drawn), chances @ np.arange(4.0), present)


@dataclass(frozen=True, slots=True)
class Interval:
    """Share of intervals that held the truth, and their mean half width."""

    coverage: float
    half_width: float


def _interval(
    mean: NDArray[np.float64], error: NDArray[np.float64], truth: NDArray[np.float64]
) -> Interval:
    known = np.isfinite(mean)
    hit = np.abs(mean - truth)[known] <= Z95 * error[known]
    return Interval(float(hit.mean()), float(Z95 * error[known].mean()))


def naive(study: Study) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean score of each report and ``s / sqrt(n)``, as before any correction."""
    size = np.bincount(study.report)
    mean = np.bincount(study.report, study.scores) / size
    squares = np.bincount(study.report, (study.scores - mean[study.report]) ** 2)
    return mean, np.sqrt(squares / (size - 1) / size)


def classical(
    study: Study, population: Population
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of each report's labels alone (lambda 0); NaN without labels."""
    n_reports = len(study.agenda)
    mean, error = np.full(n_reports, np.nan), np.full(n_reports, np.nan)
    owner = study.report[study.labelled]
    for r in np.unique(owner):
        rows = study.labelled[owner == r]
        found = powered_mean(
            study.scores[study.report == r],
            study.levels[rows],
            study.scores[rows],
            lam=0.0,
            population=population,
        )
        mean[r], error[r] = found.mean, found.std_error
    return mean, error


def trial(rng: np.random.Generator, population: Population) -> dict[str, Interval]:
    """Intervals of one simulated study by every method."""
    study = simulate(rng)
    truth = study.agenda if population == "superpopulation" else study.present
    found = {
        "naive": _interval(*naive(study), truth),
        "labels only": _interval(*classical(study, population), truth),
    }
    for method in get_args(Method):
        m = correct_means(
            study.scores,
            study.report,
            study.levels[study.labelled],
            study.scores[study.labelled],
            study.report[study.labelled],
            method=method,
            population=population,
        )
        found[method] = _interval(m.mean, m.std_error, truth)
    return found


def trials(n_studies: int, population: Population, seed: int) -> dict[str, Interval]:
    """Average coverage and width over simulated studies."""
    rng = np.random.default_rng(seed)
    found = [trial(rng, population) for _ in range(n_studies)]
    return {
        name: Interval(
            float(np.mean([f[name].coverage for f in found])),
            float(np.mean([f[name].half_width for f in found])),
        )
        for name in found[0]
    }


def simulated_rows() -> list[Figure]:
    """Coverage of each method about the agenda, and what the scorer is worth beside the labels."""
    found = trials(STUDIES, "superpopulation", seed=0)
    fixed = trials(STUDIES, "fixed", seed=0)
    what = f"SIMULATED, {STUDIES} studies of 80 reports"
    naive = f"naive interval {found['naive'].coverage:.3f}, labels only {found['labels only'].coverage:.3f}"
    rows = [
        Figure(
            f"coverage of naive 95 % intervals, {what}",
            "",
            round(found["naive"].coverage, 4),
            "share",
        )
    ]
    for method in get_args(Method):
        hit = found[method].coverage
        is_default = method == "shrunk"
        rows.append(
            Figure(
                f"coverage of 95 % intervals, {method}",
                "0.94-0.96" if is_default else "",
                round(hit, 4),
                "share",
                0.94 <= hit <= 0.96 if is_default else None,
                f"{naive}; about the sentences alone {fixed[method].coverage:.3f}",
            )
        )
    for name, one in (("agenda", found), ("sentences alone", fixed)):
        ours, theirs = one["shrunk"].half_width, one["labels only"].half_width
        peer = f"half widths {theirs:.3f} by labels only, {ours:.3f} shrunk"
        ratio = theirs / ours
        label = f"width of intervals, labels only over shrunk, about the {name}"
        rows.append(Figure(label, "", round(ratio, 2), "ratio", None, peer))
    return rows


def label_rows() -> list[Figure]:
    """Return what a random label is worth beside the shipped scorer, on the shipped labels."""
    from corpus.rubric import load_rubric
    from nlp_scoring.design.cli import open_model, read_scores
    from nlp_scoring.labels import read_labels
    from nlp_scoring.validation import random_rows

    rubric = load_rubric()
    labels = read_labels(LABELS, rubric)
    labels = labels[random_rows(labels) & (labels["unit_type"] == "body").to_numpy()]
    oof = read_scores(BERT_MODEL, rubric, open_model(BERT_MODEL, rubric)).set_index("sentence_key")
    rows = []
    for d in rubric.dimension_ids:
        y = labels[d].to_numpy(dtype=np.float64)
        f = oof[d].reindex(labels["sentence_key"]).to_numpy(dtype=np.float64)
        lam = best_lambda(y, f)
        worth = float(y.var() / (y - lam * f).var())
        peer = f"bias of the scorer {f.mean() - y.mean():+.4f}, lambda {lam:.3f}, {len(y)} labels"
        rows.append(
            Figure(
                f"one label with the scorer is worth without it, {d}",
                "",
                round(worth, 2),
                "labels",
                None,
                peer,
            )
        )
    return rows


def rows() -> list[Figure]:
    """Return every figure of this benchmark."""
    return simulated_rows() + label_rows()
