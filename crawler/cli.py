"""Verbs of the crawler."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from crawler.finish import Summary
    from crawler.items import Exchange, Item, Result

Store = Annotated[Path, typer.Option(help="Folder of raw bytes, frontier and results.")]
STORE = Path("crawl")

crawl_app = typer.Typer(
    help="Harvest government work reports, politely, and nothing lost.",
    invoke_without_command=True, no_args_is_help=True,
)  # fmt: skip


@crawl_app.callback()
def crawl(
    context: typer.Context,
    year: Annotated[
        str | None, typer.Option(help="Year of delivery, or a range: 2026, 2019-2026.")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Name or code; may be given again.")
    ] = None,
    sources: Annotated[Path | None, typer.Option(help="Registry of your own, CSV.")] = None,
    store: Store = STORE,
    hosts: Annotated[
        Path | None, typer.Option(help="host,address,port: names served from this machine (tests).")
    ] = None,
    allow_loopback: Annotated[
        bool, typer.Option("--allow-loopback", help="Let --hosts reach this machine.")
    ] = False,
    delay: Annotated[
        float, typer.Option(help="Least seconds between two requests to a host.")
    ] = 2.0,
    contact: Annotated[
        str,
        typer.Option(
            envvar="ZHENGCE_CONTACT", help="Whom to ask about this crawl; goes into the User-Agent."
        ),
    ] = "",
    overrides: Annotated[
        Path | None, typer.Option(help="Confirmed gaps and addresses, CSV.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(help="Seconds for one response in all.", min=1, max=600)
    ] = 50.0,
) -> None:
    """Crawl the reports of some years; an interrupted crawl goes on where it stopped.

    Example: zhengce crawl --year 2026 --region 广东省
    """
    if context.invoked_subcommand is not None:
        return
    from configs.errors import UserError

    if year is None:
        raise UserError(
            "a year is needed", where="--year", fix="use --year 2026 or --year 2019-2026"
        )
    _crawl(
        year=year, region=region or [], sources=sources, store=store, hosts=hosts, allow_loopback=allow_loopback,
        delay=delay, contact=contact, overrides=overrides, timeout=timeout,
    )  # fmt: skip


def _crawl(
    *, year: str, region: list[str], sources: Path | None, store: Path, hosts: Path | None,
    allow_loopback: bool, delay: float, contact: str, overrides: Path | None, timeout: float,
) -> None:  # fmt: skip
    from configs.errors import UserError
    from crawler.hosts import read_hosts
    from crawler.job import DELAY, Order
    from crawler.registry import SOURCES, choose_regions, parse_years, read_registry
    from crawler.resolver import Network

    _needs_scrapy()
    years = parse_years(year)
    rows = read_registry(sources)
    network = Network(read_hosts(hosts, allowed=allow_loopback))
    if delay < DELAY and not network.hosts.places:
        raise UserError(
            f"{delay} s is too little for hosts of others",
            where="--delay",
            fix=f"use {DELAY:g} or more",
        )
    if not 0 <= delay <= 3600:
        raise UserError(f"{delay} s", where="--delay", fix="use 0 to 3600")
    order = Order(
        years=years, regions=choose_regions(region, rows), sources=(sources or SOURCES).resolve(), store=store,
        delay=delay, contact=contact, timeout=timeout, network=network,
    )  # fmt: skip
    _go(order, rows, overrides)


def _go(order: Any, rows: Any, overrides: Path | None) -> None:
    from dataclasses import replace

    from corpus.files import write_text
    from crawler.finish import finish
    from crawler.job import crawl as harvest
    from crawler.overrides import read_overrides

    kept = order.store / "overrides.csv"
    words = read_overrides(overrides or (kept if kept.is_file() else None))
    if overrides is not None:
        write_text(kept, overrides.read_bytes().decode("utf-8-sig"))
    order = replace(order, overrides=tuple(words))
    harvest(order, rows, report=_progress())
    summary = finish(order.store, order.store, keep=True)
    _tell(summary, order.store)


def _progress() -> Any:
    """Tell of every response, for people who watch; nothing when nobody does."""
    if not sys.stderr.isatty():
        return None

    def report(item: Item, exchange: Exchange, result: Result) -> None:
        what = result.outcome or result.state
        typer.echo(
            f"{exchange.status or '-':>4} {what:<16} {result.reason[:24]:<24} {item.url[:100]}",
            err=True,
        )

    return report


def _tell(summary: Summary, out: Path) -> None:
    total = sum(summary.counts.values())
    parts = ", ".join(f"{n} {state}" for state, n in summary.counts.items() if n)
    typer.echo(
        f"{summary.n_reports} reports of {summary.n_documents} pages; {total} cells: {parts}",
        err=True,
    )
    if summary.n_revisions:
        typer.echo(f"{summary.n_revisions} revisions: {out / 'revisions'}", err=True)
    for alarm in summary.alarms:
        before = "?" if alarm.before is None else alarm.before
        typer.echo(
            f"alarm: {alarm.url}: {alarm.reason} ({before} links before, {alarm.now} now)", err=True
        )
    for change in summary.changes:
        typer.echo(
            f"changed: {change.region_code} {change.year}: {change.before} -> {change.now}",
            err=True,
        )
    typer.echo(f"coverage: {out / 'coverage.csv'}, {out / 'coverage.html'}", err=True)
    if summary.to_look_at:
        typer.echo(f"{summary.to_look_at} things to look at: see coverage.html", err=True)
        raise typer.Exit(1)


def _needs_scrapy() -> None:
    import importlib.util

    from configs.errors import UserError

    if importlib.util.find_spec("scrapy") is None:
        raise UserError(
            "scrapy is not installed",
            where="zhengce crawl",
            fix="python3 tools/environment.py --extras crawl",
        )


@crawl_app.command("resume")
def resume(
    store: Store = STORE,
    hosts: Annotated[Path | None, typer.Option(help="As given to the crawl.")] = None,
    allow_loopback: Annotated[bool, typer.Option("--allow-loopback")] = False,
    timeout: Annotated[
        float, typer.Option(help="Seconds for one response in all.", min=1, max=600)
    ] = 50.0,
) -> None:
    """Go on with a crawl that was stopped, killed, or lost its power.

    Example: zhengce crawl resume --store crawl
    """
    import json

    from crawler.database import connect
    from crawler.finish import finish, last_run
    from crawler.hosts import read_hosts
    from crawler.job import Order
    from crawler.registry import read_registry
    from crawler.resolver import Network

    _needs_scrapy()
    db = connect(store)
    try:
        run = dict(last_run(db))
    finally:
        db.close()
    if run["finished_at"] is not None:
        typer.echo("the last crawl came to its end; nothing to resume", err=True)
        _tell(finish(store, store, keep=True), store)
        return
    settings = json.loads(run["settings"])
    order = Order(
        years=tuple(json.loads(run["years"])), regions=tuple(json.loads(run["regions"])),
        sources=Path(run["sources"]), store=store, delay=settings["delay"], contact=settings["contact"],
        timeout=timeout, network=Network(read_hosts(hosts, allowed=allow_loopback)),
    )  # fmt: skip
    _go(order, read_registry(order.sources), None)


@crawl_app.command("status")
def status(store: Store = STORE) -> None:
    """Say how far a crawl is: runs, items by state, hosts with faults, cells by state.

    Example: zhengce crawl status --store crawl
    """
    from crawler.status import status_lines

    for line in status_lines(store):
        typer.echo(line)


@crawl_app.command("replay")
def replay(
    out: Annotated[Path, typer.Option(help="Folder for the rebuilt corpus and matrix.")],
    store: Store = STORE,
    workers: Annotated[int, typer.Option(min=1, help="Reader processes.")] = 2,
) -> None:
    """Rebuild the corpus and the matrix from the raw bytes, without the network.

    Example: zhengce crawl replay --store crawl --out corpus_2026
    """
    from crawler.finish import finish

    _tell(finish(store, out, workers=workers), out)


@crawl_app.command("export")
def export(
    warc: Annotated[Path, typer.Option(help="WARC file to write (.warc.gz).")],
    store: Store = STORE,
) -> None:
    """Write everything fetched as a WARC file for an archive.

    Example: zhengce crawl export --warc reports.warc.gz
    """
    from crawler.warc import export_warc

    n = export_warc(store, warc)
    typer.echo(f"{n} records: {warc}", err=True)


@crawl_app.command("replica")
def replica(
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    truth: Annotated[
        Path | None, typer.Option(help="Write what is true of every page, CSV.")
    ] = None,
    hosts: Annotated[Path | None, typer.Option(help="Write the hosts file.")] = None,
    sources: Annotated[Path | None, typer.Option(help="Write the registry of the replica.")] = None,
    years: Annotated[str, typer.Option(help="Years of the reports.")] = "2019-2026",
    log: Annotated[Path | None, typer.Option(help="Write a line for every request served.")] = None,
    hostile: Annotated[
        bool, typer.Option("--hostile", help="Serve hosts that misbehave too, one a behaviour.")
    ] = False,
    authority: Annotated[
        Path | None,
        typer.Option(help="With --hostile: certificate for SSL_CERT_FILE of a client, PEM."),
    ] = None,
) -> None:
    """Serve a replica of the portals on 127.0.0.1 until it is stopped.

    Example: zhengce crawl replica --seed 7 --port 8100 --hosts hosts.csv --sources sources.csv
    """
    from crawler.registry import parse_years
    from crawler.replica.serve import serve

    serve(
        seed=seed,
        port=port,
        truth=truth,
        hosts=hosts,
        sources=sources,
        years=parse_years(years),
        log=log,
        hostile=hostile,
        authority=authority,
    )


@crawl_app.command("demo")
def demo(
    store: Annotated[Path, typer.Option(help="Folder to crawl into.")] = Path("crawl_demo"),
    seed: Annotated[int, typer.Option(help="Seed of the replica.")] = 0,
    n_regions: Annotated[
        int, typer.Option("--regions", min=1, max=31, help="Provinces to crawl.")
    ] = 6,
) -> None:
    """Show a crawl at work: a replica of the portals on this machine, and a crawl of it.

    Example: zhengce crawl demo
    """
    from crawler.replica.demo import run_demo

    _needs_scrapy()
    _tell(
        run_demo(
            store,
            seed=seed,
            n_regions=n_regions,
            report=_progress(),
            say=lambda line: typer.echo(line, err=True),
        ),
        store,
    )
