"""The verb that writes a model for other people's software."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def export(
    data: Annotated[Path, typer.Option(help="Panel, one row a unit and period (CSV).")],
    unit: Annotated[str, typer.Option(help="Column of the unit.")],
    time: Annotated[str, typer.Option(help="Column of the period.")],
    y: Annotated[str, typer.Option(help="Outcome.")],
    x: Annotated[str, typer.Option(help="Regressors, comma-separated.")],
    weights: Annotated[
        Path, typer.Option(help="focal, neighbor, weight; or a dense matrix with ids.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for panel, weights, names and scripts.")],
    durbin: Annotated[
        str, typer.Option(help="all, none, or the regressors whose lags enter.")
    ] = "all",
    row_standardise: Annotated[
        bool, typer.Option("--row-standardise", help="Divide each row by its sum.")
    ] = False,
    model: Annotated[Literal["sdm", "sar", "sem", "sdem", "slx", "ols"], typer.Option()] = "sdm",
    effects: Annotated[Literal["two-way", "unit", "time", "none"], typer.Option()] = "two-way",
    stata: Annotated[bool, typer.Option("--stata", help="Only the do-file.")] = False,
    r: Annotated[bool, typer.Option("--r", help="Only the R script.")] = False,
) -> None:
    """Write panel, weights and scripts so that Stata and R can fit the same model (both by default).

    Example: zhengce export --data panel.csv --unit region_code --time year --y ser --x nqp,is --weights w.csv --out other
    """
    from corpus.csvfiles import read_csv, write_csv
    from corpus.files import write_text
    from econometrics.spatial.cross_cli import numeric_columns
    from econometrics.spatial.export import Target, export_model
    from econometrics.spatial.model import SpatialPanel
    from econometrics.spatial.weights import read_weights

    names = [name.strip() for name in x.split(",") if name.strip()]
    panel = SpatialPanel.from_frame(
        numeric_columns(read_csv(data), unit), unit=unit, time=time, y=y, x=names,
        weights=read_weights(weights), row_standardise=row_standardise,
    )  # fmt: skip
    lagged = durbin if durbin in ("all", "none") else [n.strip() for n in durbin.split(",")]
    asked: list[Target] = ["stata"] if stata else []
    asked += ["r"] if r else []
    done = export_model(
        panel, y=y, model=model, effects=effects, durbin=lagged, unit=unit, time=time,
        targets=asked or ["stata", "r"],
    )  # fmt: skip
    for name, table in done.tables.items():
        write_csv(out / name, table)
    for name, text in done.scripts.items():
        write_text(out / name, text)
    typer.echo(f"{', '.join([*done.tables, *done.scripts])}: {out}", err=True)
