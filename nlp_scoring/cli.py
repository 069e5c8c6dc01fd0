"""Verbs of scoring: train, evaluate, score, aggregate, intensity."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from configs.paths import BERT_BASE, BERT_MODEL, LABELS, user_cache

if TYPE_CHECKING:
    import pandas as pd

    from corpus.rubric import Rubric
    from nlp_scoring.ngram import NgramModel

Labels = Annotated[Path, typer.Option(help="Labels with the columns of data/gold/labels.csv.")]
Project = Annotated[
    Path | None, typer.Option(help="Run or parse folder; found by itself if left out.")
]
Model = Annotated[Path | None, typer.Option(help="Folder written by `zhengce train`.")]
MODEL_FILE = "ngram.npz"


def train(
    labels: Labels = LABELS,
    out: Annotated[Path, typer.Option(help="Folder for the model.")] = Path("model"),
    scorer: Annotated[Literal["ngram", "bert"], typer.Option(help="What to train.")] = "ngram",
    encoder: Annotated[
        Path, typer.Option(help="Folder of a Chinese BERT: weights, config, tokenizer.")
    ] = BERT_BASE,
    epochs: Annotated[int, typer.Option(min=1, max=100, help="Of the BERT.")] = 8,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train a scorer on labelled sentences: the n-gram baseline, or a BERT (extra bert).

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


def evaluate(
    labels: Labels = LABELS,
    scorer: Annotated[Literal["ngram"], typer.Option(help="Which scorer.")] = "ngram",
    folds: Annotated[int, typer.Option(min=2, max=31, help="Folds over regions.")] = 5,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table",
) -> None:
    """Measure a scorer by cross-validation over whole regions, on randomly drawn sentences.

    Example: zhengce evaluate --labels data/gold/labels.csv --format json
    """
    from corpus.progress import bar
    from corpus.rubric import load_rubric
    from nlp_scoring.labels import read_labels
    from nlp_scoring.validation import cross_validate_ngram, quality_on, random_rows

    rubric = load_rubric()
    frame = read_labels(labels, rubric)
    with bar("evaluate: folds over regions", folds) as advance:
        predictions = cross_validate_ngram(
            frame, rubric, n_folds=folds, seed=seed, advance=lambda: advance(1)
        )
    qualities = quality_on(frame, predictions, random_rows(frame), rubric, seed)
    if format == "json":
        answer: dict[str, Any] = {
            "scorer": scorer, "scheme": f"{folds} folds over regions", "seed": seed,
            "rubric_version": rubric.version, "dimensions": {q.dimension: _metrics(q) for q in qualities},
        }  # fmt: skip
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    for q in qualities:
        for name, e in q.metrics.items():
            typer.echo(
                f"{q.dimension:<28}{name:<20}{e.estimate:7.3f}  [{e.conf_low:.3f}, {e.conf_high:.3f}]"
            )


def _metrics(quality: Any) -> dict[str, Any]:
    from dataclasses import asdict

    metrics: dict[str, Any] = {k: asdict(e) for k, e in quality.metrics.items()}
    n = quality.n
    return metrics | {"n": {"estimate": n, "conf_low": n, "conf_high": n}, "recall": quality.recall}


def score(
    file: Annotated[
        Path | None, typer.Argument(metavar="IN.csv", help="CSV with a column `text`.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV to write.")] = None,
    scorer: Annotated[
        Literal["ngram", "bert"], typer.Option(help="Which scorer; bert scores CSV files so far.")
    ] = "ngram",
    model: Model = None,
    project: Project = None,
) -> None:
    """Score sentences of a CSV, or of the project's corpus when no file is given.

    Example: zhengce score sentences.csv --out scores.csv
    """
    from configs.errors import UserError
    from corpus.csvfiles import read_csv, write_csv
    from corpus.rubric import load_rubric
    from nlp_scoring.scoring import score_rows

    rubric = load_rubric()
    if file is None:
        if scorer == "bert":
            raise UserError(
                "the BERT scores CSV files only so far", fix="give IN.csv, or use --scorer ngram"
            )
        _score_project(project, model, rubric)
        return
    if out is None:
        raise UserError("an output is needed", fix="add --out OUT.csv")
    frame = read_csv(file)
    if "text" not in frame.columns:
        raise UserError("lacks the column 'text'", where=str(file))
    if scorer == "bert":
        from nlp_scoring.bert.rows import score_rows_bert
        from nlp_scoring.bert.runtime import load_bert

        opened = load_bert(model if model is not None else BERT_MODEL, rubric)
        scores = score_rows_bert(frame, model=opened, rubric=rubric, where=str(file))
    else:
        scores = score_rows(frame, model=_model(model, rubric), rubric=rubric, where=str(file))
    clash = [c for c in scores.columns if c in frame.columns]
    import pandas as pd

    kept = frame.drop(columns=clash)
    write_csv(out, pd.concat([kept, scores], axis=1))
    typer.echo(f"{len(frame)} sentences scored: {out}", err=True)


def _model(folder: Path | None, rubric: Rubric) -> NgramModel:
    """Load the model of a folder, or the shipped labels' own, trained once and kept in the cache."""
    from configs.errors import UserError
    from corpus.files import sha256_file
    from nlp_scoring.labels import read_labels
    from nlp_scoring.ngram import FORMAT, fit_labels, load_ngram, save_ngram

    if folder is not None:
        path = folder / MODEL_FILE if folder.is_dir() else folder
        return load_ngram(path)
    cached = user_cache() / f"ngram-{FORMAT}-{rubric.version}-{sha256_file(LABELS)[:16]}.npz"
    if cached.is_file():
        try:
            return load_ngram(cached)
        except UserError:
            cached.unlink(missing_ok=True)
    typer.echo("training the baseline on the shipped labels (once, some seconds)", err=True)
    model = fit_labels(read_labels(LABELS, rubric), rubric)
    try:
        save_ngram(model, cached)
    except UserError as error:
        typer.echo(f"note: not kept for next time: {error.line()}", err=True)
    return model


def _score_project(project: Path | None, model: Path | None, rubric: Rubric) -> None:
    from corpus.progress import bar
    from corpus.project import find_store
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table, write_table
    from nlp_scoring.scoring import score_frame, score_sentences

    store = find_store(project)
    sentences = read_table(SentenceTable, store / "sentence.parquet")
    own = store / MODEL_FILE
    fitted = _model(model if model is not None else (own if own.is_file() else None), rubric)
    with bar("score", len(sentences)) as advance:
        predictions = score_sentences(
            sentences["text"].tolist(),
            sentences["progress"].tolist(),
            sentences["unit_type"].tolist(),
            model=fitted,
            rubric=rubric,
            advance=advance,
        )
    frame = score_frame(sentences["sentence_id"].tolist(), predictions, rubric, scorer="ngram")
    write_table(ScoreTable, frame, store / "score.parquet", settings=predictions.model_id)
    typer.echo(f"{len(sentences)} sentences scored: {store / 'score.parquet'}", err=True)


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
