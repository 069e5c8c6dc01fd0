"""Content encodings undone under limits: no bomb unpacks further than a page can be large."""

from __future__ import annotations

import zlib

MAX_BODY = 32 * 1024 * 1024
MAX_RATIO = 100
_SMALL = 1024 * 1024  # below this, no ratio is a danger
_STEP = 1 << 18


class BadBodyError(Exception):
    """A body that is not what its headers say; the message is a reason code."""


def decoded(body: bytes, encoding: str) -> bytes:
    """Undo the Content-Encoding of a response.

    Raises
    ------
    BadBodyError
        ``bomb``, ``bad_encoding`` (broken or unknown), ``nested_encoding``.
    """
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    names = [name for name in names if name != "identity"]
    if not names:
        return body
    if len(names) > 1:
        raise BadBodyError("nested_encoding")
    if names[0] in ("gzip", "x-gzip", "deflate"):
        return _inflate(body)
    if names[0] == "br":
        return _brotli(body)
    raise BadBodyError(f"bad_encoding:{names[0][:20]}")


def _inflate(body: bytes) -> bytes:
    if not body:
        return b""
    # 47: zlib or gzip header by itself; some servers send raw deflate.
    for bits in (47, -15):
        try:
            return _all_members(body, bits)
        except zlib.error:
            continue
    raise BadBodyError("bad_encoding")


def _all_members(body: bytes, bits: int) -> bytes:
    pieces: list[bytes] = []
    total, rest = 0, body
    while rest:
        unpacker = zlib.decompressobj(bits)
        while rest and not unpacker.eof:
            piece = unpacker.decompress(rest, _STEP)
            total += len(piece)
            _check(total, len(body))
            pieces.append(piece)
            if not piece and not unpacker.unconsumed_tail:
                break
            rest = unpacker.unconsumed_tail
        if not unpacker.eof:
            if not pieces:
                raise BadBodyError("bad_encoding")
            raise BadBodyError("truncated_encoding")
        rest = unpacker.unused_data
        if not rest.startswith((b"\x1f\x8b",)):
            break  # padding after the last member
    return b"".join(pieces)


def _check(total: int, packed: int) -> None:
    if total > MAX_BODY or (total > _SMALL and total > MAX_RATIO * packed):
        raise BadBodyError("bomb")


def _brotli(body: bytes) -> bytes:
    """Brotli is not asked for; a server that sends it all the same is read if it can be bounded."""
    try:
        import brotli
    except ImportError as error:
        raise BadBodyError("bad_encoding:br") from error
    unpacker = brotli.Decompressor()
    pieces: list[bytes] = []
    total, rest = 0, body
    try:
        while not unpacker.is_finished():
            piece = bytes(unpacker.process(rest, output_buffer_limit=_STEP))
            rest = b""
            total += len(piece)
            _check(total, len(body))
            pieces.append(piece)
            if not piece:
                raise BadBodyError("truncated_encoding")
    except TypeError as error:  # an older brotli cannot be bounded
        raise BadBodyError("bad_encoding:br") from error
    except brotli.error as error:
        raise BadBodyError("bad_encoding") from error
    return b"".join(pieces)
