"""Verbs of scoring: train, aggregate, intensity; others in `score_cli`, `evaluate_cli`, `model_cli`."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    epochs: Annotated[
        int | None, typer.Option(min=1, max=100, help="Of the BERT; 8 if left out.")
    ] = None,
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
        int, typer.Option(min=1, max=64, help="Networks side by side, with --folds or --distil.")
    ] = 1,
    project: Project = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train a scorer on labelled sentences: a BERT (extra bert), or the n-gram baseline.

    With --folds 5 the model folder also gets what five networks said of the labels they never saw:
    its chances are calibrated by that, and evaluate --report needs it.

    Example: zhengce train --labels data/gold/labels.csv --out model --folds 5 --jobs 2
    """
    from corpus.rubric import load_rubric
    from nlp_scoring.labels import read_labels
    from nlp_scoring.ngram import fit_labels, save_ngram

    rubric = load_rubric()
    frame = read_labels(labels, rubric)
    if scorer == "bert":
        plan = _Plan(epochs, validation, distil, folds, tuple(size or ()), jobs, seed)
        _train_bert(frame, rubric, encoder, out, plan, project)
        return
    model = fit_labels(frame, rubric)
    save_ngram(model, out / MODEL_FILE)
    typer.echo(f"{model.model_id}: {out / MODEL_FILE}", err=True)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a BERT is to be trained; options that exclude each other are refused."""

    epochs: int | None
    validation: float
    teachers: int
    folds: int
    sizes: tuple[int, ...]
    jobs: int
    seed: int

    def check(self) -> None:
        from configs.errors import UserError

        if self.folds and self.teachers:
            raise UserError(
                "--folds with --distil", fix="leave --folds out: distilling has its own folds"
            )
        if self.teachers and (self.validation or self.epochs):
            name = "--epochs" if self.epochs else "--validation"
            raise UserError(
                f"{name} with --distil", fix=f"leave {name} out: the recipe has its own epochs"
            )
        if self.jobs > 1 and not (self.folds or self.teachers):
            raise UserError("--jobs needs several networks", fix="add --folds 5, or leave it out")
        if self.folds == 1:
            raise UserError(
                "--folds 1 leaves nothing to learn from", fix="use 2 or more, or 0 for none"
            )
        if self.sizes and not self.folds:
            raise UserError("--size needs --folds", fix="add --folds 5")


def _train_bert(
    frame: pd.DataFrame,
    rubric: Rubric,
    encoder: Path,
    out: Path,
    plan: _Plan,
    project: Path | None,
) -> None:
    from nlp_scoring.bert.extra import check_packages

    plan.check()
    check_packages("training a BERT")
    from nlp_scoring.bert.crossing import cross_validate
    from nlp_scoring.bert.distilling import distil
    from nlp_scoring.bert.learning import learn
    from nlp_scoring.bert.recipe import Recipe
    from nlp_scoring.bert.training import TrainingSettings

    def tell(line: str) -> None:
        typer.echo(line, err=True)

    if plan.folds or plan.teachers:
        _check_keys(frame)
    if plan.teachers:
        recipe = Recipe(seeds=plan.teachers)
        sentences = _sentences(project)
        distil(
            frame, sentences, rubric, encoder, out, recipe, fold_seed=plan.seed, jobs=plan.jobs,
            tell=tell,
        )  # fmt: skip
    else:
        settings = TrainingSettings(seed=plan.seed)
        if plan.epochs:
            settings = replace(settings, epochs=plan.epochs)
        if plan.folds:
            cross_validate(
                frame, rubric, encoder, out, settings, sizes=plan.sizes, n_folds=plan.folds,
                fold_seed=plan.seed, jobs=plan.jobs, tell=tell,
            )  # fmt: skip
        learn(
            frame, rubric, encoder, out, settings, validation_share=plan.validation,
            keep_folds=plan.folds > 0,
            tell=lambda r: tell(
                f"epoch {r['epoch']:.0f} of {settings.epochs}: loss {r['loss']:.3f}, {r['seconds']:.0f} s"
            ),
        )  # fmt: skip
    if plan.folds or plan.teachers:
        _calibrate(out, frame, rubric)
    tell(f"bert: {out}")


def _calibrate(out: Path, frame: pd.DataFrame, rubric: Rubric) -> None:
    """Calibrate by the folds, where some labels were drawn at random."""
    from nlp_scoring.bert.calibrating import calibrate_folder
    from nlp_scoring.validation import random_rows

    if random_rows(frame).any():
        n = calibrate_folder(out, frame, rubric)[1]
        typer.echo(f"calibrated on {n} sentences that the folds had not seen", err=True)
    else:
        typer.echo("not calibrated: no label is of a sentence drawn at random", err=True)


def _sentences(project: Path | None) -> pd.DataFrame:
    from corpus.project import find_store
    from corpus.schemas import SentenceTable
    from corpus.store import read_table

    return read_table(SentenceTable, find_store(project) / "sentence.parquet")


def _check_keys(frame: pd.DataFrame) -> None:
    from nlp_scoring.report.cli import check_keys

    check_keys(frame, Path("--labels"))


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
    from nlp_scoring.ensemble_tables import read_networks

    known = ("review", "plan", "governance", "other")
    for name in section or []:
        if name not in known:
            raise UserError(
                f"unknown section {name!r}", where="--section", fix=f"use one of {', '.join(known)}"
            )
    store = find_store(project)
    scores = read_table(ScoreTable, store / "score.parquet")
    frame = report_intensity(
        scores, read_table(SentenceTable, store / "sentence.parquet"),
        dimensions=load_rubric().dimension_ids, with_annex=annex, sections=section or None,
        networks=read_networks(store, scores),
    )  # fmt: skip
    write_table(ReportScoreTable, frame, store / "report_score.parquet")
    typer.echo(
        f"{frame['report_id'].nunique()} reports: {store / 'report_score.parquet'}", err=True
    )
