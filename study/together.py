"""Neighbouring steps that need nothing of each other, done by several processes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from study.runner import Step, StepResult, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from study.helper import Helper
    from study.runner import Work


def neighbours(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Cut the chain into runs of steps that may be done apart, and single steps between them."""
    for apart, members in groupby(steps, key=lambda step: step.apart):
        if apart:
            yield list(members)
        else:
            yield from ([step] for step in members)


@dataclass(slots=True)
class Group:
    """Steps to bring up to date: this process takes from the front, helpers from the back."""

    steps: Sequence[Step]
    work: Work
    tell: Callable[[str], object]
    _waiting: list[Step] = field(init=False)
    _running: set[str] = field(default_factory=set, init=False)
    _results: dict[str, StepResult] = field(default_factory=dict, init=False)
    _told: set[str] = field(default_factory=set, init=False)
    _error: BaseException | None = field(default=None, init=False)
    _change: threading.Condition = field(default_factory=threading.Condition, init=False)

    def __post_init__(self) -> None:
        """All steps wait."""
        self._waiting = list(self.steps)

    def bring_up_to_date(self, helpers: Sequence[Helper]) -> list[StepResult]:
        """Do all steps; the results come in the order of the chain.

        Raises
        ------
        Exception
            The first that a step raised; steps already done are remembered.
        """
        lanes = [
            threading.Thread(target=self._serve, args=(helper,), daemon=True)
            for helper in helpers[: len(self.steps) - 1]
        ]
        for lane in lanes:
            lane.start()
        try:
            self._do_all(None)
            self._wait_for(lanes)
        except BaseException:
            self._begin_no_more()
            raise
        self._tell_finished()
        if self._error is not None:
            raise self._error
        return [self._results[step.name] for step in self.steps]

    def _serve(self, helper: Helper) -> None:
        try:
            self._do_all(helper)
        except BaseException as error:
            self._error = self._error or error
            self._begin_no_more()

    def _wait_for(self, lanes: Sequence[threading.Thread]) -> None:
        """Show what a helper is still at."""
        late = [step for step in self.steps if step.name in self._running]
        if late:
            with self.work.progress(late[0]):
                for lane in lanes:
                    lane.join()
        for lane in lanes:
            lane.join()

    def _begin_no_more(self) -> None:
        with self._change:
            self._waiting.clear()
            self._change.notify_all()

    def _do_all(self, helper: Helper | None) -> None:
        while (step := self._take(-1 if helper else 0)) is not None:
            result = self.work.bring_up_to_date(step, helper)
            with self._change:
                self._results[step.name] = result
                self._running.discard(step.name)
                self._change.notify_all()
            if helper is None:
                self._tell_finished()

    def _take(self, end: int) -> Step | None:
        """Wait for a step whose inputs are there; None when no more is to be begun."""
        with self._change:
            while self._waiting:
                ready = [step for step in self._waiting if not self._lacks(step)]
                if ready or not self._running:
                    chosen = ready[end] if ready else self._waiting[0]
                    self._waiting.remove(chosen)
                    self._running.add(chosen.name)
                    return chosen
                self._change.wait()
        return None

    def _lacks(self, step: Step) -> bool:
        unfinished: set[Path] = {
            path
            for other in self.steps
            if other is not step and other.name not in self._results
            for path in other.outputs
        }
        return any(path in unfinished for path in step.inputs)

    def _tell_finished(self) -> None:
        """One line a step, from this thread only: a bar may be on the screen."""
        for step in self.steps:
            if step.name in self._results and step.name not in self._told:
                self._told.add(step.name)
                self.tell(describe(step, self._results[step.name]))
