"""Networks trained one after the other, or some at a time in processes of one thread each.

Two networks side by side learn faster than one after the other with two threads. Each leaves a small
file of predictions when it is done, so that a run that was killed goes on behind the last one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, cast

import numpy as np

from configs.errors import UserError
from configs.processes import end_with_parent, no_interrupt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One network to train.

    Attributes
    ----------
    path : Path
        The file of its answers, with the run's ``mark`` inside.
    name : str
        For people.
    train : callable
        Trains the network and gives its answers, groups of arrays. A `functools.partial` of a
        function of a module, so that a process beside can be given it.
    """

    path: Path
    name: str
    mark: str
    train: Callable[[], Sequence[list[NDArray[np.float32]]]]

    def run(self) -> None:
        """Train, and keep the answers."""
        keep(self.path, self.mark, *self.train())


def work_off(
    tasks: Sequence[Task], jobs: int, tell: Callable[[str], object] = lambda _: None
) -> None:
    """Train what is not done yet, in the order given.

    Raises
    ------
    UserError
        When a process died; what is done is kept.
    """
    left = [t for t in reversed(tasks) if not is_done(t.path, t.mark)]
    if jobs == 1:
        while left:
            task, begin = left.pop(), time.perf_counter()
            task.run()
            tell(f"{task.name}: {time.perf_counter() - begin:.0f} s")
        return
    context = get_context("spawn")
    running: dict[int, tuple[BaseProcess, Task, float]] = {}
    try:
        while left or running:
            while left and len(running) < jobs:
                task = left.pop()
                process = context.Process(target=_beside, args=(task,))
                with no_interrupt():
                    process.start()
                running[process.sentinel] = process, task, time.perf_counter()
            for sentinel in wait(list(running)):
                ended, task, begin = running.pop(cast("int", sentinel))
                ended.join()
                if not is_done(task.path, task.mark):
                    raise UserError(
                        f"the process that trained {task.name} has died",
                        fix="networks that are done are kept; run the same command with --jobs 1, "
                        "which needs less memory",
                    )
                tell(f"{task.name}: {time.perf_counter() - begin:.0f} s")
    finally:
        for started, _, _ in running.values():
            started.kill()
            started.join()


def _beside(task: Task) -> None:
    """Train in this process, with one thread."""
    import torch

    end_with_parent()
    torch.set_num_threads(1)
    task.run()


def is_done(path: Path, mark: str) -> bool:
    """Tell whether a file of predictions is there, whole, and of this very run."""
    try:
        with np.load(path) as kept:
            return bool(kept["mark"].tobytes().decode() == mark)
    except (OSError, ValueError, KeyError):
        return False


def keep(path: Path, mark: str, *groups: list[NDArray[np.float32]]) -> None:
    """Write groups of predictions whole, with the run's mark."""
    from corpus.files import write_atomically

    arrays = [array for group in groups for array in group]
    stamp = np.frombuffer(mark.encode(), dtype=np.uint8)

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, *arrays, mark=stamp)

    write_atomically(path, write)
