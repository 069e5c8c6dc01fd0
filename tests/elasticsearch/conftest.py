"""One real node for the session, from Maven Central; see es_node.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.elasticsearch.es_node import EsNode, default_cache, prepare


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EsNode]:
    """A node on a free port of 127.0.0.1; it ends with the test process whatever happens."""
    if not (shutil.which("mvn") and shutil.which("javac")):
        pytest.skip("a JDK >= 17 and Maven are needed (Debian: openjdk-17-jdk-headless maven)")
    started = EsNode(prepare(default_cache()), tmp_path_factory.mktemp("es")).start()
    yield started
    started.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave these tests out of the plain run: ask with ``-m elastic`` or by this folder's name."""
    asked = "elastic" in config.option.markexpr or any("elastic" in arg for arg in config.args)
    if not asked:
        left_out = [item for item in items if item.get_closest_marker("elastic")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
