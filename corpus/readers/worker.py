"""The process that reads one document after another under limits; see ``limits``."""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any, BinaryIO

from corpus.readers.limits import _HEADER, _REPLY, to_json

_OUT_OF_MEMORY = 3


def main() -> int:
    """Answer tasks from standard input until it ends."""
    memory_mb, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    _load()
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while header := tasks.read(_HEADER.size):
        _allow_cpu(cpu_seconds)
        head, body = _HEADER.unpack(header)
        try:
            request = json.loads(tasks.read(head))
            reply = json.dumps(_answer(request, tasks.read(body))).encode()
        except MemoryError:
            return _OUT_OF_MEMORY
        _write(answers, reply)
    return 0


def _load() -> None:
    """Import what documents need before memory is counted, so that no document pays for it."""
    import importlib

    for module in ("lxml.etree", "pypdfium2", "corpus.readers.docx", "corpus.readers.pdf"):
        importlib.import_module(module)


def _allow_cpu(seconds: int) -> None:
    """Allow so many seconds from now: the limit counts over the life of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))


def _answer(request: dict[str, Any], data: bytes) -> dict[str, Any]:
    from corpus.readers.document import read_document

    pages, at = [], 0
    for size in request.get("sizes", [len(data)]):
        pages.append(data[at : at + size])
        at += size
    document = read_document(
        pages[0], name=request["name"], declared_charset=request["charset"], more=pages[1:]
    )
    if document.reason == "too_large":
        raise MemoryError
    return to_json(document)


def _write(pipe: BinaryIO, reply: bytes) -> None:
    pipe.write(_REPLY.pack(len(reply)) + reply)
    pipe.flush()


if __name__ == "__main__":
    sys.exit(main())
