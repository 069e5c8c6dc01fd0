"""The verb `score`: a CSV, or the corpus of a project, by one of the scorers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from configs.errors import UserError, shown
from configs.paths import BERT_MODEL, LABELS, user_cache

if TYPE_CHECKING:
    import pandas as pd

    from corpus.rubric import Rubric
    from nlp_scoring.bert.work import Work
    from nlp_scoring.ensembles import Ensemble
    from nlp_scoring.ngram import NgramModel
    from nlp_scoring.ordinal import Predictions

MODEL_FILE = "ngram.npz"
Scorer = Literal["bert", "ngram", "cues"]


def score(
    file: Annotated[
        Path | None, typer.Argument(metavar="IN.csv", help="CSV with a column `text`.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV to write.")] = None,
    scorer: Annotated[
        Scorer | None, typer.Option(help="Which scorer; else what --model holds, else bert.")
    ] = None,
    model: Annotated[
        list[Path] | None,
        typer.Option(help="Folder written by `zhengce train`; repeat for the mean of several."),
    ] = None,
    project: Annotated[
        Path | None, typer.Option(help="Run or parse folder; found by itself if left out.")
    ] = None,
    shard: Annotated[
        str, typer.Option(help="i/n: fill the cache with the i-th of n shares (bert).")
    ] = "1/1",
    executor: Annotated[
        Literal["local", "dask"], typer.Option(help="Where the BERT works.")
    ] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a dask scheduler; else a local cluster.")
    ] = None,
) -> None:
    """Score sentences of a CSV, or of the project's corpus when no file is given.

    Example: zhengce score sentences.csv --out scores.csv
    """
    from corpus.rubric import load_rubric
    from nlp_scoring.bert.work import open_models

    if file is not None and out is None:
        raise UserError("an output is needed", fix="add --out OUT.csv")
    rubric, share, models = load_rubric(), _share(shard), model or []
    if scorer is None:
        scorer = "ngram" if models and _holds_ngram(models[0]) else "bert"
    if scorer != "bert" and len(models) > 1:
        raise UserError(f"{scorer} takes one model", where="--model", fix="name one")
    if scorer == "bert":
        is_dask = executor == "dask"
        work = open_models(models or [BERT_MODEL], rubric, share, scheduler, is_dask=is_dask)
        if file is not None and out is not None:
            _csv_bert(file, out, rubric, work)
        else:
            _project_bert(project, rubric, work)
    elif scorer == "cues":
        _cues(file, out, project, rubric)
    elif file is not None and out is not None:
        _csv_ngram(file, out, _ngram(models[0] if models else None, rubric), rubric)
    else:
        _project_ngram(project, models[0] if models else None, rubric)


def _holds_ngram(model: Path) -> bool:
    return (model / MODEL_FILE).is_file() or model.suffix == ".npz"


def _share(text: str) -> tuple[int, int]:
    part, _, total = text.partition("/")
    if not (part.isdecimal() and total.isdecimal()) or not 1 <= int(part) <= int(total):
        raise UserError(
            f"{shown(text)} is no share", where="--shard", fix="write i/n with 1 <= i <= n, as 2/4"
        )
    return int(part), int(total)


def _read(file: Path) -> pd.DataFrame:
    from corpus.csvfiles import read_csv

    frame = read_csv(file)
    if "text" not in frame.columns:
        raise UserError("lacks the column 'text'", where=str(file))
    return frame


def _write(frame: pd.DataFrame, scores: pd.DataFrame, out: Path) -> None:
    import pandas as pd

    from corpus.csvfiles import write_csv

    kept = frame.drop(columns=[c for c in scores.columns if c in frame.columns])
    write_csv(out, pd.concat([kept, scores], axis=1))
    typer.echo(f"{len(frame)} sentences scored: {out}", err=True)


def _csv_ngram(file: Path, out: Path, model: NgramModel, rubric: Rubric) -> None:
    from nlp_scoring.scoring import score_rows

    frame = _read(file)
    _write(frame, score_rows(frame, model=model, rubric=rubric, where=str(file)), out)


def _cues(file: Path | None, out: Path | None, project: Path | None, rubric: Rubric) -> None:
    """Count cue words: the practice of the literature, for comparison."""
    from nlp_scoring.cues import predict_cues
    from nlp_scoring.scoring import with_attributes

    if file is not None and out is not None:
        frame = _read(file)
        predictions = predict_cues(frame["text"].tolist(), rubric)
        _write(frame, with_attributes(frame, predictions, rubric=rubric, where=str(file)), out)
        return
    store, sentences = _sentences(project)
    predictions = predict_cues(sentences["text"].tolist(), rubric)
    _keep_plain(store, sentences, predictions, rubric, "cues")


def _csv_bert(file: Path, out: Path, rubric: Rubric, work: Work) -> None:
    from nlp_scoring.bert.rows import passages_of
    from nlp_scoring.ensemble_tables import wide_rows

    frame = _read(file)
    found = work(passages_of(frame, str(file)))
    if found is not None:
        ensemble, sets = found
        _tell_caps(ensemble)
        _write(frame, wide_rows(ensemble, rubric, sets), out)


def _ngram(folder: Path | None, rubric: Rubric) -> NgramModel:
    """Load the model of a folder, or the shipped labels' own, trained once and kept in the cache."""
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


