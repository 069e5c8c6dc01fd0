"""The verb `intensity`: report-level intensity, its variants, composites and evidence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from configs.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from nlp_scoring.intensity.reports import Measured
    from nlp_scoring.intensity.variants import Variant


NO_SPREAD = (
    "note: several networks scored; their ensemble_sd is of a report's plain mean, not of this"
)


def intensity(
    by: Annotated[
        str, typer.Option(help="region,year (one row a report) or region or year (means).")
    ] = "region,year",
    project: Annotated[
        Path | None, typer.Option(help="Run or parse folder; found by itself if left out.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Name or six-digit code.")] = None,
    years: Annotated[str | None, typer.Option(help="2025 or 2018-2026.")] = None,
    format: Annotated[Literal["csv", "json"], typer.Option(help="How to print.")] = "csv",
    measure: Annotated[
        Literal["mean", "share"], typer.Option(help="Mean score, or share at or above a level.")
    ] = "mean",
    at_least: Annotated[int | None, typer.Option(help="That level, 1 to the highest.")] = None,
    section: Annotated[
        list[str] | None, typer.Option(help="review, plan, governance or other; repeat.")
    ] = None,
    without_past: Annotated[
        bool, typer.Option("--without-past", help="Leave out retrospective sentences.")
    ] = False,
    weights: Annotated[
        Literal["sentence", "length"], typer.Option(help="All alike, or by Han characters.")
    ] = "sentence",
    annex: Annotated[
        bool, typer.Option("--annex", help="Count project lists after the report too.")
    ] = False,
    composite: Annotated[
        Literal["mean", "entropy", "pca"] | None,
        typer.Option(help="One row a region-year over the dimensions; weights from those shown."),
    ] = None,
    evidence: Annotated[
        bool,
        typer.Option("--evidence", help="Sentences that carry the cells of --region, --years."),
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Rows of evidence a cell.")] = 10,
    scorer: Annotated[
        str | None, typer.Option(help="Whose scores, when the table holds several.")
    ] = None,
) -> None:
    """Print policy intensity with its standard errors, plain and clustered by paragraph.

    Where several networks scored, `ensemble_sd` is the standard deviation between them of a report's plain mean.

    Example: zhengce intensity --measure share --at-least 2 --section plan --years 2025-2026
    """
    from corpus.project import find_store
    from nlp_scoring.intensity.variants import Variant

    variant = Variant(
        measure, at_least, tuple(section or ()), without_past, weights, with_annex=annex
    )
    _check(variant, by, region, years, evidence=evidence, composite=composite)
    store = find_store(project)
    if variant == Variant() and composite is None and not evidence:
        frame = _aggregated(store, region, years, scorer)
    else:
        measured = _measured(store, variant, region, years, scorer)
        if evidence:
            from nlp_scoring.intensity.evidence import evidence_rows

            _print(evidence_rows(measured, limit=limit), format)
            return
        frame = _rows(measured, composite, store, variant)
    from nlp_scoring.aggregation import intensity_by

    shown = intensity_by(frame, _parts(by))
    if "ensemble_sd" in frame and "ensemble_sd" not in shown:
        typer.echo(NO_SPREAD, err=True)
    _print(shown, format)


def _parts(by: str) -> list[str]:
    return [part.strip() for part in by.split(",")]


def _check(
    variant: Variant,
    by: str,
    region: str | None,
    years: str | None,
    *,
    evidence: bool,
    composite: str | None,
) -> None:
    """Refuse options that do not go together, before any table is read."""
    from corpus.rubric import load_rubric
    from nlp_scoring.intensity.variants import Variant

    if variant != Variant():
        variant.check(load_rubric().max_level)
    if not evidence:
        return
    if region is None or years is None:
        raise UserError(
            "needs a cell", where="--evidence", fix="add --region and --years, as 广东省 and 2025"
        )
    if composite is not None:
        raise UserError(
            "shows the dimensions one by one", where="--evidence", fix="leave out --composite"
        )
    if set(_parts(by)) != {"region", "year"}:
        raise UserError("is of a region and year", where="--evidence", fix="leave out --by")


def _aggregated(
    store: Path, region: str | None, years: str | None, scorer: str | None
) -> pd.DataFrame:
    """Read what `zhengce aggregate` has written."""
    from corpus.schemas import ReportScoreTable
    from corpus.store import read_table
    from nlp_scoring.intensity.reports import scores_of

    frame = read_table(ReportScoreTable, store / "report_score.parquet")
    if scorer is not None:
        frame = scores_of(frame, scorer)
    return _chosen(frame, region, years)


def _chosen(frame: pd.DataFrame, region: str | None, years: str | None) -> pd.DataFrame:
    from corpus.regions import find_region
    from corpus.years import year_range

    if region is not None:
        frame = frame[frame["region_code"] == find_region(region).code]
    if years is not None:
        first, last = year_range(years)
        frame = frame[frame["year"].between(first, last)]
    return frame


def _measured(
    store: Path, variant: Variant, region: str | None, years: str | None, scorer: str | None
) -> Measured:
    from corpus.rubric import load_rubric
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table
    from nlp_scoring.intensity.reports import measure_sentences
    from nlp_scoring.intensity.variants import stored_temporality

    every = read_table(SentenceTable, store / "sentence.parquet")
    sentences = _chosen(every, region, years)
    if sentences.empty:
        raise UserError("no such report", where=_cell(region, years), fix=_held(every, region))
    scores = read_table(ScoreTable, store / "score.parquet")
    if "spread" in scores:
        typer.echo(NO_SPREAD, err=True)
    if variant.without_past and stored_temporality(scores) is None:
        typer.echo(
            "note: retrospective sentences are told by rule (section and cue words); "
            "the scorer told no temporality",
            err=True,
        )
    measured = measure_sentences(
        scores, sentences, variant, dimensions=load_rubric().dimension_ids, scorer=scorer
    )
    n, left = sentences["report_id"].nunique(), measured.sentences["report_id"].nunique()
    if left < n:
        note = f"note: {n - left} of {n} reports have no scored sentence that counts; left out"
        typer.echo(note, err=True)
    return measured


def _cell(region: str | None, years: str | None) -> str:
    return " ".join(part for part in (region, years) if part)


def _held(sentences: pd.DataFrame, region: str | None) -> str:
    own = _chosen(sentences, region, None)
    if own.empty:
        return f"the project holds {sentences['region_code'].nunique()} regions, not this one"
    return f"the project holds {own['year'].min()}-{own['year'].max()}"


def _rows(
    measured: Measured, composite: Literal["mean", "entropy", "pca"] | None, store: Path,
    variant: Variant,
) -> pd.DataFrame:  # fmt: skip
    from nlp_scoring.intensity.composite import composite_rows, composite_weights, describe
    from nlp_scoring.intensity.reports import intensity_rows, report_means
    from nlp_scoring.intensity.variants import Variant

    found = report_means(measured)
    if composite is None:
        return intensity_rows(found)
    if variant == Variant():
        _compare_with_aggregate(intensity_rows(found), store)
    chosen = composite_weights(found.means.mean, composite)
    typer.echo(describe(chosen, found.dimensions), err=True)
    return composite_rows(found, chosen)


def _compare_with_aggregate(rows: pd.DataFrame, store: Path) -> None:
    """Tell when the dimensions under a composite are not those printed without it."""
    from corpus.schemas import ReportScoreTable
    from corpus.store import read_table

    place = store / "report_score.parquet"
    if not place.is_file():
        return
    keys = ["report_id", "dimension", "scorer"]
    both = rows.merge(read_table(ReportScoreTable, place), on=keys, how="left")
    apart = ~((both["intensity_x"] - both["intensity_y"]).abs() < 1e-9)
    if apart.any():
        typer.echo(
            "note: report_score.parquet was aggregated from other scores or sections; the composite"
            " stands on all body sentences of score.parquet",
            err=True,
        )


def _print(frame: pd.DataFrame, format: str) -> None:
    if format == "json":
        sys.stdout.write(frame.to_json(orient="records", force_ascii=False) + "\n")
    else:
        sys.stdout.write(frame.to_csv(index=False, lineterminator="\n"))
