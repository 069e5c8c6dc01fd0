"""Verbs of the text index: build, status, verify, query."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from corpus.index import Engine, Filters, Key, Node, SentenceIndex
    from corpus.search.output import Record

EngineName = Literal["embedded", "elasticsearch", "es"]
EngineOption = Annotated[EngineName, typer.Option(help="Which engine; es is elasticsearch.")]
Url = Annotated[
    str, typer.Option(help="Elasticsearch address; keys come from the environment (see README).")
]
Project = Annotated[
    Path | None, typer.Option(help="Run or parse folder; found by itself if left out.")
]
Many = list[str] | None

index_app = typer.Typer(help="The text index of a project.", no_args_is_help=True)


@index_app.command("build")
def build(
    sentences: Annotated[
        Path | None, typer.Option(help="Another Parquet file; the index goes to ./index then.")
    ] = None,
    engine: EngineOption = "embedded",
    url: Url = "",
    scorer: Annotated[str, typer.Option(help="Whose scores, when there are several.")] = "",
    project: Project = None,
) -> None:
    """Build the index anew; the old one serves until the new one is whole.

    Example: zhengce index build --sentences sentence.parquet
    """
    from corpus.search.places import store_for_building

    store = store_for_building(project, sentences)
    _build(store, sentences, _engine(engine), url, scorer)


def _engine(name: EngineName) -> Engine:
    return "embedded" if name == "embedded" else "elasticsearch"


def _place(engine: EngineName, project: Path | None) -> Path:
    """Find the store to ask; Elasticsearch needs none."""
    from corpus.search.places import store_with_index

    return Path() if engine != "embedded" and project is None else store_with_index(project)


def _build(store: Path, sentences: Path | None, engine: Engine, url: str, scorer: str) -> None:
    from corpus.index import build_index, open_index
    from corpus.progress import bar

    with bar("index", None) as advance:
        build_index(
            store, sentences=sentences, engine=engine, url=url, scorer=scorer, advance=advance
        )
    index = open_index(store, engine=engine, url=url, check=False)
    try:
        status = index.status()
    finally:
        index.close()
    typer.echo(f"{status.n_sentences} sentences indexed: {status.place}", err=True)


@index_app.command("status")
def status(
    engine: EngineOption = "embedded",
    url: Url = "",
    project: Project = None,
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table",
) -> None:
    """Say what the index holds, and whether its tables have changed since.

    Example: zhengce index status --format json
    """
    import json
    from dataclasses import asdict

    from corpus.index import open_index

    index = open_index(_place(engine, project), engine=_engine(engine), url=url, check=False)
    try:
        found = asdict(index.status())
    finally:
        index.close()
    if format == "json":
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        if isinstance(value, tuple):
            value = (" - " if name == "years" else ", ").join(str(part) for part in value)
        shown = "no, it is up to date" if name == "stale" and not value else value
        typer.echo(f"{name:<14}{shown}")


@index_app.command("verify")
def verify(engine: EngineOption = "embedded", url: Url = "", project: Project = None) -> None:
    """Compare the index with its tables: counts, checksums, totals of drawn phrases.

    Exit code 1 and one line for each difference. Example: zhengce index verify
    """
    from corpus.index import open_index

    index = open_index(_place(engine, project), engine=_engine(engine), url=url, check=False)
    try:
        problems = index.verify()
        state = index.status() if not problems else None
    finally:
        index.close()
    for line in problems:
        typer.echo(line)
    if state is None:
        raise typer.Exit(1)
    typer.echo(f"{state.n_sentences} sentences, equal to the tables: {state.place}", err=True)


def query(
    expression: Annotated[
        str, typer.Argument(metavar="EXPR", help='Words or "phrases", AND, OR, NOT, brackets.')
    ],
    region: Annotated[Many, typer.Option(help="Name or six-digit code; may be repeated.")] = None,
    level: Annotated[Many, typer.Option(help="national, province, city, county.")] = None,
    years: Annotated[str | None, typer.Option(help="2025 or 2018-2026.")] = None,
    section: Annotated[Many, typer.Option(help="review, plan, governance, other.")] = None,
    unit_type: Annotated[Many, typer.Option(help="body, heading, ritual, ...")] = None,
    temporality: Annotated[
        Many, typer.Option(help="future, past, mixed, diagnosis, timeless, as the scorer tells it.")
    ] = None,
    annex: Annotated[bool | None, typer.Option(help="Only annexes, or none of them.")] = None,
    min_level: Annotated[Many, typer.Option(help="DIM=LEVEL, such as S=2.")] = None,
    by: Annotated[
        str, typer.Option(help="Count by region, year, level, section, unit_type, temporality.")
    ] = "",
    sort: Annotated[str, typer.Option(help="score:DIM, highest first.")] = "",
    limit: Annotated[int, typer.Option(min=0, max=10_000_000, help="How many hits.")] = 20,
    context: Annotated[
        int | None, typer.Option(min=0, max=10_000, help="Characters around the match.")
    ] = None,
    synonyms: Annotated[
        str, typer.Option(metavar="FILE", help="Groups parted by ' / '; default: ours.")
    ] = "",
    explain: Annotated[bool, typer.Option(help="Say how the query was understood.")] = False,
    format: Annotated[
        Literal["table", "csv", "json", "parquet"], typer.Option(help="How to print.")
    ] = "table",
    out: Annotated[Path | None, typer.Option(help="Write to a file instead.")] = None,
    rebuild: Annotated[bool, typer.Option(help="Build an outdated index anew first.")] = False,
    engine: EngineOption = "embedded",
    url: Url = "",
    project: Project = None,
) -> None:
    """Find sentences by phrase, with filters, or count them.

    Example: zhengce query '新质生产力 NOT 会议' --region 广东省 --years 2024-2026 --format json
    """
    from corpus.search.request import read_filters, read_node, read_sort

    node = read_node(expression, synonyms)
    index = _open(_place(engine, project), _engine(engine), url, rebuild)
    try:
        filters = read_filters(
            index, regions=region, levels=level, years=years, sections=section,
            unit_types=unit_type, temporality=temporality, annex=annex, min_levels=min_level,
        )  # fmt: skip
        if explain:
            _explain(index, node, filters)
        order = read_sort(sort, index.dimensions)
        keys = _keys(by)
        answer = index.search(node, filters, limit=0 if keys else limit, sort=order)
        from corpus.search.output import group_records, hit_records

        if keys:
            records = group_records(index.count_by(node, filters, keys), keys)
        else:
            records = hit_records(answer, node, context)
        data = _formatted(index, node, answer.total, records, keys, context, format)
    finally:
        index.close()
    if format != "json" and not keys:
        typer.echo(f"{answer.total} sentences, {len(records)} shown", err=True)
    _write(data, out, format)


def _keys(by: str) -> tuple[Key, ...]:
    from corpus.search.model import read_keys

    return read_keys(by) if by else ()


def _open(store: Path, engine: Engine, url: str, rebuild: bool) -> SentenceIndex:
    """Open an index; build it if there is none, or if it is outdated and may be rebuilt."""
    from configs.errors import UserError
    from corpus.index import open_index
    from corpus.search.places import sentences_of

    if engine == "embedded" and not (store / "index" / "manifest.json").is_file():
        typer.echo("no index yet; building it (once)", err=True)
        _build(store, None, engine, url, "")
    try:
        return open_index(store, engine=engine, url=url)
    except UserError:
        if not rebuild:
            raise
    _build(store, sentences_of(store), engine, url, "")
    return open_index(store, engine=engine, url=url)


def _explain(index: SentenceIndex, node: Node, filters: Filters) -> None:
    from dataclasses import asdict

    from corpus.search.syntax import phrases, show

    state = index.status()
    typer.echo(f"index: {state.engine}, {state.place}, {state.n_sentences} sentences", err=True)
    typer.echo(f"normalisation: {state.normalisation}", err=True)
    typer.echo(f"query: {show(node)}", err=True)
    for name, value in asdict(filters).items():
        if value not in ((), None):
            typer.echo(f"filter {name}: {value}", err=True)
    for phrase in dict.fromkeys(phrases(node)):
        total = index.search(phrase, filters, limit=0).total
        typer.echo(f"phrase {phrase.text}: {total} sentences pass the filters", err=True)


def _formatted(
    index: SentenceIndex, node: Node, total: int, records: list[Record],
    keys: tuple[Key, ...], context: int | None, format: str,
) -> bytes:  # fmt: skip
    from corpus.search.output import as_csv, as_json, as_parquet, as_table, columns_of, flat

    if format == "json":
        return as_json(total, "groups" if keys else "hits", records)
    if format == "table":
        import os

        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        return as_table(records, colour=colour, node=node, width=context)
    columns = columns_of(index.dimensions, by=keys, context=context is not None)
    return (as_csv if format == "csv" else as_parquet)(flat(records), columns)


def _write(data: bytes, out: Path | None, format: str) -> None:
    from configs.errors import UserError
    from corpus.files import write_atomically

    if out is not None:
        write_atomically(out, lambda temporary: temporary.write_bytes(data))
        return
    if format == "parquet" and sys.stdout.isatty():
        raise UserError("Parquet is not for the screen", where="--format", fix="add --out FILE")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
