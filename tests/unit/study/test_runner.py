"""Steps with memory: what reruns, what is reused, and what a kill leaves behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.errors import UserError
from study.runner import Step, code_hash, run_steps


def chain(folder: Path, log: list[str], settings: str = "1") -> list[Step]:
    source, a, b = folder / "in.txt", folder / "a.txt", folder / "b.txt"

    def make(
        name: str, read: Path, out: Path, change: Callable[[str], str]
    ) -> Callable[[object], None]:
        def run(_: object) -> None:
            log.append(name)
            out.write_text(change(read.read_text("utf-8")), "utf-8")

        return run

    return [
        Step(
            "first",
            "",
            settings,
            (source,),
            (a,),
            ("configs.errors",),
            make("first", source, a, lambda t: t.strip()),
        ),
        Step("second", "", "", (a,), (b,), ("configs.errors",), make("second", a, b, str.upper)),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in.txt").write_text("x", "utf-8")
    return tmp_path


def statuses(folder: Path, log: list[str], **options: object) -> list[str]:
    return [r.status for r in run_steps(chain(folder, log), folder, **options)]  # type: ignore[arg-type]


def test_second_run_redoes_nothing(folder: Path) -> None:
    log: list[str] = []
    assert statuses(folder, log) == ["done", "done"]
    assert statuses(folder, log) == ["reused", "reused"]
    assert log == ["first", "second"]


def test_change_without_effect_stops_early(folder: Path) -> None:
    log: list[str] = []
    statuses(folder, log)
    (folder / "in.txt").write_text("x  \n", "utf-8")
    assert statuses(folder, log) == ["done", "reused"]


def test_reasons_are_told(folder: Path) -> None:
    log: list[str] = []
    statuses(folder, log)
    lines: list[str] = []
    (folder / "in.txt").write_text("y", "utf-8")
    statuses(folder, log, tell=lines.append)
    assert "input in.txt changed" in lines[0]
    assert "input a.txt changed" in lines[1]
    (folder / "b.txt").write_text("by hand", "utf-8")
    assert [r.reason for r in run_steps(chain(folder, log), folder)] == [
        "nothing has changed",
        "b.txt was changed by hand",
    ]
    (folder / "a.txt").unlink()
    assert [r.reason for r in run_steps(chain(folder, log), folder)] == [
        "a.txt is missing",
        "nothing has changed",
    ]
    assert run_steps(chain(folder, log, settings="2"), folder)[0].reason == "settings changed"


def test_from_only_and_dry_run(folder: Path) -> None:
    log: list[str] = []
    assert statuses(folder, log, dry_run=True) == ["would run", "may run"]
    assert log == []
    assert not (folder / "steps.json").exists()
    statuses(folder, log)
    assert statuses(folder, log, start_at="second") == ["reused", "done"]
    assert statuses(folder, log, start_at="first") == ["done", "done"]
    assert statuses(folder, log, only="first") == ["done", "skipped"]
    assert statuses(folder, log, dry_run=True) == ["would reuse", "would reuse"]
    with pytest.raises(UserError, match="no step 'third'; the steps are first, second"):
        statuses(folder, log, only="third")


def test_missing_input(folder: Path) -> None:
    (folder / "in.txt").unlink()
    with pytest.raises(UserError, match=r"in\.txt: no such file"):
        statuses(folder, [])


def test_damaged_memory_means_run_again(folder: Path) -> None:
    log: list[str] = []
    statuses(folder, log)
    (folder / "steps.json").write_text("{half", "utf-8")
    assert statuses(folder, log) == ["done", "done"]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from study.runner import Step, run_steps
folder = Path(sys.argv[1])
def first(_): (folder / "a.txt").write_text("x")
def second(_): os.kill(os.getpid(), signal.SIGKILL)
run_steps([Step("first", "", "", (), (folder / "a.txt",), (), first),
           Step("second", "", "", (folder / "a.txt",), (folder / "b.txt",), (), second)], folder)
"""


def test_killed_run_goes_on_where_it_stopped(folder: Path) -> None:
    root = Path(__file__).parents[3]
    dead = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(root)], check=False)
    assert dead.returncode == -signal.SIGKILL
    assert set(json.loads((folder / "steps.json").read_text("utf-8"))) == {"first"}
    a, b, log = folder / "a.txt", folder / "b.txt", list[str]()
    steps = [
        Step("first", "", "", (), (a,), (), lambda _: log.append("first")),
        Step("second", "", "", (a,), (b,), (), lambda _: b.write_text("done", "utf-8")),
    ]
    assert [r.status for r in run_steps(steps, folder)] == ["reused", "done"]
    assert log == []


def test_two_runs_do_not_share_a_folder(folder: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another run is at work here"):
            statuses(folder, [])


def test_code_hash_sees_packages_and_modules() -> None:
    assert code_hash(["corpus"]) != code_hash(["corpus.sentences"])
    assert code_hash(["study"]) == code_hash(["study"])
