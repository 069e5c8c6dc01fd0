"""A crawl of a replica in a process of its own, as tests and figures need it: run, kill, compare."""

from __future__ import annotations

import csv
import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from configs.paths import PROJECT_ROOT
from crawler.replica.serve import write_lists
from crawler.replica.server import Replica

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.replica.model import Site

_CODE = "import sys; sys.argv[0] = 'zhengce'; from zhengce import main; main()"
#: What must not depend on how often a crawl was killed.
RESULTS = ("coverage.csv", "coverage.html", "documents.csv", "report.parquet", "sentence.parquet")


@dataclass(slots=True)
class Trial:
    """A replica that is served, and crawls of it below a folder.

    Attributes
    ----------
    folder : Path
        For the lists and the stores.
    years : str
        As for ``--year``.
    delay : float
    """

    site: Site
    folder: Path
    years: str
    delay: float = 0.05
    replica: Replica = field(init=False)

    def __enter__(self) -> Trial:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.replica = Replica(self.site).__enter__()
        write_lists(
            self.replica, truth=self.folder / "truth.csv", hosts=self.folder / "hosts.csv",
            sources=self.folder / "sources.csv",
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.replica.__exit__()

    def command(self, store: str, *more: str) -> list[str]:
        """Words of a crawl into a store."""
        return [
            sys.executable, "-c", _CODE, "crawl", "--year", self.years, "--sources", str(self.folder / "sources.csv"),
            "--hosts", str(self.folder / "hosts.csv"), "--allow-loopback", "--delay", str(self.delay),
            "--store", str(self.folder / store), *more,
        ]  # fmt: skip

    def crawl(
        self, store: str = "store", *more: str, limit: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """Crawl to the end."""
        return subprocess.run(  # noqa: S603 - our own interpreter
            self.command(store, *more),
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
            env=self._environment(),
        )

    def crawl_and_kill(self, store: str, after: float) -> bool:
        """Start a crawl and end it with SIGKILL; whether it was still running."""
        process = subprocess.Popen(  # noqa: S603
            self.command(store), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self._environment(),
            start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            # The whole session: readers of the crawl must not go on by themselves.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        return False

    def _environment(self) -> dict[str, str]:
        """Make the crawl trust the replica's authority, so that each certificate fails for itself."""
        found = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
        if self.replica.authority is not None:
            found["SSL_CERT_FILE"] = str(self.replica.authority)
        return found

    def rows(self, store: str, name: str) -> list[dict[str, str]]:
        """Rows of a CSV file of a store."""
        with (self.folder / store / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def asked(self, since: int = 0) -> dict[str, int]:
        """How often each address was asked, from a place in the log on."""
        found: dict[str, int] = {}
        for served in self.replica.log[since:]:
            key = f"{served.host}{served.path}"
            found[key] = found.get(key, 0) + 1
        return found

    def spacing(self) -> float:
        """Least time between two requests to a host, seen at the server."""
        last: dict[str, float] = {}
        least = float("inf")
        for served in sorted(self.replica.log, key=lambda s: s.at):
            if served.host in last:
                least = min(least, served.at - last[served.host])
            last[served.host] = served.at
        return least


def fingerprint(store: Path) -> dict[str, str]:
    """Hashes of the results of a store and of the list of its raw objects with their bytes."""
    found = {name: hashlib.sha256((store / name).read_bytes()).hexdigest() for name in RESULTS}
    objects = sorted((store / "raw").glob("??/*"))
    lines = [f"{p.name} {hashlib.sha256(p.read_bytes()).hexdigest()}" for p in objects]
    return found | {"raw": hashlib.sha256("\n".join(lines).encode()).hexdigest()}
