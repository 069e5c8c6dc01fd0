"""What the heads learn: levels as chances of passing each threshold, tense and unit type beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric

#: Weight of the final level against the two passes where the coders differ.
FINAL_WEIGHT = 0.5
AUXILIARY = ("temporality", "unit_type")


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Targets of n sentences.

    Attributes
    ----------
    exceed : (n, d, k) array
        ``P(y > 0), ..., P(y > k - 1)``: 0 or 1 for a sure label, between where coders differ or
        where a teacher gave its probabilities.
    temporality, unit_type : (n, c) array
        Probabilities of the rubric's attribute values; a row of zeros is unlabelled.
    """

    exceed: NDArray[np.float32]
    temporality: NDArray[np.float32]
    unit_type: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.exceed)

    def take(self, rows: NDArray[np.int64]) -> Targets:
        """Take some rows."""
        return Targets(self.exceed[rows], self.temporality[rows], self.unit_type[rows])

    def joined(self, other: Targets) -> Targets:
        """Append others."""
        pairs = [(getattr(self, f), getattr(other, f)) for f in ("exceed", *AUXILIARY)]
        return Targets(*(np.concatenate(pair) for pair in pairs))


def targets_of(labels: pd.DataFrame, rubric: Rubric) -> Targets:
    """Lay a labels frame (see `nlp_scoring.labels.read_labels`) out as targets.

    Where ``<dimension>_a`` and ``_b`` differ, the target is the mixture of the final level (half)
    and the two passes (a quarter each): the disagreement itself is information.
    """
    exceed = np.stack([_soft(labels, d, rubric.max_level) for d in rubric.dimension_ids], axis=1)
    marks = {name: _one_hot(labels, name, rubric.attributes[name]) for name in AUXILIARY}
    return Targets(exceed.astype(np.float32), marks["temporality"], marks["unit_type"])


def _soft(labels: pd.DataFrame, dimension: str, max_level: int) -> NDArray[np.float64]:
    thresholds = np.arange(max_level)
    final = labels[dimension].to_numpy(dtype=np.int64)[:, None] > thresholds
    passes = []
    for suffix in ("_a", "_b"):
        column = labels.get(f"{dimension}{suffix}")
        if column is None:
            return final.astype(np.float64)
        text = column.astype(str).str.strip()
        given = text.isin([str(k) for k in range(max_level + 1)]).to_numpy()
        level = np.where(given, text.where(given, "0").astype(int), -1)
        passes.append(np.where(given[:, None], level[:, None] > thresholds, final))
    return FINAL_WEIGHT * final + (1 - FINAL_WEIGHT) / 2 * (passes[0] + passes[1].astype(float))


def _one_hot(labels: pd.DataFrame, name: str, values: tuple[str, ...]) -> NDArray[np.float32]:
    column = labels[name].astype(str).str.strip() if name in labels else None
    found = np.zeros((len(labels), len(values)), dtype=np.float32)
    if column is not None:
        for i, value in enumerate(values):
            found[:, i] = column == value
    return found
