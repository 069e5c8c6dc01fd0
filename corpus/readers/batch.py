"""Files, folders and archives to documents: what ``zhengce parse`` runs over."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from corpus.readers.archive import iter_archive, safe_name
from corpus.readers.document import MAX_BYTES
from corpus.readers.errors import ReadError
from corpus.readers.result import Document
from corpus.readers.sniff import sniff

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from corpus.readers.limits import ReaderPool

COLUMNS = (
    "path", "status", "reason", "region_code", "region", "year", "title", "publish_date", "encoding",
    "container", "n_paragraphs", "n_sentences", "sha256",
)  # fmt: skip
MAX_ARCHIVE = 4 * MAX_BYTES


def read_paths(paths: Iterable[Path], *, pool: ReaderPool) -> Iterator[Document]:
    """Read every document below some paths, one result a document, in a stable order.

    Parameters
    ----------
    paths : iterable of Path
        Files, folders (with everything below them, hidden files left out), zip archives.
    pool : ReaderPool
        Workers with limits.

    Yields
    ------
    Document
        ``name`` is the path, or ``archive.zip!member``. A file that cannot be opened, an archive
        that cannot be trusted and a member that breaks a limit are documents with an error.
    """
    yield from pool.read_many(
        item for path in paths for file in _files(path) for item in _items(file)
    )


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if not hidden and file.is_file():
            yield file


def _items(file: Path) -> Iterator[Document | tuple[str, bytes]]:
    """Yield name and bytes of what a file holds, or a document with an error."""
    name = str(file)
    try:
        if file.stat().st_size > MAX_ARCHIVE:
            yield Document("error", "too_large", name=name)
            return
        data = file.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        yield Document("error", f"unreadable_file:{why}", name=name)
        return
    if sniff(data).container == "zip":
        yield from _members(name, data)
    else:
        yield name, data


def _members(name: str, data: bytes) -> Iterator[Document | tuple[str, bytes]]:
    """Unpack an archive here, under limits of its own; its members are parsed in the workers."""
    seen, reason = False, "empty_archive"
    try:
        for member in iter_archive(data):
            seen = True
            label = f"{name}!{member.name}"
            if member.problem:
                yield Document("error", member.problem, name=label, container="zip")
            else:
                yield label, member.data
    except ReadError as error:
        seen, reason = False, error.reason
    if not seen:
        digest = hashlib.sha256(data).hexdigest()
        yield Document("error", reason, name=name, container="zip", sha256=digest)


def document_row(document: Document, *, n_sentences: int = 0) -> dict[str, str | int]:
    """Make the row of ``documents.csv`` for a document."""
    return {
        "path": document.name,
        "status": document.status,
        "reason": document.reason,
        "region_code": document.region_code,
        "region": document.region,
        "year": document.year if document.year is not None else "",
        "title": document.title,
        "publish_date": document.publish_date,
        "encoding": document.encoding,
        "container": document.container,
        "n_paragraphs": len(document.paragraphs),
        "n_sentences": n_sentences,
        "sha256": document.sha256,
    }


def text_stem(document: Document, taken: set[str]) -> str:
    """Choose a file name for the text of a document: its own stem, made safe and unique."""
    name = document.name.rsplit("!", 1)[-1]
    base = PurePosixPath(safe_name(name)).stem or "document"
    stem, number = base, 2
    while stem.lower() in taken:
        stem, number = f"{base}-{number}", number + 1
    taken.add(stem.lower())
    return stem
