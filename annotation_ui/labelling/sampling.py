"""Drawing sentences to label: random where quality is measured, designed where a model shall learn.

Every draw returns the probability with which each sentence was drawn, so that estimates from any
pool can be weighted back (Horvitz and Thompson 1952).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """A sample.

    Attributes
    ----------
    chosen : (n,) array of int
        Positions of the drawn units.
    inclusion : (n,) array
        Their inclusion probabilities.
    """

    chosen: NDArray[np.int64]
    inclusion: NDArray[np.float64]


def draw_by_report(
    reports: Sequence[str], n: int, *, n_reports: int, rng: np.random.Generator
) -> tuple[Draw, frozenset[str]]:
    """Draw whole reports at random, then sentences at random within each, equally many where there are.

    The other sentences of these reports stay out of training: a model that has read a report's
    neighbours would be flattered by its evaluation.

    Returns
    -------
    (Draw, set of str)
        The sample, and the reports that are set aside.
    """
    names, index = np.unique(np.asarray(reports, dtype=object), return_inverse=True)
    m = min(n_reports, len(names))
    taken = rng.permutation(len(names))[:m]
    share, rest = divmod(n, max(m, 1))
    chosen, inclusion = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    for place, report in enumerate(taken):
        members = np.flatnonzero(index == report)
        k = min(share + (place < rest), len(members))
        chosen.append(rng.choice(members, k, replace=False))
        inclusion.append(np.full(k, m / len(names) * k / max(len(members), 1)))
    aside = frozenset(str(names[i]) for i in taken)
    return Draw(np.concatenate(chosen), np.concatenate(inclusion)), aside


def draw_random(n_units: int, n: int, rng: np.random.Generator) -> Draw:
    """Draw units at random, each with the same chance."""
    n = min(n, n_units)
    chosen = np.sort(rng.permutation(n_units)[:n])
    return Draw(chosen, np.full(n, n / n_units if n_units else 0.0))


def draw_weighted(weights: NDArray[np.float64], n: int, rng: np.random.Generator) -> Draw:
    """Draw with probability in proportion to the weights, exactly ``n`` units.

    Systematic sampling on a random order (Madow 1949): the inclusion probability of a unit is
    what it was asked to be, ``n w / sum(w)``; units for which that exceeds one are taken for sure.
    """
    pi = inclusion_probabilities(weights, n)
    order = rng.permutation(len(pi))
    edges = np.cumsum(pi[order])
    ticks = rng.random() + np.arange(round(float(pi.sum())))
    hit = np.searchsorted(edges, ticks, side="right")
    chosen = np.sort(order[hit[hit < len(order)]])
    return Draw(chosen, pi[chosen])


def inclusion_probabilities(weights: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Scale weights to inclusion probabilities that sum to ``n``, none above one."""
    weights = np.maximum(np.asarray(weights, dtype=np.float64), 0.0)
    if n >= np.count_nonzero(weights):
        return (weights > 0).astype(np.float64)
    sure = np.zeros(len(weights), dtype=bool)
    while True:
        free = weights * ~sure
        pi = np.where(sure, 1.0, (n - sure.sum()) * free / max(free.sum(), 1e-300))
        above = (pi > 1) & ~sure
        if not above.any():
            return pi
        sure |= above


def training_weights(
    probabilities: NDArray[np.float64],
    other_levels: NDArray[np.int64] | None,
    clusters: NDArray[np.int64],
    *,
    rare: float = 2.0,
) -> NDArray[np.float64]:
    """How much each sentence would teach: uncertain, disputed, rare, and unlike the others.

    Parameters
    ----------
    probabilities : (n, d, k + 1) array
        A model's probabilities of the levels.
    other_levels : (n, d) array or None
        Levels by a second model; where the two differ the weight rises.
    clusters : (n,) array
        Groups of similar sentences; big groups are thinned by the square root of their size.
    rare : float
        Weight added for the probability of the two highest levels.

    Returns
    -------
    (n,) array
        Positive weights; the smallest is a hundredth of the mean, so that every sentence has a
        chance and no estimate divides by zero.
    """
    p = np.clip(probabilities, 1e-12, 1.0)
    entropy = -(p * np.log(p)).sum(axis=2).mean(axis=1) / np.log(p.shape[2])
    upper = p[:, :, -2:].sum(axis=2).max(axis=1)
    weights = entropy + rare * upper / 2
    if other_levels is not None:
        gap = np.abs(p.argmax(axis=2) - other_levels).max(axis=1)
        weights = weights + gap / (p.shape[2] - 1)
    sizes = np.bincount(clusters)
    weights = weights / np.sqrt(sizes[clusters])
    floor = 0.01 * float(weights.mean()) if len(weights) else 0.0
    return np.asarray(np.maximum(weights, floor), dtype=np.float64)


def clusters_of(texts: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Group sentences by shared pairs of characters: k-means on hashed, projected counts."""
    n = len(texts)
    k = max(1, min(200, round(n**0.5 / 2)))
    if k == 1:
        return np.zeros(n, dtype=np.int64)
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.random_projection import SparseRandomProjection

    hashed = HashingVectorizer(analyzer="char", ngram_range=(2, 2), n_features=2**14)
    counts = hashed.transform(texts)
    flat = SparseRandomProjection(64, random_state=seed, dense_output=True).fit_transform(counts)
    model = MiniBatchKMeans(k, random_state=seed, n_init=1, batch_size=2048)
    return np.asarray(model.fit_predict(flat), dtype=np.int64)
