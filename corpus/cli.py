"""Verbs of the corpus: parse documents, split a text, tell the state of a corpus."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from corpus.parsing import Parsed

Semicolon = Annotated[bool, typer.Option(help="Whether ； ends a sentence.")]

corpus_app = typer.Typer(help="The corpus of a project.", no_args_is_help=True)


def parse(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Files, folders, zip archives; HTML, PDF, DOCX, TXT, or records (.jsonl)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for documents.csv, text/ and the tables.")],
    semicolon: Semicolon = True,
    workers: Annotated[int | None, typer.Option(min=1, help="Reader processes.")] = None,
) -> None:
    """Read documents of any kind, keep what is a work report, and cut it into sentences.

    Example: zhengce parse downloads/ 2025.zip --out corpus_2025
    """
    from corpus.parsing import parse_paths
    from corpus.progress import bar

    with bar("parse", None) as advance:
        parsed = parse_paths(paths, semicolon=semicolon, workers=workers, advance=advance)
    _write(parsed, out)
    counts = parsed.documents["status"].value_counts().to_dict()
    for status, count in sorted(counts.items()):
        typer.echo(f"{count:>6} {status}", err=True)
    for row in parsed.documents.itertuples():
        if row.status != "ok":
            typer.echo(f"{row.path}: {row.status} ({row.reason})", err=True)
    n, m = len(parsed.reports), len(parsed.sentences)
    typer.echo(f"{n} reports, {m} sentences: {out}", err=True)


def _write(parsed: Parsed, out: Path) -> None:
    from corpus.commitments.table import commitment_frame
    from corpus.csvfiles import write_csv
    from corpus.files import write_text
    from corpus.schemas import CommitmentTable, ReportTable, SentenceTable
    from corpus.store import write_table

    for text in parsed.texts.values():
        parts = {"txt": text.body, "glossary.txt": text.glossary, "annex.txt": text.annex}
        for suffix, part in parts.items():
            if part:
                write_text(out / "text" / f"{text.stem}.{suffix}", part + "\n")
    write_csv(out / "documents.csv", parsed.documents)
    write_table(ReportTable, parsed.reports, out / "report.parquet")
    write_table(SentenceTable, parsed.sentences, out / "sentence.parquet")
    write_table(CommitmentTable, commitment_frame(parsed.sentences), out / "commitment.parquet")


def split(
    file: Annotated[str, typer.Argument(help="A text file, or - for standard input.")],
    semicolon: Semicolon = True,
) -> None:
    """Cut a text into sentences: one JSON object a line, offsets in code points.

    Example: zhengce split report.txt
    """
    from configs.errors import UserError
    from corpus.sentences import split_text
    from corpus.structure import describe_units

    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", where=file) from error
    except UnicodeDecodeError as error:
        raise UserError("is not UTF-8", where=file, fix="use `zhengce parse`") from error
    for unit in describe_units(text, split_text(text, semicolon=semicolon)):
        row = {
            "text": text[unit.span.start : unit.span.end],
            "start": unit.span.start,
            "end": unit.span.end,
            "unit_type": unit.unit_type,
            "section": unit.section,
            "heading_path": unit.heading_path,
        }
        typer.echo(json.dumps(row, ensure_ascii=False))


@corpus_app.command("status")
def status(
    project: Annotated[
        Path | None, typer.Option(help="Run or parse folder; found by itself if left out.")
    ] = None,
) -> None:
    """Say what a corpus holds: reports by level and year, sentences by section and unit type.

    Example: zhengce corpus status --project corpus_2025
    """
    from corpus.project import find_store
    from corpus.schemas import ReportTable, SentenceTable
    from corpus.store import read_table

    store = find_store(project)
    reports = read_table(ReportTable, store / "report.parquet")
    sentences = read_table(SentenceTable, store / "sentence.parquet")
    typer.echo(
        f"{store}: {len(reports)} reports, {len(sentences)} sentences, {reports['n_chars'].sum()} characters"
    )
    for level, rows in reports.groupby("level"):
        years = rows["year"]
        typer.echo(
            f"{level:<10}{len(rows):>5} reports  {rows['region_code'].nunique():>3} regions  {years.min()}-{years.max()}"
        )
    for column in ("section", "unit_type"):
        counts = sentences[column].value_counts()
        typer.echo(f"{column}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    _documents_of(store)


def _documents_of(store: Path) -> None:
    """Count the documents that parsing looked at, when its list is there."""
    from corpus.csvfiles import read_csv

    listing = store / "documents.csv"
    if listing.is_file():
        documents = read_csv(listing)
        counts = documents["status"].value_counts()
        typer.echo("documents: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
        for name, count in (
            documents.loc[documents["status"] != "ok", "reason"].value_counts().items()
        ):
            typer.echo(f"  {name}: {count}")
