"""Verb of the explorer."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

Project = Annotated[
    Path | None, typer.Option(help="Run or parse folder; found by itself if left out.")
]


def explore(
    project: Project = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8765,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")] = False,
) -> None:
    """Look at a project in the browser: map, trends, sentences, reports; read-only, this machine only.

    Example: zhengce explore --project runs/first
    """
    from annotation_ui.web import listen, open_when_ready
    from configs.errors import UserError

    try:
        import uvicorn

        from annotation_ui.explorer.app import explorer_app
    except ImportError as error:
        raise UserError(
            f"the explorer needs {error.name}", fix="python3 tools/environment.py --extras annotate"
        ) from error
    listener = listen(port)
    try:
        _refresh_index(project)
        app = explorer_app(project)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        typer.echo(f"explorer: {address} (stop with Ctrl-C)")
        if not no_browser:
            open_when_ready(address)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False))
        with contextlib.suppress(KeyboardInterrupt):  # how it is meant to end
            server.run(sockets=[listener])
    finally:
        listener.close()


def _refresh_index(project: Path | None) -> None:
    """Build the index if there is none, or anew if its tables have changed since."""
    from corpus.index import build_index
    from corpus.progress import bar
    from corpus.project import find_store

    store = find_store(project)
    if not (why := _why_build(store)):
        return
    typer.echo(f"{why}; building it", err=True)
    with bar("index", None) as advance:
        build_index(store, advance=advance)


def _why_build(store: Path) -> str:
    """Say why the index cannot serve as it is; empty if it can."""
    from configs.errors import UserError
    from corpus.index import open_index

    if not (store / "index" / "manifest.json").is_file():
        return "no index yet"
    try:
        index = open_index(store, check=False)
    except UserError as error:  # of another version, or damaged
        return str(error).partition("; run")[0]
    stale = index.status().stale
    index.close()
    return f"the index is older than its tables ({stale})" if stale else ""
