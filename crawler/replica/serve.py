"""The replica as a command: serve it, and write down what is true of it."""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

from crawler.replica.build import build
from crawler.replica.hostile import fault_site, robots_site, tls_site
from crawler.replica.model import TRUTH_COLUMNS, Site
from crawler.replica.server import Replica

if TYPE_CHECKING:
    from pathlib import Path


def serve(
    *, seed: int, port: int, truth: Path | None, hosts: Path | None, sources: Path | None,
    years: tuple[int, ...], log: Path | None, hostile: bool = False, authority: Path | None = None,
) -> None:  # fmt: skip
    """Serve until the process is told to stop.

    Parameters
    ----------
    hostile : bool
        Serve the hosts that misbehave too.
    authority : Path or None
        File for the certificate that makes a client accept the right one of the TLS hosts.

    Raises
    ------
    UserError
        The port is taken.
    """
    from configs.errors import UserError
    from corpus.files import write_text

    site = build(seed=seed, years=years)
    if hostile:
        for more in (fault_site(seed=seed), robots_site(seed=seed), tls_site(seed=seed)):
            site.join(more)
    replica = Replica(site, port, log_file=log)
    try:
        replica.__enter__()
    except OSError as error:
        raise UserError(
            f"port {port} cannot be used ({error.strerror})", where="--port", fix="use another or 0"
        ) from error
    write_lists(replica, truth=truth, hosts=hosts, sources=sources)
    if authority is not None and replica.authority is not None:
        write_text(authority, replica.authority.read_text("ascii"))
    line = f"replica: http://127.0.0.1:{replica.port} ({len(site.hosts)} hosts, {len(site.pages)} pages)"
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    replica.__exit__()


def write_lists(
    replica: Replica,
    *,
    truth: Path | None = None,
    hosts: Path | None = None,
    sources: Path | None = None,
) -> None:
    """Write truth, hosts and registry of a running replica as CSV."""
    import pandas as pd

    from corpus.csvfiles import write_csv

    site = replica.site
    if truth is not None:
        rows = [{**asdict(t), "host": t.host} for t in site.truth]
        write_csv(truth, pd.DataFrame(rows, columns=list(TRUTH_COLUMNS)))
    if hosts is not None:
        names = sorted(site.hosts | registry_hosts())
        write_csv(
            hosts,
            pd.DataFrame(
                {
                    "host": names,
                    "address": "127.0.0.1",
                    "port": [replica.port_of(name) for name in names],
                }
            ),
        )
    if sources is not None:
        write_csv(sources, pd.DataFrame(site.sources))


def registry_hosts() -> set[str]:
    """Hosts of the shipped registry: with them in the hosts file no request leaves this machine."""
    from crawler.registry import read_registry

    return {host for source in read_registry() for host in source.hosts}


def small_site(seed: int, n_regions: int, years: tuple[int, ...]) -> Site:
    """Make a replica of the first provinces only."""
    from corpus.regions import provinces

    return build(seed=seed, years=years, codes=[p.code for p in provinces()[:n_regions]])
