"""Independent fits side by side in threads, each with one thread of linear algebra.

Two small problems on two cores take half the time; one problem on two threads does not, and where
other programs want the cores the threads of OpenBLAS wait for each other many times longer.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_here = threading.local()


def workers() -> int:
    """Cores this process may use, at most OMP_NUM_THREADS where that is set."""
    allowed = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    cores = len(allowed(0))
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores, int(asked)) if asked.isdigit() else cores)


def side_by_side(function: Callable[[_In], _Out], items: Iterable[_In]) -> list[_Out]:
    """Map a function that leaves the interpreter's lock (numpy, XGBoost) over items, in order.

    The results do not depend on the number of cores. Inside another call it runs in line.
    """
    if getattr(_here, "busy", False):
        return [function(item) for item in items]
    from threadpoolctl import threadpool_limits

    def run(item: _In) -> _Out:
        _here.busy = True
        return function(item)

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers()) as pool:
        return list(pool.map(run, items))
