"""A second process that does steps of the same study, so that two run at a time.

Not threads: drawing and tables hold the interpreter's lock. The helper is told the name of a step
and answers with what it cost; it ends with the process that started it, however that ends.
"""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from configs.errors import UserError
from configs.processes import end_with_parent, no_interrupt

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from study.folder import Study
    from study.runner import Step


@dataclass(slots=True)
class Helper:
    """Starts its process with the first step it is given."""

    study: Study
    _process: BaseProcess | None = field(default=None, init=False)
    _pipe: Connection | None = field(default=None, init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False)
    _closed: bool = field(default=False, init=False)

    def run(self, step: str) -> float:
        """Do a step there and wait for it; peak memory (MB) of that process so far.

        Raises
        ------
        UserError
            The helper died, which is mostly for want of memory.
        Exception
            What the step raised.
        """
        with self._turn:
            if self._closed:
                raise UserError("stopped")
            pipe = self._pipe or self._start()
        try:
            pipe.send(step)
            answer = pipe.recv()
        except (EOFError, OSError) as error:
            raise UserError(
                f"the process that did {step!r} has died",
                fix="finished steps are kept; run the same command with --jobs 1, which needs less memory",
            ) from error
        if isinstance(answer, BaseException):
            raise answer
        return float(answer)

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self.study))
        with no_interrupt():
            self._process.start()
        theirs.close()
        return self._pipe

    def close(self) -> None:
        """Stop it at once; files are written whole or not at all, so nothing is left half-done."""
        with self._turn:  # it may be starting just now
            self._closed = True
            if self._process is not None:
                self._process.kill()
                self._process.join()


def _serve(pipe: Connection, study: Study) -> None:
    """Do what the pipe asks for until it closes."""
    from study.chain import study_steps

    end_with_parent()
    steps = {step.name: step for step in study_steps(study)}
    while True:
        try:
            name = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_answer(steps[name]))


def _answer(step: Step) -> Any:
    """Peak memory, or what went wrong in a form that can be sent."""
    from study.runner import one_thread_of_algebra, peak_memory_mb

    try:
        with one_thread_of_algebra(step):
            step.run(lambda _: None)
    except UserError as error:
        return error
    except Exception:
        import traceback

        return RuntimeError(f"step {step.name}:\n{traceback.format_exc()}")
    return peak_memory_mb()
