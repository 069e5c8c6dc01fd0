"""The first real run: time and memory of `make run`, of a second run, and of `--help`."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.measured import measured
from corpus.project import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = (sys.executable, "zhengce.py")
STUDY = "configs/first.toml"


def rows() -> list[Figure]:
    """Measure on a fresh run folder; the environment is installed already."""
    with tempfile.TemporaryDirectory() as folder, _latest_run_kept():
        out = str(Path(folder) / "first")
        cache = str(Path(folder) / "cache")  # or scores of an earlier run would be reused
        command = (*COMMAND, "run", STUDY, "--out", out)
        first, memory = measured(command, ZHENGCE_CACHE=cache)
        second, _ = measured(command, ZHENGCE_CACHE=cache)
        quality = _quality(Path(out) / "tables" / "quality.csv")
    start = min(measured((*COMMAND, "--help"))[0] for _ in range(5))
    return [
        at_most("first run: zhengce run configs/first.toml", 180, first, "s"),
        at_most("first run: peak memory", 2048, memory, "MB"),
        at_most(
            "second run, nothing changed", 20, second, "s", f"first run is {first / second:.0f}x"
        ),
        at_most("zhengce --help", 0.5, start, "s"),
        *quality,
    ]


@contextmanager
def _latest_run_kept() -> Iterator[None]:
    """Verbs without --project go on finding the user's own run, not the one measured here."""
    before = LATEST.read_bytes() if LATEST.is_file() else None
    try:
        yield
    finally:
        if before is None:
            LATEST.unlink(missing_ok=True)
        else:
            LATEST.write_bytes(before)


def _quality(path: Path) -> list[Figure]:
    """Kappa of the n-gram baseline on regions left out; bars are the quick version's values."""
    import pandas as pd

    quality = pd.read_csv(path)
    kappa = quality[
        (quality["scorer"] == "ngram")
        & (quality["sample"] == "random")
        & (quality["metric"] == "qwk")
    ]
    # The quick version's own folds over regions; its .77 / .90 / .70 are on a set not shipped.
    bars = {
        "sci_tech_talent": 0.77,
        "green_infrastructure": 0.81,
        "structural_transformation": 0.73,
    }
    return [
        at_least(
            f"n-gram kappa, regions left out: {row.dimension}", bars[row.dimension], row.estimate, "",
            f"95 % [{row.conf_low:.3f}, {row.conf_high:.3f}]",
        )
        for row in kappa.itertuples()
    ]  # fmt: skip
