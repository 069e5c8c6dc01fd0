"""`zhengce parse` and the commitments, as a user types them, on documents made here."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from configs.paths import REPORTS
from corpus.records import read_records
from corpus.schemas import CommitmentTable, ReportTable, SentenceTable
from corpus.store import read_table
from tests.conftest import REGIONS, invented_report, record, zhengce

#: The gate asks for the length of a report: a neutral passage, said once for each town.
FILLER = "扎实推进{}等地的各项建设，完善公共服务，改善群众生活，守住安全底线，促进城乡协调发展。"


def long_report(name: str, year: int, *, review: str = "", plan: str = "") -> str:
    """An invented report long enough to be accepted; `review` and `plan` are put into their parts."""
    text = invented_report(name, year, 321)
    towns = "".join(FILLER.format(f"第{i}批试点") for i in range(40))
    return text.replace(
        f"二、{year}年主要任务\n", f"{review}{towns}\n二、{year}年主要任务\n{plan}{towns}\n"
    )


def real(code: str, year: int) -> str:
    """A shipped report, without its glossary."""
    reports = shipped()
    return str(
        reports.loc[(reports["region_code"] == code) & (reports["year"] == year), "text"].iloc[0]
    )


@cache
def shipped() -> pd.DataFrame:
    return read_records(REPORTS)


def page(text: str, charset: str = "utf-8") -> bytes:
    body = "".join(f"<p>　　{line}</p>" for line in text.split("\n"))
    head = f'<meta charset="{charset}"><title>{text.splitlines()[0]}</title>'
    furniture = "<p>首页 &gt; 政务公开 &gt; 政府工作报告</p><p>【字号：大 中 小】</p>"
    html = f'<html><head>{head}</head><body>{furniture}<div class="TRS_Editor">{body}</div><p>责任编辑：某某</p></body></html>'
    return html.encode("gb18030" if charset.startswith("gb") else charset)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with pages, texts, an archive with GBK names, and things that are no report."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a_440000.html").write_bytes(page(real("440000", 2026), "gb2312"))
    (folder / "b.txt").write_text(real("130000", 2025), "utf-8")
    (folder / "mirror.html").write_bytes(page(real("440000", 2026)))
    (folder / "news.html").write_bytes(page("省长作政府工作报告\n记者从会议获悉，大会今天开幕。"))
    (folder / "empty.html").write_bytes(b"")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 not a zip")
    (folder / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    (folder / ".hidden").write_text("x", "utf-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("XXXX.txt", real("330000", 2026).encode("gb18030"))
    # zipfile writes names as UTF-8 and says so; Windows tools in China write GBK and say nothing.
    (folder / "batch.zip").write_bytes(packed.getvalue().replace(b"XXXX", "报告".encode("gbk")))
    return folder


def listing(out: Path) -> dict[str, dict[str, str]]:
    with (out / "documents.csv").open(encoding="utf-8", newline="") as file:
        return {Path(row["path"]).name: row for row in csv.DictReader(file)}


def test_mixed_documents(documents: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = zhengce("parse", str(documents), "--out", str(out))
    assert done.returncode == 0, done.stderr
    rows = listing(out)
    status = {name: (row["status"], row["reason"]) for name, row in rows.items()}
    assert status["a_440000.html"] == ("ok", "")
    assert status["b.txt"] == ("ok", "")
    assert rows["mirror.html"]["reason"] == f"mirror_of:{documents / 'a_440000.html'}"
    assert status["news.html"][0] == "quarantined"
    assert status["empty.html"] == ("error", "empty")
    assert status["broken.zip"][0] == "error"
    assert status["old.doc"] == ("unsupported_format", "doc")
    member = next(row for name, row in rows.items() if name.endswith("报告.txt"))
    assert (member["status"], member["region_code"], member["year"]) == ("ok", "330000", "2026")
    assert rows["a_440000.html"]["region"] == "广东省"
    assert rows["a_440000.html"]["encoding"].lower().startswith("gb18030")
    assert ".hidden" not in rows
    reports = read_table(ReportTable, out / "report.parquet")
    assert reports["report_id"].tolist() == ["130000-2025", "330000-2026", "440000-2026"]


def test_text_files_and_offsets(documents: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    zhengce("parse", str(documents / "a_440000.html"), "--out", str(out))
    body = (out / "text" / "a_440000.txt").read_text("utf-8")
    assert body.startswith("各位代表：\n")
    assert "责任编辑" not in body
    assert "【字号" not in body
    assert (out / "text" / "a_440000.glossary.txt").read_text("utf-8").count("“双高计划”") == 1
    reports = read_table(ReportTable, out / "report.parquet")
    sentences = read_table(SentenceTable, out / "sentence.parquet")
    assert reports["text"][0] == body.rstrip("\n")
    for row in sentences.itertuples():
        assert reports["text"][0][row.start : row.end] == row.text
    assert int(listing(out)["a_440000.html"]["n_sentences"]) == len(sentences)
    commitments = read_table(CommitmentTable, out / "commitment.parquet")
    assert len(commitments) > 200
    assert set(commitments["sentence_id"]) <= set(sentences["sentence_id"])


def test_revision_is_kept_and_named(documents: Path, tmp_path: Path) -> None:
    text = real("440000", 2026)
    changed = text.replace("地区生产总值增长3.9%", "地区生产总值增长6.54%")
    assert changed != text
    (documents / "z_revised.txt").write_text(changed, "utf-8")
    out = tmp_path / "out"
    zhengce("parse", str(documents), "--out", str(out))
    row = listing(out)["z_revised.txt"]
    assert row["revision"] == "2"
    assert row["reason"].startswith("revision_of:")
    assert "6.54%" in (out / "text" / "z_revised.txt").read_text("utf-8")


def test_only_refused_documents_still_leave_a_list(documents: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = zhengce("parse", str(documents / "news.html"), "--out", str(out))
    assert done.returncode == 0
    assert len(read_table(SentenceTable, out / "sentence.parquet")) == 0
    assert "quarantined" in done.stderr


def test_missing_path_is_a_mistake(tmp_path: Path) -> None:
    done = zhengce("parse", str(tmp_path / "none"), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "no such file or folder" in done.stderr
    assert not (tmp_path / "out").exists()


def test_corpus_status(documents: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    zhengce("parse", str(documents), "--out", str(out))
    answer = zhengce("corpus", "status", "--project", str(out)).stdout
    assert "3 reports" in answer
    assert "province" in answer
    assert "unsupported_format 1" in answer


@pytest.fixture
def promises(tmp_path: Path) -> Path:
    """Two reports of each region: what one promises, the next one tells."""
    rows = []
    for code, name in REGIONS:
        before = long_report(
            name, 2025, plan="新建改建农村公路1200公里。城镇新增就业40万人以上。出台促进条例。"
        )
        after = long_report(name, 2026, review="新建改建农村公路1350公里。城镇新增就业36万人。")
        rows += [{**record(code, name, y), "text": t} for y, t in ((2025, before), (2026, after))]
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


def test_commitments_of_a_region_and_year(promises: Path) -> None:
    answer = zhengce(
        "commitments", str(promises), "--region", "广东", "--year", "2025", "--format", "json"
    )
    rows = json.loads(answer.stdout)
    assert {row["report_id"] for row in rows} == {"440000-2025"}
    for row in rows:
        assert row["text"][row["span_start"] : row["span_end"]].strip()
    road = next(r for r in rows if r["unit"] == "公里" and r["direction"] == "ahead")
    assert (road["kind"], road["value"]) == ("quantity", 1200)
    assert any(r["kind"] == "legal" for r in rows)
    table = pd.read_csv(
        io.StringIO(zhengce("commitments", str(promises), "--format", "csv").stdout)
    )
    assert table.columns[:12].tolist() == [
        *("report_id", "sentence_id", "text", "span_start", "span_end", "kind", "value", "unit"),
        *("comparator", "deadline", "subject", "direction"),
    ]
    assert table["report_id"].nunique() == 6


def test_promises_are_followed(promises: Path) -> None:
    answer = zhengce("commitments", "follow", str(promises), "--format", "json")
    pairs = json.loads(answer.stdout)
    roads = [p for p in pairs if p["unit"] == "公里" and p["promised"] == 1200]
    assert [(p["stated"], p["verdict"]) for p in roads] == [(1350, "met")] * 3
    jobs = [p for p in pairs if "就业" in p["promise"] and p["promised"] == 400000]
    assert [(p["stated"], p["verdict"]) for p in jobs] == [(360000, "partly")] * 3


def test_scoreboard_with_its_picture(promises: Path, tmp_path: Path) -> None:
    out = tmp_path / "board"
    done = zhengce("commitments", "table", str(promises), "--years", "2025", "--out", str(out))
    assert done.returncode == 0, done.stderr
    board = pd.read_csv(out / "scoreboard.csv")
    assert len(board) == 3
    assert (out / "scoreboard.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (out / "scoreboard.svg").read_text("utf-8")


def test_mistakes_of_commitments(promises: Path, tmp_path: Path) -> None:
    for arguments, message in (
        (["commitments", "follow", "--confidence", "2"], "confidence"),
        (["commitments", "none.jsonl"], "none.jsonl"),
        (["commitments", str(promises), "--region", "Atlantis"], "is not a region we know"),
        (["commitments", "--region", "广东"], "no project here"),
        (["commitments", "follow", str(promises), "--years", "2026-2025"], "runs backwards"),
    ):
        done = zhengce(*arguments, cwd=tmp_path)
        assert done.returncode == 2, arguments
        assert message in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
