"""Read the panel of a SGDID study, and further tables that are joined to it by unit and period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.errors import UserError
from configs.paths import resolve
from corpus.csvfiles import read_csv
from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from configs.sgdid_settings import SgdidSettings


def read_panel(settings: SgdidSettings) -> pd.DataFrame:
    """Read the panel file, numbers as numbers; ``also`` adds columns and no rows.

    Raises
    ------
    UserError
        A missing key column, a unit and period twice, a column that is there already.
    """
    data = settings.data
    frame = _read(data.panel, data.unit, data.time)
    for path in data.also:
        other = _read(path, data.unit, data.time)
        there = [c for c in other.columns if c in frame.columns and c not in (data.unit, data.time)]
        if there:
            raise UserError(
                f"the column {there[0]!r} is in the panel already",
                where=str(path),
                fix="rename it in one of the two files",
            )
        twice = other.duplicated([data.unit, data.time])
        if twice.any():
            row = other[twice].iloc[0]
            raise UserError(f"{row[data.unit]} {row[data.time]} occurs twice", where=str(path))
        frame = frame.merge(other, how="left", on=[data.unit, data.time])
    return frame


def _read(path: Path, unit: str, time: str) -> pd.DataFrame:
    import pandas as pd

    frame = read_csv(resolve(path))
    if unit not in frame.columns and "code" in frame.columns:
        frame = frame.rename(columns={"code": unit})
    for column in (unit, time):
        if column not in frame.columns:
            raise SpecificationError(f"there is no column {column!r}", where=str(path))
    for column in frame.columns:
        if column != unit:
            numbers = pd.to_numeric(frame[column].replace("", None), errors="coerce")
            if numbers.notna().any() or (frame[column] == "").all():
                frame[column] = numbers
    if not pd.api.types.is_numeric_dtype(frame[time]) or frame[time].isna().any():
        raise SpecificationError(f"the column {time!r} holds no whole periods", where=str(path))
    return frame.astype({time: "int64"})
