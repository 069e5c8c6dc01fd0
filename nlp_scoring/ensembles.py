r"""Several networks of one recipe: their mean, and how far the chance of a seed carries.

Networks trained alike from other seeds differ in what they say (Lakshminarayanan, Pritzel and
Blundell 2017, section 2.4). Their mean usually errs less than one of them, and their spread is a
part of the error that no standard error over sentences holds: all sentences of a report share a
network, so the spread of its mean is taken between the networks' own means, never from spreads of
sentences.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from nlp_scoring.bert.rows import capped_scores
from nlp_scoring.caps import joined, lowering_rules
from nlp_scoring.ordinal import Predictions
from nlp_scoring.scoring import score_frame, wide_scores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric
    from nlp_scoring.bert.runtime import BertScores
    from nlp_scoring.calibration import LevelSets

#: In a store: what each network of an ensemble says.
NETWORKS = "network_score.parquet"


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """What m networks say of n sentences in d dimensions.

    Attributes
    ----------
    predictions : Predictions
        Mean of their chances, each held to the rubric's ceilings by its own tense and unit type.
        One network is its own mean and keeps its name.
    scores : (m, n, d) array
        Expected level by each.
    networks : tuple of str
        Their model ids.
    temporality, unit_type : list of str
        What most of them say; at a tie, what the first of those says.
    capped_by : (n, d) array of str
        Rules whose ceiling lowered what a network says (`nlp_scoring.caps`).
    """

    predictions: Predictions
    scores: NDArray[np.float64]
    networks: tuple[str, ...]
    temporality: list[str]
    unit_type: list[str]
    capped_by: NDArray[Any]

    @property
    def spread(self) -> NDArray[np.float64] | None:
        """Standard deviation between networks of the expected level, (n, d); None for one."""
        return self.scores.std(axis=0, ddof=1) if len(self.networks) > 1 else None


def combine(found: Sequence[BertScores], rubric: Rubric) -> Ensemble:
    """Average networks.

    Parameters
    ----------
    found : sequence of BertScores
        Of the same sentences, one a network.
    """
    capped = [capped_scores(one, rubric) for one in found]
    names = tuple(one.model_id for one in capped)
    if len(capped) == 1:
        mean = capped[0]
    else:
        exceed = np.mean([one.exceed for one in capped], axis=0)
        mean = Predictions(exceed, ensemble_id(names))
    return Ensemble(
        predictions=mean,
        scores=np.stack([one.score for one in capped]),
        networks=names,
        temporality=_most([one.temporality for one in found]),
        unit_type=_most([one.unit_type for one in found]),
        capped_by=_any_rule(found, rubric),
    )


def check_networks(names: Sequence[str]) -> None:
    """Refuse the same network twice: the spread would be too small.

    Raises
    ------
    UserError
        One is there twice.
    """
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise UserError(
            f"the network {twice[0]} is given twice", where="--model", fix="give each network once"
        )


def ensemble_id(networks: Sequence[str]) -> str:
    """Name an ensemble by its networks, in any order."""
    seed = " ".join(sorted(networks))
    return f"ensemble-{hashlib.sha256(seed.encode()).hexdigest()[:12]}"


def _most(names: Sequence[Sequence[str]]) -> list[str]:
    return [Counter(said).most_common(1)[0][0] for said in zip(*names, strict=True)]


def _any_rule(found: Sequence[BertScores], rubric: Rubric) -> NDArray[Any]:
    rules = [
        lowering_rules(one.predictions, rubric, one.unit_type, one.temporality) for one in found
    ]
    return rules[0] if len(rules) == 1 else np.frompyfunc(joined, len(rules), 1)(*rules)


def wide_rows(found: Ensemble, rubric: Rubric, sets: LevelSets | None) -> pd.DataFrame:
    """Lay scores of a user's CSV out; columns as `nlp_scoring.scoring.score_rows` gives them.

    Caps go by the tense and unit type that the model itself tells: on labelled sentences of regions
    left out it is right in 98 and 96 %, rules on a sentence alone in 91 and 78 %, and caps by those
    would cost .008 of kappa.

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


def sentence_rules(found: Ensemble) -> list[str]:
    """Rules that lowered a sentence in any dimension, as ``R4``; empty where none did."""
    return [joined(*row) for row in found.capped_by]


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


def spread_of_means(networks: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Give the standard deviation between networks of each report's mean score.

    Parameters
    ----------
    networks : DataFrame
        The ``network_score`` table.
    counted : DataFrame
        ``sentence_id, report_id`` of the sentences that count.

    Returns
    -------
    DataFrame
        ``report_id, dimension, ensemble_sd``.
    """
    own = networks.merge(counted[["sentence_id", "report_id"]], on="sentence_id")
    means = own.groupby(["report_id", "dimension", "model_id"])["score"].mean()
    spread = means.groupby(level=["report_id", "dimension"]).std(ddof=1)
    return spread.rename("ensemble_sd").reset_index()
