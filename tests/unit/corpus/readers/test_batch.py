"""Folders and archives: one row a document, whatever lies in between."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from benchmarks.reader_pages import page, reports
from corpus.readers.batch import COLUMNS, document_row, read_paths, text_stem
from corpus.readers.limits import ReaderPool
from corpus.readers.result import Document


def test_mixed_folder(tmp_path: Path) -> None:
    made = page("T04", reports(2026)[1])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("甲/一.html", made.html)
        archive.writestr("bomb.txt", b"0" * 30_000_000)
        archive.writestr("inner.zip", b"PK\x05\x06" + b"\0" * 18)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.zip").write_bytes(buffer.getvalue())
    (tmp_path / "b.pdf").write_text(made.html, "utf-8")
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "d.doc").write_bytes(b"")
    (tmp_path / ".hidden").write_bytes(b"x")
    with ReaderPool() as pool:
        found = list(read_paths([tmp_path, tmp_path / "missing.html"], pool=pool))
    rows = {d.name.removeprefix(f"{tmp_path}/"): (d.status, d.reason) for d in found}
    assert rows == {
        "b.pdf": ("ok", ""),
        "c.zip": ("error", "broken_zip"),
        "d.doc": ("error", "empty"),
        "sub/a.zip!甲/一.html": ("ok", ""),
        "sub/a.zip!bomb.txt": ("error", "zip_bomb"),
        "sub/a.zip!inner.zip": ("error", "nested_archive"),
        "missing.html": ("error", "unreadable_file:No such file or directory"),
    }
    assert all(tuple(document_row(d)) == COLUMNS for d in found)


def test_stems_are_safe_and_unique() -> None:
    taken: set[str] = set()
    names = [
        "/x/report.html",
        "a.zip!b/report.docx",
        "a.zip!../../evil.txt",
        "REPORT.pdf",
        "..",
        "!",
    ]
    stems = [text_stem(Document("ok", "", name=name), taken) for name in names]
    assert stems[:3] == ["report", "report-2", "evil"]
    assert len({s.lower() for s in stems}) == len(names)
    assert not any("/" in s or s in ("", "..") for s in stems)
