"""The only door to Parquet: every table is checked on the way in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from configs.errors import UserError, shown
from corpus.files import write_atomically
from corpus.schemas import Table, table_name, table_version

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_TABLE = b"zhengce.table"
_VERSION = b"zhengce.version"
_SETTINGS = b"zhengce.settings"


def check_table(model: type[Table], frame: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """Validate a frame; the first offence is told with row, column and value.

    Raises
    ------
    UserError
        When a column is missing, unknown, of the wrong type, or a value is not allowed.
    """
    from pandera.errors import SchemaErrors

    try:
        return model.validate(frame, lazy=True)
    except SchemaErrors as error:
        raise UserError(_offence(error.failure_cases.iloc[0]), where=where) from error


def _offence(case: pd.Series[Any]) -> str:
    """Tell pandera's first failure case as a user would: row, column, value, what is allowed."""
    check, value, column = str(case["check"]), case["failure_case"], case["column"]
    value = value.item() if hasattr(value, "item") else value
    if check == "column_in_dataframe":
        return f"lacks the column {value!r}"
    if check == "column_in_schema":
        return f"has the unknown column {value!r}"
    if check.startswith("dtype("):
        return f"column {column!r} has the type {value}, allowed is {check[7:-2]}"
    row = case["index"]
    place = f"row {int(row)}, column {column!r}" if _known(row) else f"column {column!r}"
    if "unique" in check:
        return f"{place}: the key {shown(value)} occurs twice"
    if check == "not_nullable":
        return f"{place}: empty; a value is needed"
    return f"{place}: value {shown(value)} is not allowed; allowed is {check}"


def _known(value: object) -> bool:
    import pandas as pd

    return bool(pd.notna(value))


def write_table(model: type[Table], frame: pd.DataFrame, path: Path, *, settings: str = "") -> None:
    """Check a frame and write it as one Parquet file, whole or not at all.

    Parameters
    ----------
    model : type of Table
        What the frame must satisfy.
    settings : str
        Hash of the settings that made it, kept in the file's metadata beside table and version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    checked = check_table(model, frame, where=f"{table_name(model)} table")
    table = pa.Table.from_pandas(checked, preserve_index=False)
    ours = {_TABLE: table_name(model), _VERSION: str(table_version(model)), _SETTINGS: settings}
    metadata = {**(table.schema.metadata or {}), **{k: v.encode() for k, v in ours.items()}}
    table = table.replace_schema_metadata(metadata)
    write_atomically(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


def read_table(model: type[Table], path: Path) -> pd.DataFrame:
    """Read one table, refusing a file of another table, an older version or foreign make.

    Raises
    ------
    UserError
        When the file is missing, is no Parquet, holds another table, or breaks its schema.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise UserError("no such table", where=str(path), fix=_remake(model))
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(
            "is not a readable Parquet file", where=str(path), fix=_remake(model)
        ) from error
    metadata = table.schema.metadata or {}
    _check_origin(model, metadata, path)
    return check_table(model, table.to_pandas(), where=str(path))


def _check_origin(model: type[Table], metadata: dict[bytes, bytes], path: Path) -> None:
    name, version = metadata.get(_TABLE), metadata.get(_VERSION)
    if name is None or version is None:
        raise UserError("was not written by zhengce", where=str(path), fix=_remake(model))
    if name.decode() != table_name(model):
        raise UserError(
            f"holds the table {name.decode()!r}, not {table_name(model)!r}", where=str(path)
        )
    if int(version) != table_version(model):
        raise UserError(
            f"has schema version {int(version)}, this zhengce reads version {table_version(model)}",
            where=str(path),
            fix=_remake(model),
        )


def _remake(model: type[Table]) -> str:
    verbs = {
        "report": "zhengce parse",
        "sentence": "zhengce parse",
        "score": "zhengce score",
        "network_score": "zhengce score",
        "report_score": "zhengce aggregate",
        "panel": "zhengce panel build",
    }
    return f"make it again with `{verbs.get(table_name(model), 'zhengce run')}`"
