"""Whole files or nothing: a temporary name, fsync, then rename."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space and run again",
    errno.EDQUOT: "the disk quota is used up; free some space and run again",
    errno.EFBIG: "the file would exceed the size limit of this account or disk",
    errno.EACCES: "no permission to write there; choose another --out",
    errno.EPERM: "no permission to write there; choose another --out",
    errno.EROFS: "the file system is read-only; choose another --out",
    errno.ENOTDIR: "a part of the path is a file; choose another --out",
    errno.EEXIST: "a file has the name of the folder; choose another --out",
    errno.EISDIR: "a folder has the name of the file; choose another --out",
}


#: Asked for once: it can only be read by setting it, which threads must not do at the same time.
_UMASK = os.umask(0)
os.umask(_UMASK)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system refuses into one line for the user."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "choose another place or mend it")
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise UserError(f"cannot write ({reason})", where=str(path), fix=advice) from error


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary neighbour of ``path``, then put it in place at once.

    Parameters
    ----------
    path : Path
        Where the finished file shall lie; its folder is made.
    write : callable
        Receives the temporary path. If it fails, ``path`` keeps its old content.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.name[:40]}.", suffix=".tmp", dir=path.parent
        )
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.chmod(0o666 & ~_UMASK)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends, whole or not at all."""
    write_atomically(path, lambda temporary: temporary.write_text(text, "utf-8", newline="\n"))


def sha256_file(path: Path) -> str:
    """Hash a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
