"""Verbs of the corpus: parse records, split a text."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def parse(
    paths: Annotated[list[Path], typer.Argument(help="Record files (.jsonl, .jsonl.gz).")],
    out: Annotated[Path, typer.Option(help="Folder for report.parquet and sentence.parquet.")],
    semicolon: Annotated[bool, typer.Option(help="Whether ； ends a sentence.")] = True,
) -> None:
    """Read report records and cut them into sentences with their place in the report.

    Example: zhengce parse data/corpus/reports.jsonl.gz --out corpus_2026
    """
    import pandas as pd

    from configs.errors import UserError
    from corpus.records import read_records, sentence_frame
    from corpus.schemas import ReportTable, SentenceTable
    from corpus.store import write_table

    reports = pd.concat([read_records(path) for path in paths], ignore_index=True)
    twice = reports.loc[reports["report_id"].duplicated(), "report_id"]
    if len(twice):
        raise UserError(
            f"report {twice.iloc[0]} stands in more than one file", fix="leave one of them out"
        )
    sentences = sentence_frame(reports, semicolon=semicolon)
    write_table(ReportTable, reports, out / "report.parquet")
    write_table(SentenceTable, sentences, out / "sentence.parquet")
    typer.echo(f"{len(reports)} reports, {len(sentences)} sentences: {out}", err=True)


def split(
    file: Annotated[str, typer.Argument(help="A text file, or - for standard input.")],
    semicolon: Annotated[bool, typer.Option(help="Whether ； ends a sentence.")] = True,
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
        raise UserError(
            "is not UTF-8", where=file, fix="convert it first, or use `zhengce parse`"
        ) from error
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
