"""One index of the shipped sentences for the whole session, and a small one a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.index import SentenceIndex, build_index, open_index
from tests.unit.corpus.index.golden import invented_scores, shipped, write_store


@pytest.fixture(scope="session")
def shipped_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SentenceIndex]:
    store = tmp_path_factory.mktemp("shipped")
    write_store(store, shipped(), None)
    build_index(store)
    index = open_index(store)
    yield index
    index.close()


@pytest.fixture
def small_store(tmp_path: Path) -> Path:
    """Five hundred shipped sentences, half of them scored, not indexed yet."""
    sentences = shipped().iloc[-20_000::40].reset_index(drop=True)
    return write_store(tmp_path / "store", sentences, invented_scores(sentences))
