"""Verbs of spatial models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from econometrics.spatial.cross_cli import cross_section, numeric_columns

if TYPE_CHECKING:
    import pandas as pd

    from econometrics.spatial.conley import Conley
    from econometrics.spatial.covariance import Errors
    from econometrics.spatial.dynamic import Lags
    from econometrics.spatial.dynamic_results import DynamicResult
    from econometrics.spatial.estimates import Model
    from econometrics.spatial.model import SpatialPanel
    from econometrics.spatial.panel import Effects
    from econometrics.spatial.results import SpatialResult

fit_app = typer.Typer(no_args_is_help=True, help="Fit a model to a panel.")
fit_app.command("cross-section")(cross_section)


@fit_app.command("spatial")
def spatial(
    data: Annotated[Path, typer.Option(help="Panel, one row a unit and period (CSV).")],
    unit: Annotated[str, typer.Option(help="Column of the unit.")],
    time: Annotated[str, typer.Option(help="Column of the period.")],
    y: Annotated[str, typer.Option(help="Outcome.")],
    x: Annotated[str, typer.Option(help="Regressors, comma-separated.")],
    weights: Annotated[
        Path, typer.Option(help="focal, neighbor, weight; or a dense matrix with ids.")
    ],
    durbin: Annotated[
        str, typer.Option(help="all, none, or the regressors whose lags enter.")
    ] = "all",
    row_standardise: Annotated[
        bool, typer.Option("--row-standardise", help="Divide each row by its sum.")
    ] = False,
    model: Annotated[Literal["sdm", "sar", "sem", "sdem", "slx", "ols"], typer.Option()] = "sdm",
    effects: Annotated[Literal["two-way", "unit", "time", "none"], typer.Option()] = "two-way",
    errors: Annotated[
        Literal["information", "sandwich", "cluster", "driscoll-kraay", "conley"],
        typer.Option(help="Kind of standard error."),
    ] = "information",
    cutoff: Annotated[
        float | None, typer.Option(help="conley: km beyond which errors are unrelated.")
    ] = None,
    coords: Annotated[
        Path | None, typer.Option(help="conley: unit, lon, lat (CSV); not needed for region codes.")
    ] = None,
    kernel: Annotated[Literal["bartlett", "uniform"], typer.Option(help="conley.")] = "bartlett",
    own_lags: Annotated[
        int, typer.Option(min=0, help="conley: periods a unit is related with itself.")
    ] = 0,
    draws: Annotated[int, typer.Option(min=2, help="Draws for the errors of the impacts.")] = 1000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    random_effects: Annotated[
        bool, typer.Option("--hausman", help="Fit random effects too and test them (Hausman).")
    ] = False,
    select: Annotated[
        bool, typer.Option("--select", help="Lay all models out side by side instead.")
    ] = False,
    by_unit: Annotated[
        bool, typer.Option("--by-unit", help="Print the impacts of every unit instead.")
    ] = False,
    dynamic: Annotated[
        Literal["none", "time", "space", "both"],
        typer.Option(help="sdm: add the outcome of the period before, the neighbours' one, both."),
    ] = "none",
    format: Annotated[
        Literal["table", "json", "csv"], typer.Option(help="How to print.")
    ] = "table",
) -> None:
    """Fit a spatial panel model: exact ML and Lee-Yu side by side, impacts with errors, tests.

    Example: zhengce fit spatial --data panel.csv --unit region_code --time year --y ser --x nqp,is --weights w.csv
    """
    from corpus.csvfiles import read_csv
    from econometrics.spatial.model import SpatialPanel
    from econometrics.spatial.random_effects import with_hausman
    from econometrics.spatial.weights import read_weights

    names = [name.strip() for name in x.split(",") if name.strip()]
    panel = SpatialPanel.from_frame(
        numeric_columns(read_csv(data), unit), unit=unit, time=time, y=y, x=names,
        weights=read_weights(weights), row_standardise=row_standardise,
    )  # fmt: skip
    if select:
        _print_selection(panel, effects, format)
        return
    lagged = durbin if durbin in ("all", "none") else [n.strip() for n in durbin.split(",")]
    if dynamic != "none":
        found = _dynamic(panel, dynamic, lagged, model, effects, errors, draws, seed)
        _print_result(found, format)
        return
    conley = (
        _conley(panel.arrays.units, cutoff, coords, kernel, own_lags)
        if errors == "conley"
        else None
    )
    result = panel.fit(
        model=model,
        effects=effects,
        errors=errors,
        durbin=lagged,
        draws=draws,
        seed=seed,
        conley=conley,
    )
    if by_unit:
        from econometrics.spatial.unit_effects import unit_frame

        _print_frame(unit_frame(panel, result), format)
        return
    if random_effects:
        result = with_hausman(panel, result)
    _print_result(result, format)


def _print_result(result: SpatialResult | DynamicResult, format: str) -> None:
    if format == "json":
        typer.echo(json.dumps(result.to_dict(), ensure_ascii=False))
    elif format == "csv":
        typer.echo(result.to_frame().to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        typer.echo(result.summary())


def _dynamic(
    panel: SpatialPanel,
    lags: Lags,
    durbin: str | list[str],
    model: Model,
    effects: Effects,
    errors: Errors,
    draws: int,
    seed: int,
) -> DynamicResult:
    from econometrics.spatial.dynamic_results import dynamic
    from econometrics.spatial.problems import SpecificationError

    if model not in ("sdm", "sar"):
        raise SpecificationError(
            f"a dynamic {model} is not offered", where="--dynamic", fix="use --model sdm or sar"
        )
    if effects not in ("two-way", "unit"):
        raise SpecificationError(
            f"a dynamic model with {effects} effects is not offered",
            where="--dynamic",
            fix="use --effects two-way or unit",
        )
    if errors == "conley":
        raise SpecificationError(
            "Conley errors of a dynamic model are not offered", fix="use another --errors"
        )
    chosen = panel.durbin_of(model, durbin)
    return dynamic(
        panel, lags=lags, durbin=chosen, effects=effects, errors=errors, draws=draws, seed=seed
    )


def _print_selection(panel: SpatialPanel, effects: Effects, format: str) -> None:
    from econometrics.spatial.selection import model_selection

    _print_frame(model_selection(panel, effects=effects), format)


def _print_frame(table: pd.DataFrame, format: str) -> None:
    if format == "json":
        typer.echo(table.to_json(orient="records", force_ascii=False, double_precision=15))
    elif format == "csv":
        typer.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        typer.echo(table.to_string(index=False, na_rep=""))


def _conley(
    units: tuple[str, ...],
    cutoff: float | None,
    coords: Path | None,
    kernel: Literal["bartlett", "uniform"],
    own_lags: int,
) -> Conley:
    from econometrics.spatial.conley import Conley
    from econometrics.spatial.problems import SpecificationError
    from econometrics.spatial.weights_places import unit_distances

    if cutoff is None:
        raise SpecificationError("Conley errors need a distance", fix="add --cutoff KM")
    return Conley(unit_distances(units, coords), cutoff, kernel, own_lags)


@fit_app.command("sgdid")
def sgdid(
    study: Annotated[Path, typer.Argument(help="SGDID study, e.g. configs/sgdid_2018_2023.toml.")],
    out: Annotated[Path, typer.Option(help="Folder for summary.json, tables and figures.")],
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table",
) -> None:
    """Fit the article's specification with event study, placebos, permutations and alternatives.

    Example: zhengce fit sgdid configs/sgdid_2018_2023.toml --out sgdid
    """
    from configs.sgdid_settings import load_sgdid
    from econometrics.sgdid.report import sgdid_table, write_sgdid
    from econometrics.sgdid.study import run_sgdid, summary
    from econometrics.tables.formats import as_text

    result = run_sgdid(
        load_sgdid(study), progress=lambda step: typer.echo(f"sgdid: {step}", err=True)
    )
    write_sgdid(result, out)
    if format == "json":
        typer.echo(json.dumps(summary(result), ensure_ascii=False))
    else:
        typer.echo(as_text(sgdid_table(result)), nl=False)
        for note in result.notes:
            typer.echo(f"note: {note}")
    typer.echo(f"written: {out}", err=True)
