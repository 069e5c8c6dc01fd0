"""The Elasticsearch engine against a real node: the same golden queries, and what goes wrong."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.errors import UserError
from corpus.index import Filters, SentenceIndex, build_index, open_index, parse_query
from corpus.search.syntax import MAX_DEPTH
from tests.elasticsearch.es_node import EsNode
from tests.unit.corpus.index.golden import (
    DIMENSIONS,
    invented_scores,
    plainly,
    read_queries,
    scan,
    shipped,
    write_store,
)
from tests.unit.corpus.index.test_embedded import FILTERS

pytestmark = pytest.mark.elastic


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sentences = shipped().reset_index(drop=True)
    return write_store(tmp_path_factory.mktemp("es-store"), sentences, invented_scores(sentences))


@pytest.fixture(scope="module")
def index(node: EsNode, store: Path) -> Iterator[SentenceIndex]:
    build_index(store, engine="elasticsearch", url=node.url)
    opened = open_index(store, engine="elasticsearch", url=node.url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def embedded(store: Path) -> Iterator[SentenceIndex]:
    build_index(store)
    opened = open_index(store)
    yield opened
    opened.close()


@pytest.fixture
def own_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENGCE_ES_ALIAS", "zhengce-own")


def test_golden_queries_equal_a_scan(index: SentenceIndex) -> None:
    texts = [plainly(text) for text in shipped()["text"]]
    wrong = []
    for query in read_queries():
        expression = parse_query(query)
        total = index.search(expression, Filters(), limit=0).total
        if total != len(scan(expression, texts)):
            wrong.append((query, total))
    assert wrong == []
    assert index.verify() == ()


@pytest.mark.parametrize("name", FILTERS)
def test_answers_equal_the_embedded_engine(
    index: SentenceIndex, embedded: SentenceIndex, name: str
) -> None:
    filters, _ = FILTERS[name]
    expression = parse_query("(创新 OR 5G) NOT 会议")
    assert index.search(expression, filters, limit=50) == embedded.search(
        expression, filters, limit=50
    )
    for by in (("region", "year"), ("section",)):
        ours, theirs = (engine.count_by(expression, filters, by) for engine in (index, embedded))
        assert [(g.key, g.n_hits, g.n_sentences) for g in ours] == [
            (g.key, g.n_hits, g.n_sentences) for g in theirs
        ]
        for a, b in zip(ours, theirs, strict=True):
            assert a.means == pytest.approx(b.means)
    order = DIMENSIONS[1]
    best, other = (e.search(expression, filters, limit=9, sort=order) for e in (index, embedded))
    assert [h.scores[order] for h in best.hits] == [h.scores[order] for h in other.hits]


def test_hits_beyond_one_page_come_all_and_once(index: SentenceIndex) -> None:
    answer = index.search(parse_query("NOT 发展"), Filters(), limit=12_345)
    assert len({hit.sentence_id for hit in answer.hits}) == 12_345


def test_deep_nesting_is_told_or_answered(index: SentenceIndex) -> None:
    assert index.search(parse_query("NOT " * (MAX_DEPTH - 2) + "发展"), Filters()).total
    deep = "a"
    for i in range(MAX_DEPTH - 2):
        deep = f"({deep} {'OR' if i % 2 else 'AND'} b)"
    with pytest.raises(UserError, match="nested too deep"):
        index.search(parse_query(deep), Filters())


@pytest.mark.usefixtures("own_alias")
def test_failed_build_leaves_the_old_index_and_a_rerun_is_exact(
    node: EsNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_store(tmp_path, shipped().iloc[:2500], None)

    def indices() -> list[str]:
        opened = open_index(folder, engine="elasticsearch", url=node.url, check=False)
        names = sorted(opened._client.indices.get(index="zhengce-own-*").body)  # type: ignore[attr-defined]
        opened.close()
        return names

    with pytest.raises(UserError, match="no index here"):
        open_index(folder, engine="elasticsearch", url=node.url)
    build_index(folder, engine="elasticsearch", url=node.url)
    before = indices()
    frame = shipped().iloc[:3000].copy()
    frame.iloc[2900, frame.columns.get_loc("year")] = 0
    frame.to_parquet(folder / "sentence.parquet")
    with pytest.raises(UserError, match="0 is no year"):
        build_index(folder, engine="elasticsearch", url=node.url)
    assert indices() == before
    with pytest.raises(UserError, match="older than its tables"):
        open_index(folder, engine="elasticsearch", url=node.url)
    shipped().iloc[:3000].to_parquet(folder / "sentence.parquet")
    for _ in range(2):
        build_index(folder, engine="elasticsearch", url=node.url)
        opened = open_index(folder, engine="elasticsearch", url=node.url)
        assert opened.status().n_sentences == 3000
        assert opened.verify() == ()
        opened.close()
    assert len(indices()) == 1
    assert indices() != before


def test_node_lost_while_indexing(
    node: EsNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old index serves after the restart, the rerun is exact and removes what was left."""
    own = EsNode(node.home, tmp_path / "es").start()
    try:
        folder = write_store(tmp_path / "store", shipped().iloc[:3000], None)
        build_index(folder, engine="elasticsearch", url=own.url)
        monkeypatch.setattr("corpus.search.rows.BATCH", 1000)
        sent: list[int] = []

        def kill_after_two(n: int) -> None:
            sent.append(n)
            if len(sent) == 2:
                own.kill()

        with pytest.raises(UserError, match="cannot be reached"):
            build_index(folder, engine="elasticsearch", url=own.url, advance=kill_after_two)
        assert len(sent) == 2
        own.start()
        opened = open_index(folder, engine="elasticsearch", url=own.url)
        assert opened.verify() == ()
        opened.close()
        monkeypatch.setattr("corpus.search.elastic_build.LEFT_AFTER_SECONDS", -1e9)
        build_index(folder, engine="elasticsearch", url=own.url)
        opened = open_index(folder, engine="elasticsearch", url=own.url)
        assert opened.verify() == ()
        assert len(opened._client.indices.get(index="zhengce-sentences-*").body) == 1  # type: ignore[attr-defined]
        opened.close()
    finally:
        own.stop()


