"""Several networks: means and spreads against formulas written another way."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import UserError
from corpus.rubric import load_rubric
from corpus.schemas import NetworkScoreTable, ReportScoreTable, ScoreTable
from corpus.store import check_table, write_table
from nlp_scoring.aggregation import intensity_by, report_intensity, spread_of_means
from nlp_scoring.bert.runtime import BertScores
from nlp_scoring.ensemble_tables import (
    NETWORKS,
    network_frame,
    read_networks,
    score_table,
    wide_rows,
)
from nlp_scoring.ensembles import check_networks, combine, ensemble_id
from nlp_scoring.ordinal import Predictions, apply_caps
from tests.unit.nlp_scoring.design.test_tables import project

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RUBRIC = load_rubric()
DIMENSIONS = RUBRIC.dimension_ids


def network(seed: int, n: int, *, unit: str = "body", tense: str = "future") -> BertScores:
    """An invented network of chances that fall with the level."""
    rng = np.random.default_rng(seed)
    exceed = np.cumprod(rng.uniform(0, 1, (n, len(DIMENSIONS), 3)), axis=2)
    return BertScores(Predictions(exceed, f"bert-{seed}"), [tense] * n, [unit] * n)


def capped(one: BertScores) -> NDArray[np.float64]:
    return apply_caps(one.predictions, RUBRIC, one.unit_type, one.temporality).exceed


def test_one_network_is_its_own_mean_and_has_no_spread() -> None:
    one = network(0, 5)
    found = combine([one], RUBRIC)
    np.testing.assert_array_equal(found.predictions.exceed, capped(one))
    assert found.predictions.model_id == "bert-0"
    assert found.spread is None
    assert not [c for c in wide_rows(found, RUBRIC, None) if c.endswith("_spread")]


@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 1000))
def test_mean_and_spread_by_hand(m: int, n: int, seed: int) -> None:
    members = [network(seed + i, n) for i in range(m)]
    found = combine(members, RUBRIC)
    assert found.spread is not None
    for row in range(n):
        for d in range(len(DIMENSIONS)):
            scores = [sum(one.predictions.exceed[row, d].tolist()) for one in members]
            assert found.predictions.score[row, d] == pytest.approx(fmean(scores))
            assert found.spread[row, d] == pytest.approx(stdev(scores), abs=1e-12)
    assert (np.diff(found.predictions.exceed, axis=2) <= 1e-12).all()
    again = combine(members[::-1], RUBRIC)
    assert again.predictions.model_id == found.predictions.model_id
    np.testing.assert_allclose(again.spread, found.spread, atol=1e-12)


def test_each_network_is_capped_by_its_own_unit_type() -> None:
    body, greeting = network(1, 3), network(2, 3, unit="ritual")
    found = combine([body, greeting], RUBRIC)
    half = capped(body) / 2
    np.testing.assert_allclose(found.predictions.exceed, half)


def test_tense_and_unit_type_are_what_most_say_and_the_firsts_at_a_tie() -> None:
    members = [
        network(1, 2, tense="past"),
        network(2, 2, tense="mixed"),
        network(3, 2, tense="mixed"),
    ]
    assert combine(members, RUBRIC).temporality == ["mixed", "mixed"]
    assert combine(members[:2], RUBRIC).temporality == ["past", "past"]


def test_a_network_counts_once() -> None:
    with pytest.raises(UserError, match="bert-1 is given twice"):
        check_networks(["bert-1", "bert-2", "bert-1"])
    assert ensemble_id(["a", "b"]) == ensemble_id(["b", "a"]) != ensemble_id(["a", "c"])


def tables(n_networks: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Score, sentence and network tables of three invented reports."""
    _, sentences = project()
    ids = sentences["sentence_id"].tolist()
    found = combine([network(i, len(ids)) for i in range(n_networks)], RUBRIC)
    scores = score_table(ids, found, RUBRIC)
    networks = network_frame(ids, found, RUBRIC)
    return (
        check_table(ScoreTable, scores, where="test"), sentences,
        check_table(NetworkScoreTable, networks, where="test"),
    )  # fmt: skip


def test_spread_of_a_report_is_between_the_means_of_its_networks() -> None:
    scores, sentences, networks = tables(4)
    frame = report_intensity(scores, sentences, dimensions=DIMENSIONS, networks=networks)
    check_table(ReportScoreTable, frame, where="test")
    counted = sentences[(sentences["unit_type"] == "body") & ~sentences["is_annex"]]
    for row in frame.itertuples():
        own = counted.loc[counted["report_id"] == row.report_id, "sentence_id"]
        part = networks[
            (networks["dimension"] == row.dimension) & networks["sentence_id"].isin(own)
        ]
        means = [fmean(part.loc[part["model_id"] == f"bert-{i}", "score"]) for i in range(4)]
        assert row.ensemble_sd == pytest.approx(stdev(means))
        assert row.intensity == pytest.approx(fmean(means))
    # Networks that differ by the same everywhere: the spread of a mean is that of a sentence.
    shifted = networks.assign(score=networks["model_id"].str[-1].astype(float))
    alike = spread_of_means(shifted, counted)
    np.testing.assert_allclose(alike["ensemble_sd"], stdev([0, 1, 2, 3]))


def test_intensity_shows_the_spread_of_a_report_and_none_of_a_mean_over_reports() -> None:
    scores, sentences, networks = tables(3)
    frame = report_intensity(scores, sentences, dimensions=DIMENSIONS, networks=networks)
    assert "ensemble_sd" in intensity_by(frame, ["region", "year"])
    assert "ensemble_sd" not in intensity_by(frame, ["year"])
    plain = report_intensity(scores, sentences, dimensions=DIMENSIONS)
    assert "ensemble_sd" not in intensity_by(plain, ["region", "year"])
    pd.testing.assert_frame_equal(frame.drop(columns="ensemble_sd"), plain)


def test_networks_of_another_scoring_are_refused(tmp_path: Path) -> None:
    scores, _, networks = tables(3)
    with pytest.raises(UserError, match="no such table"):
        read_networks(tmp_path, scores)
    write_table(NetworkScoreTable, networks, tmp_path / NETWORKS)
    pd.testing.assert_frame_equal(networks, read_networks(tmp_path, scores))
    others = networks[networks["model_id"] != "bert-0"].reset_index(drop=True)
    write_table(NetworkScoreTable, others, tmp_path / NETWORKS)
    with pytest.raises(UserError, match="other networks than"):
        read_networks(tmp_path, scores)
    # One network made the scores: an older table beside them is none of theirs.
    assert read_networks(tmp_path, scores.drop(columns="spread")) is None
