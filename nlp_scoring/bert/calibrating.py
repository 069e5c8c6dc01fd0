"""Teach a model what its chances are worth, from labels that it, or its folds, never saw."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from configs.errors import UserError
from corpus.files import write_text
from nlp_scoring.bert.card import read_card
from nlp_scoring.bert.out_of_fold import read_out_of_fold
from nlp_scoring.calibration import Calibration, fit_calibration, fit_sets
from nlp_scoring.validation import random_rows

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric


def calibrate_folder(
    folder: Path, labels: pd.DataFrame, rubric: Rubric, *, coverage: float = 0.9
) -> tuple[Calibration, int]:
    """Calibrate a model by what its folds said of labels; give the lines and the number of labels.

    Raises
    ------
    UserError
        When the model has no out-of-fold predictions of these labels, or none was drawn at random.
    """
    found = read_out_of_fold(folder, labels, rubric)
    return write_calibration(folder, labels, found.raw.exceed, rubric, coverage=coverage)


def write_calibration(
    folder: Path,
    labels: pd.DataFrame,
    exceed: NDArray[np.float64],
    rubric: Rubric,
    *,
    coverage: float = 0.9,
) -> tuple[Calibration, int]:
    """Learn lines and level sets and write them into a model's description.

    They are learnt on the randomly drawn sentences: among others, chosen for their cue words or a
    model's doubts, levels have other shares than in reports.

    Parameters
    ----------
    exceed : (n, d, k) array
        Chances ``P(y > k)`` of the labelled sentences by networks that have not learnt from them,
        not calibrated.

    Returns
    -------
    (Calibration, int)
        The lines, and the number of labels they were learnt on.
    """
    card, rows = read_card(folder), drawn_at_random(labels)
    truth = labels[list(rubric.dimension_ids)].to_numpy(dtype="int64")[rows]
    learnt = fit_calibration(exceed[rows], truth)
    sets = fit_sets(learnt.apply(exceed[rows]), truth, coverage=coverage)
    card.pop("temperature", None)
    card |= {
        "calibration": {"slope": _rounded(learnt.slope, 4), "shift": _rounded(learnt.shift, 4)},
        "set_threshold": _rounded(sets.threshold, 5),
        "set_coverage": coverage,
    }
    write_text(folder / "model.json", json.dumps(card, ensure_ascii=False, indent=1) + "\n")
    return learnt, len(truth)


def drawn_at_random(labels: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows of labels to learn chances from.

    Raises
    ------
    UserError
        When there is none.
    """
    rows = random_rows(labels)
    if not rows.any():
        raise UserError(
            "no label is of a sentence drawn at random, so shares of levels are unknown",
            where="labels", fix="label a random pool too",
        )  # fmt: skip
    return rows


def _rounded(rows: NDArray[Any], digits: int) -> list[list[float]]:
    return [[round(float(x), digits) for x in row] for row in rows]
