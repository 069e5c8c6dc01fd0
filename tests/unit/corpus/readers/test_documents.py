"""Documents of every kind: real files, archives, bad input, invariants, and any bytes at all."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.reader_pages import REPORTS, page, reports
from benchmarks.reader_pdfs import layout_pdf, many_pages_pdf, scan_pdf, text_pdf, unmapped_pdf
from benchmarks.reader_scores import char_f1
from corpus.cleaning import clean
from corpus.readers.archive import MAX_TOTAL, Member, iter_archive, safe_name
from corpus.readers.document import read_document
from corpus.readers.errors import ReadError
from corpus.readers.result import Document
from corpus.readers.sniff import sniff
from corpus.readers.txt import read_txt

DOCUMENTS = Path(__file__).resolve().parents[3] / "data" / "documents"


def read_archive(data: bytes, budget: int = MAX_TOTAL) -> list[Member]:
    return list(iter_archive(data, budget=budget))


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@cache
def truth() -> dict[tuple[str, int], str]:
    found: dict[tuple[str, int], str] = {}
    with gzip.open(REPORTS, "rt", encoding="utf-8") as file:
        for record in map(json.loads, file):
            text = record["text"]
            match = re.search("[各名]位代表", text)
            found[record["region"], record["year"]] = text[match.start() :] if match else text
    return found


def whole(document: Document) -> list[str]:
    """The document's parts in both orders."""
    parts = (document.glossary, document.annex)
    return ["\n".join(filter(None, (document.text, *order))) for order in (parts, parts[::-1])]


def account(document: Document) -> None:
    """Nothing invented, nothing lost: the text is slices of the raw text, the rest is explained."""
    raw = document.raw_text
    for start, at, length in document.segments:
        assert document.text[start : start + length] == raw[at : at + length]
    covered = bytearray(len(raw))
    for _, at, length in document.segments:
        covered[at : at + length] = b"\1" * length
    for removed in document.removed:
        covered[removed.start : removed.end] = b"\1" * (removed.end - removed.start)
    kept = set(document.glossary) | set(document.annex)
    lost = {c for c, seen in zip(raw, covered, strict=True) if not seen and not c.isspace()}
    invisible = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
    assert {c for c in lost if not invisible.match(c)} <= kept | set(
        "#PAGEBRK_<$[]>beginend!-{}"
    ), lost - kept


@pytest.mark.parametrize("path", sorted((DOCUMENTS / "docx").glob("*.docx")), ids=lambda p: p.stem)
def test_docx(path: Path) -> None:
    found = read_document(path.read_bytes())
    assert (found.status, found.container, found.year) == ("ok", "docx", 2025)
    assert found.region[:2] in path.name
    assert max(char_f1(truth()[found.region, 2025], text) for text in whole(found)) >= 0.998
    account(found)


@pytest.mark.parametrize(
    ("file", "region", "year", "reason"),
    [
        ("2026_云南省_raw.txt", "云南省", 2026, ""),
        ("2026_内蒙古自治区_raw.txt", "内蒙古自治区", 2026, ""),
        ("2026_吉林省_raw.txt", "吉林省", 2026, ""),
        ("2026_四川省_raw.txt", "四川省", 2026, ""),
        ("2026_宁夏回族自治区_raw.txt", "宁夏回族自治区", 2026, ""),
        ("2026_广东省_raw.txt", "广东省", 2026, ""),
        ("2026_海南省_raw.txt", "海南省", 2026, ""),
        ("2026_陕西省_raw.txt", "陕西省", 2026, ""),
        ("保定市_2022_raw.txt", "保定市", 2022, ""),
        ("全国_2020_gbk.txt", "全国", 2020, ""),
        ("河北省_2018_raw.txt", "河北省", 2019, ""),
        ("河北省_2024_raw.txt", "河北省", 2024, ""),
        ("河北省_2013_raw.txt", "河北省", 2013, "truncated"),
        ("河北省_2014_raw.txt", "河北省", 2014, "truncated"),
        ("保定市_2003_raw.txt", "保定市", 2003, "no_greeting"),
        ("保定市_2023_raw.txt", "保定市", 2023, "decoy_news"),
        ("保定市_2026_raw.txt", "保定市", 2026, "decoy_summary"),
    ],
)
def test_scraped_text(file: str, region: str, year: int, reason: str) -> None:
    found = read_document((DOCUMENTS / "rawtext" / file).read_bytes())
    assert (found.region, found.year, found.reason) == (region, year, reason)
    account(found)
    expected = truth().get((region, year))
    if not reason and expected and region != "全国":  # 2020: a live transcript, worded otherwise
        note = re.compile(r"\^?[\[［]\d+[\]］]")
        best = max(char_f1(note.sub("", expected), note.sub("", text)) for text in whole(found))
        assert best >= 0.995
    if region in ("四川省", "广东省", "海南省") or file == "保定市_2022_raw.txt":
        assert len(found.glossary) > 1000
        assert "是指" not in found.text[-1000:]
    assert ("body stood twice" in "".join(found.warnings)) == (
        file in ("河北省_2018_raw.txt", "河北省_2024_raw.txt")
    ) or reason


