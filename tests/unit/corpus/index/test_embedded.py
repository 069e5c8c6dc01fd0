"""The embedded engine: filters, counts, order; builds that fail, are killed, or meet old tables."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from configs.errors import UserError
from corpus.index import Filters, build_index, open_index, parse_query
from corpus.search.model import find_dimension, read_keys, read_min_level
from corpus.search.request import read_region, read_sort
from tests.conftest import ROOT
from tests.unit.corpus.index.golden import DIMENSIONS, invented_scores, shipped

S, G, T = DIMENSIONS


def wide(store: Path) -> pd.DataFrame:
    """The truth: sentences with the scores of the preferred scorer, by pandas."""
    sentences = pd.read_parquet(store / "sentence.parquet")
    scores = pd.read_parquet(store / "score.parquet").query("scorer == 'ngram'")
    for value in ("score", "level"):
        pivot = scores.pivot_table(index="sentence_id", columns="dimension", values=value)
        sentences = sentences.join(pivot.add_suffix(f"_{value}"), on="sentence_id")
    told = scores.drop_duplicates("sentence_id").set_index("sentence_id")["temporality"]
    return sentences.join(told, on="sentence_id").fillna({"temporality": ""})


FILTERS = {
    "nothing": (Filters(), "index >= 0"),
    "region": (Filters(regions=("440000", "330000")), "region_code in ('440000', '330000')"),
    "years": (Filters(years=(2025, 2025)), "year == 2025"),
    "level": (Filters(levels=("national",)), "level == 'national'"),
    "section": (Filters(sections=("plan", "other")), "section in ('plan', 'other')"),
    "unit": (Filters(unit_types=("heading",)), "unit_type == 'heading'"),
    "tense": (Filters(temporality=("past",)), "temporality == 'past'"),
    "annex": (Filters(annex=True), "is_annex"),
    "no annex": (Filters(annex=False), "~is_annex"),
    "floor": (Filters(min_levels=((S, 2), (T, 1))), f"{S}_level >= 2 and {T}_level >= 1"),
    "all": (
        Filters(years=(2025, 2026), sections=("plan",), annex=False, min_levels=((G, 1),)),
        f"year >= 2025 and section == 'plan' and ~is_annex and {G}_level >= 1",
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters_equal_pandas(small_store: Path, name: str) -> None:
    filters, condition = FILTERS[name]
    build_index(small_store)
    index = open_index(small_store)
    truth = wide(small_store).query(condition)
    found = truth[truth["text"].str.contains("发展")]
    node = parse_query("发展")
    answer = index.search(node, filters, limit=10_000)
    assert [hit.sentence_id for hit in answer.hits] == found["sentence_id"].tolist()
    assert index.search(None, filters, limit=0).total == len(truth)
    for hit, row in zip(answer.hits, found.to_dict("records"), strict=True):
        assert (hit.text, hit.year, hit.region) == (row["text"], row["year"], row["region"])
        assert hit.temporality == row["temporality"]
        assert hit.scores == {d: pytest.approx(row[f"{d}_score"], nan_ok=True) if pd.notna(row[f"{d}_score"]) else None for d in DIMENSIONS}  # fmt: skip
    groups = index.count_by(node, filters, ("region", "year"))
    counts = truth.groupby(["region_code", "region", "year"]).size()
    assert {g.key: g.n_sentences for g in groups} == counts.to_dict()
    hits = found.groupby(["region_code", "region", "year"])
    assert {g.key: g.n_hits for g in groups if g.n_hits} == hits.size().to_dict()
    means = hits[f"{S}_score"].mean().dropna()
    ours = {g.key: g.means[S] for g in groups if g.means[S] is not None}
    assert ours == pytest.approx(means.to_dict())
    everything = index.count_by(None, filters, ("section",))
    assert sum(g.n_hits for g in everything) == len(truth)
    index.close()


def test_sort_puts_the_highest_score_first_and_the_unscored_last(small_store: Path) -> None:
    build_index(small_store)
    index = open_index(small_store)
    answer = index.search(None, Filters(), limit=10_000, sort=G)
    scores = [hit.scores[G] for hit in answer.hits]
    known = [score for score in scores if score is not None]
    assert known == sorted(known, reverse=True)
    assert len(scores) == answer.total
    assert scores[: len(known)] == known
    index.close()


def test_verify_finds_what_was_changed(small_store: Path) -> None:
    build_index(small_store)
    index = open_index(small_store)
    assert index.verify() == ()
    assert index.status().stale == ""
    path = small_store / "sentence.parquet"
    before = path.read_bytes()
    frame = pd.read_parquet(path)
    frame.loc[3, "text"] = frame.loc[3, "text"][::-1] + "改"
    frame.iloc[:-1].to_parquet(path, index=False)
    told = "\n".join(index.verify())
    assert "has changed since" in told
    assert "the index 500" in told
    assert "checksum" in told
    with pytest.raises(UserError, match="older than its tables"):
        open_index(small_store)
    path.write_bytes(before)
    os.utime(path, ns=(1, 1))
    assert open_index(small_store).verify() == ()
    next(small_store.glob("index/generation-*/columns.parquet")).write_bytes(b"x")
    assert "columns.parquet is damaged" in "\n".join(index.verify())
    (small_store / "score.parquet").unlink()
    with pytest.raises(UserError, match=r"score.parquet is gone"):
        open_index(small_store)


def test_scores_written_later_make_the_index_outdated(small_store: Path) -> None:
    scores = small_store / "score.parquet"
    scores.unlink()
    build_index(small_store)
    assert open_index(small_store).dimensions == ()
    invented_scores(pd.read_parquet(small_store / "sentence.parquet")).to_parquet(scores)
    with pytest.raises(UserError, match="written after the index was built"):
        open_index(small_store)


KILLED = """
import os, signal, sys
from pathlib import Path
import corpus.search.generation as generation
from corpus.index import build_index
point = sys.argv[2]
def die(*a, **k):
    os.kill(os.getpid(), signal.SIGKILL)
