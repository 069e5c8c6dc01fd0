"""Two versions of scores: agreement by other formulas, and tables that cannot be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from configs.errors import UserError
from nlp_scoring.intensity.differences import (
    agreement_rows,
    differing_sentences,
    moved_reports,
    spearman,
)
from nlp_scoring.intensity.versions import Paired, Version, pair_versions
from tests.unit.nlp_scoring.intensity.conftest import (
    DIMENSIONS,
    Tables,
    make_tables,
    score_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def versions(tables: Tables, *, beside: bool = True) -> tuple[Version, Version]:
    rng = np.random.default_rng(9)
    other = score_table(tables.sentences, rng)
    mixed = 0.7 * tables.scores["score"] + 0.3 * other["score"]
    scores = tables.scores.assign(
        score=mixed, level=np.rint(mixed).astype(int), scorer="y", model_id="y-2"
    )
    sentences = tables.sentences if beside else None
    return Version("a", tables.scores, sentences), Version("b", scores, sentences)


def paired(tables: Tables) -> Paired:
    return pair_versions(*versions(tables), dimensions=DIMENSIONS)


def test_agreement_by_other_formulas(tables: Tables) -> None:
    pair = paired(tables)
    rows = agreement_rows(pair, draws=200, seed=0).set_index(["dimension", "metric"])
    body = (tables.sentences["unit_type"] == "body") & ~tables.sentences["is_annex"]
    assert (rows["n_sentences"] == body.sum()).all()
    assert (rows["n_reports"] == 6).all()
    reports = pair.sentences["report_id"].to_numpy()
    for d, name in enumerate(DIMENSIONS):
        a, b = pair.score[:, :, d]
        kappa = cohen_kappa_score(*pair.level[:, :, d], weights="quadratic")
        means = pd.DataFrame({"a": a, "b": b}).groupby(reports).mean()
        expected = {
            "qwk": kappa,
            "mean_abs_difference": np.abs(a - b).mean(),
            "difference": b.mean() - a.mean(),
            "spearman": spearmanr(means["a"], means["b"]).statistic,
        }
        for metric, value in expected.items():
            row = rows.loc[(name, metric)]
            assert row["estimate"] == pytest.approx(value)
            assert row["conf_low"] <= row["estimate"] + 1e-12
            assert row["estimate"] <= row["conf_high"] + 1e-12


def test_a_version_agrees_with_itself(tables: Tables) -> None:
    a, _ = versions(tables)
    pair = pair_versions(a, a, dimensions=DIMENSIONS)
    rows = agreement_rows(pair, draws=20, seed=0).set_index("metric")
    assert (rows.loc[["qwk", "spearman"], ["estimate", "conf_low"]] > 1 - 1e-12).all(axis=None)
    assert (rows.loc[["mean_abs_difference", "difference"], "estimate"] == 0).all()
    assert moved_reports(pair, limit=5).empty
    assert differing_sentences(pair, limit=5).empty


def test_swapped_versions_mirror(tables: Tables) -> None:
    a, b = versions(tables)
    one, two = (pair_versions(*p, dimensions=DIMENSIONS) for p in ((a, b), (b, a)))
    left, right = (agreement_rows(p, draws=50, seed=1) for p in (one, two))
    sign = np.where(left["metric"] == "difference", -1, 1)
    assert left["estimate"].to_numpy() == pytest.approx(sign * right["estimate"].to_numpy())
    assert (
        moved_reports(one, limit=3)["places"].tolist()
        == (-moved_reports(two, limit=3)["places"]).tolist()
    )


def test_spearman_interval_against_resampling_by_loop() -> None:
    rng = np.random.default_rng(2)
    a = np.round(rng.normal(size=25), 1)  # ties
    b = a + rng.normal(size=25)
    found = spearman(a, b, draws=500, seed=3)
    draws = np.random.default_rng(3).integers(25, size=(500, 25))
    values = [spearmanr(a[i], b[i]).statistic for i in draws]
    expected = np.percentile(values, [2.5, 97.5])
    assert (found.conf_low, found.conf_high) == pytest.approx(tuple(expected))
    assert found.estimate == pytest.approx(spearmanr(a, b).statistic)


@pytest.mark.parametrize("a", [[1.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
def test_too_few_or_equal_reports_have_no_rank_correlation(a: list[float]) -> None:
    found = spearman(np.array(a), np.arange(len(a), dtype=float), draws=10, seed=0)
    assert np.isnan([found.estimate, found.conf_low, found.conf_high]).all()


def test_moves_and_differences_are_the_largest(tables: Tables) -> None:
    pair = paired(tables)
    moved = moved_reports(pair, limit=100)
    means = pd.DataFrame(pair.score[0], columns=DIMENSIONS).groupby(
        pair.sentences["report_id"].to_numpy()
    )
    for row in moved.itertuples():
        mean = means.mean()[row.dimension]
        assert row.intensity_a == pytest.approx(mean[row.report_id])
        assert row.rank_a == 1 + (mean > mean[row.report_id]).sum()
        assert row.places == row.rank_a - row.rank_b != 0
    rows = differing_sentences(pair, limit=4)
    assert rows["dimension"].tolist() == [d for d in DIMENSIONS for _ in range(4)]
    for d, name in enumerate(DIMENSIONS):
        gap = np.sort(np.abs(pair.score[1, :, d] - pair.score[0, :, d]))[::-1][:4]
        assert rows[rows["dimension"] == name]["difference"].abs().tolist() == pytest.approx(
            gap.tolist()
        )
    texts = pair.sentences.set_index("sentence_id")["text"]
    assert rows["text"].tolist() == texts[rows["sentence_id"]].tolist()


def test_without_sentence_tables_everything_scored_counts(tables: Tables) -> None:
    a, b = versions(tables, beside=False)
    pair = pair_versions(a, b, dimensions=DIMENSIONS)
    assert len(pair.sentences) == len(tables.sentences)
    assert set(pair.sentences["report_id"]) == set(tables.sentences["report_id"])
    half = Version("b", b.scores, tables.sentences)
    assert len(pair_versions(a, half, dimensions=DIMENSIONS).sentences) < len(pair.sentences)


def renamed(v: Version) -> Version:
    return Version("b", v.scores.replace({"dimension": {"g": "q"}}), v.sentences)


def shorter(v: Version) -> Version:
    return Version("b", v.scores[v.scores["sentence_id"] != "110000-2020-0001"], v.sentences)


def retold(v: Version) -> Version:
    sentences = make_tables().sentences
    sentences.loc[1, "text"] = "别的句子。"
    return Version("b", v.scores, sentences)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (renamed, "a: scores s, g, t, but b scores s, t, q; compare scores of the same dimensions"),
        (
            shorter,
            "a: has 1 sentences that b lacks, and lacks 0 that it has, first 110000-2020-0001",
        ),
        (retold, "a: sentence 110000-2020-0002 has another text than in b (1 such)"),
    ],
)
def test_what_cannot_be_compared(
    tables: Tables, change: Callable[[Version], Version], message: str
) -> None:
    a, b = versions(tables)
    with pytest.raises(UserError) as error:
        pair_versions(a, change(b), dimensions=DIMENSIONS)
    assert message in error.value.line()


def test_scores_of_other_sentences_than_beside_them(tables: Tables) -> None:
    a, b = versions(tables)
    torn = Version("a", a.scores, a.sentences[1:] if a.sentences is not None else None)
    with pytest.raises(UserError, match="scores sentence 110000-2020-0001, which"):
        pair_versions(torn, b, dimensions=DIMENSIONS)


def test_headings_alone_cannot_be_compared(tables: Tables) -> None:
    a, b = versions(Tables(tables.scores, tables.sentences.assign(unit_type="heading")))
    with pytest.raises(UserError, match="no scored body sentence"):
        pair_versions(a, b, dimensions=DIMENSIONS)
