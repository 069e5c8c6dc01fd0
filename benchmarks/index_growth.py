"""Cost of the index as data grow, embedded and Elasticsearch, in figures and as a picture.

SIMULATED sentences as in ``benchmarks.index``. Elasticsearch is a real node from Maven artifacts (a
JDK and Maven are needed; without them its rows are left out). The picture is
``runs/index_growth.png``.
"""

from __future__ import annotations

import importlib
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import Figure, at_least
from benchmarks.index import PHRASES, _filters, _p95, _panel_calls, _phrase_times, _timed, simulate
from corpus.figures import save_figure
from corpus.index import Engine, Filters, build_index, open_index, parse_query
from corpus.search.normal import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (10_000, 30_000, 100_000, 300_000)
PICTURE = Path("runs") / "index_growth"
PARTS = (("build_s", "build, s"), ("megabytes", "size, MB"), ("phrase_ms", "phrase, p95 ms"),
         ("panel_ms", "panel, p95 ms"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """What an engine took at one size."""

    engine: Engine
    n: int
    build_s: float
    megabytes: float
    phrase_ms: float
    panel_ms: float
    equal: bool


def rows() -> list[Figure]:
    """Return every figure and draw the picture."""
    with tempfile.TemporaryDirectory() as folder:
        costs = list(_costs(Path(folder)))
    draw(costs)
    found = []
    for engine in dict.fromkeys(c.engine for c in costs):
        own = [c for c in costs if c.engine == engine]
        place = f"{engine}, {own[-1].n:,} SIMULATED sentences"
        found.append(
            at_least(
                f"hits equal a scan at every size, {engine}", 1, float(all(c.equal for c in own))
            )
        )
        found += [
            Figure(f"{name}, {place}", "", round(getattr(own[-1], part), 2), "", None,
                   f"grows as n^{_slope(own, part):.2f}")
            for part, name in PARTS
        ]  # fmt: skip
    return found


def _costs(folder: Path) -> Iterator[Cost]:
    node = _node(folder)
    try:
        for n in SIZES:
            store = folder / str(n)
            store.mkdir()
            texts = simulate(store, n)
            truth = sum(normalise(p) in text for p in PHRASES for text in texts)
            yield _measure(store, n, truth, "embedded", "")
            if node is not None:
                yield _measure(store, n, truth, "elasticsearch", node.url)
    finally:
        if node is not None:
            node.stop()


def _node(folder: Path) -> Any:
    if not (shutil.which("mvn") and shutil.which("javac")):
        return None
    es_node = importlib.import_module("tests.elasticsearch.es_node")
    return es_node.EsNode(es_node.prepare(es_node.default_cache()), folder / "es").start()


def _measure(store: Path, n: int, truth: int, engine: Engine, url: str) -> Cost:
    begin = time.perf_counter()
    build_index(store, engine=engine, url=url)
    seconds = time.perf_counter() - begin
    index = open_index(store, engine=engine, url=url)
    phrase = _phrase_times(index, _filters(sorted(index.regions), 2010, 2020), list(PHRASES))
    total = sum(index.search(parse_query(p), Filters(), limit=0).total for p in PHRASES)
    panel = _timed(_panel_calls(index))
    size = index.status().bytes / 1e6
    index.close()
    return Cost(engine, n, seconds, size, _p95(phrase), _p95(panel), total == truth)


def _slope(costs: list[Cost], part: str) -> float:
    """Exponent of growth: least squares on logarithms."""
    n = np.log([c.n for c in costs])
    return float(np.polyfit(n, np.log([getattr(c, part) for c in costs]), 1)[0])


def draw(costs: list[Cost]) -> None:
    """Draw the four costs over the number of sentences, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(9, 2.6), layout="constrained")
    axes = picture.subplots(1, len(PARTS))
    for ax, (part, name) in zip(axes, PARTS, strict=True):
        for engine, mark in (("embedded", "o-"), ("elasticsearch", "s--")):
            own = [c for c in costs if c.engine == engine]
            if own:
                ax.loglog(
                    [c.n for c in own], [getattr(c, part) for c in own], mark, ms=4, label=engine
                )
        ax.set_title(name, fontsize=9)
        ax.set_xlabel("SIMULATED sentences", fontsize=8)
        ax.tick_params(labelsize=7)
    axes[0].legend(fontsize=7, frameon=False)
    PICTURE.parent.mkdir(exist_ok=True)
    save_figure(picture, PICTURE)
