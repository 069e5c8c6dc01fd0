"""Labels as they were before an audit changed some of them.

An audit looks where a scorer disagrees, so the labels it changes move towards that scorer. Quality is
therefore reported with both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.errors import UserError, shown

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from corpus.rubric import Rubric

FILE = "label_audit.csv"
NEEDED = ("sentence_key", "dimension", "old", "new", "status")


def labels_before(labels: pd.DataFrame, path: Path, rubric: Rubric) -> pd.DataFrame | None:
    """Undo the changes that an audit file tells of.

    Parameters
    ----------
    labels : DataFrame
        With ``sentence_key``, as `nlp_scoring.labels.read_labels` gives it.
    path : Path
        ``label_audit.csv``: ``sentence_key, dimension, old, new, status``.

    Returns
    -------
    DataFrame or None
        The labels with old values; None when the file does not exist or changed none of these.

    Raises
    ------
    UserError
        When the file lacks a column, names an unknown dimension, or an old level off the scale.
    """
    from corpus.csvfiles import read_csv

    if not path.is_file() or "sentence_key" not in labels.columns:
        return None
    audit = read_csv(path)
    missing = [c for c in NEEDED if c not in audit.columns]
    if missing:
        raise UserError(f"lacks the column {missing[0]!r}", where=str(path))
    allowed = {str(level.value): level.value for level in rubric.levels}
    place = {key: row for row, key in zip(labels.index, labels["sentence_key"], strict=True)}
    old, n_changed = labels.copy(), 0
    for line, change in enumerate(audit.to_dict("records"), start=2):
        dimension, was = change["dimension"], change["old"].strip()
        if dimension not in rubric.dimension_ids or was not in allowed:
            raise UserError(
                f"{shown(dimension)} with level {shown(was)} is no label of the rubric",
                where=f"{path} line {line}",
            )
        row = place.get(change["sentence_key"])
        if change["status"] != "changed" or row is None:
            continue
        # A label changed again since then is left alone.
        if str(old.at[row, dimension]) == change["new"].strip():
            old.at[row, dimension] = allowed[was]
            n_changed += 1
    return old if n_changed else None
