"""Verbs of scoring: train, aggregate, intensity; others in `score_cli`, `evaluate_cli`, `model_cli`."""

from __future__ import annotations

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
    validation: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share watched for early stopping, in regions.")
    ] = 0.0,
    distil: Annotated[
        int, typer.Option(min=0, help="Teachers to distil into one model, with folds; 0: none.")
    ] = 0,
    folds: Annotated[
        int, typer.Option(min=0, max=50, help="Cross-validate too, over regions; 0: not.")
    ] = 0,
    size: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Labels for a point of the learning curve, with --folds; repeat."),
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="Networks side by side, with --folds.")
    ] = 1,
    project: Project = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train a scorer on labelled sentences: a BERT (extra bert), or the n-gram baseline.

    With --folds 5 the model folder also gets what five networks said of the labels they never saw:
    calibrate and evaluate --report need that.

    Example: zhengce train --labels data/gold/labels.csv --out model --folds 5 --jobs 2
    """
    from configs.errors import UserError
    from corpus.rubric import load_rubric
    from nlp_scoring.labels import read_labels
    from nlp_scoring.ngram import fit_labels, save_ngram

    rubric = load_rubric()
    frame = read_labels(labels, rubric)
    if scorer == "bert":
        if folds:
            _cross_validate(frame, rubric, encoder, out, (epochs, distil, folds, jobs, seed), size)
        elif size:
            raise UserError("--size needs --folds", fix="add --folds 5")
        _train_bert(frame, rubric, encoder, out, (epochs, validation, distil, seed), project)
        if folds:
            typer.echo(f"now `zhengce calibrate --model {out}`", err=True)
        return
    model = fit_labels(frame, rubric)
    save_ngram(model, out / MODEL_FILE)
    typer.echo(f"{model.model_id}: {out / MODEL_FILE}", err=True)


def _cross_validate(
    frame: pd.DataFrame,
    rubric: Rubric,
    encoder: Path,
    out: Path,
    numbers: tuple[int, int, int, int, int],
    sizes: list[int] | None,
) -> None:
    from configs.errors import UserError
    from nlp_scoring.report.cli import check_keys

    epochs, teachers, folds, jobs, seed = numbers
    if teachers:
        raise UserError(
            "--folds with --distil", fix="leave --folds out: distilling has its own folds"
        )
    if folds == 1:
        raise UserError(
            "--folds 1 leaves nothing to learn from", fix="use 2 or more, or 0 for none"
        )
    check_keys(frame, Path("--labels"))
    try:
        from nlp_scoring.bert.crossing import cross_validate
        from nlp_scoring.bert.training import TrainingSettings
    except ImportError as error:
        raise UserError(
            f"training a BERT needs {error.name}", fix="python3 tools/environment.py --extras bert"
        ) from error
    cross_validate(
        frame, rubric, encoder, out, TrainingSettings(epochs=epochs, seed=seed), sizes=sizes or (),
        n_folds=folds, fold_seed=seed, jobs=jobs, tell=lambda line: typer.echo(line, err=True),
    )  # fmt: skip
    typer.echo(f"out of fold: {out / 'out_of_fold.csv.gz'}", err=True)


def _train_bert(
    frame: pd.DataFrame,
    rubric: Rubric,
    encoder: Path,
    out: Path,
    numbers: tuple[int, float, int, int],
    project: Path | None,
) -> None:
    from configs.errors import UserError

    try:
        from nlp_scoring.bert.distilling import distil
        from nlp_scoring.bert.learning import learn
        from nlp_scoring.bert.recipe import Recipe
        from nlp_scoring.bert.training import TrainingSettings
    except ImportError as error:
        raise UserError(
            f"training a BERT needs {error.name}", fix="python3 tools/environment.py --extras bert"
        ) from error
    epochs, validation, teachers, seed = numbers
    if teachers:
        from corpus.project import find_store
        from corpus.schemas import SentenceTable
        from corpus.store import read_table

        sentences = read_table(SentenceTable, find_store(project) / "sentence.parquet")
        distil(
            frame, sentences, rubric, encoder, out, Recipe(seeds=teachers), fold_seed=seed,
            tell=lambda line: typer.echo(line, err=True),
        )  # fmt: skip
        typer.echo(f"bert: {out}; now `zhengce calibrate --model {out}`", err=True)
        return
    settings = TrainingSettings(epochs=epochs, seed=seed)
    learn(
        frame, rubric, encoder, out, settings, validation_share=validation,
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
