"""Floors on the checked files: falling below one is a fault, whatever else passes."""

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.commitments.evaluate import follow_precision, measure, plain_regex, read_checked

DATA = Path(__file__).resolve().parents[3] / "data"
REPORTS = DATA.parents[1] / "data" / "corpus" / "reports.jsonl.gz"
HELD_OUT = {"浙江省", "湖北省", "甘肃省", "吉林省", "贵州省", "广西壮族自治区"}


@pytest.fixture(scope="module")
def floors() -> dict[str, float]:
    return {
        k: v
        for k, v in json.loads((DATA / "commitment_floors.json").read_text("utf-8")).items()
        if k != "note"
    }


@pytest.fixture(scope="module")
def checked() -> list[dict[str, Any]]:
    return read_checked(DATA / "commitments_checked.jsonl")


def test_the_checked_file_is_large_enough(checked: list[dict[str, Any]]) -> None:
    random = [r for r in checked if r["stratum"] == "random"]
    assert sum(bool(r["items"]) for r in random) >= 150
    assert sum(not r["items"] for r in random) >= 100


def test_halves_share_no_report(checked: list[dict[str, Any]]) -> None:
    halves = {h: {r["report_id"] for r in checked if r["half"] == h} for h in ("dev", "test")}
    assert not halves["dev"] & halves["test"]


def test_checked_spans_lie_in_their_sentences(checked: list[dict[str, Any]]) -> None:
    for row in checked:
        for item in row["items"]:
            assert 0 <= item["span_start"] < item["span_end"] <= len(row["text"])


@pytest.mark.parametrize("half", ["dev", "test"])
def test_extraction(half: str, checked: list[dict[str, Any]], floors: dict[str, float]) -> None:
    rows = [r for r in checked if r["half"] == half and r["stratum"] == "random"]
    ours = measure(rows)
    assert ours.precision >= floors[f"{half}_precision"]
    assert ours.recall >= floors[f"{half}_recall"]
    numbers = frozenset({"quantity", "money"})
    figures = measure(rows, kinds=numbers)
    peer = measure(rows, kinds=numbers, extractor=plain_regex)
    assert figures.recall > peer.recall
    assert figures.precision > peer.precision


def test_figures_and_directions(checked: list[dict[str, Any]], floors: dict[str, float]) -> None:
    rows = [r for r in checked if r["half"] == "test" and r["stratum"] == "random"]
    figures = measure(rows, kinds=frozenset({"quantity", "money"}))
    assert figures.precision >= floors["test_figures_precision"]
    assert figures.recall >= floors["test_figures_recall"]
    assert measure(rows).direction >= floors["test_direction"]


def test_follow(floors: dict[str, float]) -> None:
    from corpus.commitments.follow import follow_frame
    from corpus.commitments.table import commitment_frame
    from corpus.records import read_records, sentence_frame

    reports = read_records(REPORTS)
    national = (reports["level"] == "national") & ~reports["year"].isin([2023, 2024])
    province = (reports["level"] == "province") & ~reports["region"].isin(HELD_OUT)
    sentences = sentence_frame(reports[(national | province) & (reports["year"] >= 2009)])
    pairs = follow_frame(commitment_frame(sentences))
    n, right = follow_precision(pairs, read_checked(DATA / "follow_checked.jsonl"), half="test")
    assert n >= floors["follow_pairs"]
    assert right / n >= floors["follow_precision"]
