"""Write the folder of a fit: whole, or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from corpus.files import disk_errors, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd


@contextmanager
def fresh_folder(out: Path) -> Iterator[Path]:
    """Yield a temporary neighbour that becomes ``out`` when the block ends well.

    Raises
    ------
    UserError
        ``out`` is a file, or a folder with files that are not of an earlier fit.
    """
    if out.exists() and not out.is_dir():
        raise UserError("is a file", where=str(out), fix="choose another --out")
    if out.is_dir() and any(out.iterdir()) and not (out / "summary.json").exists():
        raise UserError("is a folder with other files", where=str(out), fix="choose an empty --out")
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{out.name[:40]}.", dir=out.parent))
        temporary.chmod(0o755)
    try:
        yield temporary
        with disk_errors(out):
            if out.is_dir():
                shutil.rmtree(out)
            temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table; equal numbers give equal bytes."""
    write_text(path, frame.to_csv(index=False, lineterminator="\n", float_format="%.10g"))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON with plain values; what is not finite becomes null."""
    write_text(path, json.dumps(plain(content), ensure_ascii=False, indent=1) + "\n")


def plain(value: Any) -> Any:
    """Turn arrays and numpy numbers into lists and numbers."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def versions() -> dict[str, str]:
    """Versions of what computed the numbers."""
    found = {}
    for name in ("zhengce", "numpy", "scipy", "torch", "gpytorch", "xgboost-cpu", "xgboost"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
