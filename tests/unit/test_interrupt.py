"""Ctrl-C in a process of its own, also at the places where Python drops an exception."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

#: A command that gets the signal at one place, and would go on for long after it.
COMMAND = """
import ctypes, signal, sys, time, weakref
import zhengce

def ctrl_c(*_):
    signal.raise_signal(signal.SIGINT)
    return 0

class Thing:
    pass

def command(*_, **__):
    {place}
    for _ in range(3000):
        time.sleep(0.01)
    return 7

zhengce.app = command
zhengce.main()
"""
PLACES = {
    "the command itself": "ctrl_c()",
    "weak reference": "thing = Thing(); seen = weakref.ref(thing, ctrl_c); del thing",
    "finalizer": "Thing.__del__ = ctrl_c; Thing()",
    "callback from C": "ctypes.CFUNCTYPE(ctypes.c_int)(ctrl_c)()",
}


def typed(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("place", PLACES)
def test_ctrl_c_ends_the_command_with_one_line(place: str) -> None:
    answer = typed(COMMAND.format(place=PLACES[place]))
    assert answer.returncode == 130, answer.stderr
    assert answer.stderr == (
        "zhengce: stopped; what is finished is kept, run the same command to go on\n"
    )


def test_other_lost_errors_are_still_printed() -> None:
    place = "Thing.__del__ = lambda self: 1 / 0; Thing(); return 0"
    answer = typed(COMMAND.format(place=place))
    assert answer.returncode == 0
    assert "ZeroDivisionError" in answer.stderr


def test_an_ignored_signal_stays_ignored() -> None:
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    answer = typed(ignored + COMMAND.format(place="ctrl_c(); return 0"))
    assert (answer.returncode, answer.stderr) == (0, "")
