"""Commitments: precision and recall on the checked sentences, follow pairs, speed.

Run ``python -m benchmarks commitments``. The peer is a plain regular expression (a number and a
unit behind it) on the same sentences.
"""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.figure import Figure, at_least
from corpus.commitments.evaluate import (
    Measured,
    follow_precision,
    measure,
    plain_regex,
    read_checked,
)

ROOT = Path(__file__).resolve().parents[1]
CHECKED = ROOT / "tests" / "data" / "commitments_checked.jsonl"
PAIRS = ROOT / "tests" / "data" / "follow_checked.jsonl"
REPORTS = ROOT / "data" / "corpus" / "reports.jsonl.gz"
# The held-out test set of the project: its sentences were not read for this extractor.
HELD_OUT = frozenset({"浙江省", "湖北省", "甘肃省", "吉林省", "贵州省", "广西壮族自治区"})
_NUMBERS = frozenset({"quantity", "money"})


def _row(figure: str, bar: float | None, measured: float, unit: str, peer: str = "") -> Figure:
    if bar is None:
        return Figure(figure, "", round(measured, 4), unit, None, peer)
    return at_least(figure, bar, measured, unit, peer)


def _regex(peer: Measured) -> str:
    return f"plain regex: precision {peer.precision:.3f}, recall {peer.recall:.3f}"


def extraction_rows() -> list[Figure]:
    """Return precision, recall and direction by half and by kind."""
    checked = read_checked(CHECKED)
    rows: list[Figure] = []
    for half in ("test", "dev"):
        random = [r for r in checked if r["half"] == half and r["stratum"] == "random"]
        ours, peer = measure(random), measure(random, extractor=plain_regex)
        with_items = sum(bool(r["items"]) for r in random)
        label = f"{half} half, random draw ({with_items} of {len(random)} sentences hold some)"
        rows.append(_row(f"precision, {label}", 0.9, ours.precision, "share", _regex(peer)))
        rows.append(_row(f"recall, {label}", 0.85, ours.recall, "share", _regex(peer)))
        rows.append(_row(f"direction right, {half} half", None, ours.direction, "share"))
        cued = [r for r in checked if r["half"] == half]
        for kind in ("quantity", "money", "deadline", "named", "legal"):
            one = measure(cued, kinds=frozenset({kind}))
            found = f"{one.right} right, {one.spurious} spurious, {one.missed} missed"
            rows.append(
                _row(
                    f"precision of {kind}, {half}, all strata", None, one.precision, "share", found
                )
            )
            rows.append(_row(f"recall of {kind}, {half}, all strata", None, one.recall, "share"))
        figures = measure(random, kinds=_NUMBERS)
        plain = measure(random, kinds=_NUMBERS, extractor=plain_regex)
        rows.append(
            _row(f"precision of figures, {half}", 0.9, figures.precision, "share", _regex(plain))
        )
        rows.append(
            _row(f"recall of figures, {half}", 0.85, figures.recall, "share", _regex(plain))
        )
    return rows


def corpus_rows() -> list[Figure]:
    """Return speed over the reports that are not held out, and the precision of follow pairs."""
    from corpus.commitments.follow import follow_frame
    from corpus.commitments.table import commitment_frame
    from corpus.records import read_records, sentence_frame

    reports = read_records(REPORTS)
    national_2024 = (reports["level"] == "national") & (reports["year"] == 2024)
    wanted = reports["level"].isin(["national", "province"]) & ~reports["region"].isin(HELD_OUT)
    sentences = sentence_frame(reports[wanted & ~national_2024])
    started = time.perf_counter()
    commitments = commitment_frame(sentences)
    speed = len(sentences) / (time.perf_counter() - started)
    pairs = follow_frame(commitments)
    rows = [_row("sentences per second, one core, no spaCy", 2000.0, speed, "1/s")]
    checked = read_checked(PAIRS)
    for half, bar in (("test", 0.85), ("dev", None)):
        n, right = follow_precision(pairs, checked, half=half)
        rows.append(
            _row(
                f"follow precision, {half} pairs",
                bar,
                right / max(1, n),
                "share",
                f"{right} of {n}",
            )
        )
        if half == "test":
            rows.append(_row("follow pairs checked and proposed", 60.0, float(n), "pairs"))
    rows.append(_row("follow pairs proposed in all", None, float(len(pairs)), "pairs"))
    return rows


def rows() -> list[Figure]:
    """Return every figure of this benchmark."""
    return extraction_rows() + corpus_rows()
