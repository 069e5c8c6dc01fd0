"""Wall seconds and peak memory of a command."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A process takes the peak of the one that started it for its own, so a small one starts it.
LAUNCHER = """
import resource, subprocess, sys, time
begin = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
seconds = time.perf_counter() - begin
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def measured(command: Sequence[str], **environment: str) -> tuple[float, float]:
    """Run a command; seconds, and MB of the largest of its processes.

    Raises
    ------
    RuntimeError
        When it fails.
    """
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command],
        env=os.environ | environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}")
    seconds, kilobytes = map(float, done.stdout.split())
    return seconds, kilobytes / 1024
