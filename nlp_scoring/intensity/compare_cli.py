"""The verb `compare-scores`: two models, model versions or rubrics on the same sentences."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from configs.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from nlp_scoring.intensity.versions import Version

Show = Literal["agreement", "reports", "sentences"]
#: Text of a sentence in a table on screen, in characters.
WIDTH = 48


def compare_scores(
    a: Annotated[Path, typer.Argument(metavar="A", help="Project folder or score table.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="The same, scored another way.")],
    format: Annotated[
        Literal["table", "csv", "json"], typer.Option(help="How to print.")
    ] = "table",
    show: Annotated[
        Show | None, typer.Option(help="Only this part; a CSV holds one, agreement by itself.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Reports and sentences a dimension.")] = 10,
    draws: Annotated[int, typer.Option(min=1, max=100_000, help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    scorer: Annotated[
        str | None, typer.Option(help="Whose scores, when a table holds several.")
    ] = None,
) -> None:
    """Compare two scorings of the same sentences: agreement, moved reports, differing sentences.

    Example: zhengce compare-scores runs/first runs/second --format json
    """
    from corpus.rubric import load_rubric
    from nlp_scoring.intensity.differences import (
        agreement_rows,
        differing_sentences,
        moved_reports,
    )
    from nlp_scoring.intensity.versions import pair_versions

    sides = (_version(a, scorer), _version(b, scorer))
    paired = pair_versions(*sides, dimensions=load_rubric().dimension_ids)
    if all(side.sentences is None for side in sides):
        typer.echo(
            "note: no sentence.parquet beside either table: headings count too, no texts", err=True
        )
    make: dict[str, Any] = {
        "agreement": lambda: agreement_rows(paired, draws=draws, seed=seed),
        "reports": lambda: _with_names(moved_reports(paired, limit=limit)),
        "sentences": lambda: differing_sentences(paired, limit=limit),
    }
    wanted = [show] if show else (["agreement"] if format == "csv" else list(make))
    _print({name: make[name]() for name in wanted}, sides, format)


def _version(path: Path, scorer: str | None) -> Version:
    """Read the score table of a project or a file, and the sentences beside it."""
    from corpus.project import find_store
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table
    from nlp_scoring.intensity.reports import scores_of
    from nlp_scoring.intensity.versions import Version

    if not path.exists():
        raise UserError(
            "no such folder or file", where=str(path), fix="give a project folder or score.parquet"
        )
    file = find_store(path) / "score.parquet" if path.is_dir() else path
    beside = file.parent / "sentence.parquet"
    scores = scores_of(read_table(ScoreTable, file), scorer, where=str(file))
    sentences = read_table(SentenceTable, beside) if beside.is_file() else None
    return Version(str(file), scores, sentences)


def _with_names(reports: pd.DataFrame) -> pd.DataFrame:
    """Add region and year, which a report's id carries."""
    from corpus.regions import regions

    codes, known = reports["report_id"].str[:6], regions()
    names = [known[code].name if code in known else code for code in codes]
    found = reports.drop(columns="report_id")
    found.insert(1, "region_code", codes)
    found.insert(2, "region", names)
    found.insert(3, "year", reports["report_id"].str[7:].astype("int64"))
    return found


def _print(parts: dict[str, pd.DataFrame], sides: tuple[Version, Version], format: str) -> None:
    if format == "csv":
        (frame,) = parts.values()
        sys.stdout.write(frame.to_csv(index=False, lineterminator="\n"))
        return
    if format == "json":
        answer: dict[str, Any] = dict(zip("ab", (s.describe() for s in sides), strict=True))
        # pandas writes what is not a number as null.
        answer |= {n: json.loads(f.to_json(orient="records")) for n, f in parts.items()}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        return
    for name, side in zip("AB", sides, strict=True):
        told = side.describe()
        sys.stdout.write(
            f"{name}  {told['file']}  {told['model_id']}  rubric {told['rubric_version']}\n"
        )
    for name, frame in parts.items():
        sys.stdout.write(f"\n{name}\n{_table(frame)}\n")


def _table(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "none"
    if "text" in frame.columns:
        frame = frame.assign(text=[_cut(text) for text in frame["text"]])
    return str(frame.to_string(index=False, float_format=lambda v: f"{v:.3f}"))


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= WIDTH else plain[: WIDTH - 1] + "…"