def _project_ngram(project: Path | None, model: Path | None, rubric: Rubric) -> None:
    from corpus.progress import bar
    from nlp_scoring.scoring import score_sentences

    store, sentences = _sentences(project)
    own = store / MODEL_FILE
    fitted = _ngram(model if model is not None else (own if own.is_file() else None), rubric)
    with bar("score", len(sentences)) as advance:
        predictions = score_sentences(
            sentences["text"].tolist(),
            sentences["progress"].tolist(),
            sentences["unit_type"].tolist(),
            model=fitted,
            rubric=rubric,
            advance=advance,
        )
    _keep_plain(store, sentences, predictions, rubric, "ngram")


def _project_bert(project: Path | None, rubric: Rubric, work: Work) -> None:
    from corpus.schemas import NetworkScoreTable
    from corpus.store import write_table
    from nlp_scoring.bert.rows import sentence_passages
    from nlp_scoring.ensemble_tables import NETWORKS, network_frame, score_table

    store, sentences = _sentences(project)
    answer = work(sentence_passages(sentences))
    if answer is None:
        return
    found, ids = answer[0], sentences["sentence_id"].tolist()
    if len(found.networks) > 1:
        write_table(NetworkScoreTable, network_frame(ids, found, rubric), store / NETWORKS)
    _tell_caps(found)
    _keep(store, score_table(ids, found, rubric), found.predictions.model_id, len(ids))


def _tell_caps(found: Ensemble) -> None:
    from nlp_scoring.caps import describe_caps
    from nlp_scoring.ensembles import sentence_rules

    typer.echo(describe_caps(sentence_rules(found)), err=True)


def _sentences(project: Path | None) -> tuple[Path, pd.DataFrame]:
    from corpus.project import find_store
    from corpus.schemas import SentenceTable
    from corpus.store import read_table

    store = find_store(project)
    return store, read_table(SentenceTable, store / "sentence.parquet")


def _keep_plain(
    store: Path, sentences: pd.DataFrame, predictions: Predictions, rubric: Rubric, scorer: str
) -> None:
    from nlp_scoring.scoring import score_frame

    frame = score_frame(sentences["sentence_id"].tolist(), predictions, rubric, scorer=scorer)
    _keep(store, frame, predictions.model_id, len(sentences))


def _keep(store: Path, frame: pd.DataFrame, model_id: str, n: int) -> None:
    from corpus.files import disk_errors
    from corpus.schemas import ScoreTable
    from corpus.store import write_table
    from nlp_scoring.ensemble_tables import NETWORKS

    write_table(ScoreTable, frame, store / "score.parquet", settings=model_id)
    if "spread" not in frame:
        with disk_errors(store):
            (store / NETWORKS).unlink(missing_ok=True)  # of scores that are no longer there
    typer.echo(f"{n} sentences scored: {store / 'score.parquet'}", err=True)
