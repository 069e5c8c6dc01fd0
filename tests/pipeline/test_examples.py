"""The examples, run as a user would."""

from __future__ import annotations

import csv
import shutil
from itertools import groupby
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.conftest import ROOT, zhengce
from tools.run_notebooks import execute, notebooks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def attention(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digital-economy study, run beside a copy of the examples."""
    folder = tmp_path_factory.mktemp("attention")
    shutil.copytree(ROOT / "examples" / "digital_economy", folder / "examples" / "digital_economy")
    done = zhengce("run", "examples/digital_economy/study.toml", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "runs" / "digital_economy"


def test_another_rubric_scores_the_shipped_corpus(attention: Path) -> None:
    with (attention / "tables" / "intensity.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["level"] == "province"]
    assert {r["dimension"] for r in rows} == {
        "digital_industry", "digital_infrastructure", "digital_governance",
    }  # fmt: skip
    assert {r["scorer"] for r in rows} == {"cues"}
    regions = {(r["region"], r["year"]) for r in rows if int(r["year"]) >= 2025}
    assert len(regions) == 62
    assert all(0 < float(r["intensity"]) < 1 for r in rows if r["dimension"] == "digital_industry")


def test_its_report_says_that_nothing_is_validated(attention: Path) -> None:
    page = (attention / "report.html").read_text("utf-8")
    assert "digital economy" in page
    assert "cue" in page


def test_evidence_of_a_cell_holds_cue_words(attention: Path) -> None:
    shown = zhengce(
        "intensity", "--project", str(attention), "--evidence", "--region", "广东省",
        "--years", "2026", "--limit", "3",
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert "440000-2026-" in shown.stdout
    assert "人工智能" in shown.stdout


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_notebooks_run_and_ship_their_outputs(path: Path) -> None:
    shipped = nbformat.read(path, as_version=4)
    assert path.stat().st_size < 200_000
    assert "/work/" not in path.read_text("utf-8")
    for cell in shipped.cells:
        if cell.cell_type == "code":
            assert cell.execution_count is not None
            assert not [o for o in cell.outputs if o.output_type == "error"]
    done = execute(path)
    again = [kinds(cell) for cell in done.cells if cell.cell_type == "code"]
    assert again == [kinds(cell) for cell in shipped.cells if cell.cell_type == "code"]


def kinds(cell: Any) -> list[tuple[str, str]]:
    """What a cell put out; a stream that a busy machine cut in two counts once."""
    found = [(output.output_type, output.get("name", "")) for output in cell.outputs]
    return [kind for kind, _ in groupby(found)]


def test_there_are_three_notebooks() -> None:
    assert len(notebooks()) >= 3
