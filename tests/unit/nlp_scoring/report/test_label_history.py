"""Labels as they were before an audit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from configs.errors import UserError
from configs.paths import LABELS
from corpus.rubric import load_rubric
from nlp_scoring.labels import read_labels
from nlp_scoring.report.label_history import FILE, labels_before

RUBRIC = load_rubric()
HEADER = "sentence_key,dimension,old,new,status"


def labels() -> pd.DataFrame:
    return pd.DataFrame({"sentence_key": ["a", "b"], **{d: [1, 2] for d in RUBRIC.dimension_ids}})


def audit(folder: Path, *lines: str) -> Path:
    (folder / FILE).write_text("\n".join((HEADER, *lines)) + "\n", "utf-8")
    return folder / FILE


def test_changes_are_undone(tmp_path: Path) -> None:
    path = audit(
        tmp_path,
        "b,sci_tech_talent,3,2,changed",
        "a,sci_tech_talent,3,1,kept",
        "a,green_infrastructure,0,3,changed",  # changed again since: left alone
        "z,sci_tech_talent,0,1,changed",
    )
    frame = labels()
    old = labels_before(frame, path, RUBRIC)
    assert old is not None
    assert old["sci_tech_talent"].tolist() == [1, 3]
    assert old["green_infrastructure"].tolist() == [1, 2]
    assert frame["sci_tech_talent"].tolist() == [1, 2]


def test_nothing_to_undo(tmp_path: Path) -> None:
    assert labels_before(labels(), tmp_path / FILE, RUBRIC) is None
    path = audit(tmp_path, "a,sci_tech_talent,1,1,kept")
    assert labels_before(labels(), path, RUBRIC) is None
    assert labels_before(labels().drop(columns="sentence_key"), path, RUBRIC) is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,other,1,2,changed", "line 2: 'other' with level '1' is no label"),
        ("a,sci_tech_talent,7,2,changed", "line 2: 'sci_tech_talent' with level '7' is no label"),
    ],
)
def test_bad_audits(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        labels_before(labels(), audit(tmp_path, line), RUBRIC)
    (tmp_path / FILE).write_text("sentence_key\na\n", "utf-8")
    with pytest.raises(UserError, match="lacks the column 'dimension'"):
        labels_before(labels(), tmp_path / FILE, RUBRIC)


def test_the_shipped_audit() -> None:
    frame = read_labels(LABELS, RUBRIC)
    old = labels_before(frame, LABELS.parent / FILE, RUBRIC)
    assert old is not None
    columns = list(RUBRIC.dimension_ids)
    assert (old[columns] != frame[columns]).to_numpy().sum() == 66