@pytest.mark.usefixtures("own_alias")
def test_changed_rows_and_read_only_indices_are_told(node: EsNode, tmp_path: Path) -> None:
    from corpus.search.elastic_client import elastic_errors

    folder = write_store(tmp_path, shipped().iloc[:300], None)
    build_index(folder, engine="elasticsearch", url=node.url)
    opened = open_index(folder, engine="elasticsearch", url=node.url)
    client, name = opened._client, opened.name  # type: ignore[attr-defined]
    first = shipped()["sentence_id"].iloc[0]
    client.update(index=name, id=first, doc={"text": "改"}, refresh=True)
    assert "checksum" in "\n".join(opened.verify())
    client.delete(index=name, id=first, refresh=True)
    assert "the index 299" in "\n".join(opened.verify())
    client.indices.put_settings(index=name, settings={"index.blocks.read_only_allow_delete": True})
    with pytest.raises(UserError, match="read-only"), elastic_errors():
        client.index(index=name, id="x", document={"row": 1})
    opened.close()


class _Answers(http.server.BaseHTTPRequestHandler):
    """What other servers say to ``GET /``."""

    status, body, product = 200, "{}", "Elasticsearch"

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        if self.product:
            self.send_header("X-Elastic-Product", self.product)
        self.end_headers()
        self.wfile.write(self.body.encode())

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.mark.parametrize(
    ("status", "body", "product", "problem"),
    [
        (
            200,
            {"version": {"number": "7.17.9"}},
            "Elasticsearch",
            "is Elasticsearch 7.17.9; version 8",
        ),
        (
            200,
            {"version": {"number": "9.1.0"}},
            "Elasticsearch",
            "is Elasticsearch 9.1.0; version 8",
        ),
        (200, {"hello": 1}, "", "no Elasticsearch"),
        (
            401,
            {"error": {"type": "security_exception", "reason": "x"}},
            "Elasticsearch",
            "is refused",
        ),
    ],
)
def test_other_servers_are_told(
    tmp_path: Path, status: int, body: dict[str, object], product: str, problem: str
) -> None:
    handler = type(
        "H", (_Answers,), {"status": status, "body": json.dumps(body), "product": product}
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(UserError, match=problem):
            open_index(
                tmp_path, engine="elasticsearch", url=f"http://127.0.0.1:{server.server_port}"
            )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "no address"),
        ("http://127.0.0.1:9", "cannot be reached"),
        ("127.0.0.1", "cannot be used"),
        ("http://user:secret@127.0.0.1:9", "keys do not belong"),
    ],
)
def test_bad_addresses_are_told(tmp_path: Path, url: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem) as caught:
        open_index(tmp_path, engine="elasticsearch", url=url)
    assert "secret" not in caught.value.line()
