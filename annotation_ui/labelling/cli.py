"""Verbs of the labelling page: serve, import, export, agreement, train, draw, user add."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from annotation_ui.labelling.store import Store

DEFAULT = Path("runs") / "annotate"
Project = Annotated[
    Path | None,
    typer.Option(help="Project folder; else this one if it has annotations, else runs/annotate."),
]
#: Set it instead of typing a password; it is never printed.
PASSWORD = "ZHENGCE_ANNOTATE_PASSWORD"  # noqa: S105 - the name of a variable

annotate_app = typer.Typer(
    name="annotate",
    help="Label sentences in the browser; import, export, agreement, accounts.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
user_app = typer.Typer(
    name="user", help="Accounts; the first one begins team mode.", rich_markup_mode=None
)
annotate_app.add_typer(user_app, name="user")


@annotate_app.callback()
def annotate(
    context: typer.Context,
    project: Project = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8766,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")] = False,
    public_host: Annotated[
        str, typer.Option(help="Name under which a TLS proxy on this machine serves a team.")
    ] = "",
) -> None:
    """Label sentences in the browser; this machine only.

    Example: zhengce annotate --project runs/first
    """
    if context.invoked_subcommand is not None:
        context.obj = project
        return
    from annotation_ui.web import listen, open_when_ready
    from configs.errors import UserError

    try:
        import uvicorn

        from annotation_ui.labelling.app import labelling_app
    except ImportError as error:
        raise UserError(
            f"the labelling page needs {error.name}",
            fix="python3 tools/environment.py --extras annotate",
        ) from error
    listener = listen(port)
    try:
        store = _open(project)
        app = labelling_app(store, public_host=public_host)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        typer.echo(f"annotate: {address} ({store.path}; stop with Ctrl-C)")
        if not no_browser:
            open_when_ready(address)
        settings = uvicorn.Config(
            app, log_level="warning", server_header=False, timeout_graceful_shutdown=5
        )
        with contextlib.suppress(KeyboardInterrupt):  # how it is meant to end
            uvicorn.Server(settings).run(sockets=[listener])
        store.close()
    finally:
        listener.close()


def _open(project: Path | None, context: typer.Context | None = None) -> Store:
    """Open the store of a project; ``--project`` may stand before or behind the verb."""
    from annotation_ui.labelling.store import FILE, FOLDER, open_store
    from configs.errors import UserError

    parent = context.parent if context else None
    while project is None and parent is not None:
        project = parent.obj if isinstance(parent.obj, Path) else None
        parent = parent.parent
    if project is None:
        project = Path() if (Path(FOLDER) / FILE).is_file() else DEFAULT
    if project.exists() and not project.is_dir():
        raise UserError("is not a folder", where=str(project), fix="give --project DIR")
    return open_store(project)


@annotate_app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, JSONL, Label Studio, doccano or Argilla.")
    ],
    project: Project = None,
    rubric_version: Annotated[
        str, typer.Option(help="Codebook of the labels, where the file does not tell.")
    ] = "",
) -> None:
    """Import sentences or labels; the same file twice changes nothing.

    Example: zhengce annotate import data/gold/labels.csv
    """
    from annotation_ui.labelling.importing import import_file
    from corpus.progress import bar
    from corpus.rubric import load_rubric

    store = _open(project, context)
    with bar("import", None) as advance:
        done = import_file(
            store, load_rubric(), file, who="command line", name=str(file),
            rubric_version=rubric_version, advance=advance,
        )  # fmt: skip
    typer.echo(f"{done.line()}: {store.path}", err=True)


@annotate_app.command("export")
def export_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write; - for standard output.")
    ],
    project: Project = None,
    format: Annotated[
        Literal["jsonl", "csv", "labelstudio", "doccano", "argilla"] | None,
        typer.Option(help="Else by the ending: .csv is csv, all others jsonl."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Sentences without a label too.")
    ] = False,
) -> None:
    """Export labels; the CSV has the columns of data/gold/labels.csv and is what `train` reads.

    Example: zhengce annotate export labels.csv
    """
    import sys

    from annotation_ui.labelling.exporting import Exported, export
    from corpus.files import write_atomically
    from corpus.rubric import load_rubric

    chosen = format or ("csv" if file.suffix.lower() == ".csv" else "jsonl")
    store, done = _open(project, context), Exported()
    pieces = export(store, load_rubric(), chosen, everything=everything, done=done)
    if str(file) == "-":
        sys.stdout.writelines(pieces)
    else:

        def write(path: Path) -> None:
            with path.open("w", encoding="utf-8", newline="") as target:
                target.writelines(pieces)

        write_atomically(file, write)
    wait = (
        f"; {done.undecided} wait for a decision and are left out (--all keeps them)"
        if done.undecided
        else ""
    )
    typer.echo(f"{done.written} sentences: {file}{wait}", err=True)


@annotate_app.command()
def review(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="List of `zhengce evaluate --suspicious FILE`.")
    ],
    project: Project = None,
) -> None:
    """Put suspicious labels in front of the queue; what the model suggests is not shown.

    Example: zhengce annotate review suspicious.csv
    """
    from annotation_ui.labelling.reviewing import review as put_first
    from corpus.rubric import load_rubric

    store = _open(project, context)
    done = put_first(store, load_rubric(), file, who="command line")
    typer.echo(f"{done.line()}: {store.path}", err=True)


@annotate_app.command()
def agreement(
    context: typer.Context,
    project: Project = None,
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table",
    draws: Annotated[int, typer.Option(min=1, max=10_000, help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Agreement of the coders: Krippendorff's ordinal alpha, quadratic weighted kappa, leanings.

    Example: zhengce annotate agreement --format json
    """
    import json

    from annotation_ui.labelling import quality
    from corpus.rubric import load_rubric

    rubric = load_rubric()
    with _open(project, context).reading() as db:
        ratings = quality.read_ratings(db, len(rubric.dimensions))
    found = quality.agreement(ratings, rubric, draws=draws, seed=seed)
    if format == "json":
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    typer.echo(
        f"{found['n_sentences']} sentences coded by several {found['among']}: {', '.join(found['coders']) or 'none'}"
    )
    for dimension, row in found["dimensions"].items():
        for name in ("alpha", "qwk", "exact", "wide_gap"):
            e = row[name]
            if e["estimate"] is not None:
                low, high = (
                    ("–" if e[k] is None else f"{e[k]:.3f}") for k in ("conf_low", "conf_high")
                )
                typer.echo(f"{dimension:<28}{name:<10}{e['estimate']:7.3f}  [{low}, {high}]")


