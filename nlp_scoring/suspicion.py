"""Labels that are probably wrong: confident learning on predictions that never saw them.

A label is suspicious when another level is likelier than that level mostly is where it is labelled
(Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels",
section 3.1). The list is for people: a label changes when the codebook says so, not when a model does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from nlp_scoring.calibration import level_chances

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric
    from nlp_scoring.ordinal import Predictions

OPEN = "open"
#: Columns of the labels that a reviewer reads beside, where the file has them; they name the sentence to
#: the labelling page (`annotation_ui.labelling.reviewing`).
CONTEXT = ("sentence_key", "pool", "report_id", "level", "region", "year", "index", "n_sentences", "text",
           "previous", "next", "heading", "section")  # fmt: skip
VERDICT = ("dimension", "old", "suggested", "probability", "status", "new", "ruling", "reason")
_IDENTITY = ("report_id", "index", "text", "dimension", "old")


@dataclass(frozen=True, slots=True, eq=False)
class Suspicion:
    """Suspicious labels of one dimension, the least likely first.

    Attributes
    ----------
    row : (m,) array
        Of the labels.
    suggested : (m,) array of levels
    probability : (m,) array
        Chance that the predictions give the label.
    """

    row: NDArray[np.int64]
    suggested: NDArray[np.int64]
    probability: NDArray[np.float64]


def suspicious(chances: NDArray[np.float64], truth: NDArray[np.int64]) -> Suspicion:
    """Find suspicious labels of one dimension.

    Parameters
    ----------
    chances : (n, k + 1) array
        Of each level, by models that never saw the label.
    truth : (n,) array of levels
    """
    n, n_levels = chances.shape
    threshold = np.full(n_levels, np.inf)  # of a level that nobody gave: never reached
    for level in np.unique(truth):
        threshold[level] = chances[truth == level, level].mean()
    # A mean of equal numbers can lie above them by its last digit.
    sure = np.where(chances >= threshold - 1e-9, chances, -1.0)
    best, own = sure.argmax(axis=1), chances[np.arange(n), truth]
    row = np.flatnonzero((sure.max(axis=1) >= 0) & (best != truth))
    row = row[np.argsort(own[row], kind="stable")]
    return Suspicion(row, best[row], own[row])


def suspicious_frame(
    labels: pd.DataFrame, predictions: Predictions, rubric: Rubric
) -> pd.DataFrame:
    """List suspicious labels of all dimensions with their sentences, the least likely first."""
    import pandas as pd

    chances, parts = level_chances(predictions.exceed), []
    context = [c for c in CONTEXT if c in labels.columns]
    for i, dimension in enumerate(rubric.dimension_ids):
        truth = labels[dimension].to_numpy(dtype=np.int64)
        found = suspicious(chances[:, i], truth)
        parts.append(
            labels.iloc[found.row][context].assign(
                dimension=dimension,
                old=truth[found.row],
                suggested=found.suggested,
                probability=found.probability.round(4),
                status=OPEN,
                new="",
                ruling="",
                reason="",
            )
        )
    whole = pd.concat(parts).sort_values("probability", kind="stable", ignore_index=True)
    return whole[[*context, *VERDICT]].astype("str")


def write_suspicious(path: Path, found: pd.DataFrame) -> int:
    """Write the list; rows of an older list that somebody has decided stay, their own columns too.

    Returns
    -------
    int
        How many rows are open.

    Raises
    ------
    UserError
        When the file there is another one than such a list.
    """
    import pandas as pd

    from corpus.csvfiles import read_csv, write_csv

    decided = found.iloc[:0]
    if path.exists():
        old = read_csv(path)
        if not {"text", *VERDICT} <= set(old.columns):
            raise UserError(
                "is there already, and no list of suspicious labels", where=str(path),
                fix="name another file",
            )  # fmt: skip
        decided = old[old["status"].str.strip() != OPEN]
    identity = [c for c in _IDENTITY if c in found.columns and c in decided.columns]
    known = set(decided[identity].itertuples(index=False, name=None))
    rows = found[identity].itertuples(index=False, name=None)
    fresh = found[[row not in known for row in rows]]
    columns = [*found.columns, *(c for c in decided.columns if c not in found.columns)]
    write_csv(path, pd.concat([decided, fresh])[columns].fillna(""))
    return len(fresh)
