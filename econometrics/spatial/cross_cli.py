"""The verb of cross-sectional models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def cross_section(
    data: Annotated[Path, typer.Option(help="One row a unit (CSV); with --year, a panel.")],
    unit: Annotated[str, typer.Option(help="Column of the unit.")],
    y: Annotated[str, typer.Option(help="Outcome.")],
    x: Annotated[str, typer.Option(help="Regressors, comma-separated.")],
    weights: Annotated[
        Path, typer.Option(help="focal, neighbor, weight; or a dense matrix with ids.")
    ],
    year: Annotated[int | None, typer.Option(help="Take this year of a panel.")] = None,
    time: Annotated[str, typer.Option(help="Column of the period, for --year.")] = "year",
    model: Annotated[Literal["sdm", "sar", "sem", "sdem", "slx", "ols"], typer.Option()] = "sdm",
    method: Annotated[
        Literal["ml", "gm"], typer.Option(help="Maximum likelihood, or generalised moments.")
    ] = "ml",
    robust: Annotated[bool, typer.Option("--robust", help="White errors.")] = False,
    row_standardise: Annotated[
        bool, typer.Option("--row-standardise", help="Divide each row by its sum.")
    ] = False,
    draws: Annotated[int, typer.Option(min=2, help="Draws for the errors of the impacts.")] = 1000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    format: Annotated[Literal["table", "csv"], typer.Option(help="How to print.")] = "table",
) -> None:
    """Fit a cross-sectional spatial model with spreg, impacts and tests.

    Example: zhengce fit cross-section --data p.csv --year 2022 --unit region_code --y ser --x nqp --weights w.csv
    """
    from corpus.csvfiles import read_csv
    from econometrics.spatial.cross_section import fit_cross_section
    from econometrics.spatial.problems import SpecificationError
    from econometrics.spatial.weights import read_weights

    frame = read_csv(data)
    if year is not None:
        if time not in frame.columns:
            raise SpecificationError(f"there is no column {time!r}", where=str(data))
        frame = frame[frame[time] == str(year)].reset_index(drop=True)
        if frame.empty:
            raise SpecificationError(f"no row of {year}", where=str(data))
    names = [name.strip() for name in x.split(",") if name.strip()]
    result = fit_cross_section(
        numeric_columns(frame, unit), unit=unit, y=y, x=names, weights=read_weights(weights), model=model,
        method=method, robust=robust, row_standardise=row_standardise, draws=draws, seed=seed,
    )  # fmt: skip
    if format == "csv":
        typer.echo(result.to_frame().to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        typer.echo(result.summary())


def numeric_columns(frame: object, unit: str) -> object:
    """Turn every column but the unit's into numbers where it is one."""
    import pandas as pd

    table: pd.DataFrame = frame
    out = table.copy()
    for column in table.columns:
        if column != unit:
            try:
                out[column] = pd.to_numeric(table[column].str.strip().replace("", None))
            except ValueError:
                continue
    return out