def test_archive_with_names_in_gbk() -> None:
    members = read_archive((DOCUMENTS / "31省区市政府工作报告_GBK文件名.zip").read_bytes())
    assert len(members) == 31
    assert all(re.fullmatch(r"2025年\S{2,6}政府工作报告\.docx", m.name) for m in members)
    found = [read_document(m.data, name=m.name) for m in members]
    assert {d.status for d in found} == {"ok"}
    assert len({d.region_code for d in found}) == 31
    assert {d.year for d in found} == {2025}


def archive(*items: tuple[str, bytes | str], compress: bool = True) -> bytes:
    buffer = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", kind) as file:
        for name, data in items:
            file.writestr(name, data)
    return buffer.getvalue()


def docx(body: str, **parts: str) -> bytes:
    document = f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    others = [(f"word/{name}.xml", text.replace("@", WORD)) for name, text in parts.items()]
    return archive(("[Content_Types].xml", "<Types/>"), ("word/document.xml", document), *others)


def test_docx_numbers_notes_and_changes() -> None:
    numbering = (
        '<w:numbering xmlns:w="@"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl><w:lvl w:ilvl="1">'
        '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    notes = (
        '<w:footnotes xmlns:w="@"><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        '<w:footnote w:id="1"><w:p><w:r><w:t>两重：指两件事。</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )

    def numbered(level: int, text: str) -> str:
        mark = f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr></w:pPr>'
        return f"<w:p>{mark}<w:r><w:t>{text}</w:t></w:r></w:p>"

    body = (
        "<w:p><w:r><w:t>各位代表：</w:t></w:r></w:p>"
        + numbered(0, "工作回顾") + numbered(1, "增长。") + numbered(1, "转型。") + numbered(0, "任务") + numbered(1, "开放。")
        + '<w:p><w:r><w:t>支持“两重”</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r><w:del><w:r><w:delText>旧</w:delText></w:r></w:del>'
        "<w:ins><w:r><w:t>建设。</w:t></w:r></w:ins></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>指标</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>5%。</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )  # fmt: skip
    found = read_document(docx(body, numbering=numbering, footnotes=notes))
    assert found.paragraphs == (
        "各位代表：", "一、工作回顾", "（一）增长。", "（二）转型。", "二、任务", "（一）开放。", "支持“两重”建设。", "指标\t5%。",
    )  # fmt: skip
    assert found.glossary == "[1]两重：指两件事。"
    account(found)


@pytest.mark.parametrize("font", ["unicode", "gbk"])
@pytest.mark.parametrize("number", [0, 5, 9])
def test_text_pdf(font, number: int) -> None:
    report = reports(2026)[number]
    found = read_document(text_pdf([*report.head, *report.body], font=font))
    assert (found.status, found.reason) == ("ok", "")
    assert (found.region_code, found.year) == (report.region_code, report.year)
    assert char_f1("\n".join(report.body), found.text) >= 0.995
    assert "政府公报2026年第3期" not in found.text
    assert not re.search(r"— \d+ —", found.text)
    assert found.agreement is not None
    assert found.agreement > 0.95


@pytest.mark.parametrize(
    "layout", [{}, {"indent": 0, "space": 8}, {"space": 6}, {"columns": 2, "indent": 21}], ids=str
)
def test_pdf_layouts(layout: dict[str, float]) -> None:
    report = reports(2026)[2]
    found = read_document(layout_pdf([*report.head, *report.body], **layout))
    assert found.status == "ok"
    assert char_f1("\n".join(report.body), found.text) >= 0.995
    # A paragraph that fills its last line at the foot of a page cannot be told from a broken one.
    assert abs(len(found.paragraphs) - len(report.body)) <= 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_text_file_in_any_encoding(encoding: str) -> None:
    report = reports(2026)[2]
    found = read_document(
        "\r\n\r\n".join(f"　　{line}" for line in (*report.head, *report.body)).encode(encoding)
    )
    assert (found.status, found.text) == ("ok", "\n".join(report.body))


ENTITIES = b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
BAD = {
    "empty": (b"", "error", "empty"),
    "blanks": (b"\n \xef\xbb\xbf\x00 ", "error", "empty"),
    "page named pdf": (page("T13", reports(2026)[0]).html.encode(), "ok", ""),
    "broken zip": (b"PK\x03\x04 no zip", "error", "broken_zip"),
    "broken pdf": (b"%PDF-1.7\nnothing", "error", "broken_pdf"),
    "zip": (archive(("a.txt", b"x")), "unsupported_format", "archive"),
    "docx bomb": (docx(" " * 60_000_000), "error", "zip_bomb"),
    "docx entities": (docx("").replace(b"", b""), "quarantined", "no_text"),
    "docx doctype": (archive(("[Content_Types].xml", "x"), ("word/document.xml", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')), "error", "entity_bomb"),
    "docx broken": (archive(("[Content_Types].xml", "x"), ("word/document.xml", b"<a><b>")), "error", "broken_docx"),
    "docx deep": (docx("<w:sdt>" * 3_000 + "</w:sdt>" * 3_000), "error", "broken_docx"),
    "html entities": (b"<!DOCTYPE x [" + ENTITIES + b"]><html><p>&j;</p>", "quarantined", "no_text"),
    "html deep": (b"<div>" * 50_000 + "正文".encode() + b"</div>" * 50_000, "quarantined", "no_text"),
    "pdf of 2001 pages": (many_pages_pdf(2_001), "error", "too_many_pages"),
    "pdf password": (text_pdf(["各位代表："], password="secret"), "error", "encrypted"),
    "pdf scan": (scan_pdf(), "needs_ocr", "scanned"),
    "pdf font without map": (unmapped_pdf(), "needs_ocr", "unmapped_font"),
    "word 97": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "unsupported_format", "doc"),
    "wps": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WpsCustomData".encode("utf-16-le"), "unsupported_format", "wps"),
    "encrypted docx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "error", "encrypted"),
    "ofd": (archive(("OFD.xml", "<a/>"), ("Doc_0/Document.xml", "<a/>")), "unsupported_format", "ofd"),
    "rtf": (b"{\\rtf1 x}", "unsupported_format", "rtf"),
    "picture": (b"\x89PNG\r\n\x1a\n....", "unsupported_format", "image"),
    "binary": (bytes(range(1, 256)) * 20, "unsupported_format", "binary"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    data, status, reason = BAD[case]
    found = read_document(data, name="report.pdf")
    assert (found.status, found.reason) == (status, reason)


def test_archive_under_attack() -> None:
    bomb = archive(("a.txt", b"0" * 30_000_000), ("b.txt", b"ok"))
    assert [(m.name, m.problem) for m in read_archive(bomb)] == [
        ("a.txt", "zip_bomb"),
        ("b.txt", ""),
    ]
    nested = read_archive(archive(("in.zip", archive(("x", b"y"))), ("a.docx", docx(""))))
    assert [(m.name, m.problem) for m in nested] == [("in.zip", "nested_archive"), ("a.docx", "")]
    escaping = read_archive(
        archive(("../../etc/passwd", b"x"), ("/abs/a.txt", b"y"), ("c:\\w\\a.txt", b"z"))
    )
    assert [m.name for m in escaping] == ["etc/passwd", "abs/a.txt", "c_/w/a.txt"]
    assert (
        len(
            read_archive(
                archive(("a.txt", b"1"), ("A.TXT", b"2"), ("__MACOSX/a", b"3"), ("d/", b""))
            )
        )
        == 2
    )
    with pytest.raises(ReadError, match="zip_bomb"):
        read_archive(archive(*((f"{i}.txt", b"") for i in range(2_001))))
    for broken in (b"PK\x03\x04", archive(("a", b"x" * 99))[:-30]):
        with pytest.raises(ReadError, match="broken_zip"):
            read_archive(broken)
    damaged = bytearray(archive(("a.txt", b"abcdefgh"), compress=False))
    damaged[damaged.index(b"abcdefgh")] ^= 0xFF
    assert read_archive(bytes(damaged)) == [Member("a.txt", b"", "broken_zip")]


@given(st.text(max_size=300))
def test_names_stay_inside(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not safe.startswith("/")
    assert ".." not in safe.split("/")
    assert "\0" not in safe


STARTS = [
    b"",
    b"<html><p>",
    b"%PDF-1.4\n",
    b"PK\x03\x04",
    "各位代表：".encode(),
    b"\xff\xfe",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"<table><tr><td>",
]


def test_all_of_a_challenge_page_is_accounted_for() -> None:
    found = read_document(
        b"<html><script>var a=1</script><p>\xe8\xaf\xb7abc</p></html>", second="never"
    )
    assert (found.reason, found.text) == ("blocked_challenge", "")
    assert [(r.start, r.end, r.reason) for r in found.removed] == [(0, 4, "blocked_challenge")]
    account(found)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(STARTS), st.binary(max_size=600))
def test_any_bytes_give_a_document(start: bytes, data: bytes) -> None:
    found = read_document(start + data, second="never")
    assert found.status in ("ok", "quarantined", "needs_ocr", "unsupported_format", "error")
    assert (found.status == "ok") == (found.reason == "")
    assert not found.reason.startswith("unreadable"), found.reason
    account(found)


PIECES = st.sampled_from(
    ["各位代表：", "现在，我代表省人民政府，向大会报告工作。", "一、2025年工作回顾", "增长5.2%，“两重”建设［1］。", "名词解释",
     "［1］两重：指两件事。", "附件1", "2026年民生实事", "责任编辑：某某", "打印本页", "来源：日报", "让我们努力奋斗！", "#PAGE_BREAK#",
     "记者 某某 摄", "\u200b", "，继续", "（", "1.“两新”：是指更新。", "<", "\t", "相关报道：", "——2026年1月27日在山东省第十四届人民代表大会第四次会议上"]
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=40), st.sampled_from(["\n", "</p><p>", "<br>", "\u3000\u3000"]))
def test_no_character_is_lost(pieces: list[str], separator: str) -> None:
    account(
        read_document(
            ("<p>" if "<" in separator else "").encode() + separator.join(pieces).encode(),
            second="never",
        )
    )


def test_offsets_lead_back() -> None:
    found = read_document(
        page("T01", reports(2026)[3], glossary="footnotes").html.encode(), second="never"
    )
    at = found.text.index("。", 4000)
    assert found.raw_text[found.to_raw(at)] == "。"
    with pytest.raises(IndexError):
        found.to_raw(len(found.text) + 1)


def test_text_file_keeps_its_text_as_raw() -> None:
    text = "标题：某某\r\n\r\n各位代表：\r\n增长5%。"
    assert read_txt(text).raw == text
    assert clean(read_txt(text)).text == "各位代表：\n增长5%。"


def test_kinds_are_told_by_content() -> None:
    rows = csv.DictReader((DOCUMENTS / "manifest.csv").read_text("utf-8").splitlines())
    for row in rows:
        path = DOCUMENTS / (
            row["file"].removeprefix("docx/") if row["file"].endswith(".zip") else row["file"]
        )
        if path.exists():
            assert sniff(path.read_bytes()).container == path.suffix.lstrip(".")
