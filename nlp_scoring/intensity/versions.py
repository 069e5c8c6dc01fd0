"""Two sets of scores of the same sentences: two models, two model versions, two rubrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from nlp_scoring.intensity.reports import in_order, score_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """Scores by one scorer.

    Attributes
    ----------
    name : str
        What to call it in messages: its file.
    scores : DataFrame
        Rows of the score table.
    sentences : DataFrame or None
        The sentence table beside it.
    """

    name: str
    scores: pd.DataFrame
    sentences: pd.DataFrame | None

    def describe(self) -> dict[str, str]:
        """Name file, scorer, model and rubric."""
        row = self.scores.iloc[0]
        names = ("scorer", "model_id", "rubric_version")
        return {"file": self.name} | {n: str(row[n]) for n in names}


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """Two versions laid side by side.

    Attributes
    ----------
    sentences : DataFrame
        ``sentence_id, report_id`` of the n sentences that count, and ``text``, empty if unknown.
    dimensions : tuple of str
    score, level : (2, n, d) array
        Of A and of B.
    """

    sentences: pd.DataFrame
    dimensions: tuple[str, ...]
    score: NDArray[np.float64]
    level: NDArray[np.int64]


def pair_versions(a: Version, b: Version, *, dimensions: Sequence[str]) -> Paired:
    """Lay two versions side by side, body sentences outside annexes where the tables tell them.

    Parameters
    ----------
    dimensions : sequence of str
        Order of the dimensions; others come after them.

    Raises
    ------
    UserError
        When dimensions, sentences or their texts differ.
    """
    names = _same_dimensions(a, b, dimensions)
    _same_sentences(a, b)
    sentences = _counted(a, b)
    ids, sides = sentences["sentence_id"], (a.scores, b.scores)
    score = np.stack([score_matrix(s, "score", ids, names) for s in sides])
    level = np.stack([score_matrix(s, "level", ids, names) for s in sides]).astype(np.int64)
    return Paired(sentences, names, score, level)


def _same_dimensions(a: Version, b: Version, order: Sequence[str]) -> tuple[str, ...]:
    ours, theirs = (in_order(v.scores["dimension"].unique(), order) for v in (a, b))
    if ours != theirs:
        raise UserError(
            f"scores {', '.join(ours)}, but {b.name} scores {', '.join(theirs)}",
            where=a.name,
            fix="compare scores of the same dimensions",
        )
    return ours


def _same_sentences(a: Version, b: Version) -> None:
    fix = "score the same sentence table twice"
    ours, theirs = (set(v.scores["sentence_id"]) for v in (a, b))
    if ours != theirs:
        only = sorted(ours ^ theirs)[0]
        raise UserError(
            f"has {len(ours - theirs)} sentences that {b.name} lacks, and lacks "
            f"{len(theirs - ours)} that it has, first {only}",
            where=a.name,
            fix=fix,
        )
    if a.sentences is None or b.sentences is None:
        return
    texts = [
        v.sentences.set_index("sentence_id")["text"] for v in (a, b) if v.sentences is not None
    ]
    both = texts[0].to_frame("a").join(texts[1].rename("b"), how="inner")
    other = both.index[both["a"] != both["b"]].intersection(list(ours))
    if len(other):
        raise UserError(
            f"sentence {other[0]} has another text than in {b.name} ({len(other)} such)",
            where=a.name,
            fix=fix,
        )


def _counted(a: Version, b: Version) -> pd.DataFrame:
    """Sentences that count; without a sentence table, all that have scores."""
    import pandas as pd

    scored = pd.Index(sorted(a.scores["sentence_id"].unique()))
    table = a.sentences if a.sentences is not None else b.sentences
    if table is None:
        return pd.DataFrame(
            {"sentence_id": scored, "report_id": scored.str[:11], "text": ""}
        ).astype({"text": "str"})
    lacking = scored.difference(pd.Index(table["sentence_id"]))
    if len(lacking):
        raise UserError(
            f"scores sentence {lacking[0]}, which the sentence table beside it lacks",
            where=a.name if a.sentences is not None else b.name,
            fix="run `zhengce score` again",
        )
    kept = table[table["sentence_id"].isin(scored)]
    kept = kept[(kept["unit_type"] == "body") & ~kept["is_annex"]]
    if kept.empty:
        raise UserError("no scored body sentence", where=a.name)
    columns = ["sentence_id", "report_id", "text"]
    return kept.sort_values(["report_id", "position"])[columns].reset_index(drop=True)
