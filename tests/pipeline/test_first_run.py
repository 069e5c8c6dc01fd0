"""Three invented reports through every verb, as a user types them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from corpus.rubric import load_rubric
from corpus.schemas import (
    PanelTable,
    ReportScoreTable,
    ReportTable,
    ScoreTable,
    SentenceTable,
)
from corpus.store import read_table
from tests.conftest import ROOT, TinyStudy, record, zhengce

RUBRIC = load_rubric()
STEPS = ["parse", "texts", "train", "score", "validate", "aggregate", "panel", "figures", "report"]


def steps_done(stderr: str) -> list[str]:
    return [
        line.split()[0]
        for line in stderr.splitlines()
        if line.split()[1:2] == ["done"] and line.split()[0] in STEPS
    ]


def test_run_leaves_everything_it_promises(finished: TinyStudy) -> None:
    store = finished.out / "store"
    for name, model in (
        ("report", ReportTable), ("sentence", SentenceTable), ("score", ScoreTable),
        ("report_score", ReportScoreTable), ("panel", PanelTable),
    ):  # fmt: skip
        assert len(read_table(model, store / f"{name}.parquet"))
    manifest = json.loads((finished.out / "manifest.json").read_text("utf-8"))
    assert [s["name"] for s in manifest["steps"]] == STEPS
    assert all(s["seconds"] >= 0 and s["peak_memory_mb"] > 0 for s in manifest["steps"])
    assert manifest["settings"]["scoring"]["folds"] == 3
    assert {p.name for p in (finished.out / "figures").iterdir()} == {
        f"{n}.{e}" for n in ("maps", "ranking", "change") for e in ("png", "svg")
    }


def test_second_run_redoes_nothing_and_says_so(finished: TinyStudy) -> None:
    again = finished.run()
    assert again.returncode == 0
    assert steps_done(again.stderr) == []
    assert again.stderr.count("nothing has changed") == len(STEPS)
    assert again.stdout == f"report: {finished.out / 'report.html'}\n"


def test_changed_label_reruns_exactly_what_depends_on_it(tiny: TinyStudy) -> None:
    assert steps_done(tiny.run().stderr) == STEPS
    rows = list(csv.reader(io.StringIO(tiny.labels.read_text("utf-8"))))
    column = rows[0].index("structural_transformation")
    rows[-1][column] = "0" if rows[-1][column] == "3" else "3"
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    tiny.labels.write_text(text.getvalue(), "utf-8")
    assert steps_done(tiny.run().stderr) == [s for s in STEPS if s not in ("parse", "texts")]


def test_changed_setting_reruns_what_reads_it(tiny: TinyStudy) -> None:
    tiny.run()
    tiny.study.write_text(
        tiny.study.read_text("utf-8") + "[intensity]\nwith_annex = true\n", "utf-8"
    )
    done = steps_done(tiny.run().stderr)
    # The invented annex is a glossary, which does not count: the intensities come out the same.
    assert done == ["aggregate", "report"] or done == ["aggregate", "panel", "figures", "report"]


def test_every_number_of_the_intensity_can_be_recomputed(finished: TinyStudy) -> None:
    store = finished.out / "store"
    sentences = read_table(SentenceTable, store / "sentence.parquet")
    scores = read_table(ScoreTable, store / "score.parquet")
    table = read_table(ReportScoreTable, store / "report_score.parquet")
    body = sentences[(sentences["unit_type"] == "body") & ~sentences["is_annex"]]
    mean = scores[scores["sentence_id"].isin(body["sentence_id"])]
    mean = mean.assign(report_id=mean["sentence_id"].str[:11]).groupby(["report_id", "dimension"])[
        "score"
    ]
    expected = mean.agg(["mean", "sem", "size"])
    got = table.set_index(["report_id", "dimension"]).loc[expected.index]
    assert got["intensity"].to_numpy() == pytest.approx(expected["mean"].to_numpy())
    assert got["std_error"].to_numpy() == pytest.approx(expected["sem"].to_numpy())
    assert got["n_sentences"].tolist() == expected["size"].tolist()


def test_intensity_prints_the_promised_columns(finished: TinyStudy) -> None:
    answer = zhengce(
        "intensity", "--by", "region,year", "--format", "csv", "--project", str(finished.out)
    )
    frame = pd.read_csv(io.StringIO(answer.stdout), dtype={"region_code": str})
    assert frame.columns[:7].tolist() == [
        "region_code",
        "region",
        "year",
        "dimension",
        "intensity",
        "std_error",
        "n_sentences",
    ]
    assert len(frame) == 6 * len(RUBRIC.dimensions)
    one = zhengce(
        "intensity", "--region", "广东", "--years", "2026", "--project", str(finished.out)
    )
    assert len(one.stdout.splitlines()) == 1 + len(RUBRIC.dimensions)
    data = json.loads(
        zhengce(
            "intensity", "--format", "json", "--by", "year", "--project", str(finished.out)
        ).stdout
    )
    assert {row["year"] for row in data} == {2025, 2026}


def test_latest_run_is_the_project_by_default(tiny: TinyStudy) -> None:
    done = zhengce("run", str(tiny.study), cwd=tiny.folder)
    assert done.stdout.strip() == f"report: {Path('runs/tiny/report.html')}"
    answer = zhengce("intensity", cwd=tiny.folder)
    assert answer.returncode == 0
    assert len(answer.stdout.splitlines()) == 1 + 6 * len(RUBRIC.dimensions)


def test_verbs_one_by_one_give_what_run_gives(finished: TinyStudy, tmp_path: Path) -> None:
    project, model = tmp_path / "p", tmp_path / "model"
    for command in (
        ("parse", str(finished.records), "--out", str(project)),
        ("train", "--scorer", "ngram", "--labels", str(finished.labels), "--out", str(model)),
        ("score", "--project", str(project), "--model", str(model)),
        ("aggregate", "--project", str(project)),
        (
            "panel",
            "build",
            str(finished.study),
            "--out",
            str(tmp_path / "panel"),
            "--project",
            str(project),
        ),
    ):
        done = zhengce(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    ours, theirs = (
        read_table(ReportScoreTable, p / "report_score.parquet")
        for p in (project, finished.out / "store")
    )
    pd.testing.assert_frame_equal(ours, theirs)
    panel = (tmp_path / "panel" / "panel.csv").read_bytes()
    assert panel == (finished.out / "tables" / "panel.csv").read_bytes()


def test_score_a_csv(finished: TinyStudy, tmp_path: Path) -> None:
    model = tmp_path / "model"
    zhengce("train", "--scorer", "ngram", "--labels", str(finished.labels), "--out", str(model))
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    texts = [
        "新建5G基站3万个，实现行政村5G网络全覆盖。",
        "",
        "各位代表！",
        "R&D<b>" + "长" * 10_000,
        "Hello \x00 world",
    ]
    frame = pd.DataFrame(
        {"note": list("abcde"), "text": texts, "progress": ["0.9", "", "0.5", "1", "0"]}
    )
    frame.to_csv(source, index=False)
    done = zhengce("score", str(source), "--out", str(out), "--model", str(model))
    assert done.returncode == 0, done.stderr
    scored = pd.read_csv(out, keep_default_na=False)
    assert scored["note"].tolist() == list("abcde")
    for d in RUBRIC.dimension_ids:
        columns = [f"{d}_level", f"{d}_score", *[f"{d}_p{k}" for k in range(4)]]
        assert set(columns) <= set(scored.columns)
        assert scored[columns[2:]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert scored["unit_type"].tolist()[2] == "ritual"
    assert scored.loc[2, "green_infrastructure_score"] == 0
    assert scored.loc[0, "green_infrastructure_score"] > 1


def test_evaluate_prints_the_promised_keys(finished: TinyStudy) -> None:
    answer = zhengce(
        "evaluate",
        "--scorer",
        "ngram",
        "--labels",
        str(finished.labels),
        "--folds",
        "3",
        "--format",
        "json",
    )
    data = json.loads(answer.stdout)
    for d in RUBRIC.dimension_ids:
        found = data["dimensions"][d]
        for key in ("qwk", "mae", "spearman", "macro_f1", "ece", "n", "document_spearman"):
            assert set(found[key]) == {"estimate", "conf_low", "conf_high"}


def test_split_prints_offsets(tmp_path: Path) -> None:
    text = "各位代表：\n一、2025年工作回顾\n建成实验室3家；引进人才。\n"
    rows = [json.loads(line) for line in zhengce("split", "-", stdin=text).stdout.splitlines()]
    assert [r["text"] for r in rows] == [
        "各位代表：",
        "一、2025年工作回顾",
        "建成实验室3家；",
        "引进人才。",
    ]
    assert all(text[r["start"] : r["end"]] == r["text"] for r in rows)
    assert rows[2]["section"] == "review"
    assert rows[2]["heading_path"] == "一、2025年工作回顾"


def test_doctor_names_the_state(finished: TinyStudy) -> None:
    answer = zhengce("doctor", cwd=finished.folder)
    assert "labelled sentences" in answer.stdout
    assert "Elasticsearch" in answer.stdout
    assert "make install EXTRAS=" in answer.stdout or "missing" not in answer.stdout


def test_help_has_examples() -> None:
    for command in (
        "run",
        "parse",
        "score",
        "train",
        "evaluate",
        "aggregate",
        "intensity",
        "split",
        "doctor",
    ):
        assert f"Example: zhengce {command}" in zhengce(command, "--help").stdout


BAD_RECORD = {**record("440000", "广东省", 2026), "text": ""}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "none.toml"], "none.toml: cannot be read"),
        (["run", "bad.toml"], "bad.toml key nmae: unknown key 'nmae'"),
        (["run", "{study}", "--only", "nothing"], "there is no step 'nothing'"),
        (["run", "{study}", "--out", "bad.toml/out"], "cannot write"),
        (["parse", "bad.jsonl", "--out", "p"], "bad.jsonl line 1: a report without text"),
        (["parse", "none.jsonl", "--out", "p"], "none.jsonl: no such file or folder"),
        (["train", "--labels", "none.csv", "--out", "m"], "none.csv: cannot be read"),
        (["train", "--folds", "1"], "--folds 1 leaves nothing to learn from"),
        (["train", "--folds", "5", "--distil", "2"], "--folds with --distil"),
        (["train", "--epochs", "3", "--distil", "2"], "--epochs with --distil"),
        (["train", "--validation", "0.2", "--distil", "2"], "--validation with --distil"),
        (["train", "--jobs", "2"], "--jobs needs several networks"),
        (["train", "--size", "100"], "--size needs --folds"),
        (["train", "--folds", "50"], "50 folds over"),
        (["score", "bad.toml", "--out", "o.csv"], "lacks the column 'text'"),
        (["score"], "no project here"),
        (["score", "bad.toml"], "an output is needed"),
        (["intensity", "--by", "moon", "--project", "{out}"], "cannot group by 'moon'"),
        (["intensity", "--region", "Atlantis", "--project", "{out}"], "is not a region we know"),
        (["aggregate", "--section", "moon", "--project", "{out}"], "unknown section 'moon'"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["run"], "Missing argument"),
        (["split", "none.txt"], "none.txt: cannot be read"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(
    finished: TinyStudy, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "bad.toml").write_text('nmae = "x"\n', "utf-8")
    (tmp_path / "bad.jsonl").write_text(json.dumps(BAD_RECORD, ensure_ascii=False) + "\n", "utf-8")
    before = {p.name for p in tmp_path.iterdir()}
    filled = [a.format(study=finished.study, out=finished.out) for a in arguments]
    answer = zhengce(*filled, cwd=tmp_path)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert message in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, answer.stderr
    assert {p.name for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("what", ["label", "record", "schema"])
def test_bad_input_in_the_middle_of_a_study(tiny: TinyStudy, what: str) -> None:
    assert tiny.run().returncode == 0
    page = (tiny.out / "report.html").read_bytes()
    if what == "label":
        text = tiny.labels.read_text("utf-8").split("\n")
        cells = text[4].split(",")
        cells[text[0].split(",").index("sci_tech_talent")] = "7"
        tiny.labels.write_text("\n".join([*text[:4], ",".join(cells), *text[5:]]), "utf-8")
        message = "labels.csv line 5: column 'sci_tech_talent': level '7' is not on the scale"
    elif what == "record":
        tiny.records.write_text(
            json.dumps({**BAD_RECORD, "text": "x", "region_code": "999999"}) + "\n", "utf-8"
        )
        message = "records.jsonl line 1: unknown region_code '999999'"
    else:
        import pyarrow.parquet as pq

        path = tiny.out / "store" / "sentence.parquet"
        table = pq.read_table(path)
        old = {**table.schema.metadata, b"zhengce.version": b"0"}
        pq.write_table(table.replace_schema_metadata(old), path)
        answer = zhengce("score", "--project", str(tiny.out))
        assert answer.returncode == 2
        assert (
            "sentence.parquet: has schema version 0, this zhengce reads version 1" in answer.stderr
        )
        return
    answer = tiny.run()
    assert answer.returncode == 2
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr
    assert (tiny.out / "report.html").read_bytes() == page


def test_full_disk_in_the_middle_of_a_study(tiny: TinyStudy) -> None:
    answer = zhengce(
        "run", str(tiny.study), "--out", str(tiny.out), cwd=tiny.folder, limit="ulimit -f 60"
    )
    assert answer.returncode == 2
    assert "cannot write (File too large)" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not list(tiny.out.rglob("*.tmp"))
    assert tiny.run().returncode == 0


def test_runs_from_any_folder(tmp_path: Path) -> None:
    answer = zhengce(
        "run", str(ROOT / "configs" / "first.toml"), "--dry-run", "--out", "x", cwd=tmp_path
    )
    assert answer.returncode == 0
    assert (
        answer.stderr.count("would run") + answer.stderr.count("may run") == len(STEPS) - 1
    )  # the shipped model is not trained
    assert not (tmp_path / "x").exists()
