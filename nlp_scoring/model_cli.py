"""Verbs on a BERT model or encoder: calibrate, pretrain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from configs.errors import UserError, shown
from configs.paths import BERT_BASE, BERT_MODEL, LABELS, REPORTS

if TYPE_CHECKING:
    import pandas as pd

    from corpus.rubric import Rubric
    from nlp_scoring.calibration import Calibration


def calibrate(
    model: Annotated[Path, typer.Option(help="Model folder to write to.")] = BERT_MODEL,
    labels: Annotated[
        Path, typer.Option(help="What the model's folds have judged, or labels that it never saw.")
    ] = LABELS,
    coverage: Annotated[float, typer.Option(min=0.5, max=0.99, help="Of the level sets.")] = 0.9,
    out: Annotated[
        Path | None,
        typer.Option(help="Leave the model as it is and calibrate a copy in this folder."),
    ] = None,
) -> None:
    """Learn what makes chances right, and level sets, from labels not learnt from; keep both in the model.

    A sentence that the model's folds have judged counts by what they said; any other, where the model has
    not learnt from it, by what the model says itself: a few hundred random ones that you coded, for instance.

    Example: zhengce calibrate --labels mine.csv --out my-model
    """
    from corpus.rubric import load_rubric
    from nlp_scoring.bert.calibrating import calibrate_folder
    from nlp_scoring.bert.out_of_fold import FILE
    from nlp_scoring.labels import read_labels

    rubric = load_rubric()
    frame = read_labels(labels, rubric)
    shipped = BERT_MODEL.resolve()
    if (out or model).resolve() == shipped and (out or labels.resolve() != LABELS.resolve()):
        raise UserError(
            "the shipped model stays as it is", where=str(out or model), fix="give --out a folder"
        )
    if out is None and (model / FILE).is_file():
        learnt, n = calibrate_folder(model, frame, rubric, coverage=coverage)
    else:
        learnt, n = _calibrate_on(frame, labels, model, rubric, out or model, coverage)
    for i, name in enumerate(rubric.dimension_ids):
        slope, shift = (row.round(2).tolist() for row in (learnt.slope[i], learnt.shift[i]))
        typer.echo(f"{name}: slopes {slope}, shifts {shift}", err=True)
    typer.echo(f"calibrated on {n} sentences: {(out or model) / 'model.json'}", err=True)


def _calibrate_on(
    frame: pd.DataFrame, labels: Path, model: Path, rubric: Rubric, out: Path, coverage: float
) -> tuple[Calibration, int]:
    from corpus.progress import bar
    from nlp_scoring.bert.held_out import calibrate_on
    from nlp_scoring.report.cli import check_keys

    check_keys(frame, labels)
    with bar("calibrate", len(frame)) as advance:
        found = calibrate_on(frame, model, rubric, out, coverage=coverage, advance=advance)
    if found.n_learnt:
        typer.echo(
            f"{found.n_learnt} labels left out: the model has learnt from their sentences", err=True
        )
    return found.calibration, found.n_drawn


def pretrain(
    out: Annotated[Path, typer.Option(help="Folder for the encoder.")] = Path("encoder"),
    text: Annotated[
        list[Path] | None,
        typer.Option(help="Records with `text` (.jsonl, .jsonl.gz) or plain text; repeat."),
    ] = None,
    encoder: Annotated[Path, typer.Option(help="Encoder folder to start from.")] = BERT_BASE,
    trim: Annotated[
        bool, typer.Option(help="First drop word pieces that neither the text nor GB 2312 has.")
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, max=50)] = 3,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Go on pre-training an encoder on official text: masked words, whole (extras bert, nlp).

    A run that was killed goes on where it was when the command is the same.

    Example: zhengce pretrain --text data/corpus/reports.jsonl.gz --out encoder
    """
    import tempfile

    from nlp_scoring.bert.extra import check_packages

    check_packages("pre-training", "jieba", extras="bert,nlp")
    import torch

    from nlp_scoring.bert.pretraining import PretrainingSettings, pretrain_folder
    from nlp_scoring.bert.vocabulary import trim_encoder

    texts = [line for path in text or [REPORTS] for line in _texts(path)]
    if not texts:
        raise UserError("holds no text", where=str((text or [REPORTS])[0]))

    def tell(record: dict[str, Any]) -> None:
        epoch, loss, seconds = record["epoch"], record["loss"], record["seconds"]
        typer.echo(f"epoch {epoch:.0f} of {epochs}: loss {loss:.3f}, {seconds:.0f} s", err=True)

    device = "cuda" if torch.cuda.is_available() else "cpu"
    settings = PretrainingSettings(epochs=epochs, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        if trim:
            typer.echo(f"{trim_encoder(encoder, Path(folder), texts)} word pieces kept", err=True)
        start = Path(folder) if trim else encoder
        pretrain_folder(start, texts, out, settings, device=device, tell=tell)
    typer.echo(
        f"encoder: {out}; use it with `zhengce train --scorer bert --encoder {out}`", err=True
    )


def _texts(path: Path) -> list[str]:
    """Read plain text, or ``text`` of each record: reports, laws, anything official."""
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        from corpus.records import json_lines

        return [_text_of(record, f"{path} line {i}") for i, record in json_lines(path)]
    try:
        return [path.read_text(encoding="utf-8")]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("cannot be read as UTF-8 text", where=str(path)) from error


def _text_of(record: dict[str, Any], where: str) -> str:
    text = record.get("text")
    if not isinstance(text, str):
        raise UserError(f"text is {shown(text)}", where=where, fix="give every record a `text`")
    return text
