"""Promises of the layout: names, pins, light start."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = [
    "annotation_ui",
    "configs",
    "corpus",
    "crawler",
    "econometrics",
    "ml",
    "nlp_scoring",
    "study",
    "zhengce",
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def pinned() -> set[str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return {re.split("==", line)[0].lower().replace("_", "-") for line in lines if "==" in line}


@pytest.mark.parametrize("name", OURS)
def test_no_other_distribution_owns_our_names(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"zhengce"}


def test_every_dependency_is_pinned() -> None:
    extras = PROJECT["optional-dependencies"].values()
    declared = [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]
    names = {re.split(r"[<>=\[;]", text)[0].strip().lower().replace("_", "-") for text in declared}
    assert names - {"zhengce"} <= pinned()


def test_constraints_name_no_address() -> None:
    assert "://" not in (ROOT / "constraints.txt").read_text("utf-8")


def test_extra_all_covers_every_extra_of_users() -> None:
    extras = PROJECT["optional-dependencies"]
    named = re.search(r"\[(.+)\]", extras["all"][0])
    assert named is not None
    assert set(named[1].split(",")) == set(extras) - {"all", "bench", "dev", "docs"}


def test_command_line_starts_without_heavy_imports() -> None:
    heavy = [
        "numpy",
        "pandas",
        "sklearn",
        "scipy",
        "pyarrow",
        "pandera",
        "torch",
        "matplotlib",
        "spacy",
        "jinja2",
    ]
    code = f"import sys, zhengce; print([m for m in {heavy} if m in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_nothing_shipped_is_read_from_outside_the_project() -> None:
    for path in ROOT.rglob("*.py"):
        if ".venv" not in path.parts and path != Path(__file__):
            assert "/shared/" not in path.read_text("utf-8"), path
