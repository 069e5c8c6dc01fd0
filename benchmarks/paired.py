"""How much better one scorer is than another on the same sentences, in pairs over reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corpus.rubric import load_rubric
from nlp_scoring.comparison import compare_kappa
from nlp_scoring.ordinal import Predictions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

RUBRIC = load_rubric()


def kappa_gains(
    labels: pd.DataFrame, rows: NDArray[np.bool_], scorer: Predictions, against: Predictions
) -> pd.DataFrame:
    """Compare the kappas of two scorers of all labels on some of them.

    Parameters
    ----------
    labels : DataFrame
        As ``read_labels`` gives them, n rows.
    rows : (n,) array of bool
        Those that count.
    scorer, against : Predictions
        Of all n rows.

    Returns
    -------
    DataFrame
        What `compare_kappa` gives (95 % intervals from a bootstrap over reports), by dimension,
        the mean of all under ``mean``.
    """
    part = labels[rows]
    one, other = (Predictions(p.exceed[rows], p.model_id) for p in (scorer, against))
    return compare_kappa(
        part[list(RUBRIC.dimension_ids)].to_numpy(dtype=np.int64), one, other,
        part["report_id"].tolist(), dimensions=RUBRIC.dimension_ids, names=("scorer", "against"),
    ).set_index("dimension")  # fmt: skip
