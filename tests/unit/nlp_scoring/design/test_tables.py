"""Labels matched to sentences, tables of corrected intensity, and the verb."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nlp_scoring.design.cli as cli
from configs.errors import UserError
from configs.paths import BERT_MODEL, LABELS
from corpus.rubric import load_rubric
from corpus.schemas import ScoreTable, SentenceTable
from corpus.store import check_table, write_table
from nlp_scoring.aggregation import report_intensity
from nlp_scoring.bert.out_of_fold import label_keys, text_key
from nlp_scoring.calibration import Calibration
from nlp_scoring.design.errors import LabelError
from nlp_scoring.design.matching import double_coded_error, match_labels
from nlp_scoring.design.means import powered_mean
from nlp_scoring.design.tables import CorrectedPanel, corrected_intensity
from nlp_scoring.labels import read_labels

DIMENSIONS = load_rubric().dimension_ids
FIRST = DIMENSIONS[0]
REPORTS = (("110000", "北京市", 2025), ("120000", "天津市", 2025), ("130000", "河北省", 2026))
SIZE = 40
CJK = 0x4E00


def sentence_rows(code: str, region: str, year: int) -> list[dict[str, Any]]:
    """Forty sentences: a heading first, an annex last, two of equal wording."""
    rows = []
    for i in range(1, SIZE + 1):
        text = "".join(chr(CJK + int(code[:2]) * 100 + i + k) for k in range(5)) + "。"
        if i in (5, 30):
            text = "各位 代表！"
        sentence = f"{code}-{year}-{i:04d}"
        rows.append(
            {
                "sentence_id": sentence, "report_id": f"{code}-{year}", "region_code": code,
                "region": region, "year": year, "level": "province", "position": i,
                "paragraph": i // 3, "start": i * 10, "end": i * 10 + len(text), "text": text,
                "section": "plan", "heading_path": "", "unit_type": "heading" if i == 1 else "body",
                "is_annex": i == SIZE, "progress": (i - 0.5) / SIZE, "parent_id": sentence,
                "lead_in": "",
            }
        )  # fmt: skip
    return rows


def project() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score table and sentence table of three invented reports."""
    rng = np.random.default_rng(8)
    sentences = pd.DataFrame([row for r in REPORTS for row in sentence_rows(*r)])
    n = len(sentences)
    scores = pd.DataFrame(
        {
            "sentence_id": np.repeat(sentences["sentence_id"], len(DIMENSIONS)).to_numpy(),
            "dimension": list(DIMENSIONS) * n, "scorer": "bert", "level": 0,
            "score": rng.uniform(0, 2, n * len(DIMENSIONS)),
            "p0": 1.0, "p1": 0.0, "p2": 0.0, "p3": 0.0, "model_id": "bert-x",
            "temporality": "",
            "rubric_version": "1.1.0",
        }
    )  # fmt: skip
    return (
        check_table(ScoreTable, scores, where="test"),
        check_table(SentenceTable, sentences, where="test"),
    )


def labels_of(sentences: pd.DataFrame) -> pd.DataFrame:
    """Every third sentence of two reports labelled at random, some others by choice."""
    rng = np.random.default_rng(9)
    rows = sentences[sentences["region_code"] != "130000"]
    rows = rows[(rows["position"] % 3 != 1) | (rows["position"] == 1)]
    values = {d: rng.integers(0, 3, len(rows)) for d in DIMENSIONS}
    passes = {
        f"{d}_{p}": [str(v) for v in values[d] + (p == "b") * (np.arange(len(rows)) % 5 == 0)]
        for d in DIMENSIONS
        for p in "ab"
    }
    return pd.DataFrame(
        {
            "sentence_key": [f"k{i}" for i in range(len(rows))],
            "pool": np.where(rows["position"] % 3 == 2, "random_blocks", "training_enriched"),
            "report_id": "province-" + rows["report_id"],
            "region": rows["region"],
            "text": rows["text"].str.replace("各位 代表", "各位代表"),
            "progress": rows["progress"] + 0.01,
            **values,
            **passes,
        }
    ).reset_index(drop=True)


