"""Figures 6-10 of the article from panels, by one command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ml.cli import names_of

if TYPE_CHECKING:
    import pandas as pd

ENTERPRISE_X = ",".join(
    f"SIMULATED_{name}" for name in ("nqp", "Size", "Lev", "ROA", "Cashflow", "TobinQ", "FirmAge")
)


def article_figures(
    out: Annotated[Path, typer.Option(help="Folder for results.")],
    province: Annotated[Path | None, typer.Option(help="Province panel: figures 6 and 9.")] = None,
    city: Annotated[Path | None, typer.Option(help="City panel: figures 7 and 10.")] = None,
    enterprise: Annotated[Path | None, typer.Option(help="Firm panel: figure 8.")] = None,
    y: Annotated[str, typer.Option(help="Outcome of regions.")] = "ser",
    x: Annotated[str, typer.Option(help="Features of regions.")] = "nqp,IS,Fin,Cons,Road,Temp",
    city_x: Annotated[
        str, typer.Option(help="Features of cities, whose statistics are fewer.")
    ] = "nqp,IS,Fin",
    enterprise_y: Annotated[str, typer.Option()] = "SIMULATED_ser",
    enterprise_x: Annotated[str, typer.Option()] = ENTERPRISE_X,
    unit: Annotated[str, typer.Option(help="Column of GB/T 2260 codes.")] = "region_code",
    enterprise_unit: Annotated[str, typer.Option()] = "firm_code",
    seeds: Annotated[int, typer.Option(min=1)] = 20,
    draws: Annotated[int, typer.Option(min=0, help="Bootstrap draws of thresholds.")] = 20,
    tests: Annotated[int, typer.Option(min=0, help="Bootstrap draws of interaction tests.")] = 19,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Draw figures 6-8 (SHAP at three scales) and 9-10 (GGPR maps); places come from the codes.

    Example: zhengce fit figures --province p/panel.csv --out figures
    """
    from configs.errors import UserError
    from corpus.csvfiles import read_csv
    from ml.ggpr import GgprJob, run_ggpr, write_ggpr
    from ml.output import fresh_folder, write_json
    from ml.sample import sample_of
    from ml.xgb import XgbJob, run_xgb, write_xgb

    jobs = [
        ("figure_6_province", province, y, x, unit, False),
        ("figure_7_city", city, y, city_x, unit, False),
        ("figure_8_enterprise_SIMULATED", enterprise, enterprise_y, enterprise_x,
         enterprise_unit, False),
        ("figure_9_province", province, y, x, unit, True),
        ("figure_10_city", city, y, city_x, unit, True),
    ]  # fmt: skip
    wanted = [job for job in jobs if job[1] is not None]
    if not wanted:
        raise UserError("no panel is named", fix="--province, --city or --enterprise")
    with fresh_folder(out) as folder:
        for name, path, target, features, by, spatial in wanted:
            typer.echo(f"ml: {name}", err=True)
            assert path is not None  # noqa: S101
            frame = read_csv(path)
            frame = with_places(frame, by) if spatial else frame
            sample = sample_of(
                frame, y=target, x=names_of(features), unit=by, drop_missing=True, time="year",
                coords=["_lon", "_lat"] if spatial else [],
            )  # fmt: skip
            if spatial:
                gp = GgprJob(seed=seed, restarts=0, draws=6, with_baselines=False)
                write_ggpr(run_ggpr(sample, gp), folder / name, gp)
            else:
                job = XgbJob(
                    seeds=seeds, seed=seed, draws=draws, tests=tests, simulated="SIMULATED" in name
                )
                write_xgb(run_xgb(sample, job), folder / name, job)
        write_json(folder / "summary.json", {"figures": [job[0] for job in wanted], "seed": seed})
    typer.echo(f"written: {out}", err=True)


def with_places(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Add the seat of government of each code as ``_lon, _lat``.

    Raises
    ------
    UserError
        A code that the list of divisions lacks.
    """
    from configs.errors import UserError
    from configs.paths import DIVISIONS
    from corpus.csvfiles import read_csv

    if unit not in frame.columns:
        raise UserError(f"there is no column {unit!r}", fix="name the column of codes with --unit")
    known = read_csv(DIVISIONS).set_index("code")
    lost = sorted(set(frame[unit]) - set(known.index))
    if lost:
        raise UserError(f"unknown code {lost[0]!r}", fix="use six-digit GB/T 2260 codes")
    return frame.assign(
        _lon=known.loc[frame[unit], "center_lon"].to_numpy(),
        _lat=known.loc[frame[unit], "center_lat"].to_numpy(),
    )
