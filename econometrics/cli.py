"""Verbs of the panel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

panel_app = typer.Typer(no_args_is_help=True, help="Build the panel that models are fitted to.")


@panel_app.command("build")
def build(
    config: Annotated[Path, typer.Argument(help="Study file, e.g. configs/first.toml.")],
    out: Annotated[Path, typer.Option(help="Folder for panel.parquet and panel.csv.")],
    project: Annotated[
        Path | None, typer.Option(help="Folder whose intensities are joined.")
    ] = None,
) -> None:
    """Join the statistics of a study with the intensities of a project.

    Example: zhengce panel build configs/first.toml --out panel
    """
    from configs.paths import resolve
    from configs.settings import load_study
    from corpus.csvfiles import write_csv
    from corpus.project import find_store
    from corpus.rubric import load_rubric
    from corpus.schemas import PanelTable, ReportScoreTable
    from corpus.store import read_table, write_table
    from econometrics.panel import describe_panel, intensity_panel

    settings = load_study(config)
    scores = read_table(ReportScoreTable, find_store(project) / "report_score.parquet")
    rubric = load_rubric(resolve(settings.scoring.rubric))
    frame = intensity_panel(
        resolve(settings.panel.statistics), resolve(settings.panel.national), scores,
        vintage=settings.panel.vintage, short={d.id: d.short.lower() for d in rubric.dimensions},
    )  # fmt: skip
    write_table(PanelTable, frame, out / "panel.parquet")
    write_csv(out / "panel.csv", frame)
    write_csv(out / "panel_description.csv", describe_panel(frame))
    typer.echo(f"{len(frame)} rows: {out / 'panel.csv'}", err=True)
