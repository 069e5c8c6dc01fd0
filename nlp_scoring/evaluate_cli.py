"""The verb `evaluate`: quality of a scorer on labels, its floors, and the evaluation page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from configs.errors import UserError
from configs.paths import BERT_MODEL, LABELS

if TYPE_CHECKING:
    import pandas as pd

    from corpus.rubric import Rubric
    from nlp_scoring.evaluation import DimensionQuality
    from nlp_scoring.ordinal import Predictions

Scorer = Literal["bert", "ngram", "cues"]
#: Share of sentences learnt from that is borne: set phrases occur in every report.
FLATTERED = 0.1


def evaluate(
    labels: Annotated[
        Path, typer.Option(help="Labels with the columns of data/gold/labels.csv.")
    ] = LABELS,
    scorer: Annotated[Scorer, typer.Option(help="Which scorer.")] = "bert",
    model: Annotated[Path, typer.Option(help="Model folder of the BERT.")] = BERT_MODEL,
    folds: Annotated[int, typer.Option(min=2, max=31, help="Folds over regions (ngram).")] = 5,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    floors: Annotated[
        Path | None, typer.Option(help="JSON of floors; exit code 1 when one is missed.")
    ] = None,
    set_floors: Annotated[
        bool, typer.Option("--set-floors", help="Raise the floors to what is measured.")
    ] = False,
    lower_floors: Annotated[
        bool, typer.Option("--lower-floors", help="Let --set-floors lower floors too.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the evaluation page of the BERT to this folder.")
    ] = None,
    suspicious: Annotated[
        Path | None,
        typer.Option(help="Write labels that are probably wrong to this CSV, to review."),
    ] = None,
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table",
) -> None:
    """Measure a scorer on labelled sentences drawn at random, no sentence by a model that read it.

    Example: zhengce evaluate --labels data/gold/labels.csv --format json
    """
    from corpus.rubric import load_rubric
    from nlp_scoring.labels import read_labels
    from nlp_scoring.validation import quality_on, random_rows

    if report is not None:
        from nlp_scoring.report.cli import evaluate_page

        if scorer != "bert":
            raise UserError(
                "the page is of the BERT, the others stand beside it", fix="drop --scorer"
            )
        if suspicious is not None:
            raise UserError("--report and --suspicious at once", fix="run the command for each")
        evaluate_page(labels=labels, out=report, seed=seed, model=model)
        return
    rubric = load_rubric()
    frame = read_labels(labels, rubric)
    predictions, scheme = _predict(frame, scorer, model, rubric, folds, seed)
    if suspicious is not None:
        _suspicious(frame, predictions, scorer, rubric, suspicious)
    qualities = quality_on(frame, predictions, random_rows(frame), rubric, seed)
    if format == "json":
        answer: dict[str, Any] = {
            "scorer": scorer, "model_id": predictions.model_id, "scheme": scheme, "seed": seed,
            "rubric_version": rubric.version,
            "dimensions": {q.dimension: _metrics(q) for q in qualities},
        }  # fmt: skip
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _print(qualities, scheme)
    if floors is not None:
        _gate(qualities, floors, set_floors=set_floors, may_lower=lower_floors)
    elif set_floors or lower_floors:
        raise UserError("which floors?", fix="add --floors FILE.json")


def _predict(
    frame: pd.DataFrame, scorer: Scorer, model: Path, rubric: Rubric, folds: int, seed: int
) -> tuple[Predictions, str]:
    from corpus.progress import bar

    if scorer == "cues":
        from nlp_scoring.cues import predict_cues

        return predict_cues(frame["text"].tolist(), rubric), "cue words, nothing is learnt"
    if scorer == "bert":
        from nlp_scoring.bert.judged import judge

        with bar("evaluate", len(frame)) as advance:
            found = judge(frame, model, rubric, advance=advance)
        if found.n_learnt > FLATTERED * len(frame):
            raise UserError(
                f"the model has learnt from {found.n_learnt} of these {len(frame)} sentences, "
                "so they cannot tell how good it is",
                where=str(model),
                fix="train with --folds 5, or give labels that it has not read",
            )
        return found.predictions, found.scheme
    from nlp_scoring.validation import cross_validate_ngram

    with bar("evaluate: folds over regions", folds) as advance:
        predictions = cross_validate_ngram(
            frame, rubric, n_folds=folds, seed=seed, advance=lambda: advance(1)
        )
    return predictions, f"{folds} folds over regions"


def _suspicious(
    frame: pd.DataFrame, predictions: Predictions, scorer: Scorer, rubric: Rubric, path: Path
) -> None:
    from nlp_scoring.suspicion import suspicious_frame, write_suspicious

    if scorer == "cues":
        raise UserError("cue words doubt no label", fix="use --scorer bert or ngram")
    n = write_suspicious(path, suspicious_frame(frame, predictions, rubric))
    typer.echo(
        f"{n} suspicious labels: {path}; to people: `zhengce annotate review {path}`", err=True
    )


def _metrics(quality: DimensionQuality) -> dict[str, Any]:
    from dataclasses import asdict

    metrics: dict[str, Any] = {k: asdict(e) for k, e in quality.metrics.items()}
    n = quality.n
    return metrics | {"n": {"estimate": n, "conf_low": n, "conf_high": n}, "recall": quality.recall}


def _print(qualities: list[DimensionQuality], scheme: str) -> None:
    typer.echo(scheme)
    for q in qualities:
        for name, e in q.metrics.items():
            typer.echo(
                f"{q.dimension:<28}{name:<20}{e.estimate:7.3f}  [{e.conf_low:.3f}, {e.conf_high:.3f}]"
            )


def _gate(
    qualities: list[DimensionQuality], path: Path, *, set_floors: bool, may_lower: bool
) -> None:
    from corpus.files import write_text
    from nlp_scoring.floors import breaches, new_floors, read_floors

    old = read_floors(path) if path.exists() or not set_floors else {}
    if set_floors:
        text = json.dumps(new_floors(qualities, old, may_lower=may_lower), indent=1)
        write_text(path, text + "\n")
        typer.echo(f"floors: {path}", err=True)
        return
    found = breaches(qualities, old)
    for breach in found:
        typer.echo(breach.line(), err=True)
    if found:
        raise typer.Exit(1)
    typer.echo(f"every figure holds its floor: {path}", err=True)
