"""Zip archives under limits: names in GBK, no paths that lead out, no bombs, no archive in an archive."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.readers.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MEMBERS = 2_000
MAX_MEMBER = 64 * 1024 * 1024
MAX_TOTAL = 1024 * 1024 * 1024  # over all members; they are unpacked one at a time
MAX_RATIO = 200  # a report in XML packs 1:8; only bombs pass 1:200
MAX_DIRECTORY = 4 * 1024 * 1024
_SMALL = 1_000_000
_CHUNK = 1 << 16
_UTF8_FLAG = 0x800
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError,
    struct.error, IndexError, OverflowError,
)  # fmt: skip
_JUNK = re.compile(r"^(?:__MACOSX/|.*/?\.DS_Store$|.*/?Thumbs\.db$|.*/?\._[^/]*$)")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: a safe relative name, and its bytes or the reason why not."""

    name: str
    data: bytes
    problem: str = ""


def iter_archive(data: bytes, *, budget: int = MAX_TOTAL) -> Iterator[Member]:
    """Take the files of a zip archive one by one.

    Parameters
    ----------
    data : bytes
        The archive.
    budget : int
        Bytes that all members together may unpack to.

    Yields
    ------
    Member
        In archive order, folders and system files left out. A member that breaks a limit, is
        encrypted, damaged or itself an archive has empty data and a problem.

    Raises
    ------
    ReadError
        ``broken_zip`` or ``zip_bomb`` when the archive as a whole cannot be trusted.
    """
    if directory_size(data) > MAX_DIRECTORY:
        raise ReadError("zip_bomb")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise ReadError("broken_zip") from error
    used: set[str] = set()
    with archive:
        for info in checked_members(archive):
            name = member_name(info)
            if info.is_dir() or _JUNK.match(name):
                continue
            member = _member(archive, info, _unique(safe_name(name), used), min(MAX_MEMBER, budget))
            budget -= len(member.data)
            yield member


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, limit: int) -> Member:
    try:
        content = read_member(archive, info, limit=limit)
    except ReadError as error:
        return Member(name, b"", error.reason)
    return Member(name, b"", "nested_archive") if _is_archive(content) else Member(name, content)


def directory_size(data: bytes) -> int:
    """Read how long an archive's list of members says it is, before anything is built from it."""
    at = data.rfind(b"PK\x05\x06", max(len(data) - 66_000, 0))
    return int(struct.unpack_from("<I", data, at + 12)[0]) if 0 <= at <= len(data) - 22 else 0


def checked_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """List members after a look at what the directory promises: how many, how large."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise ReadError("zip_bomb")
    if sum(info.file_size for info in infos) > 2 * MAX_TOTAL:
        raise ReadError("zip_bomb")
    starts = [info.header_offset for info in infos]
    if len(set(starts)) < len(starts):  # overlapping files: one stream listed many times
        raise ReadError("zip_bomb")
    return infos


def read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, limit: int = MAX_MEMBER
) -> bytes:
    """Unpack one member in pieces and stop as soon as it grows past a limit.

    Raises
    ------
    ReadError
        ``encrypted``, ``zip_bomb`` or ``broken_zip``.
    """
    if info.flag_bits & _ENCRYPTED:
        raise ReadError("encrypted")
    try:
        return _unpack(archive, info, limit)
    except (*_BROKEN, MemoryError) as error:
        raise ReadError("broken_zip") from error


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    with archive.open(info) as file:
        while piece := file.read(_CHUNK):
            size += len(piece)
            grown = size > _SMALL and size > MAX_RATIO * max(info.compress_size, 1)
            if size > limit or grown:
                raise ReadError("zip_bomb")
            pieces.append(piece)
    return b"".join(pieces)


def member_name(info: zipfile.ZipInfo) -> str:
    """Decode a member's name: UTF-8 by flag, else what its bytes are, UTF-8 or GB18030.

    Without the flag zipfile reads names as cp437; Chinese Windows writes GBK there.
    """
    if info.flag_bits & _UTF8_FLAG:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def safe_name(name: str) -> str:
    r"""Make a relative path of a member's name that stays below its folder.

    Examples
    --------
    >>> safe_name("..\\\\..\\\\etc/passwd")
    'etc/passwd'
    """
    name = re.sub(
        r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069:*?\"<>|]",
        "_",
        name.replace("\\", "/"),
    )
    parts = [p.strip(" .") or "_" for p in name.split("/") if p not in ("", ".", "..")]
    parts = [
        p.encode()[:200].decode("utf-8", "ignore") if len(p.encode()) > 200 else p for p in parts
    ]
    return "/".join(parts[-8:]) or "_"


def _unique(name: str, used: set[str]) -> str:
    candidate, number = name, 2
    while candidate.lower() in used:
        stem, dot, suffix = name.rpartition(".")
        candidate = f"{stem}-{number}{dot}{suffix}" if dot else f"{name}-{number}"
        number += 1
    used.add(candidate.lower())
    return candidate


def _is_archive(data: bytes) -> bool:
    """Tell an archive in an archive, which is refused; Office files are zip files but documents."""
    if data[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        return data[:6] in (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
    from corpus.readers.sniff import sniff

    return sniff(data).container == "zip"
