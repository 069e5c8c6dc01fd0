"""Verbs of the commitments: list them, follow them into the next year, count them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    import pandas as pd

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Reports: documents, or records (.jsonl, .jsonl.gz); else the project."),
]
Region = Annotated[str | None, typer.Option(help="Name or six-digit code.")]
Project = Annotated[
    Path | None, typer.Option(help="Run or parse folder; found by itself if left out.")
]
Format = Annotated[Literal["csv", "json"], typer.Option(help="How to print.")]

#: Columns that scripts rely on come first; the others may grow.
PROMISED = (
    *("report_id", "sentence_id", "text", "span_start", "span_end", "kind", "value", "unit"),
    *("comparator", "deadline", "subject", "direction"),
)

commitments_app = typer.Typer(
    help="Quantified promises: list them, follow them into the next report, count them by topic."
)


@commitments_app.command("list")
def list_commitments(
    files: Files = None,
    region: Region = None,
    year: Annotated[int | None, typer.Option(help="Year of the report.")] = None,
    direction: Annotated[
        Literal["ahead", "back"] | None, typer.Option(help="Promises or outcomes.")
    ] = None,
    project: Project = None,
    format: Format = "csv",
) -> None:
    """List every commitment with its number, unit, deadline and sentence.

    Example: zhengce commitments --region 浙江省 --year 2026 --format json
    """
    from corpus.commitments.table import commitment_frame

    sentences = _chosen(_sentences(files, project), region, (year, year) if year else None)
    frame = commitment_frame(sentences)
    if direction is not None:
        frame = frame[frame["direction"] == direction]
    _print(frame, format)


@commitments_app.command("follow")
def follow_commitments(
    files: Files = None,
    region: Region = None,
    years: Annotated[
        str | None, typer.Option(help="Years of the promises, 2025 or 2019-2025.")
    ] = None,
    confidence: Annotated[float, typer.Option(min=0.0, max=1.0, help="Drop pairs below.")] = 0.8,
    project: Project = None,
    format: Format = "csv",
) -> None:
    """Match promises of one report to the outcomes that the next year's report states.

    Example: zhengce commitments follow --region 广东省 --years 2025
    """
    from corpus.commitments.follow import follow_frame
    from corpus.commitments.table import commitment_frame
    from corpus.years import year_range

    span = year_range(years) if years else None
    wanted = (span[0], span[1] + 1) if span else None
    pairs = follow_frame(
        commitment_frame(_chosen(_sentences(files, project), region, wanted)), confidence=confidence
    )
    if not len(pairs):
        typer.echo(
            "no pair found: two reports of one region in successive years are needed", err=True
        )
    _print(pairs, format)


@commitments_app.command("table")
def commitment_table(
    out: Annotated[Path, typer.Option(help="Folder for scoreboard.csv, .png and .svg.")],
    files: Files = None,
    years: Annotated[str | None, typer.Option(help="2025 or 2025-2026.")] = None,
    project: Project = None,
) -> None:
    """Count promises by region and topic: a CSV and its picture.

    Example: zhengce commitments table --years 2026 --out scoreboard
    """
    from corpus.commitments.table import commitment_frame, picture, scoreboard
    from corpus.csvfiles import write_csv
    from corpus.figures import save_figure
    from corpus.years import year_range

    span = year_range(years) if years else None
    board = scoreboard(commitment_frame(_chosen(_sentences(files, project), None, span)))
    write_csv(out / "scoreboard.csv", board)
    save_figure(picture(board), out / "scoreboard")
    typer.echo(f"{len(board)} regions: {out / 'scoreboard.csv'}", err=True)


def _sentences(files: list[Path] | None, project: Path | None) -> pd.DataFrame:
    """Sentences of the files given, or of the project's table."""
    from corpus.parsing import parse_paths
    from corpus.project import find_store
    from corpus.schemas import SentenceTable
    from corpus.store import read_table

    if files:
        return parse_paths(files).sentences
    return read_table(SentenceTable, find_store(project) / "sentence.parquet")


def _chosen(
    sentences: pd.DataFrame, region: str | None, years: tuple[int, int] | None
) -> pd.DataFrame:
    """Keep whole reports only: the period that a review speaks of is carried along the text."""
    from corpus.regions import find_region

    if region is not None:
        sentences = sentences[sentences["region_code"] == find_region(region).code]
    if years is not None:
        sentences = sentences[sentences["year"].between(*years)]
    return sentences


def _print(frame: pd.DataFrame, format: str) -> None:
    if format == "json":
        sys.stdout.write(frame.to_json(orient="records", force_ascii=False) + "\n")
    else:
        sys.stdout.write(frame.to_csv(index=False, lineterminator="\n"))