def oof_of(labels: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(10)
    scores = {d: np.clip(labels[d] + rng.normal(0.2, 0.3, len(labels)), 0, 3) for d in DIMENSIONS}
    return pd.DataFrame({"sentence_key": labels["sentence_key"], **scores})


def run(**changes: Any) -> CorrectedPanel:
    scores, sentences = project()
    labels = changes.pop("labels", labels_of(sentences))
    options: dict[str, Any] = {
        "dimensions": DIMENSIONS, "method": "shrunk", "label_error": LabelError(), "draws": 4,
        "seed": 1,
    }  # fmt: skip
    frames = {"scores_frame": scores, "sentence_frame": sentences, "oof_frame": oof_of(labels)}
    return corrected_intensity(**(frames | options | {"labels_frame": labels} | changes))


def test_table_and_draws() -> None:
    panel = run()
    columns = "report_id region_code region year dimension intensity intensity_corrected"
    columns += " std_error_corrected n_labelled method"
    assert panel.table.columns.tolist() == columns.split()
    assert panel.table["dimension"].tolist() == list(DIMENSIONS) * 3
    assert panel.table["report_id"].is_monotonic_increasing
    # Positions 2, 5, ..., 38: the heading (1) and the annex (40) do not count.
    assert panel.table["n_labelled"].tolist() == [13] * 6 + [0] * 3
    assert np.isfinite(panel.table.select_dtypes("number")).all(axis=None)
    before = report_intensity(*project(), dimensions=DIMENSIONS)
    assert panel.table["intensity"].to_numpy() == pytest.approx(before["intensity"].to_numpy())
    assert panel.n_unmatched == 0
    assert panel.draws.columns.tolist() == ["draw", "region_code", "year", "dimension", "intensity"]
    assert len(panel.draws) == 4 * 3 * 3
    assert not panel.draws.duplicated(["draw", "region_code", "year", "dimension"]).any()
    assert panel.draws.equals(run().draws)


def test_draws_stand_beside_their_report() -> None:
    panel = run(draws=3000)
    means = panel.draws.groupby(["region_code", "year", "dimension"])["intensity"].mean()
    for row in panel.table.itertuples():
        found = means[row.region_code, row.year, row.dimension]
        assert found == pytest.approx(row.intensity_corrected, abs=4 * row.std_error_corrected / 50)


def test_labelled_sentences_count_at_their_out_of_fold_score() -> None:
    """By hand for one report: scores of all its labelled body sentences replaced, of any pool."""
    scores, sentences = project()
    labels = labels_of(sentences)
    oof = oof_of(labels).set_index("sentence_key")[FIRST]
    found = run(method="pooled").table.query("region_code == '120000' and dimension == @FIRST")
    mine = scores[scores["dimension"] == FIRST].set_index("sentence_id")["score"].copy()
    body = sentences[(sentences["position"] > 1) & (sentences["position"] < SIZE)]
    residuals = []
    for code in ("110000", "120000"):
        rows = labels[labels["report_id"].str.contains(code)]
        position = sentences[(sentences["region_code"] == code)].set_index("text")["sentence_id"]
        for row in rows.itertuples():
            same = position.get(row.text.replace("各位代表", "各位 代表"))
            if not isinstance(same, str):
                same = same.iloc[0 if row.progress < 0.5 else 1]
            if same not in set(body["sentence_id"]):
                continue
            mine[same] = oof[row.sentence_key]
            if row.pool == "random_blocks":
                residuals.append(getattr(row, FIRST) - oof[row.sentence_key])
    score = mine[body[body["region_code"] == "120000"]["sentence_id"]].mean()
    assert found["intensity_corrected"].item() == pytest.approx(score + np.mean(residuals))


def test_equal_sentences_are_told_apart_by_place() -> None:
    _, sentences = project()
    labels = labels_of(sentences)
    found = match_labels(labels, sentences)
    assert len(found) == len(labels)
    assert found["sentence_id"].is_unique
    wanted = labels["report_id"].str.removeprefix("province-") + "-"
    position = found["sentence_id"].str[-4:].astype(int).to_numpy()
    assert position == pytest.approx((labels["progress"].to_numpy() - 0.01) * SIZE + 0.5)
    assert all(s.startswith(w) for s, w in zip(found["sentence_id"], wanted, strict=True))
    twice = pd.concat([labels, labels.iloc[:3]], ignore_index=True)
    assert len(match_labels(twice, sentences)) == len(labels)


def test_label_report_ids_with_and_without_level_and_unknown_texts() -> None:
    _, sentences = project()
    labels = labels_of(sentences)
    bare = labels.assign(report_id=labels["report_id"].str.removeprefix("province-"))
    assert run(labels=bare).table.equals(run().table)
    strange = labels.copy()
    strange.loc[strange["pool"] == "random_blocks", "text"] = [
        "无此句。", *strange.loc[strange["pool"] == "random_blocks", "text"].iloc[1:]
    ]  # fmt: skip
    panel = run(labels=strange)
    assert panel.n_unmatched == 1
    assert panel.table["n_labelled"].tolist() == [12] * 3 + [13] * 3 + [0] * 3


def test_own_leaves_reports_without_labels_empty() -> None:
    panel = run(method="own")
    empty = panel.table["intensity_corrected"].isna()
    assert empty.tolist() == [False] * 6 + [True] * 3
    assert panel.table["std_error_corrected"].isna().tolist() == empty.tolist()
    assert sorted(set(panel.draws["region_code"])) == ["110000", "120000"]


def test_double_coded_error() -> None:
    _, sentences = project()
    labels = labels_of(sentences)
    random = labels[labels["pool"] == "random_blocks"]
    gap = random[f"{FIRST}_a"].astype(int) - random[f"{FIRST}_b"].astype(int)
    assert double_coded_error(labels, FIRST).sd == pytest.approx(np.sqrt((gap**2).mean() / 2))
    wider = run(label_error="double-coded", population="fixed").table["std_error_corrected"]
    plain = run(population="fixed").table["std_error_corrected"]
    assert (wider[:6] > plain[:6]).all()
    with pytest.raises(UserError, match="give --label-error a number"):
        double_coded_error(labels.drop(columns=f"{FIRST}_b"), FIRST)


def test_reports_left_unscored_by_since_are_left_out() -> None:
    _, sentences = project()
    older = sentences.assign(
        sentence_id="000000-1954" + sentences["sentence_id"].str[-5:],
        report_id="000000-1954", region_code="000000", year=1954,
    ).drop_duplicates("sentence_id")  # fmt: skip
    plain, more = run(), run(sentence_frame=pd.concat([sentences, older], ignore_index=True))
    pd.testing.assert_frame_equal(plain.table, more.table)
    pd.testing.assert_frame_equal(plain.draws, more.draws)


def test_what_is_refused() -> None:
    scores, sentences = project()
    labels = labels_of(sentences)
    oof = oof_of(labels)
    lacking = scores[scores["sentence_id"] != "120000-2025-0007"]
    two = pd.concat([scores, scores.assign(scorer="ngram")])
    own = dict(zip(labels["sentence_key"], map(text_key, labels["text"]), strict=True))
    keyed = oof.assign(text_key=oof["sentence_key"].map(own))
    pd.testing.assert_frame_equal(run(oof_frame=keyed).table, run().table)
    other = keyed["text_key"].where(keyed["text_key"] != own["k3"], text_key("别的。"))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"scores_frame": two}, "holds 2 scorers"),
        ({"scores_frame": lacking}, f"sentence 120000-2025-0007 has no score in {FIRST}"),
        ({"oof_frame": oof[oof["sentence_key"] != "k3"]}, "label 'k3' .* has no out-of-fold score"),
        (
            {"oof_frame": oof.assign(text_key=other)},
            "label 'k3' .* has no out-of-fold score; its key is that of another",
        ),
        ({"labels": labels.assign(pool="training_active")}, "no randomly drawn label"),
        ({"labels": labels.assign(report_id="province-990000-2025")}, "no randomly drawn label"),
        ({"sentence_frame": sentences.assign(unit_type="heading")}, "no body sentence"),
        ({"labels_frame": labels.drop(columns="sentence_key")}, "has no out-of-fold score"),
    ]
    for change, message in cases:
        with pytest.raises(UserError, match=message):
            run(**change)


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, its labels and out-of-fold scores on disk."""
    scores, sentences = project()
    write_table(ScoreTable, scores, tmp_path / "score.parquet")
    write_table(SentenceTable, sentences, tmp_path / "sentence.parquet")
    labels = labels_of(sentences)
    place = labels["progress"] * 100
    labels.drop(columns="progress").assign(index=place, n_sentences=100).to_csv(
        tmp_path / "labels.csv", index=False
    )
    oof = pd.DataFrame({"sentence_key": labels["sentence_key"], "fold": 0})
    for d in DIMENSIONS:
        for k in range(3):
            oof[f"student_{d}_p_gt{k}"] = np.where(labels[d] > k, 0.8, 0.1) * 0.9**k
    oof.to_csv(tmp_path / "out_of_fold.csv.gz", index=False)
    model = SimpleNamespace(model_id="bert-x", calibration=Calibration.none(3, 3))
    monkeypatch.setattr(cli, "open_model", lambda *_: model)
    return tmp_path


def verb(folder: Path, **options: Any) -> None:
    given: dict[str, Any] = {
        "project": folder, "labels": folder / "labels.csv", "model": folder, "method": "shrunk",
        "population": "superpopulation", "label_error": "0", "label_lean": 0.0, "draws": 3,
        "seed": 0, "out": folder / "out",
    }  # fmt: skip
    cli.correct(**(given | options))


def test_verb(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verb(stored, label_error="double-coded")
    table = pd.read_csv(stored / "out" / "intensity_corrected.csv", dtype={"region_code": "str"})
    draws = pd.read_csv(stored / "out" / "intensity_draws.csv")
    assert len(table) == 9
    assert len(draws) == 27
    error = capsys.readouterr().err
    assert "3 reports, 26 random labels; 1 reports have none and are corrected by the" in error
    assert f"{FIRST}: mean" in error
    verb(stored, method="own")
    assert "1 reports have none and are left empty" in capsys.readouterr().err


def test_out_of_fold_scores_are_calibrated_as_the_model_is(stored: Path) -> None:
    rubric = load_rubric()
    raw = pd.read_csv(stored / "out_of_fold.csv.gz")
    chances = raw[[f"student_{FIRST}_p_gt{k}" for k in range(3)]].to_numpy()
    plain: Any = SimpleNamespace(calibration=Calibration.none(3, 3))
    found = cli.read_scores(stored, rubric, plain)
    assert found[FIRST].to_numpy() == pytest.approx(chances.sum(axis=1), abs=1e-5)
    hot: Any = SimpleNamespace(calibration=Calibration(np.full((3, 3), 0.5), np.zeros((3, 3))))
    odds = chances[:, 0] / (1 - chances[:, 0])
    cooled = cli.read_scores(stored, rubric, hot)[FIRST].to_numpy()
    assert (np.abs(cooled - chances.sum(axis=1)) > 0.05).any()
    assert (cooled >= np.sqrt(odds) / (1 + np.sqrt(odds)) - 1e-9).all()


def test_labels_that_the_model_never_saw_correct_too(stored: Path) -> None:
    """Some judged by folds, the others by the model itself; a label without key is known by its place."""
    verb(stored)
    expected = pd.read_csv(stored / "out" / "intensity_corrected.csv")
    both = pd.read_csv(stored / "out_of_fold.csv.gz")
    labels = pd.read_csv(stored / "labels.csv", dtype="str")
    bare = labels.assign(sentence_key=labels["sentence_key"].where(labels.index < 10, ""))
    bare.to_csv(stored / "labels.csv", index=False)
    read = read_labels(stored / "labels.csv", load_rubric())
    keyed = both.assign(sentence_key=label_keys(read), text_key=[text_key(t) for t in read["text"]])
    keyed.iloc[10:].to_csv(stored / "held_out.csv.gz", index=False)
    keyed.iloc[:10].to_csv(stored / "out_of_fold.csv.gz", index=False)
    verb(stored)
    pd.testing.assert_frame_equal(pd.read_csv(stored / "out" / "intensity_corrected.csv"), expected)
    (stored / "held_out.csv.gz").unlink()
    with pytest.raises(UserError, match="has no out-of-fold score"):
        verb(stored)


def test_verb_refuses(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for options, message in (
        ({"label_error": "much"}, "--label-error: 'much' is no number; use 0.1, or double-coded"),
        ({"label_error": "-1"}, "no standard deviation"),
        ({"label_error": "double-coded", "label_lean": 0.1}, "--label-lean"),
        ({"label_lean": 2.0}, "impossible"),
    ):
        with pytest.raises(UserError, match=message):
            verb(stored, **options)  # type: ignore[arg-type]
    broken = stored / "broken"
    broken.mkdir()
    with pytest.raises(
        UserError, match=r"out_of_fold.csv.gz: cannot be read as out-of-fold scores"
    ):
        verb(stored, model=broken)
    (broken / "out_of_fold.csv.gz").write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot be read as out-of-fold scores"):
        verb(stored, model=broken)
    other: Any = SimpleNamespace(model_id="bert-y", calibration=Calibration.none(3, 3))
    monkeypatch.setattr(cli, "open_model", lambda *_: other)
    with pytest.raises(
        UserError, match=r"scores by the model 'bert-x'.*of 'bert-y'.*--scorer bert"
    ):
        verb(stored)
    scores, _ = project()
    write_table(ScoreTable, scores.assign(scorer="ngram"), stored / "score.parquet")
    with pytest.raises(
        UserError, match=r"scores by 'ngram' have no.*`zhengce score --scorer bert`"
    ):
        verb(stored)
    assert not (stored / "out").exists()


def test_shipped_labels_have_out_of_fold_scores() -> None:
    rubric = load_rubric()
    plain: Any = SimpleNamespace(calibration=Calibration.none(3, 3))
    oof = cli.read_scores(BERT_MODEL, rubric, plain)
    labels = read_labels(LABELS, rubric)
    assert set(labels["sentence_key"]) <= set(oof["sentence_key"])
    joined = labels.merge(oof, on="sentence_key", suffixes=("", "_score"))
    y, f = joined[FIRST].to_numpy(float), joined[f"{FIRST}_score"].to_numpy(float)
    assert powered_mean(f, y, f, lam=1.0).std_error < 0.02
    assert np.corrcoef(y, f)[0, 1] > 0.85
    assert 0.02 < double_coded_error(labels, FIRST).sd < 0.2
