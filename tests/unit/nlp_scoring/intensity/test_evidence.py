"""Sentences that carry a cell."""

from __future__ import annotations

import numpy as np
import pytest

from nlp_scoring.intensity.evidence import evidence_rows
from nlp_scoring.intensity.reports import measure_sentences
from nlp_scoring.intensity.variants import Variant
from tests.unit.nlp_scoring.intensity.conftest import DIMENSIONS, Tables

ALL = 10_000


@pytest.mark.parametrize(
    "variant",
    [Variant(), Variant(weights="length"), Variant(measure="share", at_least=2)],
    ids=["mean", "length", "share"],
)
def test_contributions_are_shares_of_the_sum(tables: Tables, variant: Variant) -> None:
    measured = measure_sentences(tables.scores, tables.sentences, variant, dimensions=DIMENSIONS)
    rows = evidence_rows(measured, limit=ALL)
    cells = rows.groupby(["region_code", "year", "dimension"])
    assert len(cells) == 18
    assert cells["contribution"].sum().to_numpy() == pytest.approx(np.ones(18))
    assert (rows["contribution"] > 0).all()
    for _, cell in cells:
        assert (cell["contribution"].diff().dropna() <= 0).all()
    one = rows.iloc[0]
    at = measured.sentences.index[measured.sentences["sentence_id"] == one["sentence_id"]][0]
    d = measured.dimensions.index(one["dimension"])
    report = f"{one['region_code']}-{one['year']}"
    own = (measured.sentences["report_id"] == report).to_numpy()
    parts = measured.weight * measured.value[:, d]
    assert one["contribution"] == pytest.approx(parts[at] / parts[own].sum())
    assert one["score"] == pytest.approx(measured.score[at, d])


def test_limit_is_a_cells_and_dimensions_keep_their_order(tables: Tables) -> None:
    measured = measure_sentences(tables.scores, tables.sentences, Variant(), dimensions=DIMENSIONS)
    rows, every = evidence_rows(measured, limit=2), evidence_rows(measured, limit=ALL)
    assert len(rows) == 36
    assert rows["dimension"].tolist()[:6] == ["s", "s", "g", "g", "t", "t"]
    top = every.groupby(["region_code", "year", "dimension"], sort=False).head(2)
    assert rows["sentence_id"].tolist() == top["sentence_id"].tolist()


def test_a_cell_that_nothing_carries_has_no_rows(tables: Tables) -> None:
    scores = tables.scores.assign(
        score=tables.scores["score"].where(tables.scores["dimension"] != "g", 0.0)
    )
    measured = measure_sentences(scores, tables.sentences, Variant(), dimensions=DIMENSIONS)
    assert set(evidence_rows(measured, limit=3)["dimension"]) == {"s", "t"}
