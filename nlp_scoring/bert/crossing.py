"""Cross-validation of the BERT itself: one network a fold, and a learning curve, on a laptop.

Every network leaves a small file of predictions in ``work/`` (`nlp_scoring.bert.side_by_side`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from corpus.csvfiles import write_csv
from nlp_scoring.bert.batches import Vocabulary
from nlp_scoring.bert.device import training_device
from nlp_scoring.bert.learning import (
    find_tokenizer,
    head_shape,
    label_rows,
    mark_of,
    only_learnt,
)
from nlp_scoring.bert.network import load_encoder
from nlp_scoring.bert.out_of_fold import CURVE, FILE, MASKED, PLAIN, forget_folds, write_out_of_fold
from nlp_scoring.bert.passages import load_tokenizer
from nlp_scoring.bert.recipe import Bench, train_and_answer
from nlp_scoring.bert.side_by_side import Task, work_off
from nlp_scoring.ordinal import nearest_level
from nlp_scoring.report.learning_curve import curve_of, nested_order
from nlp_scoring.report.masking import masked
from nlp_scoring.validation import label_folds, random_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric
    from nlp_scoring.bert.training import Rows, TrainingSettings


def cross_validate(
    labels: pd.DataFrame,
    rubric: Rubric,
    encoder: Path | str,
    out: Path,
    settings: TrainingSettings,
    *,
    sizes: Sequence[int] = (),
    n_folds: int = 5,
    fold_seed: int = 0,
    jobs: int = 1,
    tell: Callable[[str], object] = lambda _: None,
) -> None:
    """Train a network a fold and write what it says of the labels it never saw.

    ``out_of_fold.csv.gz`` holds the chances of every labelled sentence; ``masked/`` the same with
    names hidden, beside those by the same networks without; and with ``sizes``
    ``learning_curve.csv`` the kappa by number of labels.

    Parameters
    ----------
    labels : DataFrame
        As `nlp_scoring.labels.read_labels` gives it.
    sizes : sequence of int
        Numbers of labels to learn from too, each a beginning of the next
        (`nlp_scoring.report.learning_curve.nested_order`); those that a fold cannot fill are left out.
    jobs : int
        Networks trained side by side, one thread each.

    Raises
    ------
    UserError
        When there are fewer regions than folds, the encoder cannot be read, or a process died.
    """
    fold = label_folds(labels, n_folds, fold_seed)
    orders = [
        nested_order(labels["region"].tolist(), np.flatnonzero(fold != k), fold_seed + k)
        for k in range(n_folds)
    ]
    least = min(len(order) for order in orders)
    wanted = [*sorted({s for s in sizes if s < least}), 0]
    for size in sorted(set(sizes) - set(wanted)):
        tell(f"{size} labels: no point of the curve, a fold has {least} to learn from")
    bench, rows, hidden = _bench(labels, rubric, encoder, out / "work", settings, fold_seed)
    settings = only_learnt(settings, rows)

    def task(size: int, k: int) -> Task:
        learn, ask = orders[k][: size or None], np.flatnonzero(fold == k)
        asked = [rows.take(ask).pieces, hidden.take(ask).pieces]
        return Task(
            path=bench.work / f"fold-{size or 'all'}-{k}.npz",
            name=f"fold {k + 1}, {len(learn)} labels",
            mark=f"{bench.mark}-{size}-{k}-of-{n_folds}",
            train=partial(train_and_answer, rows.take(np.sort(learn)), settings, bench, asked),
        )

    # All labels first, then the larger sizes: the longest network must not begin last.
    tasks = {(size, k): task(size, k) for size in reversed(wanted) for k in range(n_folds)}
    work_off(list(tasks.values()), jobs, tell)
    found = {size: _gathered(tasks, size, fold, bench) for size in wanted}
    plain, veiled = found[0]
    forget_folds(out)
    write_out_of_fold(out / FILE, labels, fold, plain, rubric)
    write_out_of_fold(out / MASKED / FILE, labels, fold, veiled, rubric)
    write_out_of_fold(out / MASKED / PLAIN / FILE, labels, fold, plain, rubric)
    if len(wanted) > 1:
        mean_size = round(float(np.mean([len(order) for order in orders])))
        levels = {s or mean_size: nearest_level(found[s][0]) for s in wanted}
        curve = curve_of(labels, rubric, levels, random_rows(labels), fold_seed)
        write_csv(out / CURVE, curve, float_format="%.6g")


def _bench(
    labels: pd.DataFrame,
    rubric: Rubric,
    encoder: Path | str,
    work: Path,
    settings: TrainingSettings,
    fold_seed: int,
) -> tuple[Bench, Rows, Rows]:
    tokenizer = load_tokenizer(find_tokenizer(encoder))
    names = labels["region"].tolist()
    veiled = {
        c: masked(labels[c].fillna("").tolist(), extra=names)
        for c in ("text", "heading")
        if c in labels
    }
    rows, hidden = (
        label_rows(frame, rubric, tokenizer) for frame in (labels, labels.assign(**veiled))
    )
    mark = mark_of(rows, settings.as_json() | {"seed": fold_seed, "of": names}, encoder)
    vocabulary = Vocabulary.of(tokenizer.token_to_id)
    load_encoder(encoder)  # a bad one is refused here, not in a process beside
    bench = Bench(encoder, head_shape(rubric), vocabulary, training_device(), work, mark)
    return bench, rows, hidden


def _gathered(
    tasks: dict[tuple[int, int], Task], size: int, fold: NDArray[np.int64], bench: Bench
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    shape = (len(fold), bench.shape.n_dimensions, bench.shape.n_thresholds)
    plain, veiled = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for k in np.unique(fold):
        with np.load(tasks[size, int(k)].path) as kept:
            plain[fold == k], veiled[fold == k] = kept["arr_0"], kept["arr_3"]
    return plain, veiled
