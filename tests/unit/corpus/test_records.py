"""Records to reports: what is refused, and that real reports are traceable to the character."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from configs.errors import UserError
from configs.paths import REPORTS
from corpus.records import read_records, sentence_frame
from corpus.schemas import ReportTable, SentenceTable
from corpus.store import check_table
from tests.conftest import record


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return path


GOOD = record("440000", "广东省", 2026)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": ""}, "a report without text"),
        ({"text": None}, "a report without text"),
        ({"text": 3}, "a report without text"),
        ({"region_code": "999999"}, "unknown region_code '999999'"),
        ({"region_code": 440000}, "unknown region_code 440000"),
        ({"region": "浙江省"}, "does not go with code 440000"),
        ({"year": "2026"}, "year '2026'"),
        ({"year": 1066}, "year 1066"),
        ({"year": True}, "year True"),
        ({"level": "planet"}, "unknown level 'planet'"),
    ],
)
def test_bad_record_is_named_with_its_line(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    other = record("330000", "浙江省", 2026)
    path = write(tmp_path / "r.jsonl", other, {**GOOD, **change})
    with pytest.raises(UserError) as error:
        read_records(path)
    assert f"{path} line 2" in error.value.line()
    assert message in error.value.line()
    assert "\n" not in error.value.line()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "holds no report"),
        (b"\n\n", "holds no report"),
        (b"{not json}\n", "is not JSON"),
        (b"[1, 2]\n", "is not a JSON object"),
        (b"\xff\xfe{}\n", "is not UTF-8"),
    ],
)
def test_bad_file(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(data)
    with pytest.raises(UserError, match=message):
        read_records(path)


def test_broken_gzip_and_missing_file(tmp_path: Path) -> None:
    broken = tmp_path / "r.jsonl.gz"
    broken.write_bytes(gzip.compress(json.dumps(GOOD).encode())[:-20])
    for path in (broken, tmp_path / "none.jsonl"):
        with pytest.raises(UserError, match="cannot be read"):
            read_records(path)


def test_same_region_and_year_twice(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", GOOD, GOOD)
    with pytest.raises(UserError, match="440000-2026 stands on line 1 already"):
        read_records(path)


def test_short_name_becomes_the_full_one(tmp_path: Path) -> None:
    frame = read_records(write(tmp_path / "r.jsonl", {**GOOD, "region": "广东"}))
    assert frame["region"].tolist() == ["广东省"]


@pytest.fixture(scope="module")
def shipped() -> tuple[Any, Any]:
    reports = read_records(REPORTS)
    return reports, sentence_frame(reports)


def test_shipped_reports_cover_both_years(shipped: tuple[Any, Any]) -> None:
    reports, _ = shipped
    counts = reports[reports["level"] == "province"].groupby("year")["region_code"].nunique()
    assert counts[2025] == 31
    assert counts[2026] == 31
    assert (reports["level"] == "national").sum() == 58


def test_every_shipped_sentence_is_traceable(shipped: tuple[Any, Any]) -> None:
    reports, sentences = shipped
    texts = dict(zip(reports["report_id"], reports["text"], strict=True))
    for report_id, rows in sentences.groupby("report_id", sort=False):
        text, place = texts[report_id], 0
        for start, end, own in zip(rows["start"], rows["end"], rows["text"], strict=True):
            assert text[start:end] == own
            assert text[place:start].strip() == ""
            place = end
        assert text[place:].strip() == ""


def test_tables_satisfy_their_schemas(shipped: tuple[Any, Any]) -> None:
    reports, sentences = shipped
    check_table(ReportTable, reports, where="reports")
    check_table(SentenceTable, sentences, where="sentences")


def test_labelled_sentences_agree_with_the_rules() -> None:
    """Floors under what was measured: section .98 for past and future, headings .90 / .79."""
    import pandas as pd

    from configs.paths import LABELS

    reports = read_records(REPORTS)
    sentences = sentence_frame(reports).drop_duplicates(["report_id", "text"])
    labels = pd.read_csv(LABELS, usecols=["report_id", "text", "temporality", "unit_type"])
    labels["report_id"] = labels["report_id"].str.split("-", n=1).str[1]
    both = labels.drop_duplicates(["report_id", "text"]).merge(
        sentences, on=["report_id", "text"], suffixes=("_label", "")
    )
    assert len(both) > 6500
    tense = both[
        both["temporality"].isin(["past", "future"]) & both["section"].isin(["review", "plan"])
    ]
    assert ((tense["temporality"] == "past") == (tense["section"] == "review")).mean() > 0.98
    said, is_heading = both["unit_type"] == "heading", both["unit_type_label"] == "heading"
    assert (said & is_heading).sum() / said.sum() > 0.88
    assert (said & is_heading).sum() / is_heading.sum() > 0.78
