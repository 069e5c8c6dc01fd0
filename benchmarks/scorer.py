"""The BERT scorer: quality out of fold beside its peers, calibration, int8, speed, memory, resuming.

Run ``python -m benchmarks scorer``. The peer in speed is a plain ``transformers`` text-classification
pipeline of the same encoder, padded to 128 pieces, in the same run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.measured import measured
from benchmarks.paired import kappa_gains
from benchmarks.scorer_seeds import seed_rows
from benchmarks.scorer_training import learning_rows, recipe_rows, training_rows
from configs.paths import BERT_BASE, BERT_MODEL, LABELS, REPORTS
from corpus.rubric import load_rubric
from nlp_scoring.agreement import confusion_by_group, weighted_kappa
from nlp_scoring.bert.cache import read_parts
from nlp_scoring.bert.out_of_fold import read_out_of_fold
from nlp_scoring.bert.rows import label_passages
from nlp_scoring.bert.runtime import load_bert, score_passages
from nlp_scoring.calibration import cross_fitted, fit_sets
from nlp_scoring.comparison import MEAN
from nlp_scoring.cues import predict_cues
from nlp_scoring.labels import read_labels
from nlp_scoring.ordinal import Predictions
from nlp_scoring.validation import (
    cross_validate_ngram,
    quality_on,
    random_rows,
    region_folds,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

KAPPA = {"S": 0.92, "G": 0.92, "T": 0.85}
MAE = {"S": 0.08, "G": 0.10, "T": 0.14}
SAMPLE = 300
RUBRIC = load_rubric()
SHORT = {d.id: d.short for d in RUBRIC.dimensions}


def rows() -> list[Figure]:
    """Return every figure of this benchmark."""
    labels = read_labels(LABELS, RUBRIC)
    random = random_rows(labels)
    return [
        *quality_rows(labels), *learning_rows(labels, random), *recipe_rows(labels, random),
        *seed_rows(labels, random), *int8_rows(labels), *speed_rows(labels),
        *training_rows(labels), *corpus_rows(),
    ]  # fmt: skip


def quality_rows(labels: pd.DataFrame) -> list[Figure]:
    """Quality on the random sentences, each by models that never saw its region."""
    found = read_out_of_fold(BERT_MODEL, labels, RUBRIC)
    random = random_rows(labels)
    every = np.ones(len(labels), dtype=bool)
    figures = []
    for q in quality_on(labels, found.calibrated, random, RUBRIC, 0):
        s, m = SHORT[q.dimension], q.metrics
        e = m["qwk"]
        figures += [
            at_least(f"kappa {s}, regions left out", KAPPA[s], e.estimate, "",
                     f"95 % [{e.conf_low:.3f}, {e.conf_high:.3f}]"),
            at_most(f"mean absolute error {s}", MAE[s], m["mae"].estimate),
            at_least(f"macro-F1 {s}", 0.75, m["macro_f1"].estimate),
            at_least(f"Spearman of report means {s}", 0.95, m["document_spearman"].estimate),
            at_most(f"calibration error {s}", 0.03, m["ece"].estimate),
        ]  # fmt: skip
    gap = found.calibrated.score - labels[list(RUBRIC.dimension_ids)].to_numpy(dtype=np.float64)
    for d, bias in zip(RUBRIC.dimension_ids, gap[random].mean(axis=0), strict=True):
        figures.append(Figure(f"mean score less mean label {SHORT[d]}", "", round(float(bias), 4)))
    for q in quality_on(labels, found.calibrated, every, RUBRIC, 0):
        value = q.metrics["qwk"].estimate
        figures.append(Figure(f"kappa {SHORT[q.dimension]}, all labels", "", round(value, 4)))
    return (
        figures + compared_rows(labels, found.calibrated, random) + set_rows(labels, found, random)
    )


def compared_rows(
    labels: pd.DataFrame, bert: Predictions, random: NDArray[np.bool_]
) -> list[Figure]:
    """Mean kappa, and what it is above the n-gram baseline and the cue words, paired."""
    ngram = cross_validate_ngram(labels, RUBRIC, n_folds=5, seed=0)
    fold = region_folds(labels["region"].tolist(), 5, 0)
    truth = labels[list(RUBRIC.dimension_ids)].to_numpy(dtype=np.int64)
    likewise = Predictions(cross_fitted(ngram.exceed, truth, fold, random), "likewise")
    peers = {
        "n-gram baseline": (0.08, ngram),
        "n-gram baseline calibrated likewise": (0.08, likewise),
        "cue words": (0.15, predict_cues(labels["text"].tolist(), RUBRIC)),
    }
    figures: list[Figure] = []
    for name, (bar, peer) in peers.items():
        row = kappa_gains(labels, random, bert, peer).loc[MEAN]
        if not figures:
            figures.append(at_least("mean kappa, regions left out", 0.90, row["estimate"]))
        note = (
            f"{row['estimate_against']:.3f}; 95 % [{row['conf_low']:.3f}, {row['conf_high']:.3f}]"
        )
        figures.append(at_least(f"mean kappa above the {name}", bar, row["difference"], "", note))
    return figures


def set_rows(labels: pd.DataFrame, found: Any, random: NDArray[np.bool_]) -> list[Figure]:
    """Coverage of 90 % level sets on folds that their thresholds were not learnt from."""
    truth = labels[list(RUBRIC.dimension_ids)].to_numpy(dtype=np.int64)
    exceed, fold = found.calibrated.exceed, found.fold
    hit, size, n = np.zeros(truth.shape[1]), np.zeros(truth.shape[1]), 0
    for k in np.unique(fold):
        learn, test = random & (fold != k), random & (fold == k)
        inside = fit_sets(exceed[learn], truth[learn]).sets(exceed[test])
        hit += np.take_along_axis(inside, truth[test][:, :, None], axis=2)[:, :, 0].sum(axis=0)
        size += inside.sum(axis=(0, 2))
        n += int(test.sum())
    return [
        Figure(f"coverage of 90 % level sets {SHORT[d]}", "0.88-0.92", round(hit[i] / n, 4), "",
               bool(0.88 <= hit[i] / n <= 0.92), f"mean size {size[i] / n:.2f}")
        for i, d in enumerate(RUBRIC.dimension_ids)
    ]  # fmt: skip


def int8_rows(labels: pd.DataFrame) -> list[Figure]:
    """Measure what int8 costs: kappa with the labels, against the same network in full precision.

    The model has read these labels, so both kappas are near 1; only their difference counts. The
    network in full precision was asked without headings and sections, so int8 is too.
    """
    import pandas as pd

    table = pd.read_csv(BERT_MODEL / "full_precision.csv.gz", dtype={"sentence_key": str})
    part = labels.iloc[::5]
    table = table.set_index("sentence_key").loc[part["sentence_key"]]
    names = [[f"{d}_p_gt{k}" for k in range(3)] for d in RUBRIC.dimension_ids]
    full = Predictions(np.stack([table[c].to_numpy() for c in names], axis=1), "full")
    asked = label_passages(part.drop(columns=["heading", "section"]))
    small = score_passages(load_bert(BERT_MODEL, RUBRIC), asked).predictions
    worst, parts = 0.0, []
    for i, d in enumerate(RUBRIC.dimension_ids):
        truth = part[d].to_numpy(dtype=np.int64)
        both = [
            float(
                weighted_kappa(confusion_by_group(truth, p.level[:, i], ["x"] * len(truth), 4)[0])
            )
            for p in (full, small)
        ]
        worst = max(worst, both[0] - both[1])
        parts.append(f"{SHORT[d]} {both[0]:.4f} -> {both[1]:.4f}")
    return [at_most("kappa lost by int8, worst dimension", 0.01, worst, "", ", ".join(parts))]


def speed_rows(labels: pd.DataFrame) -> list[Figure]:
    """Sentences a second beside a plain pipeline, the same sentences, the same two cores."""
    import transformers

    library: Any = transformers

    part = labels.sample(SAMPLE, random_state=0)
    model, passages = load_bert(BERT_MODEL, RUBRIC), label_passages(part)
    score_passages(model, passages[:20])
    ours = _rate(lambda: score_passages(model, passages), SAMPLE)
    config = library.AutoConfig.from_pretrained(str(BERT_BASE), num_labels=4)
    tokenizer = library.PreTrainedTokenizerFast(
        tokenizer_file=str(BERT_BASE / "tokenizer.json"), pad_token="[PAD]"
    )
    network = library.AutoModelForSequenceClassification.from_pretrained(
        str(BERT_BASE), config=config
    )
    plain = library.pipeline("text-classification", model=network.float(), tokenizer=tokenizer)
    texts = part["text"].tolist()
    options = {"padding": "max_length", "truncation": True, "max_length": 128, "batch_size": 32}
    theirs = _rate(lambda: plain(texts, **options), SAMPLE)
    note = f"{ours:.0f} against {theirs:.0f} sentences a second; theirs gives one dimension"
    return [at_least("throughput over a plain pipeline", 6, ours / theirs, "x", note)]


def _rate(work: Any, n: int) -> float:
    begin = time.perf_counter()
    work()
    return n / (time.perf_counter() - begin)


def corpus_rows() -> list[Figure]:
    """Time, memory and cache of scoring the 62 provincial reports; a kill in the middle."""
    with tempfile.TemporaryDirectory() as folder:
        project = _project(Path(folder))
        n = _n_sentences(project)
        first, memory = _score(project, Path(folder) / "a")
        second, _ = _score(project, Path(folder) / "a")
        lost, doubled = _killed(project, Path(folder) / "b")
    return [
        at_most("62 reports scored, two cores", 120, first, "s", f"{n} sentences"),
        at_most("memory of scoring", 1500, memory, "MB"),
        Figure("62 reports again, from the cache", "", round(second, 2), "s", None,
               f"{first / second:.0f}x faster"),
        at_most("kill -9 in the middle: sentences lost or scored twice", 0, lost + doubled),
    ]  # fmt: skip


def _project(folder: Path) -> Path:
    """Parse the provincial reports of 2025 and 2026 into a project folder."""
    from corpus.records import read_records, sentence_frame
    from corpus.schemas import ReportTable, SentenceTable
    from corpus.store import write_table

    reports = read_records(REPORTS)
    chosen = reports[(reports["level"] == "province") & reports["year"].isin([2025, 2026])]
    store = folder / "project" / "store"
    frame = sentence_frame(chosen.reset_index(drop=True))
    write_table(ReportTable, chosen.reset_index(drop=True), store / "report.parquet", settings="")
    write_table(SentenceTable, frame, store / "sentence.parquet", settings="")
    return store.parent


def _n_sentences(project: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(project / "store" / "sentence.parquet").num_rows)


def _command(project: Path) -> list[str]:
    return [sys.executable, "zhengce.py", "score", "--scorer", "bert", "--project", str(project)]


def _start(project: Path, cache: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        _command(project), env=os.environ | {"ZHENGCE_CACHE": str(cache)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _score(project: Path, cache: Path) -> tuple[float, float]:
    return measured(_command(project), ZHENGCE_CACHE=str(cache))


def _killed(project: Path, cache: Path) -> tuple[int, int]:
    """Kill scoring after its third part, run it again, and count what was lost or doubled."""
    import pyarrow.parquet as pq

    process = _start(project, cache)
    while len(list(cache.rglob("part-*.parquet"))) < 3:
        if process.poll() is not None:
            raise RuntimeError("scoring ended before it could be killed")
        time.sleep(0.05)
    process.kill()
    process.wait()
    _score(project, cache)
    (place,) = (cache / "zhengce" / "scores").iterdir()
    keys = [k for p in place.glob("part-*.parquet") for k in pq.read_table(p)["key"].to_pylist()]
    scored = pq.read_table(project / "store" / "score.parquet").num_rows // len(SHORT)
    return _n_sentences(project) - scored, len(keys) - len(read_parts(place))
