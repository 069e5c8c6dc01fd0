"""A phrase query is a substring search: golden queries and random ones, against a plain scan."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.index import Filters, SentenceIndex, build_index, open_index, parse_query
from corpus.search.syntax import And, Node, Not, Or, Phrase, matches, show
from tests.unit.corpus.index.golden import plainly, read_queries, scan, shipped, write_store

SLOW = settings(
    max_examples=60, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [plainly(text) for text in shipped()["text"]]


def test_golden_queries_equal_a_scan(shipped_index: SentenceIndex, texts: list[str]) -> None:
    queries = read_queries()
    assert len(queries) >= 200
    wrong = []
    for query in queries:
        node = parse_query(query)
        total = shipped_index.search(node, Filters(), limit=0).total
        truth = len(scan(node, texts))
        if total != truth:
            wrong.append((query, total, truth))
    assert wrong == []


def test_hits_are_the_sentences_of_the_scan(shipped_index: SentenceIndex, texts: list[str]) -> None:
    ids = shipped()["sentence_id"].tolist()
    for query in ("氢能 NOT 储能", '".8%"', "R&D OR 5G"):
        node = parse_query(query)
        answer = shipped_index.search(node, Filters(), limit=100_000)
        assert [hit.sentence_id for hit in answer.hits] == [
            ids[i] for i in sorted(scan(node, texts))
        ]


@st.composite
def expressions(draw: st.DrawFn) -> Node:
    sentences = shipped()["text"]

    def phrase() -> Node:
        text = sentences.iloc[draw(st.integers(0, len(sentences) - 1))]
        start = draw(st.integers(0, len(text) - 1))
        typed = text[start : start + draw(st.integers(1, 7))]
        usable = plainly(typed) and not (set(typed) & {'"', "“", "”"})
        return Phrase(plainly(typed), typed) if usable else Phrase("发展", "发展")

    def node(depth: int) -> Node:
        kind = (
            draw(st.sampled_from(["phrase", "phrase", "and", "or", "not"])) if depth else "phrase"
        )
        if kind == "phrase":
            return phrase()
        if kind == "not":
            return Not(node(depth - 1))
        parts = tuple(node(depth - 1) for _ in range(draw(st.integers(2, 3))))
        return And(parts) if kind == "and" else Or(parts)

    return node(3)


@SLOW
@given(node=expressions())
def test_random_expressions_equal_a_scan(
    shipped_index: SentenceIndex, texts: list[str], node: Node
) -> None:
    truth = scan(node, texts)
    read = parse_query(show(node))
    assert shipped_index.search(read, Filters(), limit=0).total == len(truth)
    assert {i for i, text in enumerate(texts) if matches(read, text)} == truth


ODD = st.text(
    st.sampled_from("aＡ1１.．% 　\u200b\u0301éﬁ①㎡発发展，\U00020000İß\t\x00"), max_size=12
)


@settings(SLOW, max_examples=15)
@given(rows=st.lists(ODD, min_size=1, max_size=8), wanted=st.lists(ODD, min_size=1, max_size=8))
def test_odd_characters(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], wanted: list[str]
) -> None:
    from corpus.search.normal import normalise

    frame = shipped().iloc[: len(rows)].assign(text=rows)
    store = write_store(tmp_path_factory.mktemp("odd"), frame, None)
    build_index(store)
    index = open_index(store)
    for phrase in [normalise(text) for text in (*wanted, *rows)]:
        if phrase:
            truth = sum(phrase in normalise(row) for row in rows)
            assert index.search(Phrase(phrase, phrase), Filters(), limit=0).total == truth
    assert index.verify() == ()
    index.close()
