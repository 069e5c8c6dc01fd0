"""The query language, the normalisation, synonyms, keyword in context."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import UserError
from corpus.search.context import keyword_in_context
from corpus.search.normal import normalise, origins
from corpus.search.synonyms import SHIPPED, expand, read_synonyms
from corpus.search.syntax import MAX_LENGTH, parse_query, show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("新质生产力", '"新质生产力"'),
        ("a b", '"a" AND "b"'),
        ("a OR b AND c", '"a" OR ("b" AND "c")'),
        ("（a OR b） NOT c", '("a" OR "b") AND NOT "c"'),
        ("NOT NOT a", 'NOT NOT "a"'),
        ("“a b”「c」『d』", '"a b" AND "c" AND "d"'),
        ('"“双碳”"', '"“双碳”"'),
        ('“说"是"”', '“说"是"”'),
        ("R&D and 5G", '"R&D" AND "and" AND "5G"'),
        ('"AND"', '"AND"'),
        ("＂a＂", '"a"'),
    ],
)
def test_expressions(text: str, shown: str) -> None:
    assert show(parse_query(text)) == shown
    assert show(parse_query(show(parse_query(text)))) == shown


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("　 ", "is empty"),
        ('发展 "abc', 'the quotation " is not closed at character 4'),
        ("a ”", "” closes a quotation that was not opened at character 3"),
        ("(a OR b", "the bracket is not closed: it opens at character 1"),
        ("a）", "a closing bracket that was not opened at character 2"),
        ("a AND", "ends where a word is expected, at character 6"),
        ("OR a", "OR where a word is expected at character 1"),
        ("a AND OR b", "OR where a word is expected at character 7"),
        ("a ()", "a closing bracket where a word is expected at character 4"),
        ('a ""', "an empty phrase at character 3"),
        ("“ \u200b”", "an empty phrase at character 1"),
        ("(" * 500 + "a", "deeper than 50 at character"),
        ("NOT " * 500 + "a", "deeper than 50 at character"),
        ("长" * (MAX_LENGTH + 1), "has 10001 characters"),
    ],
)
def test_malformed_expressions_name_the_position(text: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_query(text)
    assert problem in caught.value.line()
    assert "\n" not in caught.value.line()


def test_normalisation_goes_character_by_character() -> None:
    text = "建设 ５Ｇ基站，Ｒ＆Ｄ\u200b投入１２．８％ ㎡ⅣİK"
    assert normalise(text) == "建设5g基站,r&d投入12.8%m2ivi\u0307k"
    assert normalise(normalise(text)) == normalise(text)
    assert "".join(normalise(c) for c in text) == normalise(text)
    assert len(origins(text)) == len(normalise(text))
    assert normalise("\ud800a") == "a"


@pytest.mark.parametrize(
    ("text", "query", "parts"),
    [
        ("新建５Ｇ 基站三百个。", "5g基站", ("新建", "５Ｇ 基站", "三百")),
        ("面积９㎡。", "m2", ("积９", "㎡", "。")),
        ("甲乙丙", "丁 OR 乙", ("甲", "乙", "丙")),
        ("甲乙丙丁戊己", "NOT 乙", ("甲乙丙丁", "", "")),
    ],
)
def test_keyword_in_context(text: str, query: str, parts: tuple[str, str, str]) -> None:
    found = keyword_in_context(text, parse_query(query), 2)
    assert (found.left, found.match, found.right) == parts


def test_synonyms_turn_a_phrase_into_an_or(tmp_path: Path) -> None:
    path = tmp_path / "s.txt"
    path.write_text("# ours\n新质生产力 / New Quality Productive Forces\n甲\t乙 # note\n", "utf-8")
    groups = read_synonyms(path)
    node = expand(parse_query("newquality productive forces NOT (乙 OR 丙)"), groups)
    assert (
        show(node) == '"newquality" AND "productive" AND "forces" AND NOT (("乙" OR "甲") OR "丙")'
    )
    node = expand(parse_query("“new quality productive forces”"), groups)
    assert show(node) == '"new quality productive forces" OR "新质生产力"'
    assert len(read_synonyms(SHIPPED)) > 20


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\n\xe7\x94\xb2\n", "line 2: needs two phrases"),
        ("甲 / 乙\n丙 / 甲\n".encode(), "line 2: '甲' is in two groups"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_bad_synonyms_name_the_line(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "s.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=problem):
        read_synonyms(path)
