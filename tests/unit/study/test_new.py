"""`zhengce new`: what it writes, and what it refuses."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from configs.errors import UserError
from configs.settings import load_study
from study import new_study
from tests.conftest import ROOT, zhengce

RUBRIC = """\
rubric_id: words
version: 1
dimension_order: [data]
levels: [{value: 0, zh: 无, en: none}, {value: 1, zh: 一, en: one}, {value: 2, zh: 二, en: two}, {value: 3, zh: 三, en: three}]
dimensions:
  - {id: data, short: D, zh: 数据, en: Data, definition_zh: 数据, definition_en: Data,
     sub_indicators: [{id: all, zh: 全, en: all, cues: [数据, 实验室, 5G], examples: []}]}
caps: []
rules: []
attributes: {}
borderline_examples: []
"""


def new(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return zhengce("new", *options, cwd=folder)


@pytest.mark.parametrize(
    ("options", "sgdid"),
    [
        ((), 2025),
        (("--region-level", "city"), None),
        (("--outcome", "gdp_100m", "--language", "zh"), 2025),
        (("--years", "2024"), None),
    ],
)
def test_written_settings_are_accepted(
    tmp_path: Path, options: tuple[str, ...], sgdid: int | None
) -> None:
    made = new(tmp_path, "mine", "--yes", *options)
    assert made.returncode == 0, made.stderr
    assert made.stdout == "mine/study.toml\n"
    settings = load_study(tmp_path / "mine" / "study.toml")
    assert settings.name == "mine"
    assert (settings.sgdid.intensity_year if settings.sgdid else None) == sgdid
    text = (tmp_path / "mine" / "study.toml").read_text("utf-8")
    assert "被解释变量" in text
    assert "the outcome" in text
    readme = (tmp_path / "mine" / "README.md").read_text("utf-8")
    assert ("Run it" in readme) == ("zh" not in options)
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_dry_run_takes_it(tmp_path: Path) -> None:
    assert new(tmp_path, "mine", "--yes").returncode == 0
    said = zhengce("run", "mine/study.toml", "--dry-run", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    for step in ("parse", "sgdid", "shap_province", "report"):
        assert step in said.stdout + said.stderr


def test_own_rubric_is_copied_and_counted(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text(RUBRIC, "utf-8")
    made = new(tmp_path, "mine", "--yes", "--rubric", "words.yaml", "--region-level", "city")
    assert made.returncode == 0, made.stderr
    settings = load_study(tmp_path / "mine" / "study.toml")
    assert settings.scoring.scorer == "cues"
    assert settings.scoring.label_file is None
    assert settings.scoring.rubric == Path("mine/rubric.yaml")
    assert (tmp_path / "mine" / "rubric.yaml").read_text("utf-8") == RUBRIC


def test_missing_texts_are_said_with_the_command(tmp_path: Path) -> None:
    made = new(tmp_path, "mine", "--yes", "--years", "2019-2025")
    assert made.returncode == 0
    assert "zhengce crawl --year 2019 " in made.stderr
    assert "2020: no province shipped" in made.stderr
    assert "2025" not in made.stderr.replace("mine/study.toml", "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("a/b",), "cannot name a study"),
        (("mine", "--years", "2026-2025"), "2026-2025"),
        (("mine", "--outcome", "wealth"), "no column 'wealth'"),
        (("mine", "--outcome", "nqp"), "feature of the models"),
        (("mine", "--rubric", "none.yaml"), "none.yaml"),
        (("mine", "--region-level", "town"), "town"),
        (("taken",), "nothing is overwritten"),
    ],
)
def test_bad_answers_are_one_line_and_leave_nothing(
    tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    (tmp_path / "taken").mkdir()
    made = new(tmp_path, *options, "--yes")
    assert made.returncode == 2
    assert len(made.stderr.splitlines()) == 1
    assert words in made.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("old", "bad"),
    [
        ("rubric_id: words", "rubric: words"),
        ("cues: [数据, 实验室, 5G]", "cues: []"),
        ("dimension_order: [data]", "dimension_order: [other]"),
        ("dimension_order: [data]", "dimension_order: []"),
        ("{value: 1, zh: 一", "{value: 7, zh: 一"),
        ("levels: [", "levels: [[{"),
    ],
)
def test_invalid_rubric_is_refused(tmp_path: Path, old: str, bad: str) -> None:
    file = tmp_path / "words.yaml"
    file.write_text(RUBRIC.replace(old, bad), "utf-8")
    with pytest.raises(UserError, match=r"words\.yaml"):
        new_study.checked_rubric(str(file))


def test_without_a_terminal_it_asks_for_yes(tmp_path: Path) -> None:
    made = new(tmp_path, "mine")
    assert made.returncode == 2
    assert made.stderr == (
        "zhengce: there is no terminal to ask on; add --yes, or give every answer as an option\n"
    )


def test_it_asks_on_a_terminal(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, str(ROOT / "zhengce.py"), "new", "mine"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as asked:
        os.write(leader, b"city\n\n\n\nen\n")
        out, err = asked.communicate(timeout=60)
    os.close(follower)
    os.close(leader)
    assert asked.returncode == 0, err
    assert out.endswith(b"mine/study.toml\n")
    assert "模型的区域层级" in err.decode() + out.decode()
    assert load_study(tmp_path / "mine" / "study.toml").scales.city is not None
