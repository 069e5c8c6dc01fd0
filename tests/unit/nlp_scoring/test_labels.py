"""Labels files that must be refused, with the line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from configs.errors import UserError
from configs.paths import LABELS, REPORTS
from corpus.records import read_records, reports_frame, sentence_frame
from corpus.rubric import load_rubric
from nlp_scoring.bert.passages import SECTIONS
from nlp_scoring.labels import read_labels
from tests.conftest import write_labels
from tools.label_surroundings import filled

RUBRIC = load_rubric()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    write_labels(path)
    return path


def edit(path: Path, line: int, column: str, value: str) -> None:
    lines = path.read_text("utf-8").split("\n")
    cells = lines[line - 1].split(",")
    cells[lines[0].split(",").index(column)] = value
    lines[line - 1] = ",".join(cells)
    path.write_text("\n".join(lines), "utf-8")


@pytest.mark.parametrize("value", ["4", "-1", "2.5", "", "high", "³"])
def test_level_outside_the_scale(labels: Path, value: str) -> None:
    edit(labels, 7, "green_infrastructure", value)
    with pytest.raises(UserError) as error:
        read_labels(labels, RUBRIC)
    line = error.value.line()
    assert f"{labels} line 7" in line
    assert "column 'green_infrastructure'" in line
    assert "use one of 0, 1, 2, 3" in line


def test_empty_text_missing_column_bad_place(labels: Path) -> None:
    edit(labels, 3, "text", "  ")
    with pytest.raises(UserError, match=r"line 3: empty text"):
        read_labels(labels, RUBRIC)
    write_labels(labels)
    edit(labels, 3, "index", "first")
    with pytest.raises(UserError, match=r"line 3: column 'index': 'first' is not a number"):
        read_labels(labels, RUBRIC)
    write_labels(labels)
    edit(labels, 1, "text", "words")
    with pytest.raises(UserError, match="lacks the column 'text'"):
        read_labels(labels, RUBRIC)


def test_contradicting_rows(labels: Path) -> None:
    lines = labels.read_text("utf-8").split("\n")
    cells = lines[1].split(",")
    position = lines[0].split(",").index("sci_tech_talent")
    cells[position] = str(3 - int(cells[position]))
    labels.write_text("\n".join([*lines[:-1], ",".join(cells), ""]), "utf-8")
    with pytest.raises(UserError, match=r"lines 2 and 118 label the same sentence differently"):
        read_labels(labels, RUBRIC)


def test_shipped_labels() -> None:
    frame = read_labels(LABELS, RUBRIC)
    assert len(frame) == 7530
    assert set(frame["section"]) == {*SECTIONS, ""}
    assert ((frame["section"] == "").sum(), (frame["heading"] == "").sum()) == (34, 38)
    held_out = {"浙江省", "湖北省", "甘肃省", "吉林省", "贵州省", "广西壮族自治区"}
    assert not held_out & set(frame["region"])
    audit = pd.read_csv(LABELS.with_name("label_audit.csv"), dtype=str, keep_default_na=False)
    changed = audit[audit["status"] == "changed"]
    assert (changed["ruling"] != "").all()
    for row in changed.itertuples():  # every change can be undone
        place = frame["sentence_key"] == row.sentence_key
        assert frame.loc[place, row.dimension].tolist() == [int(row.new)]
        frame.loc[place, row.dimension] = int(row.old)
    counts = frame[list(RUBRIC.dimension_ids)].apply(lambda c: tuple(c.value_counts().sort_index()))
    assert counts.T.to_numpy().tolist() == [
        [6352, 554, 501, 123],
        [5607, 705, 959, 259],
        [5653, 1009, 661, 207],
    ]


def test_shipped_headings_and_sections_are_those_of_our_sentences() -> None:
    frame = read_labels(LABELS, RUBRIC)
    part = frame[frame["report_id"].str.contains("-130000-202[56]")]
    records = [r for r in read_records(REPORTS).to_dict("records") if r["region_code"] == "130000"]
    bare = part.drop(columns=["heading", "section"])
    found = filled(bare, sentence_frame(reports_frame(records)))
    assert len(part) > 30
    assert found.columns.tolist() == part.columns.tolist()
    for name in ("heading", "section"):
        assert found[name].tolist() == part[name].tolist()
    no_report = filled(part, sentence_frame(reports_frame(records)).head(0))
    assert no_report["heading"].tolist() == part["heading"].tolist()  # what stands there stays
