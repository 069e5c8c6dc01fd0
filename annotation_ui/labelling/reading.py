"""Read a file of sentences or labels, whatever tool wrote it, one record after the other."""

from __future__ import annotations

import csv
import json
from typing import IO, TYPE_CHECKING, Any, Literal

from annotation_ui.labelling import foreign, native, tables
from annotation_ui.labelling.problems import TooLargeError
from configs.errors import UserError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from annotation_ui.labelling.records import Record
    from corpus.rubric import Rubric

Format = Literal["jsonl", "csv", "labelstudio", "doccano", "argilla"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv", "labelstudio", "doccano", "argilla")
#: A JSON array has to be read as a whole; lines and rows are not bounded.
MAX_ARRAY = 128 * 2**20
MAX_LINE = 4 * 2**20
_READERS: dict[str, Callable[..., Record]] = {
    "labelstudio": foreign.from_label_studio,
    "doccano": foreign.from_doccano,
    "argilla": foreign.from_argilla,
    "jsonl": native.record_of,
}


def read_records(
    path: Path, rubric: Rubric, *, name: str = "", rubric_version: str = ""
) -> Iterator[Record]:
    """Read a file record by record; the format is told from its content.

    Parameters
    ----------
    name : str
        What to call the file in messages.

    Raises
    ------
    UserError
        The first mistake, with its line.
    """
    name = name or str(path)
    if not path.exists():
        raise UserError("there is no such file", where=name)
    if not path.is_file():
        raise UserError("is not a file", where=name, fix="give a CSV, JSONL or JSON file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = _first(file)
            if first in ("[", ""):
                yield from _array(path, file, rubric, name)
            elif first == "{":
                yield from _lines(file, rubric, name)
            else:
                yield from _rows(file, rubric, name, rubric_version)
    except UnicodeDecodeError as error:
        raise UserError("is not UTF-8", where=name, fix="save it as UTF-8") from error
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", where=name) from error


def _first(file: IO[str]) -> str:
    start = file.read(4096).lstrip()
    file.seek(0)
    return start[:1]


def _lines(file: IO[str], rubric: Rubric, name: str) -> Iterator[Record]:
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        where = f"{name} line {number}"
        if len(line) >= MAX_LINE:
            raise UserError("is too long", where=where, fix="one object a line")
        if line.strip():
            yield _record(_loads(line, where), rubric, where)


def _array(path: Path, file: IO[str], rubric: Rubric, name: str) -> Iterator[Record]:
    size = path.stat().st_size
    if size == 0:
        raise UserError("is empty", where=name, fix="give a CSV, JSONL or JSON file")
    if size > MAX_ARRAY:
        raise TooLargeError(
            f"is a JSON array of {size // 2**20} MiB",
            where=name,
            fix=f"at most {MAX_ARRAY // 2**20} MiB; write one object a line (JSONL) or split it",
        )
    rows = _loads(file.read(), name)
    if not isinstance(rows, list):
        raise UserError("holds no list of records", where=name)
    for number, row in enumerate(rows, start=1):
        yield _record(row, rubric, f"{name} record {number}")


def _loads(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"is not JSON ({error})", where=where) from error


def _record(row: Any, rubric: Rubric, where: str) -> Record:
    if not isinstance(row, dict):
        raise UserError(f"{shown(row)} is not an object", where=where)
    try:
        return _READERS[format_of(row)](row, rubric, where)
    except (AttributeError, TypeError, KeyError) as error:  # a shape that no such tool writes
        raise UserError(f"is malformed ({error})", where=where) from error


def format_of(row: dict[str, Any]) -> Format:
    """Tell which tool wrote an object by the keys that only it has."""
    if isinstance(row.get("data"), dict):
        return "labelstudio"
    if isinstance(row.get("fields"), dict):
        return "argilla"
    if "text" in row and isinstance(row.get("label", row.get("labels")), list):
        return "doccano"
    return "jsonl"


def _rows(file: IO[str], rubric: Rubric, name: str, rubric_version: str) -> Iterator[Record]:
    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(file, strict=True)
    try:
        head = next(reader)
        twice = sorted({c for c in head if head.count(c) > 1})
        if twice:
            raise UserError(f"names the column {twice[0]!r} twice", where=f"{name} line 1")
        if "text" not in head:
            raise UserError(
                "lacks the column 'text'",
                where=name,
                fix="see data/gold/labels.csv for the columns",
            )
        for row in reader:
            where = f"{name} line {reader.line_num}"
            if row and len(row) != len(head):
                raise UserError(
                    f"has {len(row)} cells, the header has {len(head)}", where=where,
                    fix="quote cells that hold a comma",
                )  # fmt: skip
            if row:
                values = dict(zip(head, row, strict=True))
                yield tables.record_of_row(values, rubric, where, rubric_version)
    except csv.Error as error:
        raise UserError(f"is not CSV ({error})", where=f"{name} line {reader.line_num}") from error