if point == "batch":
    build_index(Path(sys.argv[1]), advance=die)
setattr(generation, point, die)
build_index(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("point", ["batch", "_sync", "write_manifest"])
def test_kill_during_build_leaves_the_old_index_serving(small_store: Path, point: str) -> None:
    build_index(small_store)
    before = open_index(small_store).search(parse_query("发展"), Filters())
    command = [sys.executable, "-c", KILLED, str(small_store), point]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    index = open_index(small_store)
    assert index.search(parse_query("发展"), Filters()) == before
    assert index.verify() == ()
    build_index(small_store)
    left = {p.name.split("-")[0] for p in (small_store / "index").iterdir()}
    assert left == {".lock", "manifest.json", "generation"}
    assert len(list((small_store / "index").glob("generation-*"))) == 1
    assert index.search(parse_query("发展"), Filters()) == before  # an open reader is not disturbed


def test_failed_build_leaves_the_old_index_serving(
    small_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(small_store)
    monkeypatch.setattr("corpus.search.generation._sync", _full)
    with pytest.raises(UserError, match="disk is full"):
        build_index(small_store)
    assert open_index(small_store).verify() == ()
    assert not list((small_store / "index").glob(".building*"))


def _full(_: Path) -> None:
    raise OSError(28, "No space left on device")


def test_two_builds_do_not_meet(small_store: Path) -> None:
    build_index(small_store)
    with (small_store / "index" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another build"):
            build_index(small_store)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": 99}, "another version"),
        ({"normalisation": "x"}, "another version"),
        ({"sources": 3}, "is damaged"),
        ({"generation": "generation-none"}, "is damaged"),
        (None, "is damaged"),
    ],
)
def test_strange_manifests_are_told(
    small_store: Path, change: dict[str, object] | None, problem: str
) -> None:
    import json

    build_index(small_store)
    path = small_store / "index" / "manifest.json"
    raw = json.loads(path.read_text("utf-8"))
    path.write_text("{" if change is None else json.dumps(raw | change), "utf-8")
    with pytest.raises(UserError, match=problem):
        open_index(small_store)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda f: f.drop(columns="text"), "lacks the column 'text'"),
        (lambda f: f.assign(sentence_id="a"), "the sentence_id 'a' occurs twice"),
        (lambda f: f.assign(year="zweitausend"), "cannot be read"),
        (lambda f: f.assign(year=0), "0 is no year"),
        (lambda f: f.assign(text=f["text"].where(f.index != 5)), "is empty"),
    ],
)
def test_bad_tables_are_told_and_nothing_is_left(
    small_store: Path, change: object, problem: str
) -> None:
    path = small_store / "sentence.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)  # type: ignore[operator]
    with pytest.raises(UserError, match=problem):
        build_index(small_store)
    assert not (small_store / "index" / "manifest.json").exists()
    with pytest.raises(UserError, match="no index here"):
        open_index(small_store)


