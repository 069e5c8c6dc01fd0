"""Verbs of the panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    import pandas as pd

    from configs.panel_settings import PanelConfig

panel_app = typer.Typer(
    no_args_is_help=True, help="Build, check and trace the panel that models are fitted to."
)

PROVINCE = "configs/panel_province.toml"
_SHIPPED = {
    "province": PROVINCE,
    "city": "configs/panel_city.toml",
    "enterprise": "configs/panel_enterprise_SIMULATED.toml",
}
Config = Annotated[Path, typer.Argument(help=f"Panel file, e.g. {PROVINCE}.")]


@panel_app.command("build")
def build(
    config: Annotated[Path, typer.Argument(help=f"Panel or study file, e.g. {PROVINCE}.")],
    out: Annotated[
        Path, typer.Option(help="Folder for panel.parquet, panel.csv and their account.")
    ],
    project: Annotated[
        Path | None, typer.Option(help="Folder whose intensities are joined.")
    ] = None,
) -> None:
    """Build the panel of a panel file; of a study file, join its statistics with a project's intensities.

    Example: zhengce panel build configs/panel_province.toml --out panel
    """
    from configs.panel_settings import is_panel_file
    from configs.paths import resolve

    config = resolve(config)
    if not is_panel_file(config):
        _build_of_study(config, out, project)
        return
    _build_panel(config, out, project)


def _build_of_study(config: Path, out: Path, project: Path | None) -> None:
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


def _build_panel(path: Path, out: Path, project: Path | None) -> None:
    from configs.panel_settings import load_panel
    from econometrics.panel_folder import write_panel_folder

    config = load_panel(path)
    made = write_panel_folder(config, path, out, intensity=_intensity(config, project))
    first, last = config.output_years or config.years
    typer.echo(
        f"{len(made.grid.units) * (last - first + 1)} rows, index from {len(made.composite.ids)} of "
        f"{len(made.system.composite)} indicators: {out / 'panel.csv'}, account: {out / 'report.html'}",
        err=True,
    )


def _intensity(config: PanelConfig, project: Path | None) -> pd.DataFrame | None:
    from configs.paths import resolve

    how = config.intensity
    if how.source == "file" and how.file is not None:
        from econometrics.intensity import read_intensity

        return read_intensity(resolve(how.file))
    if how.source == "none" and project is None:
        return None
    from corpus.project import find_store
    from corpus.rubric import load_rubric
    from corpus.schemas import ReportScoreTable
    from corpus.store import read_table
    from econometrics.intensity import intensity_of_reports

    scores = read_table(ReportScoreTable, find_store(project) / "report_score.parquet")
    short = {d.id: d.short.lower() for d in load_rubric().dimensions}
    return intensity_of_reports(scores, short=short)


@panel_app.command("trace")
def trace(
    code: Annotated[str, typer.Argument(help="Region or firm code, e.g. 440000.")],
    year: Annotated[int, typer.Argument(help="Year.")],
    column: Annotated[str, typer.Argument(help="Column of the panel, e.g. nqp or ser.")],
    config: Annotated[
        Path | None,
        typer.Option(help="Panel file; by default the shipped one of the code's scale."),
    ] = None,
    panel: Annotated[
        Path | None,
        typer.Option(help="Folder of a built panel: its settings are used, its inputs checked."),
    ] = None,
    project: Annotated[
        Path | None, typer.Option(help="Folder whose intensities are joined.")
    ] = None,
    depth: Annotated[int, typer.Option(min=1, help="Levels to print.")] = 9,
    format: Annotated[Literal["text", "json"], typer.Option(help="text or json.")] = "text",
) -> None:
    """Trace a cell of a panel back to its inputs: file, row, column, and how they became the value.

    Example: zhengce panel trace 440000 2022 nqp
    """  # fmt: skip
    import json

    from econometrics.build import build_panel
    from econometrics.lineage import Lineage
    from econometrics.trace_text import trace_dict, trace_lines

    settings = _traced_settings(code, config, panel)
    made = build_panel(settings, intensity=_intensity(settings, project))
    node = Lineage(made).trace(code, year, column.removeprefix("SIMULATED_"))
    if format == "json":
        typer.echo(json.dumps(trace_dict(node), ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(trace_lines(node, depth=depth)))


def _traced_settings(code: str, config: Path | None, panel: Path | None) -> PanelConfig:
    from configs.errors import UserError
    from configs.panel_settings import load_panel
    from configs.paths import resolve
    from corpus.files import sha256_file
    from econometrics.output import settings_of

    if panel is not None:
        settings, inputs = settings_of(panel)
        for name, digest in inputs.items():
            file = resolve(Path(name))
            if not file.is_file() or sha256_file(file) != digest:
                raise UserError(
                    "has changed since the panel was built", where=name, fix="build it again"
                )
        return settings
    if config is not None:
        return load_panel(resolve(config))
    if code.startswith("SIM"):
        scale = "enterprise"
    else:
        scale = "province" if code.endswith("0000") else "city"
    return load_panel(resolve(Path(_SHIPPED[scale])))


@panel_app.command("simulate")
def simulate(
    out: Annotated[
        Path, typer.Option(help="CSV file to write; its name must have SIMULATED in it.")
    ],
    firms: Annotated[int, typer.Option(min=1, max=200_000, help="Number of firms.")] = 400,
    first: Annotated[int, typer.Option(help="First year.")] = 2014,
    last: Annotated[int, typer.Option(help="Last year.")] = 2023,
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed gives the same firms.")
    ] = 20260715,
) -> None:
    """Write accounts of synthetic firms, to try the enterprise scale without licensed data.

    Example: zhengce panel simulate --firms 5000 --out SIMULATED_firms.csv
    """  # fmt: skip
    from configs.errors import UserError
    from econometrics.output import write_arrow_csv
    from econometrics.simulator import simulate_firms
    from econometrics.sources import city_codes

    if "SIMULATED" not in out.name:
        raise UserError(
            "needs SIMULATED in its name", where=str(out), fix="e.g. SIMULATED_firms.csv"
        )
    if first > last:
        raise UserError(f"years run backwards: {first} to {last}", where="--first")
    frame = simulate_firms(firms=firms, years=(first, last), seed=seed, cities=city_codes())
    write_arrow_csv(out, frame)
    typer.echo(f"{len(frame)} SIMULATED rows: {out}", err=True)


@panel_app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(help="Tables: csv or xlsx, any usual shape.")],
    sheet: Annotated[str, typer.Option(help="One sheet of an xlsx file.")] = "",
    confirmed: Annotated[
        Path | None, typer.Option(help="Names matched by a person: CSV with name,code.")
    ] = None,
    reference: Annotated[bool, typer.Option(help="Compare with the shipped panels.")] = True,
    firms: Annotated[bool, typer.Option(help="Rows are firms: any code is taken.")] = False,
    notes: Annotated[bool, typer.Option(help="Also tell what was changed in reading.")] = False,
    most: Annotated[int, typer.Option(min=1, help="Findings printed for one rule and column.")] = 5,
    out: Annotated[Path | None, typer.Option(help="CSV file for all findings.")] = None,
    format: Annotated[Literal["text", "json"], typer.Option(help="text or json.")] = "text",
) -> None:
    """Check tables of statistics: unit breaks, years reversed or shifted, interpolated runs, duplicates, names, vintages.

    Exit code 1 and a list when something is found. Example: zhengce panel check my_table.xlsx
    """  # fmt: skip
    import json
    from dataclasses import asdict

    from configs.errors import UserError
    from corpus.csvfiles import write_csv
    from econometrics.checks.tables import check_file
    from econometrics.findings import Finding, findings_frame, shortened
    from econometrics.readers.tables import read_confirmed

    names = read_confirmed(confirmed) if confirmed else {}
    found: list[Finding] = []
    refused = []
    for path in files:
        try:
            found += check_file(
                path, sheet=sheet, confirmed=names, with_reference=reference, firms=firms
            )
        except UserError as error:
            refused.append(error)
            found.append(Finding("unreadable", error.line().removeprefix(f"{path}: "), str(path)))
    faults = [f for f in found if f.rule != "note"]
    told = found if notes else faults
    if out is not None:
        write_csv(out, findings_frame(told))
    if format == "json":
        typer.echo(
            json.dumps(
                [{**asdict(f), "stops": f.stops} for f in told], ensure_ascii=False, indent=1
            )
        )
    else:
        for line in shortened(told, most):
            typer.echo(line)
    if len(refused) == len(files):
        raise refused[0]
    typer.echo(f"{len(faults)} findings in {len(files)} files", err=True)
    if faults:
        raise typer.Exit(1)


@panel_app.command("import")
def import_table(
    file: Annotated[Path, typer.Argument(help="Table: csv or xlsx, any usual shape.")],
    out: Annotated[Path, typer.Option(help="CSV file to write: code, name, year and our columns.")],
    sheet: Annotated[str, typer.Option(help="One sheet of an xlsx file.")] = "",
    confirmed: Annotated[
        Path | None, typer.Option(help="Names matched by a person: CSV with name,code.")
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="Unit of a column, e.g. gdp_100m=万元.")
    ] = None,
    guesses: Annotated[
        Path | None, typer.Option(help="CSV file for names that need confirmation.")
    ] = None,
    firms: Annotated[bool, typer.Option(help="Rows are firms: any code is taken.")] = False,
) -> None:
    """Read a table as statistics offices and vendors export it and write it in our form; doubts refuse it.

    Example: zhengce panel import 分省年度数据.xlsx --out gdp.csv
    """  # fmt: skip
    from configs.errors import UserError
    from corpus.csvfiles import write_csv
    from econometrics.readers.tables import guesses_frame, read_any, read_confirmed, statistics_of

    pairs = dict(_pair(text) for text in unit or [])
    names = read_confirmed(confirmed) if confirmed else {}
    reading = read_any(file, sheet=sheet, confirmed=names, units=pairs, firms=firms)
    open_names = guesses_frame(reading)
    if guesses is not None:
        write_csv(guesses, open_names)
    for finding in reading.findings:
        typer.echo(finding.line(), err=True)
    if reading.faults:
        fix = (
            f"confirm {len(open_names)} names with --guesses and --confirmed"
            if len(open_names)
            else "mend them"
        )
        raise UserError(
            f"{len(reading.faults)} faults; nothing was written", where=str(file), fix=fix
        )
    if not reading.figures:
        raise UserError("holds no figure", where=str(file))
    frame = statistics_of(reading).frame.rename(columns={"unit": "firm_code" if firms else "code"})
    write_csv(out, frame)
    typer.echo(f"{len(frame)} rows, columns {', '.join(frame.columns[3:])}: {out}", err=True)


def _pair(text: str) -> tuple[str, str]:
    from configs.errors import UserError

    name, separator, value = text.partition("=")
    if not separator:
        raise UserError(f"{text!r} is not COLUMN=UNIT", where="--unit")
    return name, value


@panel_app.command("describe")
def describe(
    config: Config,
    out: Annotated[Path, typer.Option(help="Folder for tables and figures.")],
    project: Annotated[
        Path | None, typer.Option(help="Folder whose intensities are joined.")
    ] = None,
    figures: Annotated[bool, typer.Option(help="Draw maps and charts (needs matplotlib).")] = True,
    hainan: Annotated[
        Literal["guangdong", "island", "drop"],
        typer.Option(
            help="Hainan has no land border: link it to Guangdong by sea, leave it without neighbours, or leave it out."
        ),
    ] = "guangdong",
    permutations: Annotated[
        int, typer.Option(min=99, help="Permutations of Moran's I and LISA.")
    ] = 999,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the permutations.")] = 0,
) -> None:
    """Describe a panel: tables, correlation, variance inflation, missingness, Moran's I, LISA, maps.

    Example: zhengce panel describe configs/panel_province_2018_2023.toml --out described
    """  # fmt: skip
    from configs.panel_settings import load_panel
    from configs.paths import resolve
    from econometrics.build import build_panel
    from econometrics.describe import describe_tables
    from econometrics.output import write_arrow_csv

    settings = load_panel(resolve(config))
    made = build_panel(settings, intensity=_intensity(settings, project))
    found = describe_tables(made, hainan=hainan, permutations=permutations, seed=seed)
    for name, frame in found.tables.items():
        write_arrow_csv(out / name, frame)
    drawn = []
    if figures:
        from econometrics.plots import draw_panel

        drawn = draw_panel(made, found, out / "figures")
    for note in found.notes:
        typer.echo(note, err=True)
    typer.echo(f"{len(found.tables)} tables, {len(drawn)} figures: {out}", err=True)
