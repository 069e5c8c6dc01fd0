"""Which store an index belongs to."""

from __future__ import annotations

from pathlib import Path

from configs.errors import UserError
from corpus.project import find_store
from corpus.search.manifest import NAME, read_manifest


def store_for_building(project: Path | None, sentences: Path | None) -> Path:
    """Find the store whose ``index/`` a build fills.

    With a sentence file and no project, it is the file's own store if that is the current project,
    and else the working directory.
    """
    if project is not None:
        return find_store(project) if sentences is None else _store(project) or project
    if sentences is None:
        return find_store(None)
    try:
        store = find_store(None)
    except UserError:
        return Path()
    own = store / "sentence.parquet"
    return store if own.is_file() and own.resolve() == sentences.resolve() else Path()


def store_with_index(project: Path | None) -> Path:
    """Find the store to query: one that has an index, or the project's, to be indexed."""
    if project is not None:
        return _store(project) or find_store(project)
    return _store(Path()) or find_store(None)


def _store(folder: Path) -> Path | None:
    for place in (folder, folder / "store"):
        if (place / "index" / NAME).is_file():
            return place
    return None


def sentences_of(store: Path) -> Path | None:
    """Give the sentence file an index was built from, if it still says so."""
    try:
        path = Path(read_manifest(store / "index").sources[0].path)
    except UserError:
        return None
    return path if path.is_file() else None
