"""Counting cue words: how the literature measures attention in government work reports.

A sentence's level is the number of cue words of the dimension in it, 3 at most. It reads no tense,
no number and no binding word, so it measures that a matter is named, not what is promised: the
yardstick that a trained scorer has to beat. `predict_cues` is the default because it is the practice
itself and needs no labels; its probabilities are 0 or 1, as a count claims no doubt. Where a number
judges probabilities (calibration above all), `fit_cues` is the fair form: it learns from labels how
often each count goes with each level. Its expected level is above 0 even without a hit, so its mean
absolute error is larger than that of the count.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from nlp_scoring.ordinal import Predictions
from nlp_scoring.validation import random_rows, region_folds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric


@dataclass(frozen=True, slots=True, eq=False)
class CueFrequencies:
    """How often each count of cue words goes with each level.

    Attributes
    ----------
    exceed : (d, h, k) array
        ``P(y > 0), ..., P(y > k - 1)`` of sentences with 0, 1, ..., h - 1 hits; the last row holds
        for all higher counts.
    cues_id : str
        The cue lists that were counted.
    """

    exceed: NDArray[np.float64]
    cues_id: str

    @property
    def model_id(self) -> str:
        """Name of the scorer with a hash of its table."""
        digest = hashlib.sha256(self.cues_id.encode() + self.exceed.tobytes())
        return f"cues-fitted-{digest.hexdigest()[:12]}"


def cue_hits(texts: Sequence[str], cues: Sequence[str]) -> NDArray[np.int64]:
    """Count cue words in each text, left to right, the longest at each place, never overlapping.

    Full-width forms and letter case make no difference: ``人工智能＋`` is ``人工智能+``.

    Examples
    --------
    >>> cue_hits(["建设5g基站和数据中心"], ["5G", "数据中心"])
    array([2])
    """
    longest_first = sorted({_folded(c) for c in cues}, key=lambda c: (-len(c), c))
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return np.array([len(pattern.findall(_folded(t))) for t in texts], dtype=np.int64)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def cues_id(rubric: Rubric) -> str:
    """Name of the counter with a hash of the dimensions and their cue lists."""
    parts = ["\0".join((d.id, *sorted(d.cues))) for d in rubric.dimensions]
    return f"cues-{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:12]}"


def hit_classes(texts: Sequence[str], rubric: Rubric) -> NDArray[np.int64]:
    """Count cue words of every dimension, cut off at the highest level, (n, d).

    Raises
    ------
    UserError
        When a dimension of the rubric has no cue words, or a blank one.
    """
    for dimension in rubric.dimensions:
        if not dimension.cues or not all(cue.strip() for cue in dimension.cues):
            raise UserError(
                f"dimension {dimension.id} has no cue words, or an empty one",
                where="rubric.yaml",
                fix="list `cues` in its sub_indicators, or use another scorer",
            )
    hits = [cue_hits(texts, d.cues) for d in rubric.dimensions]
    return np.minimum(np.column_stack(hits), rubric.max_level)


def predict_cues(texts: Sequence[str], rubric: Rubric) -> Predictions:
    """Score sentences by their number of cue words; ``P(y > k)`` is 1 when more than k were found."""
    hits = hit_classes(texts, rubric)
    exceed = (hits[:, :, None] > np.arange(rubric.max_level)).astype(np.float64)
    return Predictions(exceed=exceed, model_id=cues_id(rubric))


def fit_cues(texts: Sequence[str], levels: NDArray[np.int64], rubric: Rubric) -> CueFrequencies:
    """Learn the frequency of levels by count of cue words.

    Each count has one pseudo-sentence with the levels' overall frequencies, so that a count never
    seen gets those and no frequency is 0 or 1 from a single sentence.

    Parameters
    ----------
    texts : sequence of n str
    levels : (n, d) array
    """
    hits, k = hit_classes(texts, rubric), rubric.max_level
    above = levels[:, :, None] > np.arange(k)
    share = above.mean(axis=0)
    exceed = np.empty((levels.shape[1], k + 1, k))
    for h in range(k + 1):
        here = (hits == h)[:, :, None]
        exceed[:, h] = ((above & here).sum(axis=0) + share) / (here.sum(axis=0) + 1.0)
    return CueFrequencies(exceed=exceed, cues_id=cues_id(rubric))


def predict_fitted_cues(model: CueFrequencies, texts: Sequence[str], rubric: Rubric) -> Predictions:
    """Score sentences by the learnt frequencies of their count.

    Raises
    ------
    UserError
        When the frequencies were learnt with other cue lists.
    """
    if model.cues_id != cues_id(rubric):
        raise UserError(
            f"the frequencies belong to {model.cues_id}, the rubric's cue lists are {cues_id(rubric)}",
            fix="learn them again with the rubric in use",
        )
    hits = hit_classes(texts, rubric)
    dimensions = np.arange(hits.shape[1])
    return Predictions(exceed=model.exceed[dimensions[None, :], hits], model_id=model.model_id)


def cross_validate_cues(
    labels: pd.DataFrame, rubric: Rubric, *, n_folds: int, seed: int
) -> Predictions:
    """Predict every labelled sentence by frequencies learnt in the other regions.

    They are learnt from randomly drawn sentences where there are any: the other pools hold too
    many of the rare levels.
    """
    usable = random_rows(labels)
    fold = region_folds(labels["region"].tolist(), n_folds, seed)
    levels = labels[list(rubric.dimension_ids)].to_numpy(dtype=np.int64)
    texts = np.asarray(labels["text"], dtype=object)
    exceed = np.zeros((*levels.shape, rubric.max_level))
    for k in range(n_folds):
        train = fold != k
        train &= usable | ~(train & usable).any()
        model = fit_cues(texts[train].tolist(), levels[train], rubric)
        exceed[fold == k] = predict_fitted_cues(model, texts[fold == k].tolist(), rubric).exceed
    return Predictions(exceed=exceed, model_id=f"cues-fitted-{n_folds}-folds-seed-{seed}")
