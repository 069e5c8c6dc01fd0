"""What users type or hand over: regions, years, CSV, study files, missing projects."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from configs.errors import UserError
from configs.model_settings import GgprSettings
from configs.settings import load_study
from corpus.csvfiles import read_csv
from corpus.project import find_store, remember_run
from corpus.regions import find_region, provinces
from corpus.years import year_range


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("广东省", "440000"),
        ("广东", "440000"),
        ("440000", "440000"),
        ("guangdong", "440000"),
        ("吉林", "220000"),
        ("全国", "000000"),
    ],
)
def test_region(text: str, code: str) -> None:
    assert find_region(text).code == code


def test_unknown_region() -> None:
    with pytest.raises(UserError, match="is not a region we know"):
        find_region("Atlantis")


def test_there_are_31_provinces() -> None:
    assert len(provinces()) == 31


@pytest.mark.parametrize(
    ("text", "years"),
    [("2025", (2025, 2025)), ("2018-2026", (2018, 2026)), ("2018—2020", (2018, 2020))],
)
def test_years(text: str, years: tuple[int, int]) -> None:
    assert year_range(text) == years


@pytest.mark.parametrize("text", ["", "20", "2026-2018", "2018-", "next"])
def test_bad_years(text: str) -> None:
    with pytest.raises(UserError, match="--years"):
        year_range(text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"a,b\n1\n", "line 2: has 1 cells, the header has 2"),
        (b"a,b\n1,2\n\xff,2\n", "line 3: is not UTF-8"),
        (b"a,a\n1,2\n", "names the column 'a' twice"),
    ],
)
def test_bad_csv(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(UserError, match=message):
        read_csv(path)


def test_csv_with_byte_order_mark_and_quoted_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes('\ufefftext,n\n"两行\n文字",\n'.encode())
    frame = read_csv(path)
    assert frame.columns.tolist() == ["text", "n"]
    assert frame["text"][0] == "两行\n文字"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'name="a"\ntitle="t"\nbogus=1',
            "unknown key 'bogus'; known here: corpus, ggpr, intensity",
        ),
        (
            'name="a"\ntitle="t"\n[scoring]\nsede=1',
            "key scoring.sede: unknown key 'sede'; known here: folds",
        ),
        ('name="a"\ntitle="t"\n[scoring]\nfolds=1', "key scoring.folds: 1 is not allowed"),
        (
            'name="a"\ntitle="t"\n[panel]\nvintage="mixed"',
            "key panel.vintage: 'mixed' is not allowed",
        ),
        (
            'name="a"\ntitle="t"\n[ggpr]\nscales=["province"]\nnu=1.0',
            "smoothness 1.0 is not allowed: use 0.5, 1.5, 2.5 or inf",
        ),
        ('name="a"\ntitle="t"\n[ggpr]\nnu=[2.5]', "smoothness [2.5] is not allowed"),
        ('title="t"', "key name: is needed"),
        ('name="../x"\ntitle="t"', "key name"),
        ("name=", "is not TOML"),
    ],
)
def test_bad_study(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as error:
        load_study(path)
    assert message in error.value.line()


@pytest.mark.parametrize(("text", "nu"), [("inf", "inf"), ('"inf"', "inf"), ("2.5", 2.5)])
def test_a_study_holds_the_smoothness_over_places(text: str, nu: float | str) -> None:
    ggpr = GgprSettings.model_validate(tomllib.loads(f"nu = {text}"))
    assert ggpr.nu == nu
    assert json.loads(ggpr.model_dump_json())["nu"] == nu


def test_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no project here"):
        find_store(None)
    with pytest.raises(UserError, match="holds no tables"):
        find_store(tmp_path)


def test_a_latest_run_that_is_gone_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    remember_run(tmp_path / "runs" / "first")
    with pytest.raises(UserError, match=r"latest run holds no tables any more") as error:
        find_store(None)
    assert str(tmp_path / "runs" / "first") in error.value.line()
