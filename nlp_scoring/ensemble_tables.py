"""What networks say, laid out as a user's columns and as tables of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from nlp_scoring.ensembles import ensemble_id, sentence_rules
from nlp_scoring.scoring import score_frame, wide_scores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric
    from nlp_scoring.calibration import LevelSets
    from nlp_scoring.ensembles import Ensemble

#: In a store: what each network of an ensemble says.
NETWORKS = "network_score.parquet"


def wide_rows(found: Ensemble, rubric: Rubric, sets: LevelSets | None) -> pd.DataFrame:
    """Lay scores of a user's CSV out; columns as `nlp_scoring.scoring.score_rows` gives them.

    With conformal sets, also ``d_set``: ``1``, ``1-2``, or empty where no level is typical. With
    several networks, ``d_spread``. ``capped_by`` names the rules whose ceiling lowered a level.
    """
    wide = wide_scores(found.predictions, rubric)
    if found.spread is not None:
        for i, dimension in enumerate(rubric.dimension_ids):
            wide[f"{dimension}_spread"] = found.spread[:, i]
    if sets is not None:
        inside = sets.sets(found.predictions.exceed)
        for i, dimension in enumerate(rubric.dimension_ids):
            wide[f"{dimension}_set"] = [_range(row) for row in inside[:, i]]
    return wide.assign(
        temporality=found.temporality, unit_type=found.unit_type, capped_by=sentence_rules(found)
    )


def _range(inside: NDArray[np.bool_]) -> str:
    levels = np.flatnonzero(inside)
    if not len(levels):
        return ""
    return str(levels[0]) if len(levels) == 1 else f"{levels[0]}-{levels[-1]}"


def score_table(sentence_ids: Sequence[str], found: Ensemble, rubric: Rubric) -> pd.DataFrame:
    """Lay scores out as the ``score`` table."""
    return score_frame(
        sentence_ids, found.predictions, rubric, scorer="bert", temporality=found.temporality,
        spread=found.spread, capped_by=found.capped_by,
    )  # fmt: skip


def network_frame(sentence_ids: Sequence[str], found: Ensemble, rubric: Rubric) -> pd.DataFrame:
    """Lay the scores of each network out as the ``network_score`` table."""
    import pandas as pd

    m, n, d = found.scores.shape
    return pd.DataFrame(
        {
            "sentence_id": np.tile(np.repeat(np.asarray(sentence_ids, dtype=object), d), m),
            "dimension": np.tile(np.asarray(rubric.dimension_ids, dtype=object), m * n),
            "model_id": np.repeat(np.asarray(found.networks, dtype=object), n * d),
            "score": found.scores.reshape(-1),
        }
    ).astype(dict.fromkeys(("sentence_id", "dimension", "model_id"), "str"))


def read_networks(store: Path, scores: pd.DataFrame) -> pd.DataFrame | None:
    """Read what each network said behind a score table; None where one network made it.

    Parameters
    ----------
    store : Path
    scores : DataFrame
        The score table in it.

    Raises
    ------
    UserError
        The table is missing, or is of other networks than the scores.
    """
    from corpus.schemas import NetworkScoreTable
    from corpus.store import read_table

    if "spread" not in scores:
        return None
    place = store / NETWORKS
    frame = read_table(NetworkScoreTable, place)
    if ensemble_id(frame["model_id"].unique().tolist()) not in set(scores["model_id"]):
        raise UserError(
            "is of other networks than score.parquet", where=str(place),
            fix="run `zhengce score` again with every --model",
        )  # fmt: skip
    return frame
