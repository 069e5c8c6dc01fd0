"""Verbs on a BERT model or encoder: calibrate, pretrain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from configs.errors import UserError
from configs.paths import BERT_BASE, BERT_MODEL, LABELS, REPORTS


def calibrate(
    model: Annotated[Path, typer.Option(help="Model folder to write to.")] = BERT_MODEL,
    labels: Annotated[Path, typer.Option(help="Labels the out-of-fold file speaks of.")] = LABELS,
    coverage: Annotated[float, typer.Option(min=0.5, max=0.99, help="Of the level sets.")] = 0.9,
) -> None:
    """Learn temperatures and level sets from out-of-fold predictions, and keep them in the model.

    Example: zhengce calibrate --model model --labels data/gold/labels.csv
    """
    import json

    from corpus.files import write_text
    from corpus.rubric import load_rubric
    from nlp_scoring.bert.out_of_fold import read_out_of_fold
    from nlp_scoring.bert.runtime import read_card
    from nlp_scoring.calibration import fit_sets, fit_temperature, tempered
    from nlp_scoring.labels import read_labels
    from nlp_scoring.validation import random_rows

    rubric = load_rubric()
    frame, card = read_labels(labels, rubric), read_card(model)
    found = read_out_of_fold(model, frame, rubric)
    rows = random_rows(frame)
    truth = frame[list(rubric.dimension_ids)].to_numpy(dtype="int64")[rows]
    exceed = found.raw.exceed[rows]
    temperature = fit_temperature(exceed, truth)
    sets = fit_sets(tempered(exceed, temperature), truth, coverage=coverage)
    card |= {
        "temperature": [round(float(t), 4) for t in temperature],
        "set_threshold": [[round(float(t), 5) for t in row] for row in sets.threshold],
        "set_coverage": coverage,
    }
    write_text(model / "model.json", json.dumps(card, ensure_ascii=False, indent=1) + "\n")
    typer.echo(f"temperatures {card['temperature']}: {model / 'model.json'}", err=True)


def pretrain(
    out: Annotated[Path, typer.Option(help="Folder for the encoder.")] = Path("encoder"),
    text: Annotated[
        list[Path] | None, typer.Option(help="Records (.jsonl, .jsonl.gz) or plain text; repeat.")
    ] = None,
    encoder: Annotated[Path, typer.Option(help="Encoder folder to start from.")] = BERT_BASE,
    trim: Annotated[
        bool, typer.Option(help="First drop word pieces that neither the text nor GB 2312 has.")
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, max=50)] = 3,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Go on pre-training an encoder on official text: masked words, whole (extras bert, nlp).

    Example: zhengce pretrain --text data/corpus/reports.jsonl.gz --out encoder
    """
    import tempfile
    from importlib.util import find_spec

    try:
        import torch

        from nlp_scoring.bert.pretraining import PretrainingSettings, pretrain_folder
        from nlp_scoring.bert.vocabulary import trim_encoder
    except ImportError as error:
        raise UserError(
            f"pre-training needs {error.name}", fix="python3 tools/environment.py --extras bert,nlp"
        ) from error
    if find_spec("jieba") is None:
        raise UserError(
            "pre-training needs jieba", fix="python3 tools/environment.py --extras bert,nlp"
        )

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
    from corpus.records import read_records

    if path.name.endswith((".jsonl", ".jsonl.gz")):
        return [str(text) for text in read_records(path)["text"]]
    try:
        return [path.read_text(encoding="utf-8")]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("cannot be read as UTF-8 text", where=str(path)) from error
