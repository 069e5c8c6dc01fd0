"""Index and query as a user types them, on the invented study."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from corpus.schemas import ScoreTable, SentenceTable
from corpus.store import read_table
from tests.conftest import ROOT, TinyStudy, zhengce


@pytest.fixture
def project(finished: TinyStudy, tmp_path: Path) -> Path:
    """A copy of the finished run's tables, without an index."""
    folder = tmp_path / "run"
    shutil.copytree(finished.out / "store", folder / "store")
    shutil.rmtree(folder / "store" / "index", ignore_errors=True)
    return folder


@pytest.fixture(scope="module")
def indexed(finished: TinyStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with an index, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("indexed")
    shutil.copytree(finished.out / "store", folder / "store")
    assert zhengce("index", "build", cwd=folder).returncode == 0
    return folder


def ask(project: Path, *arguments: str, limit: str = "") -> dict[str, list[dict[str, object]]]:
    done = zhengce("query", *arguments, "--format", "json", cwd=project, limit=limit)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_first_query_builds_the_index_and_answers(project: Path) -> None:
    done = zhengce("query", "实验室", "--format", "json", cwd=project)
    assert "building it" in done.stderr
    answer = json.loads(done.stdout)
    sentences = read_table(SentenceTable, project / "store" / "sentence.parquet")
    truth = sentences[sentences["text"].str.contains("实验室")]
    assert answer["total"] == len(truth)
    assert [hit["sentence_id"] for hit in answer["hits"]] == truth["sentence_id"].tolist()[:20]
    scores = read_table(ScoreTable, project / "store" / "score.parquet")
    first = scores[scores["sentence_id"] == answer["hits"][0]["sentence_id"]]
    assert answer["hits"][0]["scores"] == dict(zip(first["dimension"], first["score"], strict=True))
    again = zhengce("query", "实验室", "--format", "json", cwd=project)
    assert again.stdout == done.stdout
    assert "building" not in again.stderr


def test_filters_counts_and_context(project: Path) -> None:
    total = ask(project, "新建")["total"]
    one = ask(project, "新建", "--region", "广东省", "--years", "2026", "--section", "plan")
    assert 0 < int(str(one["total"])) < int(str(total))
    assert {(h["region_code"], h["year"]) for h in one["hits"]} == {("440000", 2026)}
    groups = ask(project, "新建", "--by", "region,year")["groups"]
    assert sum(int(str(g["n_hits"])) for g in groups) == total
    assert len(groups) == 6
    hit = ask(project, "“５Ｇ 基站”", "--context", "2", "--limit", "1")["hits"][0]
    assert (hit["left"], hit["match"]) == ("新建", "5G基站")
    none = ask(project, "新建", "--min-level", "S=3", "--min-level", "G=3", "--min-level", "T=3")
    assert none == {"total": 0, "hits": []}


def test_formats_and_pipes(project: Path, tmp_path: Path) -> None:
    done = zhengce("query", "各位", "--format", "csv", "--limit", "100", cwd=project)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == ask(project, "各位", "--limit", "100")["total"]
    out = tmp_path / "hits.parquet"
    command = ("query", "各位", "--limit", "100", "--sort", "score:G", "--format", "parquet")
    assert zhengce(*command, "--out", str(out), cwd=project).returncode == 0
    frame = pd.read_parquet(out)
    assert len(frame) == len(rows)
    assert frame["green_infrastructure_score"].is_monotonic_decreasing
    table = zhengce("query", "各位", cwd=project, limit="export FORCE_COLOR=1")
    assert "\033" not in table.stdout
    assert table.stdout.count("\n") == min(len(rows), 20)
    empty = zhengce("query", "火星", "--format", "csv", cwd=project)
    assert empty.stdout.startswith("sentence_id,region_code,region,year")
    piped = zhengce("query", "NOT 火星", "--limit", "1000", "--format", "csv", cwd=project, limit="exec > >(head -c 1)")  # fmt: skip
    assert (piped.returncode, "Traceback" in piped.stderr) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["(a OR"], "at character"),
        (['"a'], "is not closed at character 1"),
        (["a", "--region", "火星省"], "火星省"),
        (["a", "--years", "2026-2018"], "runs backwards"),
        (["a", "--section", "x"], "use governance"),
        (["a", "--level", "x"], "--level"),
        (["a", "--unit-type", "x"], "--unit-type"),
        (["a", "--min-level", "x=2"], "--min-level"),
        (["a", "--sort", "x"], "--sort"),
        (["a", "--by", "x"], "--by"),
        (["a", "--limit", "-1"], "--limit"),
        (["a", "--synonyms", "none.txt"], "none.txt"),
        (["a", "--out", "store"], "cannot write"),
        (["a", "--project", "nowhere"], "nowhere"),
    ],
)
def test_mistakes_are_one_line(indexed: Path, arguments: list[str], problem: str) -> None:
    done = zhengce("query", *arguments, cwd=indexed)
    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_outdated_index_is_told_or_rebuilt(project: Path) -> None:
    built = zhengce("index", "build", cwd=project)
    assert (built.returncode, built.stdout) == (0, "")
    assert zhengce("index", "verify", cwd=project).returncode == 0
    path = project / "store" / "sentence.parquet"
    pd.read_parquet(path).iloc[5:].to_parquet(path, index=False)
    old = zhengce("query", "实验室", cwd=project)
    assert (old.returncode, len(old.stderr.splitlines())) == (2, 1)
    assert "older than its tables" in old.stderr
    assert json.loads(zhengce("index", "status", "--format", "json", cwd=project).stdout)["stale"]
    differs = zhengce("index", "verify", cwd=project)
    assert differs.returncode == 1
    assert "checksum" in differs.stdout
    assert zhengce("query", "实验室", "--rebuild", cwd=project).returncode == 0
    assert zhengce("index", "verify", cwd=project).returncode == 0


def test_a_file_of_ones_own_is_indexed_here(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.parquet"
    sentences = pd.read_parquet(project / "store" / "sentence.parquet")
    sentences[["sentence_id", "text", "region_code", "year"]].head(9).to_parquet(file)
    here = tmp_path / "here"
    here.mkdir()
    assert zhengce("index", "build", "--sentences", str(file), cwd=here).returncode == 0
    assert ask(here, "NOT 火星")["total"] == 9
    missing = zhengce("index", "build", "--sentences", "none.parquet", cwd=here)
    assert (missing.returncode, len(missing.stderr.splitlines())) == (2, 1)
    assert ask(here, "NOT 火星")["total"] == 9


def test_synonyms_and_explain(project: Path) -> None:
    Path(project / "mine.txt").write_text("研究室 / 实验室\n", "utf-8")
    done = zhengce("query", "研究室", "--synonyms", "mine.txt", "--explain", cwd=project)
    assert 'query: "研究室" OR "实验室"' in done.stderr
    assert "实验室" in done.stdout
    shipped = zhengce("query", "高企", "--synonyms", "default", cwd=project)
    assert "高新技术企业" in shipped.stdout


def test_help_does_not_load_the_engines() -> None:
    code = "import sys, corpus.index_cli; print([m for m in ('tantivy','duckdb','pandas','pyarrow','elasticsearch') if m in sys.modules])"
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
