"""A new study: a folder with a commented settings file that `zhengce run` takes as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from configs.errors import UserError, shown
from configs.paths import REPORTS, RUBRIC, resolve
from study.new_templates import readme, study_toml

if TYPE_CHECKING:
    from corpus.rubric import Rubric

RegionLevel = Literal["province", "city"]
Language = Literal["en", "zh", "both"]
#: The shipped panel of a scale, and the features that a new study takes from it.
PANELS: dict[RegionLevel, Path] = {
    "province": Path("configs/panel_province_2018_2023.toml"),
    "city": Path("configs/panel_city.toml"),
}
FEATURES: dict[RegionLevel, tuple[str, ...]] = {
    "province": ("nqp", "IS", "Fin", "Cons", "Road"),
    "city": ("nqp", "IS", "Fin"),
}
N_PROVINCES = 31
MOST_YEARS = 30


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new study is made from.

    Attributes
    ----------
    years : (int, int)
        First and last year of the reports.
    rubric : Path or None
        A rubric file of the user; None is the shipped one.
    outcome : str
        Column of the panel of `level`.
    """

    name: str
    level: RegionLevel
    years: tuple[int, int]
    rubric: Path | None
    outcome: str
    language: Language


def checked_name(name: str) -> str:
    """Refuse a name that the settings would refuse, or a folder that is there."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) or name.startswith("-"):
        raise UserError(
            f"{shown(name)} cannot name a study", fix="use 1 to 40 letters, digits, _ and -"
        )
    folder = Path(name)
    if folder.exists() or folder.is_symlink():
        raise UserError(
            "is there already, and nothing is overwritten", where=name, fix="choose another name"
        )
    return name


def parsed_years(text: str) -> tuple[int, int]:
    """Read ``2025`` or ``2025-2026``."""
    found = re.fullmatch(r"\s*(\d{4})(?:\s*[-–—]\s*(\d{4}))?\s*", text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1949 <= first <= last <= 2100 or last - first >= MOST_YEARS:
        raise UserError(
            f"years {shown(text)} are none",
            fix=f"write 2025 or 2025-2026, from 1949 to 2100, at most {MOST_YEARS} years",
        )
    return first, last


def checked_rubric(answer: str) -> Path | None:
    """Give the user's rubric file after reading it whole; None for the shipped one.

    Raises
    ------
    UserError
        No such file, not a rubric, or a dimension without cue words: a new rubric is scored by them.
    """
    from corpus.rubric import load_rubric
    from nlp_scoring.cues import hit_classes

    if answer in ("", "shipped"):
        return None
    path = resolve(Path(answer))
    if path.is_dir():
        path = path / "rubric.yaml"
    if path.resolve() == RUBRIC:
        return None
    try:
        rubric = load_rubric(path)
        _check_parts(rubric)
        hit_classes([], rubric)
    except UserError as error:
        raise UserError(error.what, where=str(path), fix=error.fix) from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise UserError(
            f"is no rubric ({type(error).__name__}: {error})",
            where=str(path), fix="compare it with configs/rubric/rubric.yaml",
        ) from error  # fmt: skip
    return path


def _check_parts(rubric: Rubric) -> None:
    if not rubric.dimensions or not rubric.levels:
        raise UserError("has no dimensions or no levels", fix="see configs/rubric/rubric.yaml")
    if [level.value for level in rubric.levels] != list(range(len(rubric.levels))):
        raise UserError("levels are not 0, 1, 2, ... in this order", fix="number them from 0")
    shorts = [d.short for d in rubric.dimensions]
    if len(set(shorts)) < len(shorts):
        raise UserError(f"two dimensions share a short name: {', '.join(shorts)}")


def checked_outcome(outcome: str, level: RegionLevel) -> str:
    """Refuse an outcome that is no column of numbers of the panel; this builds the panel (2 s)."""
    from configs.panel_settings import load_panel
    from econometrics.build import build_panel

    built = build_panel(load_panel(resolve(PANELS[level])))
    columns = list(built.grid.columns)
    if outcome in FEATURES[level]:
        raise UserError(
            f"outcome {outcome!r} is a feature of the models already",
            fix="choose ser, or change `x` in the file by hand",
        )
    if outcome not in columns:
        near = [c for c in columns if c.startswith(outcome[:3])] or columns
        raise UserError(
            f"the {level} panel has no column {shown(outcome)}",
            fix=f"use ser or one of {', '.join(sorted(near)[:12])} ...",
        )
    return outcome


def has_gaps(outcome: str, level: RegionLevel, years: tuple[int, int] = (2018, 2023)) -> bool:
    """Tell whether an outcome lacks a cell of the years that the spatial model needs whole."""
    import numpy as np

    from configs.panel_settings import load_panel
    from econometrics.build import build_panel

    grid = build_panel(load_panel(resolve(PANELS[level]))).grid
    kept = [i for i, year in enumerate(grid.years) if years[0] <= year <= years[1]]
    values = np.asarray(grid.columns[outcome], dtype=float)[:, kept]
    return bool(np.isnan(values).any())


def provinces_by_year(years: tuple[int, int]) -> dict[int, int]:
    """Count the provinces whose report is shipped, for each year asked for."""
    from corpus.records import read_records

    reports = read_records(REPORTS)
    counted = reports[reports["level"] == "province"].groupby("year").size().to_dict()
    return {year: int(counted.get(year, 0)) for year in range(years[0], years[1] + 1)}


def missing_texts(there: dict[int, int]) -> list[str]:
    """Say which years lack texts, and the command that brings them."""
    lines = []
    for first, last, n in _spans(there):
        span = f"{first}" if first == last else f"{first}-{last}"
        what = f"{n} of {N_PROVINCES} provinces" if n else "no province"
        lines.append(
            f"texts of {span}: {what} shipped; fetch them with `zhengce crawl --year {span} --contact YOU@EXAMPLE.ORG`, "
            "or read your own with `zhengce parse FOLDER --out corpus_own`, then set corpus.reports (docs: import your own texts)"
        )
    return lines


def _spans(there: dict[int, int]) -> list[tuple[int, int, int]]:
    spans: list[tuple[int, int, int]] = []
    for year, n in there.items():
        if n >= N_PROVINCES:
            continue
        if spans and spans[-1][1] == year - 1 and spans[-1][2] == n:
            spans[-1] = (spans[-1][0], year, n)
        else:
            spans.append((year, year, n))
    return spans


def write_study(answers: Answers, there: dict[int, int]) -> Path:
    """Write the folder whole or not at all; give the settings file.

    Parameters
    ----------
    there : dict
        Year to the number of provinces with a text, of `provinces_by_year`.
    """
    import os
    import shutil
    import tempfile

    from configs.settings import StudySettings
    from configs.tomlfiles import read_toml, validated
    from corpus.files import disk_errors

    folder = Path(checked_name(answers.name))
    whole = [year for year, n in there.items() if n >= N_PROVINCES]
    sgdid = (
        answers.level == "province" and bool(whole) and not has_gaps(answers.outcome, "province")
    )
    with disk_errors(folder):
        made = Path(tempfile.mkdtemp(prefix=f".{answers.name}.", suffix=".tmp", dir="."))
        try:
            if answers.rubric is not None:
                shutil.copyfile(answers.rubric, made / "rubric.yaml")
            text = study_toml(answers, sgdid_year=min(whole) if sgdid else None)
            (made / "study.toml").write_text(text, encoding="utf-8")
            (made / "README.md").write_text(readme(answers), encoding="utf-8")
            validated(StudySettings, read_toml(made / "study.toml"), str(folder / "study.toml"))
            made.chmod(0o755)
            if folder.exists():
                raise UserError("is there already, and nothing is overwritten", where=answers.name)
            os.rename(made, folder)  # noqa: PTH104 (Path.rename would replace an empty folder too)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder / "study.toml"
