"""The text index: equality with substring search, latency, build, size; SQLite and a scan beside.

The large corpora are SIMULATED: clauses of the shipped reports in random order, 330 regions by 20
years, uniform scores. Two million sentences only with ``ZHENGCE_BENCH_2M=1``: several minutes.
"""

from __future__ import annotations

import os
import re
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figure import Figure, at_least, at_most
from corpus.index import Filters, SentenceIndex, build_index, open_index, parse_query
from corpus.search.normal import normalise
from corpus.search.syntax import Phrase, matches

QUERIES = Path(__file__).resolve().parents[1] / "tests" / "data" / "queries.txt"
PHRASES = (
    "新质生产力", "高质量发展", "人工智能", "数字经济", "专精特新", "乡村振兴", "营商环境", "氢能",
    "碳达峰", "科技创新", "先进制造业", "重点项目", "研发投入", "绿色低碳", "5G", "R&D",
)  # fmt: skip
N_TIMED, CHUNK = 200, 100_000


def rows() -> list[Figure]:
    """Return every figure; about a minute, and some ten more with two million sentences."""
    sizes = [300_000, *([2_000_000] if os.environ.get("ZHENGCE_BENCH_2M") else [])]
    found = _shipped_rows()
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            found += _simulated_rows(Path(folder), size)
    return found


def _p95(times: list[float]) -> float:
    return float(np.percentile(times, 95)) * 1000


def _timed(calls: Iterable[Callable[[], object]]) -> list[float]:
    times = []
    for call in calls:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return times


def _filters(codes: list[str], first: int, last: int) -> list[Filters]:
    """Years, a region, a section, and all of them with it, in turn."""
    years = (first, last)
    return [
        Filters(years=years),
        Filters(regions=(codes[0],)),
        Filters(years=years, sections=("plan",)),
        Filters(years=years, regions=(codes[0], codes[-1]), sections=("plan",)),
    ]


def _phrase_times(index: SentenceIndex, filters: list[Filters], phrases: list[str]) -> list[float]:
    def ask(i: int) -> Callable[[], object]:
        node = parse_query(f'"{phrases[i % len(phrases)]}"')
        return lambda: index.search(node, filters[i % len(filters)], limit=20)

    calls = [ask(i) for i in range(N_TIMED)]
    _timed(calls[:20])
    return _timed(calls)


def _shipped_rows() -> list[Figure]:
    from configs.paths import REPORTS
    from corpus.records import read_records, sentence_frame

    frame = sentence_frame(read_records(REPORTS))
    texts = [normalise(text) for text in frame["text"]]
    queries = [q for q in QUERIES.read_text("utf-8").splitlines() if not q.startswith("#")]
    with tempfile.TemporaryDirectory() as folder:
        frame.to_parquet(Path(folder) / "sentence.parquet", index=False)
        build_index(Path(folder))
        index = open_index(Path(folder))
        nodes = [parse_query(query) for query in queries]
        totals = [index.search(node, Filters(), limit=0).total for node in nodes]
        truth = [sum(matches(node, text) for text in texts) for node in nodes]
        equal = [a == b for a, b in zip(totals, truth, strict=True)]
        codes = sorted(index.regions)
        words = [q for q in queries if " " not in q and '"' not in q and q not in ("*", "\\")]
        words = [q for q in words if isinstance(parse_query(q), Phrase)]
        times = _phrase_times(index, _filters(codes, 2018, 2026), words)
        index.close()
    scan = _timed(_scan_call(texts, p) for p in PHRASES)
    n = len(frame)
    told = f"scan in Python {_p95(scan):.1f} ms ({_p95(scan) / _p95(times):.0f}x)"
    return [
        at_least(f"golden queries equal substring search, {len(queries)}, {n} shipped sentences", 1, sum(equal) / len(equal), "share"),
        at_most("phrase query with filters, shipped corpus, p95", 10, _p95(times), "ms", told),
    ]  # fmt: skip


def _scan_call(texts: list[str], phrase: str) -> Callable[[], object]:
    wanted = normalise(phrase)
    return lambda: sum(wanted in text for text in texts)


