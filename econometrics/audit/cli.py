"""The verb that audits a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer


def audit(
    table: Annotated[
        Path, typer.Argument(help="Published table (CSV, columns as in data/published).")
    ],
    specification: Annotated[
        Path | None,
        typer.Option(help="TOML: equation, effects, dates and numbers of the text."),
    ] = None,
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table",
) -> None:
    """Check a spatial Durbin table against itself; exit code 1 when something does not fit.

    Example: zhengce audit data/published/table3_sgdid.csv
    """
    from econometrics.audit.audit import audit_file

    result = audit_file(table, specification)
    if format == "json":
        typer.echo(json.dumps(result.to_dict(), ensure_ascii=False))
    else:
        for f in result.findings:
            cell = f"{f.row:<10}{f.column:<12}{f.printed:<12}"
            typer.echo(f"{cell}{f.rule}: {f.message}; {f.repair}")
        typer.echo(
            f"{len(result.findings)} findings; clean rows: {', '.join(result.clean_rows) or 'none'}"
        )
    if result.findings:
        raise typer.Exit(1)
