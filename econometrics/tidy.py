"""Read the project's own form of statistics: UTF-8 CSV, a code column, ``year``, numbers.

Large files go through pandas' parser after their shape is checked; anything it would not take as it
is goes through a slow reader that names the line.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from configs.errors import UserError, shown
from corpus.regions import regions
from econometrics.places import Statistics

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import pandas as pd

NATION = "100000"
_NAMES = ("province", "province_en", "name", "city_name", "city", "region", "city_en", "firm_name")


def read_tidy(
    path: Path,
    *,
    code: str = "code",
    columns: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    text_columns: Collection[str] = (),
    firms: bool = False,
) -> Statistics:
    """Read a table.

    Parameters
    ----------
    code : str
        Name of the code column; GB/T 2260 unless ``firms``.
    columns : dict, optional
        Our name to the file's header.
    only : collection of str
        Our names of the columns to keep; all without it.
    text_columns : collection of str
        Columns that are no numbers and are kept as text.

    Raises
    ------
    UserError
        Missing column, unknown code, a cell that is no number, a unit-year that occurs twice;
        with file and line.
    """
    raw, lines = _read(path, code)
    renamed = {header: ours for ours, header in (columns or {}).items()}
    for header in (code, "year", *renamed, *text_columns):
        if header not in raw.columns:
            raise UserError(f"lacks the column {header!r}", where=str(path))
    raw = raw.rename(columns=renamed)
    lost = sorted(set(only) - set(raw.columns))
    if lost:
        raise UserError(f"lacks the column {lost[0]!r}", where=str(path))
    frame = _frame(
        raw, lines, path, code=code, keep=tuple(only), text=tuple(text_columns), firms=firms
    )
    _check_keys(frame, lines, path, firms=firms)
    headers = {c: (columns or {}).get(c, c) for c in frame.columns}
    return Statistics(file=str(path), frame=frame, rows=lines, headers=headers)


def _frame(
    raw: pd.DataFrame, lines: pd.Series[int], path: Path, *, code: str, keep: tuple[str, ...],
    text: tuple[str, ...], firms: bool,
) -> pd.DataFrame:  # fmt: skip
    import pandas as pd

    name = next((c for c in _NAMES if c in raw.columns), None)
    parts = {
        "unit": raw[code].astype("str"),
        "name": raw[name].astype("str") if name else raw[code].astype("str"),
        "year": _numbers(raw["year"], lines, path, filled=True).astype("int64"),
    }
    for column in raw.columns:
        if column in text:
            parts[column] = raw[column].fillna("").astype("str")
        elif column not in (code, "year", *_NAMES) and (not keep or column in keep):
            parts[column] = _numbers(raw[column], lines, path)
    return pd.DataFrame(parts)


def _read(path: Path, code: str) -> tuple[pd.DataFrame, pd.Series[int]]:
    import pandas as pd

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", where=str(path)) from error
    body = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n")
    lines = body.split(b"\n")
    plain = (
        b'"' not in body and b"\r" not in body and len({line.count(b",") for line in lines}) == 1
    )
    if not plain:
        return _read_slowly(path, data)
    try:
        frame = pd.read_csv(
            io.BytesIO(body), dtype={code: "str", **dict.fromkeys(_NAMES, "str")},
            skip_blank_lines=False, keep_default_na=False, na_values=[""],
        )  # fmt: skip
    except (ValueError, UnicodeDecodeError):
        return _read_slowly(path, data)
    if len(set(body.split(b"\n", 1)[0].split(b","))) != len(frame.columns):
        return _read_slowly(path, data)
    return frame, pd.Series(range(2, len(frame) + 2))


def _read_slowly(path: Path, data: bytes) -> tuple[pd.DataFrame, pd.Series[int]]:
    import pandas as pd

    from corpus.csvfiles import read_csv

    frame = read_csv(path)  # its errors name the line
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    lines = [reader.line_num for row in reader if row][1:]
    return frame, pd.Series(lines, dtype="int64")


def _numbers(
    column: pd.Series[float], lines: pd.Series[int], path: Path, *, filled: bool = False
) -> pd.Series[float]:
    import numpy as np
    import pandas as pd

    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        text = column.fillna("").astype("str").str.strip()
        values = pd.to_numeric(text, errors="coerce").astype("float64")
        wrong = values.isna() & (text != "")
    else:
        values = column.astype("float64")
        wrong = values.isna() & False
    wrong |= np.isinf(values) | (values.isna() if filled else False)
    if filled:
        wrong |= values != values.round()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise UserError(
            f"column {column.name!r}: {shown(column.fillna('').iloc[row])} is not a number",
            where=f"{path} line {lines.iloc[row]}",
            fix="leave a missing value empty",
        )
    return values


def _check_keys(frame: pd.DataFrame, lines: pd.Series[int], path: Path, *, firms: bool) -> None:
    if not firms:
        known = set(regions()) | {NATION}
        unknown = ~frame["unit"].isin(known)
        if unknown.any():
            row = int(unknown.to_numpy().argmax())
            raise UserError(
                f"unknown code {shown(frame['unit'].iloc[row])}",
                where=f"{path} line {lines.iloc[row]}",
                fix="use six-digit GB/T 2260 codes",
            )
    twice = frame.duplicated(["unit", "year"])
    if twice.any():
        row = int(twice.to_numpy().argmax())
        found = frame.iloc[row]
        raise UserError(
            f"{found['unit']} in {int(found['year'])} occurs twice",
            where=f"{path} line {lines.iloc[row]}",
        )