def simulate(folder: Path, n: int, seed: int = 0) -> list[str]:
    """Write SIMULATED sentence and score tables; return the normalised texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from configs.paths import REPORTS
    from corpus.records import read_records
    from corpus.rubric import load_rubric

    joined = "。".join(read_records(REPORTS)["text"])
    clauses = [c for c in re.split(r"[，。；、！？\n]", joined) if 2 < len(c) < 40]
    rng = np.random.default_rng(seed)
    texts: list[str] = []
    writer: Any = None
    scorer: Any = None
    for start in range(0, n, CHUNK):
        size = min(CHUNK, n - start)
        sizes = rng.integers(2, 8, size)
        picked = iter(rng.integers(0, len(clauses), int(sizes.sum())))
        written = ["，".join(clauses[next(picked)] for _ in range(k)) + "。" for k in sizes]
        texts += [normalise(text) for text in written]
        region = rng.integers(0, 330, size)
        codes = [f"{110000 + 100 * r}" for r in region]
        ids = [f"{c}-SIMULATED-{start + i}" for i, c in enumerate(codes)]
        table = pa.table({
            "sentence_id": ids, "text": written, "region_code": codes,
            "region": [f"SIMULATED {c}" for c in codes], "year": rng.integers(2005, 2025, size),
            "level": ["city"] * size, "section": rng.choice(["plan", "review"], size),
            "unit_type": ["body"] * size, "is_annex": np.zeros(size, bool),
        })  # fmt: skip
        writer = writer or pq.ParquetWriter(folder / "sentence.parquet", table.schema)
        writer.write_table(table)
        for dimension in load_rubric().dimension_ids:
            score = rng.random(size) * 3
            table = pa.table({
                "sentence_id": ids, "dimension": [dimension] * size, "scorer": ["SIMULATED"] * size,
                "level": score.round().astype(int), "score": score,
            })  # fmt: skip
            scorer = scorer or pq.ParquetWriter(folder / "score.parquet", table.schema)
            scorer.write_table(table)
    writer.close()
    scorer.close()
    return texts


def _simulated_rows(folder: Path, n: int) -> list[Figure]:
    texts = simulate(folder, n)
    begin, used = time.perf_counter(), _cpu()
    build_index(folder)
    seconds, cpu = time.perf_counter() - begin, _cpu() - used
    index = open_index(folder)
    place = f"{n:,} SIMULATED sentences"
    codes = sorted(index.regions)
    times = _phrase_times(index, _filters(codes, 2010, 2020), list(PHRASES))
    total = sum(index.search(parse_query(p), Filters(), limit=0).total for p in PHRASES)
    scan = _timed(_scan_call(texts, p) for p in PHRASES[:6])
    truth = sum(int(bool(normalise(p) in text)) for p in PHRASES for text in texts)
    peer = f"scan in Python {_p95(scan):.0f} ms ({_p95(scan) / _p95(times):.0f}x)"
    lite: dict[str, float] = {}
    if n <= 300_000:
        lite = _sqlite(folder, texts)
        peer += f", SQLite FTS5 {lite['phrase']:.1f} ms ({lite['phrase'] / _p95(times):.1f}x)"
    panel = _timed(_panel_calls(index))
    size = index.status().bytes / 1e6
    index.close()
    told = {k: f"SQLite FTS5 {v:.0f}" for k, v in lite.items()}
    return [
        at_most(f"build, {place}", 90, seconds, "s", f"CPU {cpu:.0f} s; {told.get('build', '')}"),
        at_most(f"size, {place}", 800, size, "MB", told.get("size", "")),
        at_least(f"hits of {len(PHRASES)} phrases equal a scan, {place}", 1, float(total == truth), "", f"{total} hits"),
        at_most(f"phrase query with filters, p95, {place}", 40, _p95(times), "ms", peer),
        at_most(f"panel region x year, p95, {place}", 150, _p95(panel), "ms", told.get("panel", "")),
    ]  # fmt: skip


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _panel_calls(index: SentenceIndex) -> Iterator[Callable[[], object]]:
    """Everything, and phrases, in turn; the first call opens the file and is not timed."""
    index.count_by(None, Filters(), ("region", "year"))
    for phrase in PHRASES:
        for node in (None, parse_query(phrase)):
            yield partial(index.count_by, node, Filters(), ("region", "year"))


def _fetch(base: sqlite3.Connection, statement: str, values: list[str]) -> list[Any]:
    return base.execute(statement, values).fetchall()


def _sqlite(folder: Path, texts: list[str]) -> dict[str, float]:
    """Time SQLite FTS5 over single characters with the same filters and the same panel."""
    import pyarrow.parquet as pq

    columns = pq.read_table(folder / "sentence.parquet", columns=["region_code", "year", "section"])
    score = pq.read_table(folder / "score.parquet", columns=["dimension", "score"]).to_pandas()
    scores = [group["score"].tolist() for _, group in score.groupby("dimension", sort=False)]
    file = folder / "peer.sqlite"
    begin = time.perf_counter()
    with sqlite3.connect(file) as base:
        base.execute("CREATE VIRTUAL TABLE f USING fts5(chars, content='', tokenize=\"unicode61 categories 'L* N* Co M* P* S* C*' remove_diacritics 0\")")  # fmt: skip
        base.execute("CREATE TABLE s (region_code TEXT, year INT, section TEXT, a REAL, b REAL, c REAL)")  # fmt: skip
        base.executemany("INSERT INTO f (rowid, chars) VALUES (?, ?)", ((i + 1, " ".join(t)) for i, t in enumerate(texts)))  # fmt: skip
        data = zip(*(columns[c].to_pylist() for c in columns.column_names), *scores, strict=True)
        base.executemany("INSERT INTO s VALUES (?, ?, ?, ?, ?, ?)", data)
        base.execute("CREATE INDEX by_cell ON s (region_code, year)")
    build = time.perf_counter() - begin
    statement = "SELECT count(*) FROM f JOIN s ON s.rowid = f.rowid WHERE f MATCH ? AND year BETWEEN 2010 AND 2020 AND section = 'plan'"  # fmt: skip
    matched = [f'"{" ".join(normalise(p))}"' for p in PHRASES if "&" not in p]
    phrase = _timed(partial(_fetch, base, statement, [m]) for m in matched * 3)
    cells = "SELECT region_code, year, count(*), avg(a), avg(b), avg(c) FROM s GROUP BY 1, 2"
    panel = _timed([partial(_fetch, base, cells, [])] * 5)
    base.close()
    return {"build": build, "size": file.stat().st_size / 1e6, "phrase": _p95(phrase), "panel": _p95(panel)}  # fmt: skip


if __name__ == "__main__":
    from benchmarks.figure import table

    print(table(rows()))
