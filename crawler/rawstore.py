"""Raw bytes by their hash: written once, whole, never changed."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import UserError
from corpus.files import disk_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_NAME = re.compile(r"[0-9a-f]{64}\.gz")


@dataclass(frozen=True, slots=True)
class RawStore:
    """A folder of gzip files, each named after the SHA-256 of the bytes it holds."""

    folder: Path

    def put(self, data: bytes) -> str:
        """Keep bytes and return their hash; bytes that are there already are not written again.

        The file is complete on the disk, its name included, before this returns: a database that
        names it afterwards never names a file that a power cut can take away.
        """
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if path.exists():
            return digest
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new.", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    # mtime=0: equal bytes give equal files
                    file.write(gzip.compress(data, 6, mtime=0))
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(path)
            finally:
                Path(name).unlink(missing_ok=True)
            _sync_folder(path.parent)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes of a hash, checked.

        Raises
        ------
        UserError
            The file is missing or its bytes are not what its name says.
        """
        path = self.path(digest)
        try:
            data = gzip.decompress(path.read_bytes())
        except (OSError, EOFError, gzip.BadGzipFile) as error:
            raise UserError(
                "is missing or damaged", where=str(path), fix="restore the store from a copy"
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise UserError("holds other bytes than its name says", where=str(path))
        return data

    def path(self, digest: str) -> Path:
        """Where the bytes of a hash lie."""
        return self.folder / digest[:2] / f"{digest}.gz"

    def digests(self) -> Iterator[str]:
        """Hashes of all bytes kept."""
        for path in sorted(self.folder.glob("??/*.gz")):
            if _NAME.fullmatch(path.name):
                yield path.name[:64]

    def sweep(self, known: Collection[str]) -> int:
        """Remove what a crash left: unfinished files, and bytes that no log entry names.

        Bytes are written before the transaction that names them, so a kill between the two
        leaves bytes of a response that counts as never received; it is asked for again.
        """
        removed = 0
        for path in self.folder.glob("??/*") if self.folder.is_dir() else ():
            if path.name.startswith(".new.") or (
                _NAME.fullmatch(path.name) and path.name[:64] not in known
            ):
                path.unlink(missing_ok=True)
                removed += 1
        for folder in self.folder.glob("??") if self.folder.is_dir() else ():
            if not any(folder.iterdir()):
                folder.rmdir()
        return removed


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
