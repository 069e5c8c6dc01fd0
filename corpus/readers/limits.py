"""Reading under limits: worker processes with bounds of memory, processor and wall time.

A worker is a fresh interpreter, not a fork: the caller may hold gigabytes that a fork would
count against the limit, and threads that a fork would break. It lives for many documents, so a
page costs a few milliseconds more than in-process; a worker that hangs or dies is replaced.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from configs.paths import PROJECT_ROOT
from corpus.readers.document import MAX_BYTES
from corpus.readers.result import Document, Removed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MEMORY_MB = 480
CPU_SECONDS = 60
WALL_SECONDS = 60.0
_HEADER = struct.Struct(">II")
_REPLY = struct.Struct(">I")
_MAX_REPLY = 256 * 1024 * 1024
_SINGLE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one document.

    Attributes
    ----------
    memory_mb : int
        Address space of the worker; a document must stay below 512 MB.
    cpu_seconds, wall_seconds
        Processor and clock time for one document.
    """

    memory_mb: int = MEMORY_MB
    cpu_seconds: int = CPU_SECONDS
    wall_seconds: float = WALL_SECONDS


class ReaderPool:
    """Workers that read documents; use it as a context manager, or ``read_safely``.

    Parameters
    ----------
    n_workers : int
        How many documents are read at once by ``read_many``.
    limits : Limits
        Bounds for each document.
    """

    def __init__(self, n_workers: int = 1, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.n_workers = max(n_workers, 1)
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()

    def read(
        self,
        data: bytes,
        *,
        name: str = "",
        declared_charset: str | None = None,
        more: Sequence[bytes] = (),
    ) -> Document:
        """Read one document; whatever happens in the worker becomes a reason code.

        ``more`` are the further pages of an article that is spread over several.
        """
        if len(data) + sum(map(len, more)) > MAX_BYTES:
            return _failure(data, name, "too_large")
        request: dict[str, Any] = {"name": name, "charset": declared_charset}
        if more:
            request["sizes"] = [len(data), *map(len, more)]
        reply = self._ask(request, b"".join([data, *more]))
        return _document(reply) if "status" in reply else _failure(data, name, reply["failed"])

    def read_many(self, items: Iterable[Document | tuple[str, bytes]]) -> Iterator[Document]:
        """Read several documents at once, results in the order of the items.

        An item that is a document already (a file that could not be opened) passes through.
        """
        from concurrent.futures import Future, ThreadPoolExecutor

        pending: deque[Future[Document] | Document] = deque()

        def finished(entry: Future[Document] | Document) -> Document:
            return entry if isinstance(entry, Document) else entry.result()

        with ThreadPoolExecutor(self.n_workers) as threads:
            for item in items:
                if isinstance(item, Document):
                    pending.append(item)
                else:
                    name, data = item
                    pending.append(threads.submit(self.read, data, name=name))
                if len(pending) > 4 * self.n_workers:
                    yield finished(pending.popleft())
            while pending:
                yield finished(pending.popleft())

    def close(self) -> None:
        """End the workers."""
        with self._lock:
            workers, self._idle = self._idle, []
        for worker in workers:
            worker.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: dict[str, Any], data: bytes) -> dict[str, Any]:
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or _Worker(self.limits)
        reply = worker.ask(request, data)
        if "failed" in reply and reply["failed"] in ("crashed", "too_slow", "too_large"):
            worker.stop()
        else:
            with self._lock:
                self._idle.append(worker)
        return reply


class _Worker:
    """One child process and the pipes to it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        path = os.pathsep.join([str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(
            os.pathsep
        )
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [
                sys.executable,
                "-m",
                "corpus.readers.worker",
                str(limits.memory_mb),
                str(limits.cpu_seconds),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_SINGLE_THREAD, "PYTHONPATH": path},
        )

    def ask(self, request: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Send one task and wait for the answer, no longer than the limit."""
        deadline = time.monotonic() + self.limits.wall_seconds
        head = json.dumps(request).encode()
        feeder = threading.Thread(
            target=self._send, args=(_HEADER.pack(len(head), len(data)), head, data)
        )
        feeder.start()
        try:
            size = self._receive(_REPLY.size, deadline)
            if size is None:
                return {"failed": self._why()}
            (length,) = _REPLY.unpack(size)
            body = self._receive(length, deadline) if length <= _MAX_REPLY else None
            if body is None:
                return {"failed": self._why()}
            return _answer(body)
        except TimeoutError:
            self.process.kill()
            return {"failed": "too_slow"}
        finally:
            feeder.join(5)

    def _send(self, *pieces: bytes) -> None:
        pipe = self.process.stdin
        try:
            if pipe is not None:
                for piece in pieces:
                    pipe.write(piece)
                pipe.flush()
        except (BrokenPipeError, ValueError, OSError):
            return  # the worker died; the reader of the answer finds out

    def _receive(self, size: int, deadline: float) -> bytes | None:
        pipe = self.process.stdout
        if pipe is None:
            return None
        handle, pieces, missing = pipe.fileno(), [], size
        while missing:
            ready, _, _ = select.select([handle], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise TimeoutError
            piece = os.read(handle, min(missing, 1 << 20))
            if not piece:
                return None
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _why(self) -> str:
        """Tell from its end why a worker gave no answer."""
        import signal

        code = self.process.wait(10)
        return (
            "too_slow"
            if code in (-signal.SIGXCPU, -signal.SIGKILL)
            else "too_large"
            if code == 3
            else "crashed"
        )

    def stop(self) -> None:
        """End the process, hard: it holds nothing worth saving."""
        self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue


def _answer(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found


_pool: ReaderPool | None = None


def read_safely(data: bytes, name: str = "", *, declared_charset: str | None = None) -> Document:
    """Read a document of unknown origin in a worker that is kept for the next call.

    Returns
    -------
    Document
        With ``too_slow``, ``too_large`` or ``crashed`` where ``read_document`` would have cost
        more than the limits allow.
    """
    global _pool
    if _pool is None:
        _pool = ReaderPool()
        atexit.register(_pool.close)
    return _pool.read(data, name=name, declared_charset=declared_charset)


def to_json(document: Document) -> dict[str, Any]:
    """Make plain values of a document, for the pipe."""
    return asdict(document)


def _document(found: dict[str, Any]) -> Document:
    found["segments"] = tuple(tuple(s) for s in found["segments"])
    found["removed"] = tuple(Removed(**r) for r in found["removed"])
    found["warnings"] = tuple(found["warnings"])
    return Document(**found)


def _failure(data: bytes, name: str, reason: str) -> Document:
    import hashlib

    from corpus.readers.sniff import sniff

    container = sniff(data[:MAX_BYTES]).container if len(data) <= MAX_BYTES else "binary"
    sha256 = hashlib.sha256(data).hexdigest()
    return Document("error", reason, name=name, container=container, sha256=sha256)
