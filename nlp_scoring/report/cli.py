"""The verb that writes the evaluation report of the shipped BERT, or of another model folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from configs.errors import UserError, shown
from configs.paths import BERT_MODEL, LABELS

if TYPE_CHECKING:
    import pandas as pd

    from corpus.rubric import Rubric
    from nlp_scoring.bert.out_of_fold import OutOfFold
    from nlp_scoring.ordinal import Predictions
    from nlp_scoring.report.masking import MaskedPair
    from nlp_scoring.report.tables import EvaluationTables

FOLDS = 5


def evaluate_page(
    labels: Annotated[Path, typer.Option(help="Labels the out-of-fold file speaks of.")] = LABELS,
    out: Annotated[Path, typer.Option(help="Folder for the page and its tables.")] = Path(
        "evaluation"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Of folds and bootstrap.")] = 0,
    model: Annotated[Path, typer.Option(help="Folder with out_of_fold.csv.gz.")] = BERT_MODEL,
) -> None:
    """Write the evaluation of the BERT beside the coders, the n-gram baseline and the cue words.

    Example: zhengce evaluate --report evaluation
    """
    from corpus.csvfiles import write_csv
    from corpus.files import write_text
    from corpus.rubric import load_rubric
    from nlp_scoring.labels import read_labels
    from nlp_scoring.report.page import evaluation_page

    rubric = load_rubric()
    frame = read_labels(labels, rubric)
    check_keys(frame, labels)
    n_folds = _n_folds(frame)
    found = aligned_predictions(model, frame, rubric)
    tables = _tables(frame, labels, rubric, model, found.calibrated, n_folds, seed)
    page = evaluation_page(
        tables,
        rubric,
        provenance=_provenance(labels, model, found.calibrated, rubric, n_folds, seed),
        notes=_notes(shipped=model.resolve() == BERT_MODEL.resolve()),
    )
    for name in tables.__dataclass_fields__:
        table: pd.DataFrame = getattr(tables, name)
        if len(table.columns):
            write_csv(out / "tables" / f"{name}.csv", table, float_format="%.6g")
    write_text(out / "evaluation.html", page)
    typer.echo(f"evaluation: {out / 'evaluation.html'}", err=True)


def check_keys(labels: pd.DataFrame, where: Path) -> None:
    """Refuse labels whose sentences cannot be told apart.

    Raises
    ------
    UserError
        When a ``sentence_key`` occurs twice, or without keys the same sentence of a report.
    """
    import pandas as pd

    from nlp_scoring.bert.out_of_fold import label_keys

    keys = pd.Series(label_keys(labels), index=labels.index)
    twice = labels.index[keys.duplicated()]
    if len(twice):
        row = labels.loc[twice[0]]
        named = str(row.get("sentence_key", "")).strip()
        what = f"sentence_key {shown(named)}" if named else f"the sentence {shown(row['text'])}"
        raise UserError(f"{what} occurs twice", where=f"{where} line {twice[0] + 2}")


def aligned_predictions(folder: Path, labels: pd.DataFrame, rubric: Rubric) -> OutOfFold:
    """Read out-of-fold predictions and make sure that they are what they claim.

    Raises
    ------
    UserError
        A labelled sentence without prediction, a region in two folds, or a number that is no
        probability.
    """
    from nlp_scoring.bert.out_of_fold import FILE, read_out_of_fold

    path = str(folder / FILE)
    try:
        found = read_out_of_fold(folder, labels, rubric)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"is no file of out-of-fold predictions ({error})", where=path, fix="compute it again"
        ) from error
    folds: dict[str, int] = {}
    for region, fold in zip(labels["region"].tolist(), found.fold.tolist(), strict=True):
        if folds.setdefault(region, fold) != fold:
            raise UserError(
                f"the region {shown(region)} is in the folds {folds[region]} and {fold}",
                where=path,
                fix="folds over whole regions are needed, or the quality is flattered",
            )
    return found


def _n_folds(labels: pd.DataFrame) -> int:
    n_regions = labels["region"].nunique()
    if n_regions < 2:
        raise UserError("the labels are of one region, and none is left to learn from")
    return min(FOLDS, n_regions)


def _tables(
    labels: pd.DataFrame,
    path: Path,
    rubric: Rubric,
    model: Path,
    bert: Predictions,
    n_folds: int,
    seed: int,
) -> EvaluationTables:
    from corpus.progress import bar
    from nlp_scoring.cues import cross_validate_cues, predict_cues
    from nlp_scoring.report.label_history import FILE, labels_before
    from nlp_scoring.report.learning_curve import SIZES, ngram_learning_curve, read_learning_curve
    from nlp_scoring.report.masking import cross_validate_masked
    from nlp_scoring.report.tables import evaluation_tables
    from nlp_scoring.validation import random_rows

    own_curve = read_learning_curve(model, rubric)
    old_labels = labels_before(labels, path.parent / FILE, rubric)
    masked = {"bert": masked_pair(model, labels, rubric, bert)}
    with bar("evaluate", n_folds * (1 + len(SIZES)) + 8) as advance:

        def step() -> object:
            return advance(1)

        pair = cross_validate_masked(labels, rubric, n_folds=n_folds, seed=seed, advance=step)
        curve = ngram_learning_curve(
            labels, rubric, random_rows(labels),
            n_folds=n_folds, seed=seed, everything=pair.plain, advance=step,
        )  # fmt: skip
        scorers = {
            "bert": bert,
            "ngram": pair.plain,
            "cues": predict_cues(labels["text"].tolist(), rubric),
            "cues_fitted": cross_validate_cues(labels, rubric, n_folds=n_folds, seed=seed),
        }
        curves = ({} if own_curve is None else {"bert": own_curve}) | {"ngram": curve}
        return evaluation_tables(
            labels, rubric, scorers, {k: v for k, v in masked.items() if v} | {"ngram": pair}, curves,
            seed=seed, old_labels=old_labels, advance=step,
        )  # fmt: skip


def masked_pair(
    model: Path, labels: pd.DataFrame, rubric: Rubric, own: Predictions
) -> MaskedPair | None:
    """Read what a model's folds said of the sentences with names hidden, beside what they said of them.

    Where other networks than the model's own recipe were asked, both sides are theirs.
    """
    from nlp_scoring.bert.out_of_fold import MASKED, PLAIN
    from nlp_scoring.report.masking import MaskedPair

    folder = model / MASKED
    if not folder.is_dir():
        return None
    plain = folder / PLAIN
    if plain.is_dir():
        own = aligned_predictions(plain, labels, rubric).calibrated
    return MaskedPair(own, aligned_predictions(folder, labels, rubric).calibrated)


def _provenance(
    labels: Path, model: Path, bert: Predictions, rubric: Rubric, n_folds: int, seed: int
) -> list[tuple[str, str]]:
    from corpus.files import sha256_file
    from nlp_scoring.bert.out_of_fold import FILE
    from nlp_scoring.cues import cues_id
    from nlp_scoring.evaluation import DRAWS, RANK_DRAWS

    return [
        ("labels", f"{labels.name} sha256 {sha256_file(labels)}"),
        ("predictions", f"{bert.model_id} {FILE} sha256 {sha256_file(model / FILE)}"),
        ("n-gram baseline", f"{n_folds} folds over regions, seed {seed}"),
        ("cue words", cues_id(rubric)),
        ("rubric", f"{rubric.id} {rubric.version}"),
        ("bootstrap", f"reports, {DRAWS} draws ({RANK_DRAWS} for ranks and ECE), seed {seed}"),
    ]


def _notes(*, shipped: bool) -> list[tuple[str, str]]:
    calibrated = (
        "Probabilities of the BERT are calibrated: each fold by lines on the logits learnt on the other folds, as for a new region.",
        "BERT的概率经校准：每折在对数几率上所用的直线由其余各折学得，等同于新地区。",
    )
    if not shipped:
        return [
            calibrated,
            (
                "Each label is judged by a network that was trained without its fold's regions; the model in this folder has read all labels and is not judged itself.",
                "每条标签由未见过其所在折各地区的网络判断；本文件夹中的模型读过全部标签，其自身未被评估。",
            ),
        ]
    return [
        calibrated,
        (
            "The predictions are those of the shipped model's recipe trained on four fifths of the regions, in full precision; the shipped int8 model has read all labels. Learning curve and masked sentences are of single networks from the plain encoder (one seed; curve: six epochs, without headings and sections; masked: eight epochs, with both), whose kappa is lower than that of the recipe; that curve judges the median level, the baseline's the nearest one (on all labels .874 and .877).",
            "所用预测来自与发布模型相同的做法、以五分之四地区训练的全精度模型；发布的int8模型读过全部标签。学习曲线与隐去名称的结果出自由基础编码器训练的单个网络（一个种子；学习曲线为六轮、不读标题和所在部分，隐去名称为八轮、两者都读），其kappa低于发布模型的做法；该曲线按中位级别计，基线曲线按最接近期望值的级别计（全部标签时分别为.874与.877）。",
        ),
        (
            "The masked-word training of the encoder had read the texts of all regions here, never their labels; and settings were chosen with these folds in view, which flatters a little.",
            "编码器的掩码训练读过这里所有地区的文本，但未读标签；超参数是参照这些分折选定的，结果略偏乐观。",
        ),
    ]
