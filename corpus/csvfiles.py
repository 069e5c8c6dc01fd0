"""Read a user's CSV as text, with errors that name the file and line."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from configs.errors import UserError
from configs.paths import resolve
from corpus.files import write_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

csv.field_size_limit(16 * 1024 * 1024)


def read_csv(path: Path) -> pd.DataFrame:
    """Read UTF-8 CSV with a header; every value stays a string, empty cells are ``""``.

    A name such as ``data/gold/labels.csv`` that is not below the working directory is the shipped
    file of that name.

    Raises
    ------
    UserError
        When the file cannot be read, is not UTF-8, is empty, or a row has another number of
        cells than the header.
    """
    import pandas as pd

    try:
        data = resolve(path).read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        fix = "save it as UTF-8 (in Excel: CSV UTF-8)"
        raise UserError("is not UTF-8", where=f"{path} line {line}", fix=fix) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise UserError(f"is not CSV ({error})", where=f"{path} line {reader.line_num}") from error
    if not rows:
        raise UserError("is empty", where=str(path), fix="the first line names the columns")
    header = rows[0][1]
    for line, row in rows[1:]:
        if len(row) != len(header):
            problem = f"has {len(row)} cells, the header has {len(header)}"
            raise UserError(
                problem, where=f"{path} line {line}", fix="quote cells that hold a comma"
            )
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise UserError(f"names the column {sorted(twice)[0]!r} twice", where=f"{path} line 1")
    return pd.DataFrame([row for _, row in rows[1:]], columns=header, dtype="str")


def write_csv(path: Path, frame: pd.DataFrame, *, float_format: str | None = None) -> None:
    """Write a frame as UTF-8 CSV, whole or not at all."""
    write_text(path, frame.to_csv(index=False, lineterminator="\n", float_format=float_format))
