"""Two data nodes and a tie-breaker: replicas, and a node lost while indexing, the master too."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus.index import Filters, build_index, open_index, parse_query
from tests.elasticsearch.es_node import EsNode
from tests.unit.corpus.index.golden import shipped, write_store

pytestmark = pytest.mark.elastic
N = 20_000


@dataclass(frozen=True)
class Cluster:
    data: tuple[EsNode, EsNode]
    breaker: EsNode

    @property
    def nodes(self) -> tuple[EsNode, ...]:
        return (*self.data, self.breaker)

    def ask(self, path: str, node: EsNode | None = None) -> dict[str, object]:
        with urllib.request.urlopen(f"{(node or self.data[0]).url}{path}", timeout=60) as answer:
            found: dict[str, object] = json.loads(answer.read())
        return found

    def master(self) -> str:
        state = self.ask("/_cluster/state/master_node,nodes")
        nodes: dict[str, dict[str, str]] = state["nodes"]  # type: ignore[assignment]
        return nodes[str(state["master_node"])]["name"]

    def wait_green(self, node: EsNode) -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            health = self.ask("/_cluster/health?timeout=5s&wait_for_status=green", node)
            if health["status"] == "green" and health["number_of_nodes"] == 3:
                return
        raise AssertionError(f"not green in time: {health}")


@pytest.fixture
def cluster(node: EsNode, tmp_path: Path) -> Iterator[Cluster]:
    """Three nodes of 127.0.0.1; the third may be master and holds no data."""
    peers: list[EsNode] = []
    names = ("d1", "d2", "breaker")
    nodes = [
        EsNode(
            node.home, tmp_path / "es", name, heap="256m" if name != "breaker" else "128m", peers=peers,
            settings={"node.roles": ["master"] if name == "breaker" else ["master", "data"]},
        )
        for name in names
    ]  # fmt: skip
    try:
        for one in nodes:
            one.start()
        yield Cluster((nodes[0], nodes[1]), nodes[2])
    finally:
        for one in nodes:
            one.kill()


@pytest.mark.parametrize("lost", ["a data node", "the master"])
def test_a_node_lost_while_indexing_costs_nothing(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    monkeypatch.setattr("corpus.search.rows.BATCH", 2000)
    store = write_store(tmp_path / "store", shipped().iloc[:N], None)
    master = cluster.master()
    victim = next(
        one for one in cluster.nodes
        if (one.name == master) is (lost == "the master") and (lost == "the master" or one in cluster.data)
    )  # fmt: skip
    survivor = next(one for one in cluster.data if one is not victim)
    sent: list[int] = []

    def kill_after_three(n: int) -> None:
        sent.append(n)
        if len(sent) == 3:
            victim.kill()

    build_index(store, engine="elasticsearch", url=survivor.url, advance=kill_after_three)
    assert sum(sent) == N
    index = open_index(store, engine="elasticsearch", url=survivor.url)
    assert index.verify() == ()  # every acknowledged document is there, as it was sent
    truth = int(shipped()["text"].iloc[:N].str.contains("创新", regex=False).sum())
    assert index.search(parse_query("创新"), Filters(), limit=0).total == truth
    index.close()

    victim.start()
    cluster.wait_green(survivor)  # replicas are whole again
    build_index(
        store, engine="elasticsearch", url=victim.url if victim in cluster.data else survivor.url
    )
    again = open_index(store, engine="elasticsearch", url=survivor.url)
    assert again.status().n_sentences == N
    assert again.verify() == ()
    again.close()
