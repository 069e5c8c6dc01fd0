"""Intensity of a finished study: old output, variants, composites, evidence, two scorings."""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from corpus.rubric import load_rubric
from corpus.schemas import ReportScoreTable, ScoreTable, SentenceTable
from corpus.store import read_table, write_table
from nlp_scoring import score_cli
from nlp_scoring.aggregation import intensity_by
from nlp_scoring.intensity.cli import intensity
from nlp_scoring.intensity.compare_cli import compare_scores
from nlp_scoring.tense import temporality_of
from tests.conftest import TinyStudy, make_study, zhengce

if TYPE_CHECKING:
    from pathlib import Path

DIMENSIONS = load_rubric().dimension_ids
COLUMNS = [
    "region_code", "region", "year", "dimension", "intensity", "std_error", "n_sentences",
    "std_error_paragraph",
]  # fmt: skip


#: What makes the invented reports differ: promises of several kinds and strengths.
PROMISES = (
    "新建国家级重点实验室5家，引进高层次人才2000名。",
    "加强人才队伍建设。",
    "新建5G基站6000个，植树造林30万亩。",
    "持续改善生态环境。",
    "技改投资增长12%，关停落后产能200万吨。",
    "优化产业结构。",
)


def vary_reports(study: TinyStudy) -> None:
    """Add promises 0 to i, the last of them i times, to the plan of the i-th report."""
    records = [json.loads(line) for line in study.records.read_text("utf-8").splitlines()]
    for i, record in enumerate(records):
        added = "".join((*PROMISES[:i], *(PROMISES[i],) * i))
        record["text"] = record["text"].replace("做好民生保障工作。", added + "做好民生保障工作。")
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    study.records.write_text("".join(lines), "utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose tables may be copied; nobody else reads it."""
    study: TinyStudy = make_study(tmp_path_factory.mktemp("intensity"))
    vary_reports(study)
    done = study.run()
    assert done.returncode == 0, done.stderr
    return study.out


@pytest.fixture(scope="module")
def cues(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same sentences, scored by counting cue words."""
    copy = tmp_path_factory.mktemp("cues") / "run"
    shutil.copytree(run, copy)
    score_cli.score(scorer="cues", project=copy)
    return copy


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(project: Path, **options: Any) -> tuple[pd.DataFrame, str]:
        capsys.readouterr()
        intensity(project=project, **options)
        out, err = capsys.readouterr()
        return pd.read_csv(io.StringIO(out), dtype={"region_code": str}), err

    return call


def test_without_options_it_prints_the_aggregated_table(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = read_table(ReportScoreTable, run / "store" / "report_score.parquet")
    own = table[(table["region_code"] == "440000") & (table["year"] == 2026)]
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, as_csv(table[COLUMNS])),
        ({"measure": "mean", "weights": "sentence"}, as_csv(table[COLUMNS])),
        ({"region": "广东", "years": "2026"}, as_csv(own[COLUMNS])),
        ({"region": "北京"}, as_csv(own[COLUMNS][:0])),
        ({"by": "year"}, as_csv(intensity_by(table, ["year"]))),
        ({"format": "json"}, table[COLUMNS].to_json(orient="records", force_ascii=False) + "\n"),
    ]
    capsys.readouterr()
    for options, expected in cases:
        intensity(project=run, **options)
        assert capsys.readouterr() == (expected, "")
    assert zhengce("intensity", "--project", str(run)).stdout == cases[0][1]


def as_csv(frame: pd.DataFrame) -> str:
    text: str = frame.to_csv(index=False, lineterminator="\n")
    return text


def body(run: Path) -> pd.DataFrame:
    sentences = read_table(SentenceTable, run / "store" / "sentence.parquet")
    sentences = sentences[(sentences["unit_type"] == "body") & ~sentences["is_annex"]]
    scores = read_table(ScoreTable, run / "store" / "score.parquet")
    columns = ["sentence_id", "dimension", "score"]
    level = scores["level"].rename("reached")
    return sentences.merge(scores[columns].join(level), on="sentence_id")


def test_variants_are_what_their_names_say(run: Path, printed: Any) -> None:
    rows = body(run)
    past = [
        temporality_of(*r) == "past"
        for r in zip(rows["text"], rows["section"], rows["progress"], strict=True)
    ]
    plan, ahead = rows[rows["section"] == "plan"], rows[~np.array(past)]
    cases: list[tuple[dict[str, Any], pd.DataFrame, pd.Series[Any]]] = [
        ({"section": ["plan"]}, plan, plan["score"]),
        ({"without_past": True}, ahead, ahead["score"]),
        ({"measure": "share", "at_least": 1}, rows, (rows["reached"] >= 1).astype(float)),
    ]
    for options, kept, value in cases:
        frame, err = printed(run, **options)
        assert frame.columns.tolist() == COLUMNS
        assert ("told by rule" in err) == ("without_past" in options)
        means = value.groupby([kept["region_code"], kept["year"], kept["dimension"]]).mean()
        got = frame.set_index(["region_code", "year", "dimension"])["intensity"]
        assert len(got) == len(means) == 6 * len(DIMENSIONS)
        assert got[means.index].to_numpy() == pytest.approx(means.to_numpy())
    long, _ = printed(run, weights="length")
    plain, _ = printed(run)
    assert not np.allclose(long["intensity"], plain["intensity"])
    same, _ = printed(run, annex=True, by="year", measure="share", at_least=1)
    assert same["n_reports"].tolist() == [3] * 2 * len(DIMENSIONS)


@pytest.mark.parametrize("method", ["mean", "entropy", "pca"])
def test_composite_has_one_row_a_region_and_year(run: Path, printed: Any, method: str) -> None:
    frame, err = printed(run, composite=method)
    assert frame.columns.tolist() == COLUMNS
    assert frame["dimension"].unique().tolist() == ["composite"]
    assert len(frame) == 6
    assert err.startswith(f"composite {method}: ")
    assert len(err.splitlines()) == 1
    if method == "mean":
        plain, _ = printed(run)
        means = plain.groupby(["region_code", "year"])["intensity"].mean()
        assert frame["intensity"].to_numpy() == pytest.approx(means.to_numpy())
    averaged, _ = printed(run, composite=method, by="year")
    assert averaged["year"].tolist() == [2025, 2026]


def test_composite_says_when_the_aggregate_is_another(
    run: Path, printed: Any, tmp_path: Path
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    place = copy / "store" / "report_score.parquet"
    table = read_table(ReportScoreTable, place)
    write_table(ReportScoreTable, table.assign(intensity=table["intensity"] + 0.1), place)
    assert "was aggregated from other scores" in printed(copy, composite="mean")[1]


def test_evidence_adds_up(run: Path, printed: Any) -> None:
    frame, _ = printed(run, evidence=True, region="广东省", years="2026", limit=1000)
    assert set(frame["dimension"]) == set(DIMENSIONS)
    assert set(frame["year"]) == {2026}
    sums = frame.groupby("dimension")["contribution"].sum()
    assert sums.to_numpy() == pytest.approx(np.ones(len(DIMENSIONS)))
    top, _ = printed(run, evidence=True, region="广东省", years="2025-2026", limit=1)
    assert len(top) == 2 * len(DIMENSIONS)
    scores = read_table(ScoreTable, run / "store" / "score.parquet")
    own = scores.set_index(["sentence_id", "dimension"])["score"]
    for row in frame.itertuples():
        assert row.score == pytest.approx(own[row.sentence_id, row.dimension])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"section": ["moon"]}, "--section: unknown section 'moon'"),
        ({"measure": "share"}, "a share needs a level"),
        ({"measure": "share", "at_least": 4}, "--at-least: no share at or above level 4; use 1"),
        ({"at_least": 1}, "--at-least: is for shares"),
        ({"without_past": True, "years": "2026-2025"}, "--years: '2026-2025' runs backwards"),
        ({"without_past": True, "region": "月球"}, "--region: '月球' is not a region"),
        ({"composite": "mean", "region": "北京"}, "北京: no such report; the project holds 3"),
        ({"weights": "length", "years": "1999"}, "1999: no such report; the project holds 2025-2"),
        ({"weights": "length", "by": "moon"}, "--by: cannot group by 'moon'"),
        ({"section": ["plan"], "scorer": "z"}, "--scorer: no scores by 'z'; use one of ngram"),
        ({"scorer": "z"}, "--scorer: no scores by 'z'; use one of ngram"),
        ({"evidence": True, "region": "广东"}, "--evidence: needs a cell"),
        (
            {"evidence": True, "region": "广东", "years": "2030"},
            "广东 2030: no such report; the project holds 2025-2026",
        ),
        (
            {"evidence": True, "region": "广东", "years": "2026", "composite": "mean"},
            "leave out --composite",
        ),
        (
            {"evidence": True, "region": "广东", "years": "2026", "by": "year"},
            "leave out --by",
        ),
        (
            {"composite": "entropy", "region": "广东", "years": "2026"},
            "entropy weights need at least 2 region-years, not 1",
        ),
    ],
)
def test_mistakes_are_one_line(
    run: Path, capsys: pytest.CaptureFixture[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError) as error:
        intensity(project=run, **options)
    assert message in error.value.line()
    assert capsys.readouterr().out == ""


def test_a_report_without_the_section_is_left_out_and_told(
    run: Path, printed: Any, tmp_path: Path
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    place = copy / "store" / "sentence.parquet"
    sentences = read_table(SentenceTable, place)
    first = sentences["report_id"] == sentences["report_id"].iloc[0]
    moved = sentences.assign(section=sentences["section"].where(~first, "other"))
    write_table(SentenceTable, moved, place)
    frame, err = printed(copy, section=["plan"])
    assert len(frame) == 5 * len(DIMENSIONS)
    assert "1 of 6 reports have no scored sentence that counts" in err
    with pytest.raises(UserError, match="no scored sentence counts"):
        intensity(
            project=copy, section=["plan"], region=str(sentences["region_code"].iloc[0]),
            years=str(sentences["year"].iloc[0]),
        )  # fmt: skip


def test_two_scorings_are_compared(
    run: Path, cues: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    # One by its folder, one by its table.
    compare_scores(run, cues / "store" / "score.parquet", format="json", draws=50, limit=4)
    answer = json.loads(capsys.readouterr().out)
    assert answer["a"]["scorer"] == "ngram"
    assert answer["b"]["scorer"] == "cues"
    agreement = pd.DataFrame(answer["agreement"]).set_index(["dimension", "metric"])["estimate"]
    a, b = (body(side).set_index(["sentence_id", "dimension"]) for side in (run, cues))
    gap = (b["score"] - a["score"]).groupby("dimension")
    for d in DIMENSIONS:
        assert agreement[d, "difference"] == pytest.approx(gap.mean()[d])
        expected = (b["score"] - a["score"]).abs().groupby("dimension").mean()[d]
        assert agreement[d, "mean_abs_difference"] == pytest.approx(expected)
        assert -1 <= agreement[d, "qwk"] <= 1
    assert {"region", "year", "places"} <= set(answer["reports"][0])
    assert len(answer["sentences"]) == 4 * len(DIMENSIONS)
    assert all(row["text"] for row in answer["sentences"])

    compare_scores(run, cues, format="csv", show="sentences", limit=2, draws=10)
    frame = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert len(frame) == 2 * len(DIMENSIONS)
    compare_scores(run, cues, draws=10)
    out = capsys.readouterr().out
    assert out.startswith("A  ")
    assert all(f"\n{part}\n" in out for part in ("agreement", "reports", "sentences"))


def test_bare_tables_say_that_headings_count(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "old.parquet"
    shutil.copy(run / "store" / "score.parquet", bare)
    compare_scores(bare, bare, format="csv", draws=10)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1 + 4 * len(DIMENSIONS)
    assert "headings count too" in err


def test_what_is_no_scoring_of_these_sentences(run: Path, cues: Path, tmp_path: Path) -> None:
    store = run / "store"
    scores = read_table(ScoreTable, store / "score.parquet")
    fewer, other = tmp_path / "fewer.parquet", tmp_path / "other.parquet"
    write_table(ScoreTable, scores[3:], fewer)
    write_table(ScoreTable, scores[scores["dimension"] != DIMENSIONS[1]], other)
    cases = [
        (fewer, "lacks 0"),
        (other, "compare scores of the same dimensions"),
        (tmp_path / "none", "no such folder or file"),
        (tmp_path, "holds no tables"),
        (store / "sentence.parquet", "holds the table 'sentence', not 'score'"),
    ]
    for place, message in cases:
        with pytest.raises(UserError) as error:
            compare_scores(run, place, draws=10)
        assert message in error.value.line()
        assert "\n" not in error.value.line()