@annotate_app.command()
def check(context: typer.Context, project: Project = None) -> None:
    """Ask whether labels and decisions are what the log of events adds up to; exit 1 if not.

    Example: zhengce annotate check --project runs/first
    """
    from annotation_ui.labelling.events import unlike_log

    found = unlike_log(_open(project, context))
    for line in found[:100]:
        typer.echo(line)
    typer.echo(f"{len(found)} differences" if found else "labels and log agree", err=True)
    if found:
        raise typer.Exit(1)


@annotate_app.command()
def draw(
    context: typer.Context,
    project: Project = None,
    evaluation: Annotated[int, typer.Option(min=0, help="Random, from reports set aside.")] = 600,
    overlap: Annotated[int, typer.Option(min=0, help="Random, coded by two people.")] = 400,
    training: Annotated[
        int, typer.Option(min=0, help="By uncertainty, diversity, disagreement, rare levels.")
    ] = 1600,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Draw sentences of the project's corpus into the three pools, with their inclusion probabilities.

    Example: zhengce annotate draw --project runs/first
    """
    from annotation_ui.labelling.drawing import draw_corpus
    from annotation_ui.labelling.retraining import project_of
    from corpus.project import find_store
    from corpus.rubric import load_rubric

    store = _open(project, context)
    done = draw_corpus(
        store, load_rubric(), find_store(project_of(store)), evaluation=evaluation, overlap=overlap,
        training=training, seed=seed, who="command line",
    )  # fmt: skip
    typer.echo(f"{done.line()}: {store.path}", err=True)


@annotate_app.command()
def train(
    context: typer.Context,
    project: Project = None,
    scorer: Annotated[Literal["bert", "ngram"], typer.Option(help="What to train.")] = "bert",
    epochs: Annotated[int, typer.Option(min=1, max=100)] = 8,
) -> None:
    """Train on the labels that hold now, as the button does, and compare with the model in use.

    Example: zhengce annotate train --scorer ngram
    """
    import time

    from annotation_ui.labelling import retraining
    from configs.errors import UserError
    from corpus.rubric import load_rubric

    store = _open(project, context)
    name = retraining.start(store, load_rubric(), scorer=scorer, who="command line", epochs=epochs)
    typer.echo(f"{name}: {retraining.jobs_folder(store) / name}", err=True)
    step = ""
    while True:
        (job,) = [j for j in retraining.jobs(store) if j["id"] == name]
        if job.get("step") != step:
            step = str(job.get("step", ""))
            typer.echo(step, err=True)
        if job["status"] != "running":
            break
        time.sleep(0.5)
    retraining.settle(store)
    if job["status"] == "failed":
        raise UserError(f"training failed ({step})", where=name)
    for row in job["comparison"]:
        new, old = row["estimate"], row["estimate_against"]
        typer.echo(
            f"{row['dimension']:<28}{'qwk':<6}new {new if new is None else round(new, 3)}  in use {old if old is None else round(old, 3)}"
        )
    typer.echo("accept it on the page (Project, Models); until then nothing uses it", err=True)


@user_app.command("add")
def add_user(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    role: Annotated[str, typer.Option(help="annotator, adjudicator or admin.")] = "annotator",
    project: Project = None,
) -> None:
    """Add a person, or give one a new role and password.

    The password comes from a prompt, from standard input, or from ZHENGCE_ANNOTATE_PASSWORD; without
    any of them one is made up and printed once.
    """
    import os
    import secrets
    import sys

    from annotation_ui.labelling.accounts import add_account

    password, made = os.environ.get(PASSWORD, ""), False
    if not password and sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    elif not password:
        password = sys.stdin.readline().rstrip("\n")
    if not password:
        password, made = secrets.token_urlsafe(12), True
    add_account(_open(project, context), name, role, password, by="command line")
    typer.echo(f"{name} ({role}) may log in" + (f" with the password {password}" if made else ""))


@user_app.command("close")
def close_user(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    project: Project = None,
) -> None:
    """Let a person in no more; the labels stay. ``user add`` opens the account again."""
    from annotation_ui.labelling.accounts import close_account

    close_account(_open(project, context), name, by="command line")
    typer.echo(f"{name} may not log in any more")
