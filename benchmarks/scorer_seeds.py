"""What the chance of a seed does to a sentence and to a report. Part of ``python -m benchmarks scorer``.

``pretraining/`` in the model's folder holds five networks that differ in nothing but the seed: what
each says of the labels out of fold (``one`` is seed 0), and the means that five others, from the
plain encoder and trained on all labels, give to the unlabelled sentences of 50 provincial reports (``seed_means.csv``). The
shipped student has learnt from five; how far students differ was not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.figure import Figure
from configs.paths import BERT_MODEL
from corpus.rubric import load_rubric
from nlp_scoring.bert.out_of_fold import read_out_of_fold

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

RUBRIC = load_rubric()
PLACE = BERT_MODEL / "pretraining"
NAMES = ("one", "seed_1", "seed_2", "seed_3", "seed_4")


def seed_rows(labels: pd.DataFrame, random: NDArray[np.bool_]) -> list[Figure]:
    """Spread between five networks: of sentences, and of report means beside their standard error."""
    found = [read_out_of_fold(PLACE, labels, RUBRIC, name=f"{n}.csv.gz").calibrated for n in NAMES]
    scores = np.stack([one.score[random] for one in found])
    spread, wrong = scores.std(axis=0, ddof=1), _wrong(labels[random], scores)
    figures = []
    for i, d in enumerate(RUBRIC.dimensions):
        off, right = spread[wrong[:, i], i].mean(), spread[~wrong[:, i], i].mean()
        note = f"{off:.3f} where their mean is off by more than half a level, else {right:.3f}"
        figures.append(
            Figure(f"spread between seeds of a sentence {d.short}", "",
                   round(float(spread[:, i].mean()), 4), "", None, note)
        )  # fmt: skip
    return figures + _report_rows()


def _wrong(part: pd.DataFrame, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    truth = part[list(RUBRIC.dimension_ids)].to_numpy(dtype=np.float64)
    return np.asarray(np.abs(scores.mean(axis=0) - truth) > 0.5)


def _report_rows() -> list[Figure]:
    import pandas as pd

    table = pd.read_csv(PLACE / "seed_means.csv", dtype={"report_id": str})
    seeds = [c for c in table if c.startswith("seed_")]
    figures = []
    for d in RUBRIC.dimensions:
        own = table[table["dimension"] == d.id]
        sd = _root_mean_square(own[seeds].std(axis=1, ddof=1))
        error = _root_mean_square(own["std_error"])
        rank = own[seeds].corr(method="spearman").to_numpy()[np.triu_indices(len(seeds), 1)].mean()
        note = (
            f"standard error over sentences {error:.4f}, with seeds {np.hypot(error, sd):.4f}; "
            f"Spearman between seeds {rank:.3f}; {len(own)} reports"
        )
        figures.append(
            Figure(f"spread between seeds of a report's mean {d.short}", "", round(sd, 4), "", None, note)
        )  # fmt: skip
    return figures


def _root_mean_square(values: pd.Series[float]) -> float:
    return float(np.sqrt((values**2).mean()))
