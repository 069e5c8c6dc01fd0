"""The explorer's interface and pages: the tables' numbers, one line a mistake, hostile text as text."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation_ui.explorer.app import explorer_app
from configs.errors import UserError
from corpus.index import build_index
from corpus.schemas import ReportScoreTable, ReportTable, SentenceTable
from corpus.store import read_table, write_table
from study.colours import DARK
from tests.conftest import TinyStudy

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"
VICTIM = "440000-2026"
S = "sci_tech_talent"
STATIC = Path(__file__).resolve().parents[3] / "annotation_ui" / "explorer" / "static"


@pytest.fixture(scope="module")
def project(finished: TinyStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished study with a hostile sentence, title and address in one report."""
    folder = tmp_path_factory.mktemp("explored") / "run"
    shutil.copytree(finished.out, folder)
    store = folder / "store"
    reports = read_table(ReportTable, store / "report.parquet")
    of_victim = reports["report_id"] == VICTIM
    reports.loc[of_victim, "title"] = HOSTILE
    reports.loc[of_victim, "source_url"] = "javascript:alert(1)"
    write_table(ReportTable, reports, store / "report.parquet")
    sentences = read_table(SentenceTable, store / "sentence.parquet")
    body = (sentences["report_id"] == VICTIM) & (sentences["unit_type"] == "body")
    sentences.loc[sentences.index[body][0], "text"] = HOSTILE
    write_table(SentenceTable, sentences, store / "sentence.parquet")
    shutil.rmtree(store / "index", ignore_errors=True)
    build_index(store)
    return folder


