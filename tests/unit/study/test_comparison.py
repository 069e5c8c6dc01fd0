"""Two runs compared: nothing where they are equal, the cell and the setting where they are not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from configs.errors import UserError
from study.comparison import Difference, compare_runs
from tests.conftest import TinyStudy, zhengce


def made(folder: Path, tables: dict[str, str], **manifest: object) -> Path:
    (folder / "tables").mkdir(parents=True)
    for name, text in tables.items():
        (folder / "tables" / name).write_text(text, "utf-8")
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def test_a_finished_study_equals_its_copy(finished: TinyStudy, tmp_path: Path) -> None:
    shutil.copytree(finished.out, tmp_path / "copy")
    same = zhengce("compare", str(finished.out), str(tmp_path / "copy"))
    assert (same.returncode, same.stdout) == (0, "")
    manifest = json.loads((tmp_path / "copy" / "manifest.json").read_text("utf-8"))
    manifest["settings"]["scoring"]["seed"] = 99
    (tmp_path / "copy" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    other = zhengce("compare", str(finished.out), str(tmp_path / "copy"), "--format", "json")
    assert other.returncode == 1
    (found,) = json.loads(other.stdout)["differences"]
    assert (found["part"], found["what"], found["b"]) == ("settings", "scoring.seed", "99")


A = "region,year,value,word\n北京,2025,1.0,x\n北京,2026,2.0,x\n广东,2025,3.0,x\n"


@pytest.mark.parametrize(
    ("b", "expected"),
    [
        (A, []),
        (A.replace("3.0", "3.5").replace("2.0", "2.1"),
         [Difference("t.csv", "value at 广东 2025", "3.0", "3.5", 2)]),
        (A.replace("2.0,x", "2.0,y"), [Difference("t.csv", "word at 北京 2026", "x", "y", 1)]),
        (A.replace("2.0", ""), [Difference("t.csv", "value at 北京 2026", "2.0", "", 1)]),
        (A + "广东,2026,4.0,x\n", [Difference("t.csv", "rows of one run only", "0", "1")]),
        ("\n".join(",".join(line.split(",")[:3]) for line in A.splitlines()) + "\n",
         [Difference("t.csv", "column word", "there", "")]),
        ("\n".join([A.splitlines()[0], *reversed(A.splitlines()[1:])]) + "\n", []),
    ],
)  # fmt: skip
def test_tables(tmp_path: Path, b: str, expected: list[Difference]) -> None:
    one, two = made(tmp_path / "a", {"t.csv": A}), made(tmp_path / "b", {"t.csv": b})
    assert compare_runs(one, two) == expected


def test_tables_of_one_run_and_manifests(tmp_path: Path) -> None:
    one = made(tmp_path / "a", {"t.csv": A}, inputs={"x.csv": "aa"}, versions={"numpy": "1"})
    two = made(tmp_path / "b", {}, inputs={"x.csv": "bb"}, versions={"numpy": "1"}, seeds={"s": 0})
    assert compare_runs(one, two) == [
        Difference("inputs", "x.csv", '"aa"', '"bb"'),
        Difference("seeds", "s", "", "0"),
        Difference("t.csv", "the table", "there", ""),
    ]


def test_what_is_no_run(tmp_path: Path) -> None:
    one = made(tmp_path / "a", {})
    with pytest.raises(UserError, match="is no folder of a finished run"):
        compare_runs(one, tmp_path / "none")
    (one / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(UserError, match="cannot be read"):
        compare_runs(one, one)
