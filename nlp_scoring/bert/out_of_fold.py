"""Predictions of the labelled sentences by models that never saw their region."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from nlp_scoring.calibration import cross_fitted
from nlp_scoring.ordinal import Predictions
from nlp_scoring.validation import random_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric

FILE = "out_of_fold.csv.gz"
#: `student` is the recipe of the shipped model; `ensemble` the mean of its five teachers.
STUDENT = "student"
#: What the model itself says of labels that it has not learnt from (`nlp_scoring.bert.held_out`): these folds
#: only calibrate each other.
HELD_OUT = "held_out.csv.gz"
#: A folder in the model's own: answers to the same sentences with names of places and years hidden; and
#: in it what the same networks say of the sentences as they stand, for they may be others than the model's.
MASKED, PLAIN = "masked", "plain"
#: Digests of the sentences that a model has learnt from, in its folder.
LEARNT = "learnt.csv.gz"
TEXT_KEY = "text_key"
#: Kappa by number of labels (`nlp_scoring.report.learning_curve`).
CURVE = "learning_curve.csv"


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Chances of the labelled sentences, in the order of the labels.

    Attributes
    ----------
    raw, calibrated : Predictions
        As the models gave them; and each fold calibrated by what the other folds teach.
    fold : (n,) array
    """

    raw: Predictions
    calibrated: Predictions
    fold: NDArray[np.int64]


def read_out_of_fold(
    folder: Path, labels: pd.DataFrame, rubric: Rubric, *, name: str = FILE
) -> OutOfFold:
    """Read a model's out-of-fold predictions, or those of held-out labels, and match them by key.

    Raises
    ------
    UserError
        When the model has none, none for some of these labels, some for another text, or a number
        that is no probability.
    """
    path = folder / name
    table = _read(path)
    keys, place = label_keys(labels), places_of(table, labels)
    if not keys or (place < 0).any():
        key = keys[int((place < 0).argmax())] if keys else "(none)"
        if key in set(table["sentence_key"]):
            raise UserError(
                f"the sentence {key!r} is another one than in the labels",
                where=str(path), fix="train with --folds on these labels",
            )  # fmt: skip
        raise UserError(
            f"no out-of-fold prediction for the sentence {key!r}",
            where=str(path),
            fix="the shipped model knows data/gold/labels.csv; for other labels: `zhengce calibrate --out DIR`, "
            "or scorer ngram",
        )
    rows = table.iloc[place]
    columns = [
        [f"{STUDENT}_{d}_p_gt{k}" for k in range(rubric.max_level)] for d in rubric.dimension_ids
    ]
    exceed = np.stack([rows[names].to_numpy(dtype=np.float64) for names in columns], axis=1)
    wrong = ~((exceed >= 0) & (exceed <= 1)).all(axis=(1, 2))
    if wrong.any():
        raise UserError(
            f"the sentence {keys[int(wrong.argmax())]!r} has a number that is no probability",
            where=str(path), fix="restore the file, or train with --folds 5 again",
        )  # fmt: skip
    fold = rows["fold"].to_numpy(dtype=np.int64)
    truth = labels[list(rubric.dimension_ids)].to_numpy(dtype=np.int64)
    calibrated = cross_fitted(exceed, truth, fold, random_rows(labels))
    called = f"bert-{name.split('.')[0].replace('_', '-')}-{folder.name}"
    return OutOfFold(Predictions(exceed, called), Predictions(calibrated, called), fold)


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_csv(path, dtype={"sentence_key": "str"})
    except (OSError, ValueError) as error:
        raise UserError(
            "the model has no out-of-fold predictions",
            where=str(path),
            fix="train with --folds 5, or use scorer ngram, whose folds are computed on the spot",
        ) from error


def text_key(text: str) -> str:
    """Digest that tells whether two sentences are the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def label_keys(labels: pd.DataFrame) -> list[str]:
    """Name each labelled sentence: by ``sentence_key``, or by report, place and text without one."""
    names = [c for c in ("report_id", "index", "text") if c in labels.columns]
    whole = zip(*(labels[c].astype(str) for c in names), strict=True)
    given = labels["sentence_key"] if "sentence_key" in labels.columns else [""] * len(labels)
    return [
        str(key).strip() or text_key("\0".join(row)) for key, row in zip(given, whole, strict=True)
    ]


def places_of(table: pd.DataFrame, labels: pd.DataFrame) -> NDArray[np.int64]:
    """Find the row of predictions that speaks of each labelled sentence; -1 where none does.

    By key and text, else by text: the same sentence may come under another key. A table without texts is
    believed by its keys.
    """
    row = {key: i for i, key in enumerate(table["sentence_key"])}
    place = np.array([row.get(key, -1) for key in label_keys(labels)], dtype=np.int64)
    if TEXT_KEY not in table.columns:
        return place
    said, asked = table[TEXT_KEY].tolist(), [text_key(text) for text in labels["text"]]
    first = {text: i for i, text in reversed(list(enumerate(said)))}
    pairs = zip(place.tolist(), asked, strict=True)
    found = [i if i >= 0 and said[i] == text else first.get(text, -1) for i, text in pairs]
    return np.array(found, dtype=np.int64)


def known_rows(folder: Path, labels: pd.DataFrame, *, name: str = FILE) -> NDArray[np.bool_]:
    """Tell which labelled sentences a model's file of predictions has; none without file or texts."""
    if not (folder / name).is_file():
        return np.zeros(len(labels), dtype=bool)
    table = _read(folder / name)
    if TEXT_KEY not in table.columns:
        return np.zeros(len(labels), dtype=bool)
    return places_of(table, labels) >= 0


def write_learnt(folder: Path, texts: Iterable[str]) -> None:
    """Keep digests of what a model learns from, so that nobody measures it on that by mistake."""
    _write_packed(folder / LEARNT, {TEXT_KEY: sorted({text_key(t) for t in texts})})


def read_learnt(folder: Path) -> frozenset[str]:
    """Digests of what a model has learnt from; none where its folder does not tell."""
    import pandas as pd

    path = folder / LEARNT
    if not path.is_file():
        return frozenset()
    try:
        return frozenset(pd.read_csv(path, dtype="str")[TEXT_KEY])
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise UserError(
            "cannot be read, so nobody knows what the model has learnt from",
            where=str(path), fix="train again",
        ) from error  # fmt: skip


def forget_folds(folder: Path) -> None:
    """Remove what is said of another model in this folder: of the new one it tells nothing."""
    import shutil

    for name in (FILE, HELD_OUT, CURVE):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / MASKED, ignore_errors=True)


def write_out_of_fold(
    path: Path,
    labels: pd.DataFrame,
    fold: NDArray[np.int64],
    exceed: NDArray[np.float32],
    rubric: Rubric,
) -> None:
    """Write the file that `read_out_of_fold` reads."""
    columns = {
        f"{STUDENT}_{d}_p_gt{k}": np.round(exceed[:, i, k].astype(np.float64), 5)
        for i, d in enumerate(rubric.dimension_ids)
        for k in range(exceed.shape[2])
    }
    keys = {
        "sentence_key": label_keys(labels),
        TEXT_KEY: [text_key(t) for t in labels["text"]],
        "fold": fold,
    }
    _write_packed(path, keys | columns)


def _write_packed(path: Path, columns: dict[str, Any]) -> None:
    import pandas as pd

    from corpus.files import write_atomically

    frame, pack = pd.DataFrame(columns), {"method": "gzip", "mtime": 0}
    write_atomically(path, lambda temporary: frame.to_csv(temporary, index=False, compression=pack))
