"""Encodings: every combination of bytes, header and meta, and damage that must be flagged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.reader_charsets import broken, combinations
from corpus.readers.charset import declarations, decode

COMBINATIONS = list(combinations())


def test_there_are_enough_combinations() -> None:
    assert len(COMBINATIONS) >= 48


@pytest.mark.parametrize("case", COMBINATIONS, ids=lambda c: c.id)
def test_combination(case) -> None:
    decoded = decode(case.data, declared=case.header)
    assert decoded.text == case.page
    assert decoded.n_broken == 0


@pytest.mark.parametrize(
    ("name", "data", "encoding"), list(broken()), ids=lambda v: v if isinstance(v, str) else ""
)
def test_damage_is_flagged_and_small(name: str, data: bytes, encoding: str) -> None:
    decoded = decode(data)
    assert decoded.encoding == encoding
    assert 0 < decoded.n_broken <= 3
    assert decoded.label.endswith("?")
    assert decoded.text.count("\ufffd") == decoded.n_broken


@pytest.mark.parametrize(
    ("declared", "data", "expected"),
    [
        ("text/html; charset=GB2312", b"", ["gb18030"]),
        ("gbk", b"", ["gb18030"]),
        (None, b'<meta charset="x-gbk">', ["gb18030"]),
        (None, b'<?xml version="1.0" encoding="GBK"?>', ["gb18030"]),
        ("big5", b"<meta charset=utf-8>", ["big5", "utf-8"]),
        ("rot13", b"", []),
        ("base64", b"", []),
        ("no such thing", b"", []),
    ],
)
def test_declarations(declared: str | None, data: bytes, expected: list[str]) -> None:
    assert declarations(data, declared=declared, meta=True) == expected


@given(
    st.binary(max_size=400),
    st.sampled_from([None, "gbk", "utf-8", "utf-16", "big5", "x", "idna", "utf-7"]),
)
def test_any_bytes_decode(data: bytes, declared: str | None) -> None:
    decoded = decode(data, declared=declared)
    if decoded.n_broken == 0 and decoded.encoding == "utf-8" and decoded.how == "utf-8":
        assert decoded.text.encode() == data


@given(
    st.text(
        alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
        min_size=40,
        max_size=200,
    )
)
def test_gbk_without_declaration_survives(text: str) -> None:
    decoded = decode(text.encode("gbk"))
    assert decoded.text == text or decoded.how in ("utf-8", "detector", "bom")
