"""Building an embedded index: a folder of its own, then one rename."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from configs.errors import UserError
from corpus.files import disk_errors, sha256_file
from corpus.search.columns import ColumnsWriter
from corpus.search.manifest import FORMAT, Manifest, describe_file, write_manifest
from corpus.search.normal import VERSION
from corpus.search.postings import PostingsWriter
from corpus.search.rows import Checksum, read_batches, scores_line, words_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from corpus.progress import Advance
    from corpus.search.rows import Row, Sources

TEXT, COLUMNS = "text", "columns.parquet"


def build_generation(folder: Path, sources: Sources, advance: Advance) -> Manifest:
    """Build the index of a folder anew and put it in force.

    A build that is killed leaves the old index serving, and its own folder to the next build,
    which removes it.

    Raises
    ------
    UserError
        When the tables cannot be read, the disk refuses, or another build is at work.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder):
            _sweep(folder, keep="")
            name = f"generation-{uuid.uuid4().hex[:12]}"
            work = folder / f".building-{name}"
            work.mkdir()
            try:
                manifest = _fill(work, name, sources, advance)
                _sync(work)
                work.rename(folder / name)
                write_manifest(folder, manifest)
            finally:
                shutil.rmtree(work, ignore_errors=True)
            _sweep(folder, keep=name)
    return manifest


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError("another build is at work here", where=str(folder)) from error
        yield


def _sweep(folder: Path, *, keep: str) -> None:
    """Remove what killed builds left; with ``keep``, also the generations before it."""
    for path in folder.iterdir():
        old = keep and path.name.startswith("generation-") and path.name != keep
        if old or path.name.startswith(".building-"):
            shutil.rmtree(path, ignore_errors=True)


def _fill(work: Path, name: str, sources: Sources, advance: Advance) -> Manifest:
    described = tuple(describe_file(p) for p in (sources.sentences, sources.scores) if p)
    seen = Seen()
    checksum = Checksum()
    n = len(sources.dimensions)
    postings = PostingsWriter(work / TEXT, n)
    try:
        with ColumnsWriter(work / COLUMNS, n) as columns, _without_collector():
            for batch in read_batches(sources):
                lines = [words_line(row) for row in batch]
                postings.add(batch, lines)
                columns.add(batch)
                checksum.add(a + scores_line(row) for a, row in zip(lines, batch, strict=True))
                seen.add(batch)
                advance(len(batch))
        postings.finish()
    except ValueError as error:  # tantivy's word for a full disk, among others
        raise UserError(f"the index could not be written ({error})", where=str(work)) from error
    files = {
        str(p.relative_to(work)): sha256_file(p) for p in sorted(work.rglob("*")) if p.is_file()
    }
    return Manifest(
        format=FORMAT, normalisation=VERSION, generation=name, sources=described,
        scorer=sources.scorer, dimensions=sources.dimensions,
        n_sentences=checksum.n, checksum=checksum.text, regions=dict(sorted(seen.regions.items())),
        codes=columns.codes, years=seen.years,
        files={k: v for k, v in files.items() if not k.endswith(".lock")},
    )  # fmt: skip


@contextmanager
def _without_collector() -> Iterator[None]:
    """Rows hold no cycles: looking for some among millions of tuples costs a fifth of a build."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Seen:
    """Regions and years met."""

    def __init__(self) -> None:
        self.regions: dict[str, str] = {}
        self.years: tuple[int, int] | None = None

    def add(self, rows: Sequence[Row]) -> None:
        """Take note of the rows of a batch."""
        self.regions |= {row[1]: row[2] for row in rows}
        years = [row[3] for row in rows] + list(self.years or ())
        self.years = (min(years), max(years))


def _sync(folder: Path) -> None:
    """Bring every file to the disk before the folder gets its name."""
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
