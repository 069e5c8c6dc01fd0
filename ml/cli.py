"""Verbs of machine learning: ``zhengce fit xgb-shap`` and ``zhengce fit ggpr``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from ml.sample import Sample

Data = Annotated[Path, typer.Option(help="CSV, one row an observation.")]
Y = Annotated[str, typer.Option(help="Outcome.")]
X = Annotated[str, typer.Option(help="Features, comma-separated.")]
Unit = Annotated[str | None, typer.Option(help="Column of the unit.")]
Time = Annotated[str | None, typer.Option(help="Column of the period.")]
Crs = Annotated[
    str | None, typer.Option(help="CRS of coordinates that are no degrees; 'plane' as they are.")
]
Out = Annotated[Path, typer.Option(help="Folder for results.")]
Seed = Annotated[int, typer.Option(min=0)]
Folds = Annotated[int, typer.Option(min=2)]
Drop = Annotated[bool, typer.Option("--drop-missing", help="Leave rows out that lack a value.")]
NoFigures = Annotated[bool, typer.Option("--no-figures")]
Format = Annotated[Literal["table", "json"], typer.Option(help="How to print.")]


def names_of(text: str | None) -> list[str]:
    """Split a comma-separated list."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _say(step: str) -> None:
    typer.echo(f"ml: {step}", err=True)


def _finish(summary: str, out: Path, format: str) -> None:
    if format == "json":
        typer.echo((out / "summary.json").read_text("utf-8"), nl=False)
    else:
        typer.echo(summary)
    typer.echo(f"written: {out}", err=True)


def ggpr(
    data: Data,
    y: Y,
    x: X,
    coords: Annotated[str, typer.Option(help="LON,LAT in degrees, or as --crs says.")],
    out: Out,
    unit: Unit = None,
    time: Time = None,
    crs: Crs = None,
    new: Annotated[Path | None, typer.Option(help="Rows to predict (CSV, no outcome).")] = None,
    background: Annotated[
        Path | None, typer.Option(help="Rows that attributions compare with; all without it.")
    ] = None,
    kernel: Annotated[Literal["structured", "matern", "jiao-tao"], typer.Option()] = "structured",
    nu: Annotated[
        float | None,
        typer.Option(help="Smoothness: 0.5, 1.5, 2.5 or inf; by default as the data say."),
    ] = None,
    seed: Seed = 0,
    restarts: Annotated[int, typer.Option(min=0)] = 1,
    draws: Annotated[int, typer.Option(min=0, help="Draws of the hyper-parameters.")] = 12,
    folds: Folds = 5,
    level: Annotated[float, typer.Option(help="Level of attribution intervals.")] = 0.9,
    drop_missing: Drop = False,
    blind_folds: Annotated[
        bool,
        typer.Option(
            "--blind-folds", help="Start every fold from the prior, not from the fit of all rows."
        ),
    ] = False,
    no_baselines: Annotated[bool, typer.Option("--no-baselines")] = False,
    no_figures: NoFigures = False,
    format: Format = "table",
) -> None:
    """Geographical Gaussian process with GeoShapley, intervals, maps and honest validation.

    Example: zhengce fit ggpr --data d.csv --y ser --x nqp,IS --coords lon,lat --unit code --out ggpr
    """
    from configs.errors import UserError
    from ml.ggpr import GgprJob, run_ggpr, write_ggpr
    from ml.gp.kernels import SMOOTHNESS
    from ml.sample import read_sample

    if nu is not None and nu not in SMOOTHNESS:
        raise UserError(f"--nu {nu:g} is not allowed", fix="0.5, 1.5, 2.5 or inf")
    if not 0.5 <= level < 1:
        raise UserError(f"--level {level:g} is not allowed", fix="from 0.5 to below 1")

    def read(path: Path, outcome: str | None, *, fitting: bool) -> Sample:
        return read_sample(
            path, y=outcome, x=names_of(x), coords=names_of(coords), unit=unit,
            time=time if fitting else None, crs=crs, fitting=fitting,
            drop_missing=drop_missing and fitting,
        )  # fmt: skip

    sample = read(data, y, fitting=True)
    ahead = None if new is None else read(new, None, fitting=False)
    behind = None if background is None else read(background, None, fitting=False)
    job = GgprJob(
        kernel=kernel, nu=nu, seed=seed, restarts=restarts, draws=draws, folds=folds, level=level,
        blind_folds=blind_folds, with_baselines=not no_baselines, with_figures=not no_figures,
    )  # fmt: skip
    result = run_ggpr(sample, job, background=behind, progress=_say)
    write_ggpr(result, out, job, ahead)
    _finish(result.summary(), out, format)


def xgb_shap(
    data: Data,
    y: Y,
    x: X,
    out: Out,
    unit: Unit = None,
    time: Time = None,
    coords: Annotated[
        str | None, typer.Option(help="LON,LAT: places become features, GEO one player.")
    ] = None,
    crs: Crs = None,
    seeds: Annotated[int, typer.Option(min=1, help="Boosters that are averaged.")] = 20,
    draws: Annotated[int, typer.Option(min=0, help="Bootstrap samples, refitted.")] = 40,
    tests: Annotated[int, typer.Option(min=0, help="Draws of the interaction tests.")] = 39,
    tuned: Annotated[
        bool, typer.Option("--tune", help="Tuned settings beside the article's.")
    ] = False,
    folds: Folds = 5,
    seed: Seed = 0,
    drop_missing: Drop = False,
    no_figures: NoFigures = False,
    format: Format = "table",
) -> None:
    """XGBoost with the article's settings over seeds, SHAP, thresholds, interaction tests.

    Example: zhengce fit xgb-shap --data panel.csv --y ser --x nqp,IS,Fin --unit region_code --time year --out xgb
    """
    from ml.sample import read_sample
    from ml.xgb import XgbJob, run_xgb, write_xgb

    sample = read_sample(
        data, y=y, x=names_of(x), coords=names_of(coords), unit=unit, time=time, crs=crs,
        drop_missing=drop_missing,
    )  # fmt: skip
    job = XgbJob(
        seeds=seeds, draws=draws, tests=tests, tuned=tuned, folds=folds, seed=seed,
        with_figures=not no_figures, simulated="SIMULATED" in str(data) + y + x,
    )  # fmt: skip
    result = run_xgb(sample, job, progress=_say)
    write_xgb(result, out, job)
    _finish(result.summary(), out, format)
