"""Neighbouring steps by several lanes: what waits for what, what is told, and what an error stops."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from configs.errors import UserError
from study.chain import study_steps
from study.folder import Study
from study.helper import Helper
from study.runner import Advance, Step, run_steps
from study.together import neighbours
from tests.conftest import ROOT


class Lane(Helper):
    """A helper whose steps run in this process, so that a test can watch them."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = {step.name: step for step in steps}
        self.did: list[str] = []
        self.closed = False

    def run(self, step: str) -> float:
        self.did.append(step)
        self.steps[step].run(lambda _: None)
        return 1.5

    def close(self) -> None:
        self.closed = True


def writes(folder: Path, name: str, *reads: str, apart: bool = True, run: object = None) -> Step:
    out = folder / f"{name}.txt"

    def work(_: Advance) -> None:
        if callable(run):
            run()
        out.write_text(name, "utf-8")

    inputs = tuple(folder / f"{r}.txt" for r in reads)
    return Step(name, "", "", inputs, (out,), ("configs.errors",), work, apart=apart)


def test_heavy_neighbours_make_a_group(tmp_path: Path) -> None:
    steps = [writes(tmp_path, n, apart=n in "bce") for n in "abcde"]
    assert [[s.name for s in g] for g in neighbours(steps)] == [["a"], ["b", "c"], ["d"], ["e"]]


def test_two_lanes_work_at_a_time_and_results_come_in_order(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=20)
    steps = [writes(tmp_path, n, run=both.wait) for n in ("first", "second")]
    lane, told = Lane(steps), list[str]()
    results = run_steps(steps, tmp_path, helpers=[lane], tell=told.append)
    assert [r.name for r in results] == ["first", "second"]
    assert [line.split()[0] for line in told] == ["first", "second"]
    assert lane.did == ["second"]
    assert results[1].peak_memory_mb == 1.5
    assert lane.closed
    assert [r.status for r in run_steps(steps, tmp_path, helpers=[Lane(steps)])] == ["reused"] * 2


def test_a_step_waits_for_its_inputs_whoever_makes_them(tmp_path: Path) -> None:
    steps = [writes(tmp_path, "a"), writes(tmp_path, "b", "a"), writes(tmp_path, "c", "b")]
    assert {r.status for r in run_steps(steps, tmp_path, helpers=[Lane(steps)])} == {"done"}


def test_an_error_in_either_lane_begins_nothing_more_and_keeps_what_is_done(tmp_path: Path) -> None:
    def fail() -> None:
        raise UserError("no room")

    both = threading.Barrier(2, timeout=20)
    for failing in (0, 1):
        folder = tmp_path / str(failing)
        folder.mkdir()
        ends = [(lambda: (both.wait(), fail())), both.wait]
        first, last = ends if failing == 0 else reversed(ends)
        steps = [
            writes(folder, "a", run=first),
            writes(folder, "b", "a", "c"),
            writes(folder, "c", run=last),
        ]
        lane = Lane(steps)
        with pytest.raises(UserError, match="no room"):
            run_steps(steps, folder, helpers=[lane])
        assert lane.closed
        assert not (folder / "b.txt").exists()


def test_a_step_that_nothing_can_satisfy_is_named(tmp_path: Path) -> None:
    steps = [writes(tmp_path, "a", "z"), writes(tmp_path, "b")]
    with pytest.raises(UserError, match=r"z\.txt: no such file"):
        run_steps(steps, tmp_path)


def study(folder: Path) -> Study:
    from configs.settings import load_study

    return Study(load_study(ROOT / "configs/first.toml"), folder)


def test_a_real_helper_does_steps_answers_with_errors_and_says_when_it_died(tmp_path: Path) -> None:
    helper = Helper(study(tmp_path))
    try:
        assert helper.run("parse") > 10
        assert (tmp_path / "store" / "sentence.parquet").is_file()
        (tmp_path / "store" / "report.parquet").write_bytes(b"no table")
        with pytest.raises(UserError, match=r"report\.parquet"):
            helper.run("texts")
        assert helper._process is not None
        helper._process.kill()
        with pytest.raises(UserError, match=r"has died; .* --jobs 1"):
            helper.run("parse")
    finally:
        helper.close()


def test_half_written_files_of_a_killed_run_go_and_no_others(tmp_path: Path) -> None:
    ours = [tmp_path / "tables" / ".panel.csv.x1y2z3_4.tmp", tmp_path / ".steps.json.abcdefgh.tmp"]
    others = [tmp_path / ".note.tmp", tmp_path / "mine" / ".panel.csv.x1y2z3_4.tmp"]
    for path in (*ours, *others):
        path.parent.mkdir(exist_ok=True)
        path.write_text("half", "utf-8")
    run_steps([writes(tmp_path, "a")], tmp_path)
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in others)


def test_a_helper_that_is_stopped_while_it_starts_is_gone(tmp_path: Path) -> None:
    helper = Helper(study(tmp_path))

    def work() -> None:
        with pytest.raises(UserError):
            helper.run("parse")

    lane = threading.Thread(target=work)
    lane.start()
    helper.close()
    lane.join()
    assert helper._process is None or not helper._process.is_alive()
    with pytest.raises(UserError, match="stopped"):
        helper.run("parse")


def test_steps_of_a_bert_study_that_may_be_done_apart(tmp_path: Path) -> None:
    from configs.settings import load_study

    whole = Study(load_study(ROOT / "configs/nqp_ser.toml"), tmp_path)
    apart = [s.name for s in study_steps(whole) if s.apart]
    assert apart[:2] == ["score", "validate"]
    assert {"sgdid", "shap_city", "ggpr_city", "describe_city"} <= set(apart)
