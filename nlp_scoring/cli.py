"""Verbs of scoring: train, aggregate, intensity; others in `score_cli`, `evaluate_cli`, `model_cli`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from configs.paths import BERT_BASE, LABELS
from nlp_scoring.score_cli import MODEL_FILE

if TYPE_CHECKING:
    import pandas as pd

    from corpus.rubric import Rubric

Labels = Annotated[Path, typer.Option(help="Labels with the columns of data/gold/labels.csv.")]
Project = Annotated[
    Path | None, typer.Option(help="Run or parse folder; found by itself if left out.")
]


def train(
    labels: Labels = LABELS,
    out: Annotated[Path, typer.Option(help="Folder for the model.")] = Path("model"),
    scorer: Annotated[Literal["ngram", "bert"], typer.Option(help="What to train.")] = "bert",
    encoder: Annotated[
        Path, typer.Option(help="Folder of a Chinese BERT: weights, config, tokenizer.")
    ] = BERT_BASE,
    epochs: Annotated[int, typer.Option(min=1, max=100, help="Of the BERT.")] = 8,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train a scorer on labelled sentences: a BERT (extra bert), or the n-gram baseline.

    Example: zhengce train --labels data/gold/labels.csv --out model
    """
    from corpus.rubric import load_rubric
    from nlp_scoring.labels import read_labels
    from nlp_scoring.ngram import fit_labels, save_ngram

    rubric = load_rubric()
    frame = read_labels(labels, rubric)
    if scorer == "bert":
        _train_bert(frame, rubric, encoder, out, epochs, seed)
        return
    model = fit_labels(frame, rubric)
    save_ngram(model, out / MODEL_FILE)
    typer.echo(f"{model.model_id}: {out / MODEL_FILE}", err=True)


def _train_bert(
    frame: pd.DataFrame, rubric: Rubric, encoder: Path, out: Path, epochs: int, seed: int
) -> None:
    from configs.errors import UserError

    try:
        from nlp_scoring.bert.learning import learn
        from nlp_scoring.bert.training import TrainingSettings
    except ImportError as error:
        raise UserError(
            f"training a BERT needs {error.name}", fix="python3 tools/environment.py --extras bert"
        ) from error
    settings = TrainingSettings(epochs=epochs, seed=seed)
    learn(
        frame, rubric, encoder, out, settings,
        tell=lambda r: typer.echo(
            f"epoch {r['epoch']:.0f} of {epochs}: loss {r['loss']:.3f}, {r['seconds']:.0f} s", err=True
        ),
    )  # fmt: skip
    typer.echo(f"bert: {out}", err=True)


def aggregate(
    project: Project = None,
    annex: Annotated[bool, typer.Option(help="Count project lists after the report too.")] = False,
    section: Annotated[
        list[str] | None, typer.Option(help="review, plan, governance or other; repeat.")
    ] = None,
) -> None:
    """Average the scores of body sentences to the intensity of each report.

    Example: zhengce aggregate --section plan
    """
    from configs.errors import UserError
    from corpus.project import find_store
    from corpus.rubric import load_rubric
    from corpus.schemas import ReportScoreTable, ScoreTable, SentenceTable
    from corpus.store import read_table, write_table
    from nlp_scoring.aggregation import report_intensity

    known = ("review", "plan", "governance", "other")
    for name in section or []:
        if name not in known:
            raise UserError(
                f"unknown section {name!r}", where="--section", fix=f"use one of {', '.join(known)}"
            )
    store = find_store(project)
    frame = report_intensity(
        read_table(ScoreTable, store / "score.parquet"),
        read_table(SentenceTable, store / "sentence.parquet"),
        dimensions=load_rubric().dimension_ids, with_annex=annex, sections=section or None,
    )  # fmt: skip
    write_table(ReportScoreTable, frame, store / "report_score.parquet")
    typer.echo(
        f"{frame['report_id'].nunique()} reports: {store / 'report_score.parquet'}", err=True
    )


def intensity(
    by: Annotated[
        str, typer.Option(help="region,year (one row a report) or region or year (means).")
    ] = "region,year",
    project: Project = None,
    region: Annotated[str | None, typer.Option(help="Name or six-digit code.")] = None,
    years: Annotated[str | None, typer.Option(help="2025 or 2018-2026.")] = None,
    format: Annotated[Literal["csv", "json"], typer.Option(help="How to print.")] = "csv",
) -> None:
    """Print policy intensity with its standard error.

    Example: zhengce intensity --by region,year --years 2025-2026 > intensity.csv
    """
    from corpus.project import find_store
    from corpus.regions import find_region
    from corpus.schemas import ReportScoreTable
    from corpus.store import read_table
    from corpus.years import year_range
    from nlp_scoring.aggregation import intensity_by

    frame = read_table(ReportScoreTable, find_store(project) / "report_score.parquet")
    if region is not None:
        frame = frame[frame["region_code"] == find_region(region).code]
    if years is not None:
        first, last = year_range(years)
        frame = frame[frame["year"].between(first, last)]
    _print(intensity_by(frame, [part.strip() for part in by.split(",")]), format)


def _print(frame: pd.DataFrame, format: str) -> None:
    if format == "json":
        sys.stdout.write(frame.to_json(orient="records", force_ascii=False) + "\n")
    else:
        sys.stdout.write(frame.to_csv(index=False, lineterminator="\n"))
