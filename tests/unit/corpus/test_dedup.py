"""Mirrors share a hash; near-duplicates are found and counted exactly; versions are numbered."""

from __future__ import annotations

import pytest

from benchmarks.reader_pages import reports
from corpus.dedup import canonical_sha256, near_duplicates, number_revisions

TEXTS = ["\n".join(report.body) for report in reports(2026)[:8]]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda t: t.replace("\n", "\r\n　　"), True),
        (lambda t: t.replace("，", ", ").replace("“", '"'), True),
        (lambda t: t.replace("5%", "５％"), True),
        (lambda t: t.replace("5%", "6%", 1), False),
        (lambda t: t[:-20], False),
    ],
)
def test_canonical_hash(change, same: bool) -> None:
    text = TEXTS[0]
    assert "5%" in text
    assert (canonical_sha256(change(text)) == canonical_sha256(text)) is same


def test_near_duplicates() -> None:
    lines = TEXTS[0].split("\n")
    texts = {str(i): text for i, text in enumerate(TEXTS)}
    texts["amended"] = "\n".join([*lines[:20], "新增一段话，讲了别的事情。", *lines[22:]])
    texts["empty"] = ""
    pairs = near_duplicates(texts)
    assert [(p.one, p.other) for p in pairs] == [("0", "amended")]
    assert 0.7 < pairs[0].similarity < 1


def test_revisions() -> None:
    found = number_revisions(
        [
            ("a", "370000-2026", "甲。"),
            ("b", "370000-2026", "甲"),
            ("c", "370000-2026", "乙"),
            ("d", "370000-2025", "甲"),
        ]
    )
    assert [(r.key, r.number, r.is_mirror) for r in found] == [
        ("a", 1, False),
        ("b", 1, True),
        ("c", 2, False),
        ("d", 1, False),
    ]
