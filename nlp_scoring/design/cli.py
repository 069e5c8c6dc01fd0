"""The verb `correct`: intensities corrected by the sentences labelled at random."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from configs.paths import BERT_MODEL, LABELS

if TYPE_CHECKING:
    import pandas as pd

    from corpus.rubric import Rubric
    from nlp_scoring.bert.runtime import BertModel
    from nlp_scoring.design.tables import LabelErrors

#: The one scorer with out-of-fold scores of labelled sentences; the columns that a model's recipe has.
SCORER, RECIPE = "bert", "student"


def correct(
    project: Annotated[
        Path | None, typer.Option(help="Run or parse folder; found by itself if left out.")
    ] = None,
    labels: Annotated[
        Path, typer.Option(help="Labels with the columns of data/gold/labels.csv.")
    ] = LABELS,
    model: Annotated[
        Path, typer.Option(help="The model of the scores, with what its folds said of the labels.")
    ] = BERT_MODEL,
    method: Annotated[
        Literal["own", "pooled", "calibrated", "shrunk"],
        typer.Option(help="Whose labels correct a report: its own, all, all by a line, a mix."),
    ] = "shrunk",
    population: Annotated[
        Literal["superpopulation", "fixed"],
        typer.Option(help="Error about the agenda behind the sentences, or about these sentences."),
    ] = "superpopulation",
    label_error: Annotated[
        str, typer.Option(help="Standard deviation of a label's error, or double-coded.")
    ] = "0",
    label_lean: Annotated[
        float, typer.Option(help="Correlation of label errors within a report, 0-1.")
    ] = 0.0,
    draws: Annotated[int, typer.Option(min=1, max=10_000, help="Panels to draw.")] = 100,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    out: Annotated[Path, typer.Option(help="Folder for the two CSV files.")] = Path("corrected"),
) -> None:
    """Correct intensities by labelled sentences; write them and draws of the panel.

    Example: zhengce correct --project runs/first --method shrunk --out corrected
    """
    from corpus.csvfiles import write_csv
    from corpus.project import find_store
    from corpus.rubric import load_rubric
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table
    from nlp_scoring.design.tables import corrected_intensity
    from nlp_scoring.labels import read_labels

    errors = _label_error(label_error, label_lean)
    rubric, store = load_rubric(), find_store(project)
    scores = read_table(ScoreTable, store / "score.parquet")
    scored = _check_scorer(scores, model, rubric, store)
    labelled = read_labels(labels, rubric)
    panel = corrected_intensity(
        scores, read_table(SentenceTable, store / "sentence.parquet"), labelled,
        read_scores(model, rubric, scored), dimensions=rubric.dimension_ids, method=method,
        label_error=errors, draws=draws, seed=seed, population=population,
    )  # fmt: skip
    write_csv(out / "intensity_corrected.csv", panel.table, float_format="%.6f")
    write_csv(out / "intensity_draws.csv", panel.draws, float_format="%.6f")
    _tell(panel.table, panel.n_unmatched, method)
    typer.echo(f"{out / 'intensity_corrected.csv'}, {out / 'intensity_draws.csv'}", err=True)


def _label_error(text: str, lean: float) -> LabelErrors:
    from configs.errors import UserError, shown
    from nlp_scoring.design.errors import LabelError

    if text == "double-coded":
        if lean:
            raise UserError(
                "double-coded sentences tell the lean themselves", where="--label-lean",
                fix="leave it out, or give --label-error a number",
            )  # fmt: skip
        return "double-coded"
    try:
        sd = float(text)
    except ValueError as error:
        raise UserError(
            f"{shown(text)} is no number", where="--label-error", fix="use 0.1, or double-coded"
        ) from error
    return LabelError(sd=sd, within_report=lean)


def _check_scorer(scores: pd.DataFrame, folder: Path, rubric: Rubric, store: Path) -> BertModel:
    """Refuse scores of another scorer or model than the out-of-fold scores are of."""
    from configs.errors import UserError

    where = str(store / "score.parquet")
    for scorer in sorted(scores["scorer"].unique()):
        if scorer != SCORER:
            raise UserError(
                f"scores by {scorer!r} have no out-of-fold scores to be corrected by",
                where=where, fix="score with `zhengce score --scorer bert`",
            )  # fmt: skip
    found = open_model(folder, rubric)
    for model in sorted(scores["model_id"].unique()):
        if model != found.model_id:
            raise UserError(
                f"scores by the model {model!r}; the out-of-fold scores are of {found.model_id!r}",
                where=where, fix="give --model its folder, or score with `zhengce score --scorer bert`",
            )  # fmt: skip
    return found


def open_model(folder: Path, rubric: Rubric) -> BertModel:
    """Open the model that the out-of-fold scores belong to."""
    from nlp_scoring.bert.runtime import load_bert

    return load_bert(folder, rubric)


def read_scores(folder: Path, rubric: Rubric, model: BertModel) -> pd.DataFrame:
    """Read what a model's folds said, and the model of labels it never saw; calibrated as its scores are.

    Returns
    -------
    DataFrame
        ``sentence_key``, ``text_key`` where the files have it, and one column a dimension.
    """
    import pandas as pd

    from nlp_scoring.bert.out_of_fold import FILE, HELD_OUT

    paths = [folder / FILE, folder / HELD_OUT]
    found = [path for path in paths if path.is_file()] or paths[:1]
    frames = [_scores_of(path, rubric, model) for path in found]
    return pd.concat(frames, ignore_index=True)


def _scores_of(path: Path, rubric: Rubric, model: BertModel) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    from configs.errors import UserError
    from nlp_scoring.bert.out_of_fold import TEXT_KEY

    names = [
        [f"{RECIPE}_{d}_p_gt{k}" for k in range(rubric.max_level)] for d in rubric.dimension_ids
    ]
    try:
        frame = pd.read_csv(path, dtype={"sentence_key": "str"})
        exceed = np.stack([frame[n].to_numpy(dtype=np.float64) for n in names], axis=1)
        keys = frame[[c for c in ("sentence_key", TEXT_KEY) if c in frame.columns]]
    except (OSError, KeyError, ValueError) as error:
        raise UserError(
            "cannot be read as out-of-fold scores", where=str(path),
            fix="train with --folds 5, or `zhengce calibrate --out` on these labels",
        ) from error  # fmt: skip
    scores = model.calibration.apply(exceed).sum(axis=2)
    return pd.concat([keys, pd.DataFrame(scores, columns=list(rubric.dimension_ids))], axis=1)


def _tell(table: pd.DataFrame, n_unmatched: int, method: str) -> None:
    reports = table.drop_duplicates("report_id")
    without = int((reports["n_labelled"] == 0).sum())
    text = f"{len(reports)} reports, {int(reports['n_labelled'].sum())} random labels"
    if without:
        how = "left empty" if method == "own" else "corrected by the others' labels"
        text += f"; {without} reports have none and are {how}"
    if n_unmatched:
        text += f"; {n_unmatched} labels match no sentence"
    typer.echo(text, err=True)
    for name, rows in table.groupby("dimension", sort=False):
        before, after = rows["intensity"].mean(), rows["intensity_corrected"].mean()
        error = rows["std_error_corrected"].mean()
        typer.echo(f"{name}: mean {before:.3f} -> {after:.3f}, std. error {error:.3f}", err=True)
