"""The door to Parquet: old schemas, foreign files, full disks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from configs.errors import UserError
from corpus.files import write_atomically, write_text
from corpus.schemas import TABLES, EstimateTable, WeightsTable, table_name, table_version
from corpus.store import check_table, read_table, write_table

GOOD = pd.DataFrame({"focal": ["110000"], "neighbor": ["120000"], "weight": [1.0]})


def test_round_trip(tmp_path: Path) -> None:
    write_table(WeightsTable, GOOD, tmp_path / "w.parquet")
    pd.testing.assert_frame_equal(read_table(WeightsTable, tmp_path / "w.parquet"), GOOD)


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_table(WeightsTable, GOOD, tmp_path / name, settings="x")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="weight"), "lacks the column 'weight'"),
        (lambda f: f.assign(extra=1), "unknown column 'extra'"),
        (lambda f: f.assign(weight=1), "type int64, allowed is float64"),
        (lambda f: f.assign(weight=-1.0), "row 0, column 'weight': value -1.0"),
        (lambda f: f.assign(focal=None), "focal"),
        (lambda f: pd.concat([f, f], ignore_index=True), "occurs twice"),
    ],
)
def test_offences_are_named(change: Any, message: str) -> None:
    with pytest.raises(UserError) as error:
        check_table(WeightsTable, change(GOOD), where="w.parquet")
    assert message in error.value.line()
    assert error.value.line().startswith("w.parquet: ")


def rewrite(path: Path, **metadata: str) -> None:
    table = pq.read_table(path)
    ours = {f"zhengce.{k}".encode(): v.encode() for k, v in metadata.items()}
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, **ours}), path)


def test_older_schema_is_refused_with_both_versions(tmp_path: Path) -> None:
    path = tmp_path / "w.parquet"
    write_table(WeightsTable, GOOD, path)
    rewrite(path, version="0")
    with pytest.raises(UserError, match="has schema version 0, this zhengce reads version 1"):
        read_table(WeightsTable, path)


def test_other_table_foreign_file_and_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "w.parquet"
    write_table(WeightsTable, GOOD, path)
    with pytest.raises(UserError, match="holds the table 'weights', not 'estimate'"):
        read_table(EstimateTable, path)
    pq.write_table(pa.Table.from_pandas(GOOD), path)
    with pytest.raises(UserError, match="was not written by zhengce"):
        read_table(WeightsTable, path)
    path.write_bytes(b"PAR1 but not really")
    with pytest.raises(UserError, match="is not a readable Parquet file"):
        read_table(WeightsTable, path)
    with pytest.raises(UserError, match="no such table"):
        read_table(WeightsTable, tmp_path / "none.parquet")


def test_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    write_text(path, "old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half", "utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match="the disk is full"):
        write_atomically(path, fail)
    assert path.read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["f.txt"]


def test_disk_that_is_really_full(tmp_path: Path) -> None:
    """A 256 kB file system where we may mount one, else a file-size limit of this process."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)],
        capture_output=True,
        check=False,
    )
    code = (
        "import sys; from pathlib import Path; from corpus.files import write_text\n"
        "from configs.errors import UserError\n"
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "try: write_text(Path(sys.argv[1]), 'x' * 1_000_000)\n"
        "except UserError as e: print(e.line())"
    )
    try:
        answer = subprocess.run(
            [sys.executable, "-c", code, str(small / "f.txt")],
            cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True,
        )  # fmt: skip
        expected = "the disk is full" if mounted.returncode == 0 else "size limit"
        assert expected in answer.stdout
        assert list(small.iterdir()) == []
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(small)], check=True)


def test_unwritable_folder(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", "utf-8")
    with pytest.raises(UserError, match=r"a part of the path is a file|a file has the name"):
        write_text(blocked / "sub" / "f.txt", "x")
    if os.geteuid() != 0:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
        with pytest.raises(UserError, match="no permission"):
            write_text(locked / "f.txt", "x")


@pytest.mark.parametrize("model", TABLES)
def test_every_table_has_a_name_a_version_and_a_schema(model: Any) -> None:
    assert table_name(model)
    assert table_version(model) >= 1
    assert model.to_schema().columns
