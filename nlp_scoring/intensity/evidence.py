"""The sentences that carry a cell: region, year and dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from nlp_scoring.intensity.reports import Measured

COLUMNS = [
    "region_code", "region", "year", "dimension", "sentence_id", "section", "score",
    "contribution", "text",
]  # fmt: skip


def evidence_rows(measured: Measured, *, limit: int) -> pd.DataFrame:
    """List the sentences that make up each cell's sum, largest contribution first.

    Parameters
    ----------
    limit : int
        Rows a cell at most.

    Returns
    -------
    DataFrame
        ``region_code, region, year, dimension, sentence_id, section, score, contribution, text``.
        Contributions are shares of the cell's sum of weight x value (score, or 1 at or above the
        level), and add up to 1 over all its sentences; those that add nothing are not listed.
        Equal contributions are ordered by score and then by place in the report.
    """
    import pandas as pd

    parts = [_of_dimension(measured, d) for d in range(len(measured.dimensions))]
    rows = pd.concat(parts, ignore_index=True)
    keys = ["region_code", "year", "_dimension", "contribution", "score", "position"]
    rows = rows.sort_values(keys, ascending=[True, True, True, False, False, True])
    cell = rows.groupby(["region_code", "year", "_dimension"], sort=False)
    return rows[cell.cumcount() < limit][COLUMNS].reset_index(drop=True)


def _of_dimension(measured: Measured, d: int) -> pd.DataFrame:
    sentences = measured.sentences
    parts = measured.weight * measured.value[:, d]
    _, report = np.unique(sentences["report_id"].to_numpy(dtype=object), return_inverse=True)
    total = np.bincount(report, weights=parts)[report]
    share = np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)
    rows = sentences.assign(
        dimension=measured.dimensions[d], _dimension=d, score=measured.score[:, d],
        contribution=share,
    )  # fmt: skip
    return rows[share > 0]
