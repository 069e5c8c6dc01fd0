"""Predictions of the labelled sentences by models that never saw their region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from nlp_scoring.calibration import cross_fitted
from nlp_scoring.ordinal import Predictions
from nlp_scoring.validation import random_rows

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric

FILE = "out_of_fold.csv.gz"
#: `student` is the recipe of the shipped model; `ensemble` the mean of its five teachers.
STUDENT = "student"


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Chances of the labelled sentences, in the order of the labels.

    Attributes
    ----------
    raw, tempered : Predictions
        As the models gave them; and with each fold's temperature learnt on the other folds.
    fold : (n,) array
    """

    raw: Predictions
    tempered: Predictions
    fold: NDArray[np.int64]


def read_out_of_fold(folder: Path, labels: pd.DataFrame, rubric: Rubric) -> OutOfFold:
    """Read a model's out-of-fold predictions and match them to labels by key.

    Raises
    ------
    UserError
        When the model has none, or none for some of these labels.
    """
    import pandas as pd

    path = folder / FILE
    try:
        table = pd.read_csv(path, dtype={"sentence_key": "str"})
    except (OSError, ValueError) as error:
        raise UserError(
            "the model has no out-of-fold predictions",
            where=str(path),
            fix="use scorer ngram, whose folds are computed on the spot",
        ) from error
    keys = labels["sentence_key"].tolist() if "sentence_key" in labels else []
    place = {key: i for i, key in enumerate(table["sentence_key"])}
    strange = [key for key in keys if key not in place]
    if strange or not keys:
        raise UserError(
            f"no out-of-fold prediction for the sentence {strange[0] if strange else '(no keys)'!r}",
            where=str(path),
            fix="the shipped model knows data/gold/labels.csv; use scorer ngram for other labels",
        )
    rows = table.iloc[[place[key] for key in keys]]
    columns = [
        [f"{STUDENT}_{d}_p_gt{k}" for k in range(rubric.max_level)] for d in rubric.dimension_ids
    ]
    exceed = np.stack([rows[names].to_numpy(dtype=np.float64) for names in columns], axis=1)
    fold = rows["fold"].to_numpy(dtype=np.int64)
    truth = labels[list(rubric.dimension_ids)].to_numpy(dtype=np.int64)
    calibrated = cross_fitted(exceed, truth, fold, random_rows(labels))
    name = f"bert-out-of-fold-{folder.name}"
    return OutOfFold(Predictions(exceed, name), Predictions(calibrated, name), fold)