def test_files_of_others_need_four_columns(tmp_path: Path) -> None:
    frame = shipped().iloc[-50:][["sentence_id", "text", "region_code", "year"]]
    frame.to_parquet(tmp_path / "other.parquet", index=False)
    build_index(tmp_path, sentences=tmp_path / "other.parquet")
    index = open_index(tmp_path)
    answer = index.search(None, Filters(), limit=100)
    assert answer.total == 50
    assert answer.hits[0].region.endswith(("省", "区", "市"))
    assert answer.hits[0].scores == {}
    (tmp_path / "other.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="not a readable Parquet"):
        build_index(tmp_path, sentences=tmp_path / "other.parquet")


def test_an_empty_table_makes_an_empty_index(small_store: Path) -> None:
    path = small_store / "sentence.parquet"
    pd.read_parquet(path).iloc[:0].to_parquet(path, index=False)
    build_index(small_store)
    index = open_index(small_store)
    assert index.search(parse_query("NOT 发展"), Filters()).total == 0
    assert index.count_by(parse_query("发展"), Filters(), ("year",)) == ()
    assert index.verify() == ()


def test_another_scorer_can_be_taken(small_store: Path) -> None:
    build_index(small_store, scorer="cues")
    assert open_index(small_store).status().scorer == "cues"
    with pytest.raises(UserError, match="has no scorer 'x'; use cues, ngram"):
        build_index(small_store, scorer="x")


def test_options_are_read() -> None:
    assert read_min_level("S=2", DIMENSIONS) == (S, 2)
    assert read_min_level(f"{G}=0", DIMENSIONS) == (G, 0)
    assert read_sort("score:T", DIMENSIONS) == T
    assert read_keys("region, year") == ("region", "year")
    assert read_region("广东", {}) == "440000"
    assert read_region("某地", {"999999": "某地"}) == "999999"
    for wrong in ("S", "S=", "S=x", "q=1", "S=-1", "S=²"):
        with pytest.raises(UserError, match="--min-level"):
            read_min_level(wrong, DIMENSIONS)
    for wrong in ("S", "score", "level:S"):
        with pytest.raises(UserError, match="--sort"):
            read_sort(wrong, DIMENSIONS)
    with pytest.raises(UserError, match="zhengce score"):
        find_dimension("S", (), "--sort")
    for wrong in ("", "year,year", "place"):
        with pytest.raises(UserError, match="--by"):
            read_keys(wrong)


def test_duckdb_keeps_standard_output_clean() -> None:
    from corpus.search.rows import connect

    with connect() as database:
        for name in ("enable_progress_bar", "autoinstall_known_extensions"):
            found = database.execute(f"SELECT current_setting('{name}')").fetchone()
            assert found == (False,)
