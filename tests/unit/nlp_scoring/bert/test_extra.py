"""`zhengce train` and `pretrain` where packages are missing, as after `make run`."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest

from configs.paths import LABELS, PROJECT_ROOT
from nlp_scoring.bert.extra import PACKAGES

#: The command in an environment without some packages.
WITHOUT = """
import importlib.util, sys
absent = sys.argv.pop(1).split(",")
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name in absent else find(name, *a)
import zhengce
zhengce.main()
"""


def test_the_packages_are_those_of_the_extra() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert sorted(PACKAGES) == sorted(project["optional-dependencies"]["bert"])


@pytest.mark.parametrize(
    ("absent", "command", "message"),
    [
        (
            "transformers",
            ["train", "--labels", str(LABELS)],
            "training a BERT needs transformers; ",
        ),
        ("onnx,torch", ["train", "--labels", str(LABELS)], "training a BERT needs onnx, torch; "),
        ("jieba", ["pretrain"], "pre-training needs jieba; "),
    ],
)
def test_a_missing_package_is_told_before_any_work(
    tmp_path: object, absent: str, command: list[str], message: str
) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT, absent, *command, "--out", f"{tmp_path}/out"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert answer.returncode == 2
    assert message in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1
    assert "--extras bert" in answer.stderr
