"""Read labelled sentences, refusing what the rubric does not allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.errors import UserError, shown

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from corpus.rubric import Rubric

#: Pools whose sentences were drawn at random within a report; the others enrich rare levels and
#: would flatter or harm any estimate of quality or prevalence. The last two are of the labelling page.
RANDOM_POOLS = frozenset({"random_blocks", "training_random", "evaluation", "overlap"})
NEEDED = ("report_id", "region", "text")


def read_labels(path: Path, rubric: Rubric) -> pd.DataFrame:
    """Read a labels file with the columns of ``data/gold/labels.csv``.

    Returns
    -------
    DataFrame
        The file's columns; levels as integers, ``progress`` added: place in the report (0-1, NaN
        when the file does not tell).

    Raises
    ------
    UserError
        Missing column, level outside the scale, empty text, or two rows that contradict each
        other; the row is the line of the file.
    """
    import numpy as np

    from corpus.csvfiles import read_csv

    frame = read_csv(path)
    missing = [c for c in (*NEEDED, *rubric.dimension_ids) if c not in frame.columns]
    if missing:
        raise UserError(
            f"lacks the column {missing[0]!r}", where=str(path), fix="see data/gold/labels.csv"
        )
    for dimension in rubric.dimension_ids:
        frame[dimension] = _levels(frame[dimension], rubric, path)
    empty = frame.index[frame["text"].str.strip() == ""]
    if len(empty):
        raise UserError(
            "empty text", where=f"{path} line {empty[0] + 2}", fix="fill it in or drop the row"
        )
    _check_conflicts(frame, rubric, path)
    progress = np.full(len(frame), np.nan)
    if {"index", "n_sentences"} <= set(frame.columns):
        place, total = (_numbers(frame, c, path) for c in ("index", "n_sentences"))
        progress = ((place + 0.5) / total).clip(0, 1).to_numpy()
    return frame.assign(progress=progress)


def _levels(column: pd.Series[str], rubric: Rubric, path: Path) -> pd.Series[int]:
    allowed = {str(level.value): level.value for level in rubric.levels}
    values = column.str.strip().map(allowed)
    wrong = values.index[values.isna()]
    if len(wrong):
        row = wrong[0]
        raise UserError(
            f"column {column.name!r}: level {shown(column[row])} is not on the scale",
            where=f"{path} line {row + 2}",
            fix=f"use one of {', '.join(allowed)}",
        )
    return values.astype("int64")


def _numbers(frame: pd.DataFrame, column: str, path: Path) -> pd.Series[float]:
    import pandas as pd

    values = pd.to_numeric(frame[column], errors="coerce")
    wrong = values.index[values.isna() & (frame[column].str.strip() != "")]
    if len(wrong):
        raise UserError(
            f"column {column!r}: {shown(frame[column][wrong[0]])} is not a number",
            where=f"{path} line {wrong[0] + 2}",
        )
    return values.astype("float64")


def _check_conflicts(frame: pd.DataFrame, rubric: Rubric, path: Path) -> None:
    key = ["report_id", "text"] + (["index"] if "index" in frame.columns else [])
    doubled = frame[frame.duplicated(key, keep=False)]
    for _, rows in doubled.groupby(key, sort=False):
        labels = rows[list(rubric.dimension_ids)].drop_duplicates()
        if len(labels) > 1:
            first, second = labels.index[:2]
            raise UserError(
                f"lines {first + 2} and {second + 2} label the same sentence differently",
                where=str(path),
                fix="keep one row a sentence",
            )
