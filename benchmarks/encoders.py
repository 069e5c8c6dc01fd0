"""Is an encoder better than another for the rubric? Networks from both, in folds over regions, compared in pairs.

``python -m benchmarks.encoders OLD NEW --work DIR [--seeds N] [--epochs N] [--jobs N]``. OLD and NEW are
encoder folders, for instance ``data/models/bge-small-zh-v1.5-trimmed`` and what ``zhengce pretrain`` has
written. Each network is kept when it is done, so a run that was killed goes on. The difference has a
95 % interval from a bootstrap over reports, as every other; seeds are averaged before, and their own
kappas printed beside, since an interval over reports knows nothing of the luck of a seed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import Figure, table
from benchmarks.paired import kappa_gains
from configs.paths import LABELS
from corpus.rubric import load_rubric
from nlp_scoring.calibration import cross_fitted
from nlp_scoring.comparison import MEAN
from nlp_scoring.labels import read_labels
from nlp_scoring.ordinal import Predictions
from nlp_scoring.validation import random_rows

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd
    from numpy.typing import NDArray

    from nlp_scoring.bert.out_of_fold import OutOfFold

RUBRIC = load_rubric()


def main(arguments: list[str]) -> int:
    """Train, compare and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoders")
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args(arguments)
    labels = read_labels(given.labels, RUBRIC)
    found = {
        name: answers(labels, encoder, given.work / name, given.seeds, given.epochs, given.jobs)
        for name, encoder in (("old", given.old), ("new", given.new))
    }
    print(table(compared(labels, found["old"], found["new"])))
    return 0


def answers(
    labels: pd.DataFrame, encoder: Path, work: Path, seeds: int, epochs: int, jobs: int
) -> list[OutOfFold]:
    """Give what the folds of each seed say."""
    from nlp_scoring.bert.crossing import cross_validate
    from nlp_scoring.bert.out_of_fold import read_out_of_fold
    from nlp_scoring.bert.training import TrainingSettings

    def tell(line: str) -> None:
        print(f"{encoder}: {line}", file=sys.stderr)

    found = []
    for seed in range(seeds):
        out, settings = work / str(seed), TrainingSettings(epochs=epochs, seed=seed)
        cross_validate(labels, RUBRIC, encoder, out, settings, jobs=jobs, tell=tell)
        found.append(read_out_of_fold(out, labels, RUBRIC))
    return found


def compared(labels: pd.DataFrame, old: list[OutOfFold], new: list[OutOfFold]) -> list[Figure]:
    """Differences of kappa, on the random sentences and on all, calibrated as the model is."""
    truth = labels[list(RUBRIC.dimension_ids)].to_numpy(dtype=np.int64)
    random = random_rows(labels)

    def averaged(side: list[OutOfFold]) -> NDArray[np.float64]:
        mean = np.mean([one.raw.exceed for one in side], axis=0)
        return cross_fitted(mean, truth, side[0].fold, random)

    pairs = [("seeds averaged", averaged(new), averaged(old))]
    if len(old) > 1:
        pairs += [
            (f"seed {i}", a.calibrated.exceed, b.calibrated.exceed)
            for i, (a, b) in enumerate(zip(new, old, strict=True))
        ]
    figures = []
    for name, one, other in pairs:
        for sample, rows in (("random", random), ("all", np.ones(len(labels), dtype=bool))):
            found = kappa_gains(labels, rows, Predictions(one, "new"), Predictions(other, "old"))
            figures += [
                _figure(f"{name}, {sample}", row) for row in found.reset_index().to_dict("records")
            ]
    return figures


def _figure(name: str, row: dict[Hashable, Any]) -> Figure:
    low, high = (round(float(row[c]), 4) for c in ("conf_low", "conf_high"))
    kappas = f"{float(row['estimate']):.3f} - {float(row['estimate_against']):.3f}"
    what = "mean kappa" if row["dimension"] == MEAN else f"kappa {row['dimension']}"
    return Figure(f"{what}, new less old, {name}", "", round(float(row["difference"]), 4), "", None,
                  f"{kappas}; 95 % [{low}, {high}]")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
