"""Verbs of a study: run it, or ask whether everything is in place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Study = Annotated[Path, typer.Argument(help="Study file, e.g. configs/first.toml.")]


def run(
    study: Study,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/<name> by default.")] = None,
    from_step: Annotated[
        str | None, typer.Option("--from", help="Rerun this step and all after it.")
    ] = None,
    only: Annotated[str | None, typer.Option(help="Rerun this step alone.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run, and why.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=8, help="Heavy steps at a time, 1 GB each; 2 if there are cores."),
    ] = None,
) -> None:
    """Run a study from records to report; steps that have not changed are reused.

    Example: zhengce run configs/first.toml
    """
    from configs.settings import load_study
    from corpus.progress import bar
    from corpus.project import remember_run
    from ml.parallel import workers
    from study.chain import study_steps
    from study.folder import Study as StudyFolder
    from study.helper import Helper
    from study.manifest import write_manifest
    from study.runner import run_steps

    settings = load_study(study)
    folder = out if out is not None else Path("runs") / settings.name
    whole = StudyFolder(settings, folder)
    steps = study_steps(whole)
    at_a_time = jobs or min(2, workers())
    helpers = [Helper(whole) for _ in range(0 if only else at_a_time - 1)]
    results = run_steps(
        steps, folder, start_at=from_step, only=only, dry_run=dry_run,
        tell=lambda line: typer.echo(line, err=True), progress=lambda step: bar(f"{step.name}: {step.title}", step.total or None),
        helpers=helpers,
    )  # fmt: skip
    if dry_run:
        return
    write_manifest(whole, steps, results)
    remember_run(folder)
    fresh = sum(result.status == "done" for result in results)
    typer.echo(f"{fresh} steps done, {len(results) - fresh} reused", err=True)
    typer.echo(f"report: {folder / 'report.html'}")


def compare(
    a: Annotated[Path, typer.Argument(help="Run folder.")],
    b: Annotated[Path, typer.Argument(help="Another.")],
    format: Annotated[
        Literal["table", "csv", "json"], typer.Option(help="How to print.")
    ] = "table",
) -> None:
    """Say what differs between two runs: settings, inputs, versions, and numbers in their tables.

    Exit code 1 when something differs. Of a column, the cell with the widest gap is shown.

    Example: zhengce compare runs/first runs/other
    """
    import json
    from dataclasses import asdict

    from study.comparison import compare_runs

    found = compare_runs(a, b)
    rows = [asdict(difference) for difference in found]
    if format == "json":
        typer.echo(json.dumps({"differences": rows}, ensure_ascii=False))
    elif format == "csv":
        import pandas as pd

        columns = ["part", "what", "a", "b", "n"]
        frame = pd.DataFrame(rows, columns=columns)
        typer.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        for d in found:
            more = f"  ({d.n} cells differ)" if d.n > 1 else ""
            typer.echo(f"{d.part}: {d.what}: {d.a or '-'} | {d.b or '-'}{more}")
        typer.echo(f"{len(found)} differences" if found else "the runs are equal", err=True)
    if found:
        raise typer.Exit(1)


def doctor() -> None:
    """Say what is installed, what is missing, and which command brings it.

    Example: zhengce doctor
    """
    from study.doctor import examine

    findings = examine()
    for finding in findings:
        typer.echo(f"{finding.mark:<8} {finding.what:<34} {finding.detail}")
    broken = [f for f in findings if f.mark == "missing" and f.needed]
    if broken:
        raise typer.Exit(2)
