"""Training beside a plain loop, the learning curve, names hidden, and what masked words and distilling are worth.

Part of ``python -m benchmarks scorer``.

The peer in speed is a plain ``transformers`` fine-tuning loop of the same encoder in the same run:
float32, batches of 32 in random order padded to their longest, AdamW, one head with four classes.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import Figure
from benchmarks.paired import kappa_gains
from configs.paths import BERT_BASE, BERT_MODEL
from corpus.rubric import load_rubric
from nlp_scoring.bert.out_of_fold import read_out_of_fold
from nlp_scoring.comparison import MEAN
from nlp_scoring.report.cli import aligned_predictions, masked_pair
from nlp_scoring.report.learning_curve import read_learning_curve

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from nlp_scoring.ordinal import Predictions

SAMPLE = 1024
RUBRIC = load_rubric()


def training_rows(labels: pd.DataFrame) -> list[Figure]:
    """Sentences a second learnt from, and those of a plain loop."""
    from nlp_scoring.bert.learning import learn
    from nlp_scoring.bert.training import TrainingSettings

    part = labels.sample(SAMPLE, random_state=0).reset_index(drop=True)
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        learn(part, RUBRIC, BERT_BASE, Path(folder), TrainingSettings(epochs=1),
              tell=lambda record: seconds.append(record["seconds"]))  # fmt: skip
    ours, theirs = SAMPLE / seconds[0], _plain_rate(part["text"].tolist())
    note = f"plain transformers loop {theirs:.1f}, reads less and learns one dimension; {ours / theirs:.1f} x"
    epoch = Figure("an epoch on all labels", "", round(len(labels) / ours), "s")
    return [Figure("training, sentences a second", "", round(ours, 1), "", None, note), epoch]


def _plain_rate(texts: list[str]) -> float:
    import torch
    import transformers

    library: Any = transformers
    config = library.AutoConfig.from_pretrained(str(BERT_BASE), num_labels=4)
    tokenizer = library.PreTrainedTokenizerFast(
        tokenizer_file=str(BERT_BASE / "tokenizer.json"), pad_token="[PAD]"
    )
    network = library.AutoModelForSequenceClassification.from_pretrained(
        str(BERT_BASE), config=config
    ).float()
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    begin, n = time.perf_counter(), len(texts) // 4  # a quarter is enough to tell the rate
    for i in range(0, n, 32):
        batch = tokenizer(
            texts[i : i + 32], padding=True, truncation=True, max_length=160, return_tensors="pt"
        )
        optimizer.zero_grad()
        network(
            **batch, labels=torch.zeros(len(batch["input_ids"]), dtype=torch.long)
        ).loss.backward()
        optimizer.step()
    return n / (time.perf_counter() - begin)


def learning_rows(labels: pd.DataFrame, random: NDArray[np.bool_]) -> list[Figure]:
    """Mean kappa by number of labels, and what hiding names of places and years changes."""
    curve = read_learning_curve(BERT_MODEL, RUBRIC)
    if curve is None:
        return []
    means = curve.groupby("n_labels")["qwk"].mean()
    note = "single network from the plain encoder, 6 epochs, one seed"
    figures = [
        Figure(f"mean kappa, {n} labels", "", round(float(v), 4), "", None, note)
        for n, v in means.items()
    ]
    own = aligned_predictions(BERT_MODEL, labels, RUBRIC).calibrated
    pair = masked_pair(BERT_MODEL, labels, RUBRIC, own)
    if pair is None:
        return figures
    hidden = _gain("mean kappa changed by hiding names", labels, random, pair.masked, pair.plain)
    return [*figures, hidden]


def recipe_rows(labels: pd.DataFrame, random: NDArray[np.bool_]) -> list[Figure]:
    """Show what the two optional steps of the shipped model's recipe are worth, in pairs over reports.

    ``pretraining/`` in the model's folder holds what the mean of five networks says out of fold, from
    the plain encoder and from one trained on masked words, all else alike; and the first of the latter.
    """
    plain, masked, one = (
        read_out_of_fold(BERT_MODEL / "pretraining", labels, RUBRIC, name=f"{n}.csv.gz").calibrated
        for n in ("plain", "masked", "one")
    )
    student = aligned_predictions(BERT_MODEL, labels, RUBRIC).calibrated
    pairs = (("masked words", masked, plain), ("distilling", student, one))
    parts = (("all labels", np.ones(len(labels), dtype=bool)), ("random sentences", random))
    return [
        _gain(f"mean kappa gained by {step}, {which}", labels, rows, new, old)
        for step, new, old in pairs
        for which, rows in parts
    ]


def _gain(
    name: str,
    labels: pd.DataFrame,
    rows: NDArray[np.bool_],
    scorer: Predictions,
    against: Predictions,
) -> Figure:
    row = kappa_gains(labels, rows, scorer, against).loc[MEAN]
    note = f"95 % [{row['conf_low']:.4f}, {row['conf_high']:.4f}]"
    return Figure(name, "", round(row["difference"], 4), "", None, note)