@pytest.fixture(scope="module")
def client(project: Path) -> Iterator[TestClient]:
    with TestClient(explorer_app(project), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
def tables(project: Path) -> dict[str, pd.DataFrame]:
    names = ("report", "sentence", "score", "report_score")
    return {n: pd.read_parquet(project / "store" / f"{n}.parquet") for n in names}


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_intensities_are_those_of_the_table(
    client: TestClient, tables: dict[str, pd.DataFrame]
) -> None:
    answer = client.get("/api/intensity").json()
    table = tables["report_score"].set_index(["report_id", "dimension"])
    assert answer["total"] == len(answer["rows"]) == len(table)
    for row in answer["rows"]:
        own = table.loc[(row["report_id"], row["dimension"])]
        for name in ("intensity", "std_error", "std_error_paragraph", "n_sentences"):
            assert row[name] == own[name]
    one = {"region": "广东", "years": "2025-2025", "dimension": "S"}
    assert [r["report_id"] for r in client.get("/api/intensity", params=one).json()["rows"]] == [
        "440000-2025"
    ]


def test_the_sentences_of_a_cell_average_to_its_intensity(
    client: TestClient, tables: dict[str, pd.DataFrame]
) -> None:
    scores = tables["score"].set_index(["sentence_id", "dimension"])
    for row in client.get("/api/intensity").json()["rows"]:
        asked = {"region": row["region_code"], "year": row["year"], "dimension": row["dimension"]}
        cell = client.get("/api/cell", params=asked).json()
        found = [s["score"] for s in cell["sentences"]]
        assert found == sorted(found, reverse=True)
        assert cell["total"] == len(found) == row["n_sentences"]
        assert sum(found) / len(found) == pytest.approx(row["intensity"], rel=1e-12)
        for s in cell["sentences"]:
            own = scores.loc[(s["sentence_id"], row["dimension"])]
            for name in ("level", "score", "p0", "p1", "p2", "p3"):
                assert s[name] == own[name]


def test_a_report_is_whole_and_its_hash_is_that_of_the_archived_text(
    client: TestClient, tables: dict[str, pd.DataFrame]
) -> None:
    report = client.get("/api/report/330000-2025").json()
    own = tables["report"].set_index("report_id").loc["330000-2025"]
    for name in ("title", "text_sha256", "source_repo", "source_path", "source_commit"):
        assert report[name] == own[name]
    ids = [s["sentence_id"] for p in report["paragraphs"] for s in p["sentences"]]
    sentences = tables["sentence"]
    assert ids == list(sentences.loc[sentences["report_id"] == "330000-2025", "sentence_id"])
    archived = client.get("/report/330000-2025.txt").content
    assert hashlib.sha256(archived).hexdigest() == report["text_sha256"]


def test_queries_count_exactly(client: TestClient, tables: dict[str, pd.DataFrame]) -> None:
    found = client.get("/api/query", params={"expr": "实验室", "limit": 2}).json()
    expected = tables["sentence"]["text"].str.contains("实验室").sum()
    assert found["total"] == expected > 2
    assert len(found["hits"]) == 2
    assert all(h["left"] + h["match"] in h["text"] for h in found["hits"])
    groups = client.get("/api/counts", params={"expr": "实验室", "by": "region"}).json()
    assert sum(g["n_hits"] for g in groups["groups"]) == groups["total"] == expected
    assert groups["groups"][0]["year"] is None
    ordered = client.get("/api/query", params={"expr": "实验室", "sort": "S"}).json()["hits"]
    values = [h["scores"][S] for h in ordered]
    assert values == sorted(values, reverse=True)


def test_comparison_adds_variances(client: TestClient, tables: dict[str, pd.DataFrame]) -> None:
    rows = client.get("/api/compare", params={"a": "440000", "b": "浙江省"}).json()["rows"]
    table = tables["report_score"].set_index(["report_id", "dimension"])
    assert len(rows) == 6
    for row in rows:
        a, b = (table.loc[(f"{c}-{row['year']}", row["dimension"])] for c in ("440000", "330000"))
        assert row["difference"] == pytest.approx(a["intensity"] - b["intensity"])
        squares = a["std_error_paragraph"] ** 2 + b["std_error_paragraph"] ** 2
        assert row["std_error"] == pytest.approx(squares**0.5)


TWINS = [
    ("/api/intensity", {}, "rows"),
    ("/api/query", {"expr": "实验室", "limit": 200}, "hits"),
    ("/api/counts", {"expr": "实验室", "by": "region,year"}, "groups"),
    ("/api/cell", {"region": "440000", "year": 2026, "dimension": "G"}, "sentences"),
    ("/api/compare", {"a": "440000", "b": "330000"}, "rows"),
]


@pytest.mark.parametrize(("path", "asked", "name"), TWINS)
def test_every_view_has_a_csv_twin(
    client: TestClient, path: str, asked: dict[str, Any], name: str
) -> None:
    rows = client.get(path, params=asked).json()[name]
    answer = client.get(f"{path}.csv", params=asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    twins = rows_of(answer.text)
    assert len(twins) == len(rows) > 0
    for row, twin in zip(rows, twins, strict=True):
        shared = [k for k in twin if k in row]
        assert len(shared) >= 5
        assert {k: twin[k] for k in shared} == {
            k: "" if row[k] is None else str(row[k]) for k in shared
        }


def test_a_report_has_a_csv_twin(client: TestClient) -> None:
    twins = rows_of(client.get(f"/api/report/{VICTIM}.csv").text)
    report = client.get(f"/api/report/{VICTIM}").json()
    sentences = [s for p in report["paragraphs"] for s in p["sentences"]]
    assert [t["sentence_id"] for t in twins] == [s["sentence_id"] for s in sentences]
    assert float(twins[-1][f"{S}_p0"]) == sentences[-1]["scores"][S]["p0"]


MISTAKES = [
    ("/api/query", {"expr": "(氢能"}, 422, "query: the bracket is not closed"),
    ("/api/query", {"expr": "“氢能"}, 422, "query: the quotation"),
    ("/api/query", {"expr": " "}, 422, "query: is empty"),
    ("/api/query", {}, 422, "expr: Field required"),
    ("/api/query", {"expr": "氢能", "limit": 201}, 422, "limit: "),
    ("/api/query", {"expr": "氢能", "region": "某省"}, 422, "region: '某省' is not a region"),
    ("/api/query", {"expr": "氢能", "years": "2026-2020"}, 422, "years: '2026-2020' runs backw"),
    ("/api/query", {"expr": "氢能", "section": "plans"}, 422, "section: 'plans' is not in"),
    ("/api/query", {"expr": "氢能", "min_level": "S>2"}, 422, "min_level: 'S>2' is no floor"),
    ("/api/query", {"expr": "氢能", "sort": "text"}, 422, "sort: no scores of 'text'"),
    ("/api/counts", {"by": "text"}, 422, "by: 'text' is no list"),
    ("/api/intensity", {"region": "440000; DROP TABLE sentence"}, 422, "region: "),
    ("/api/intensity", {"years": "26"}, 422, "years: '26' is no year"),
    ("/api/intensity", {"dimension": "X"}, 422, "dimension: no scores of 'X'"),
    ("/api/cell", {"region": "440000", "year": "abc"}, 422, "year: "),
    ("/api/cell", {"region": "440000", "year": 10**30}, 422, "year: "),
    ("/api/cell", {"region": "440000", "year": 1999}, 404, "no report of 广东省 in 1999"),
    ("/api/report/440000-1999", {}, 404, "no report '440000-1999'"),
    ("/api/report/' OR 1=1 --", {}, 404, "no report "),
    ("/api/compare", {"a": "440000", "b": "nowhere"}, 422, "region: 'nowhere'"),
    ("/api/nothing", {}, 404, "no such page"),
]


@pytest.mark.parametrize(("path", "asked", "status", "line"), MISTAKES)
def test_mistakes_are_one_line(
    client: TestClient, path: str, asked: dict[str, Any], status: int, line: str
) -> None:
    for place in (path, f"{path}.csv"):
        answer = client.get(place, params=asked)
        assert answer.status_code == status
        error = answer.json()["error"]
        assert error.startswith(line)
        assert "\n" not in error


PAGES = [
    "/", "/?year=2025&dimension=G", "/ranking", "/heat", "/heat?years=1950-2100", "/trends",
    "/trends?years=1949-1950", "/keywords", "/keywords?expr=实验室&expr=5G&sort=S", "/compare",
    "/compare?a=440000&b=130000&years=2026", "/cell/440000/2026", "/cell/440000/2026?show=all",
    f"/report/{VICTIM}", f"/report/{VICTIM}?sentence={VICTIM}-0008",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_pages_in_both_languages_load_only_our_own_files(client: TestClient, path: str) -> None:
    for lang, tag in (("en", "en"), ("zh", "zh-CN")):
        answer = client.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
        assert answer.status_code == 200
        page = answer.text
        assert f'<html lang="{tag}">' in page
        loaded = re.findall(r'<(?:script|img|link|iframe|use)\b[^>]*?(?:src|href)="([^"]*)"', page)
        assert all(u.startswith(("/static/", "#")) for u in loaded)
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=[\"']", page)
        assert "<img" not in page
        assert "javascript:" not in page
        assert 'href="http' not in page.replace('href="https://github.com/', "")


@pytest.mark.parametrize("path", ["/cell/440000/2026?show=all", f"/report/{VICTIM}"])
def test_hostile_text_stays_text(client: TestClient, path: str) -> None:
    page = client.get(path).text
    assert "&lt;script&gt;alert" in page
    assert "{{ 7 * 7 }}" in page


def test_hostile_requests_stay_text(client: TestClient) -> None:
    asked = {"expr": HOSTILE.replace("(", "").replace(")", ""), "years": '"><script>'}
    for path in ("/keywords", "/heat", "/<script>alert(1)</script>"):
        page = client.get(path, params=asked).text
        assert "<script>" not in page


def test_pages_tell_mistakes_as_pages(client: TestClient) -> None:
    answer = client.get("/cell/440000/1999", params={"lang": "zh"})
    assert answer.status_code == 404
    assert "no report of 广东省 in 1999" in answer.text
    assert "返回地图" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/api/intensity", "/health", "/static/explorer.css", "/x"])
def test_only_get_is_allowed(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, path).status_code == 405


@pytest.mark.parametrize("path", ["/", "/api/intensity", "/nothing", "/static/explorer.js"])
def test_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert set(re.findall(r"'[a-z-]+'", policy)) == {"'none'", "'self'"}
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_other_hosts_are_refused(client: TestClient) -> None:
    # A page elsewhere could point its own name at 127.0.0.1.
    assert client.get("/api/intensity", headers={"Host": "evil.example"}).status_code == 400


def test_the_style_sheet_has_the_study_s_colours() -> None:
    found = re.findall(r"\.dim\d \{ --d: (#[0-9a-f]{6})", (STATIC / "explorer.css").read_text())
    assert tuple(found) == DARK


def test_an_outdated_index_is_told(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(project, folder)
    build_index(folder / "store")
    client = TestClient(explorer_app(folder), base_url="http://127.0.0.1")
    assert client.get("/health").json()["stale"] == ""
    path = folder / "store" / "sentence.parquet"
    sentences = read_table(SentenceTable, path)
    write_table(SentenceTable, sentences.iloc[:-1], path)
    assert "has changed" in client.get("/health").json()["stale"]
    assert "start it again" in client.get("/").text
    with pytest.raises(UserError, match="older than its tables"):
        explorer_app(folder)


def test_a_mean_over_other_sentences_is_told(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(project, folder)
    build_index(folder / "store")
    path = folder / "store" / "report_score.parquet"
    means = read_table(ReportScoreTable, path)
    write_table(ReportScoreTable, means.assign(n_sentences=means["n_sentences"] + 1), path)
    client = TestClient(explorer_app(folder), base_url="http://127.0.0.1")
    assert "another choice of sentences" in client.get("/cell/440000/2025").text


def test_a_project_without_scores_is_one_line(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parsed"
    folder.mkdir()
    for name in ("sentence.parquet", "report.parquet"):
        shutil.copy(project / "store" / name, folder / name)
    build_index(folder)
    with pytest.raises(UserError):
        explorer_app(folder)


WORDS = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="ab实验室()（）\"“”「」 ANDORT*?:\\~^[]{}+-!/&|%'", max_size=30),
    st.sampled_from(
        ["440000", "广东省", "2025", "2025-2026", "S", "S=2", "plan", "region,year", "440000-2026"]
    ),
)
VALUES = st.one_of(WORDS, st.integers().map(str), st.sampled_from(["true", "0", "200", "2026"]))


def requests_of(client: TestClient) -> list[tuple[str, list[str]]]:
    """Every path with the names of its parameters, from the interface's own description."""
    described = client.get("/openapi.json").json()["paths"]
    found = [
        (path, [p["name"] for p in operations["get"].get("parameters", []) if p["in"] == "query"])
        for path, operations in described.items()
    ]
    names = ["dimension", "year", "years", "lang", "expr", "sort", "a", "b", "region", "sentence"]
    pages = ("/", "/ranking", "/heat", "/trends", "/keywords", "/compare", "/cell/440000/{year}")
    return [*found, *((page, names) for page in pages), ("/cell/{region}/2026", names)]


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_ends_in_an_error_of_the_server(client: TestClient, data: st.DataObject) -> None:
    path, names = data.draw(st.sampled_from(requests_of(client)))
    chosen = data.draw(st.lists(st.sampled_from(names), max_size=5)) if names else []
    asked = [(name, data.draw(VALUES)) for name in chosen]
    for hole in re.findall(r"{(\w+)}", path):
        path = path.replace(f"{{{hole}}}", quote(data.draw(WORDS) or "x", safe=""))
    answer = client.get(path, params=asked)
    assert answer.status_code in (200, 404, 422)


def test_every_documented_path_answers_as_documented(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) >= {path for path, _, _ in TWINS} | {"/health"}
    for operations in described["paths"].values():
        assert set(operations) == {"get"}
        assert operations["get"]["responses"]["422"]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/Problem"
        }
