"""Which ceilings of the rubric lowered a level, so that it can be told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_scoring.ordinal import nearest_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from corpus.rubric import Rubric
    from nlp_scoring.ordinal import Predictions


def lowering_rules(
    predictions: Predictions,
    rubric: Rubric,
    unit_types: Sequence[str],
    temporality: Sequence[str],
) -> NDArray[Any]:
    """Name the rules whose ceiling by itself lowers the level of a sentence.

    Parameters
    ----------
    predictions : Predictions
        Of n sentences in d dimensions, before `nlp_scoring.ordinal.apply_caps`.

    Returns
    -------
    (n, d) array of str
        ``R4``, or ``R4 R11`` where either would; empty where the level stands.
    """
    n, d, _ = predictions.exceed.shape
    found = np.full((n, d), "", dtype=object)
    attributes = {"unit_type": unit_types, "temporality": temporality}
    for cap in rubric.caps:
        values = attributes.get(cap.attribute, ())
        rows = np.flatnonzero([value in cap.values for value in values])
        before = predictions.exceed[rows]
        after = before.copy()
        after[:, :, cap.max_level :] = 0.0
        for row, dimension in np.argwhere(nearest_level(before) > nearest_level(after)):
            place = rows[row], dimension
            found[place] = f"{found[place]} {cap.rule}".strip()
    return found


def joined(*names: str) -> str:
    """All rules that several cells name, each once, in the order met."""
    return " ".join(dict.fromkeys(rule for name in names for rule in name.split()))


def describe_caps(sentences: Sequence[str]) -> str:
    """Tell in a line how many sentences were lowered and by which rules."""
    n = sum(1 for name in sentences if name)
    counted = Counter(rule for name in sentences for rule in name.split()).most_common()
    rules = ", ".join(f"{rule} {count}" for rule, count in counted)
    return f"levels lowered by the rubric's ceilings in {n} of {len(sentences)} sentences" + (
        f": {rules}" if rules else ""
    )
