"""The tutorial's commands do what it says, in both languages."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from configs.paths import REPORTS
from tests.conftest import ROOT

TESTED = re.compile(r"<!-- tested -->\n```sh\n(.*?)```", re.DOTALL)
TUTORIALS = {lang: ROOT / "docs" / lang / "tutorial.md" for lang in ("en", "zh")}


def commands(path: Path) -> str:
    return "\n".join(TESTED.findall(path.read_text("utf-8")))


def test_both_tutorials_run_the_same_commands() -> None:
    english, chinese = (re.sub(r"\s+#.*", "", commands(p)) for p in TUTORIALS.values())
    assert english == chinese
    assert english.count("zhengce ") > 8


def test_tutorial_commands_run(tmp_path: Path) -> None:
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    corpus = tmp_path / "data" / "corpus"
    corpus.mkdir(parents=True)
    with gzip.open(REPORTS, "rt", encoding="utf-8") as shipped:
        rows = [line for line in shipped if is_small(json.loads(line))]
    with gzip.open(corpus / REPORTS.name, "wt", encoding="utf-8") as few:
        few.writelines(rows)
    study = 'name = "first"\ntitle = "t"\n[scoring]\nscorer = "cues"\nsince = 2025\n'
    (tmp_path / "first.toml").write_text(study, "utf-8")
    script = "set -e\nzhengce run first.toml\n" + commands(TUTORIALS["en"])
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "my-study" / "study.toml").is_file()
    assert (tmp_path / "runs" / "low-altitude" / "figures" / "maps.svg").is_file()
    assert "440000-2026" in done.stdout


def is_small(record: dict[str, object]) -> bool:
    """Two provinces in both years: enough to show the commands."""
    return record["region_code"] in ("440000", "460000") and record["year"] in (2025, 2026)
