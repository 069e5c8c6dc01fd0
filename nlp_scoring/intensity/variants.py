"""Which sentences of a report count, how much, and what of them is averaged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError, shown
from nlp_scoring.bert.passages import SECTIONS
from nlp_scoring.tense import temporality_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

Measure = Literal["mean", "share"]
Weighting = Literal["sentence", "length"]
#: Unified ideographs with extension A, the compatibility block and the supplementary planes.
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
PAST = "past"


@dataclass(frozen=True, slots=True)
class Variant:
    """A definition of a report's intensity; the defaults are those of `zhengce aggregate`.

    Attributes
    ----------
    measure : {"mean", "share"}
        Mean score, or share of sentences at or above a level.
    at_least : int or None
        That level; None for the mean.
    sections : tuple of str
        Sections that count; empty means all.
    without_past : bool
        Whether retrospective sentences are left out.
    weights : {"sentence", "length"}
        Every sentence alike, or by its number of Han characters.
    with_annex : bool
        Whether project lists after the report count too.
    """

    measure: Measure = "mean"
    at_least: int | None = None
    sections: tuple[str, ...] = ()
    without_past: bool = False
    weights: Weighting = "sentence"
    with_annex: bool = False

    def check(self, max_level: int) -> None:
        """Refuse what has no meaning.

        Raises
        ------
        UserError
            For an unknown section, a level outside the scale, or a measure and level that do not
            go together.
        """
        for name in self.sections:
            if name not in SECTIONS:
                raise UserError(
                    f"unknown section {shown(name)}",
                    where="--section",
                    fix=f"use one of {', '.join(SECTIONS)}",
                )
        if self.measure == "mean" and self.at_least is not None:
            raise UserError("is for shares", where="--at-least", fix="add --measure share")
        if self.measure == "share" and self.at_least is None:
            raise UserError(
                "a share needs a level", fix=f"add --at-least K, K from 1 to {max_level}"
            )
        if self.at_least is not None and not 1 <= self.at_least <= max_level:
            raise UserError(
                f"no share at or above level {self.at_least}",
                where="--at-least",
                fix=f"use 1 to {max_level}; every sentence is at or above 0",
            )


def counted_sentences(
    sentences: pd.DataFrame, variant: Variant, stored: pd.Series[str] | None = None
) -> pd.DataFrame:
    """Keep the sentences that count, in the order of the reports.

    Parameters
    ----------
    sentences : DataFrame
        The sentence table.
    stored : Series, optional
        Temporality of sentences by ``sentence_id``, where a scorer has told it.
    """
    counts = sentences["unit_type"] == "body"
    if not variant.with_annex:
        counts &= ~sentences["is_annex"]
    if variant.sections:
        counts &= sentences["section"].isin(list(variant.sections))
    kept = sentences[counts]
    if variant.without_past:
        kept = kept[temporality(kept, stored) != PAST]
    if variant.weights == "length":
        kept = kept[sentence_weights(kept["text"].tolist(), "length") > 0]
    return kept.sort_values(["report_id", "position"], ignore_index=True)


def temporality(
    sentences: pd.DataFrame, stored: pd.Series[str] | None = None
) -> NDArray[np.object_]:
    """Tell which way each sentence looks: as stored, else by rule.

    Notes
    -----
    The rule is `nlp_scoring.tense.temporality_of`. Where the section is known, as in every
    sentence table, it follows rule R5: the review is past unless a sentence names a shortcoming,
    and the rest is not.
    """
    columns = (sentences[c].tolist() for c in ("text", "section", "progress"))
    found = np.array([temporality_of(*row) for row in zip(*columns, strict=True)], dtype=object)
    if stored is None:
        return found
    told = stored.reindex(sentences["sentence_id"]).fillna("").to_numpy(dtype=object)
    return np.where(told != "", told, found)


def stored_temporality(scores: pd.DataFrame) -> pd.Series[str] | None:
    """Take the temporality that the score table keeps, by sentence; None where it keeps none."""
    if not (scores["temporality"] != "").any():
        return None
    return scores.drop_duplicates("sentence_id").set_index("sentence_id")["temporality"]


def sentence_weights(texts: Sequence[str], weights: Weighting) -> NDArray[np.float64]:
    """Weigh sentences alike, or by Han characters: digits, letters and marks do not count."""
    if weights == "sentence":
        return np.ones(len(texts))
    return np.array([len(_HAN.findall(text)) for text in texts], dtype=np.float64)
