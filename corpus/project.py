"""Which folder a verb without arguments works on."""

from __future__ import annotations

import os
from pathlib import Path

from configs.errors import UserError
from corpus.files import write_text

LATEST = Path("runs") / "latest.txt"


def remember_run(folder: Path) -> None:
    """Note the run folder, so that later verbs find its tables without being told."""
    base = LATEST.parent.resolve()
    relative = os.path.relpath(folder.resolve(), base)
    write_text(LATEST, relative + "\n")


def find_store(project: Path | None) -> Path:
    """Find the folder with the Parquet tables of a project.

    Parameters
    ----------
    project : Path, optional
        A run folder, a folder written by ``zhengce parse --out``, or a folder with ``store/``.
        Without it: the working directory if it is one, else the latest run.

    Raises
    ------
    UserError
        When no such folder is found.
    """
    if project is not None:
        found = _store_of(project)
        if found is None:
            raise UserError(
                "holds no tables",
                where=str(project),
                fix="give a run folder, or `zhengce parse ... --out` one",
            )
        return found
    here = _store_of(Path())
    if here is not None:
        return here
    if LATEST.is_file():
        latest = _store_of(LATEST.parent / LATEST.read_text(encoding="utf-8").strip())
        if latest is not None:
            return latest
        gone = (LATEST.parent / LATEST.read_text(encoding="utf-8").strip()).resolve()
        raise UserError(
            "the latest run holds no tables any more",
            where=str(gone),
            fix="run `zhengce run configs/first.toml`, or give --project DIR",
        )
    raise UserError(
        "no project here",
        where=str(Path.cwd()),
        fix="run `zhengce run configs/first.toml`, or give --project DIR",
    )


def _store_of(folder: Path) -> Path | None:
    for place in (folder / "store", folder):
        if (place / "sentence.parquet").is_file() or (place / "report_score.parquet").is_file():
            return place
    return None
