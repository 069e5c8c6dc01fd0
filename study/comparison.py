"""Two runs side by side: what was set, what went in, and which numbers came out differently."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from corpus.csvfiles import read_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

PARTS = ("settings", "inputs", "seeds", "versions")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    Attributes
    ----------
    part : str
        settings, inputs, seeds, versions, or the name of a table.
    what : str
        Dotted key, file, or column.
    a, b : str
        Its value in each run; empty where a run has none.
    n : int
        Cells that differ, for a column of a table.
    """

    part: str
    what: str
    a: str
    b: str
    n: int = 1


def compare_runs(a: Path, b: Path) -> list[Difference]:
    """List what differs between two run folders; times and memory are left out.

    Raises
    ------
    UserError
        A folder that holds no finished run.
    """
    one, two = _manifest(a), _manifest(b)
    found = [
        Difference(part, key, left, right)
        for part in PARTS
        for key, left, right in _unequal(one.get(part, {}), two.get(part, {}))
    ]
    names = sorted({p.name for folder in (a, b) for p in (folder / "tables").glob("*.csv")})
    for name in names:
        in_a, in_b = ((folder / "tables" / name).is_file() for folder in (a, b))
        if not (in_a and in_b):
            found.append(
                Difference(name, "the table", "there" if in_a else "", "there" if in_b else "")
            )
            continue
        found += _tables(name, read_csv(a / "tables" / name), read_csv(b / "tables" / name))
    return found


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            "is no folder of a finished run: it has no manifest.json",
            where=str(folder), fix="give two folders made by `zhengce run`",
        ) from error  # fmt: skip
    except (OSError, ValueError) as error:
        raise UserError(f"cannot be read ({error})", where=str(path)) from error
    return found


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    else:
        yield key, json.dumps(value, ensure_ascii=False) if value is not None else ""


def _unequal(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    left, right = dict(_flat(a)), dict(_flat(b))
    for key in {**left, **right}:
        if left.get(key, "") != right.get(key, ""):
            yield key, left.get(key, ""), right.get(key, "")


def _tables(name: str, a: pd.DataFrame, b: pd.DataFrame) -> Iterator[Difference]:
    """Columns and rows of one side only, then cells, numbers by the widest gap."""
    for column in [c for c in {**dict.fromkeys(a), **dict.fromkeys(b)} if (c in a) != (c in b)]:
        yield Difference(
            name, f"column {column}", "there" if column in a else "", "there" if column in b else ""
        )
    shared = [c for c in a.columns if c in b.columns]
    keys = _keys(a, b, shared)
    if keys:
        left, right = a.set_index(keys)[[c for c in shared if c not in keys]], b.set_index(keys)
        common = left.index.intersection(right.index, sort=False)
        if len(common) < len(a) or len(common) < len(b):
            yield Difference(name, "rows of one run only", str(len(a) - len(common)),
                             str(len(b) - len(common)))  # fmt: skip
        left, right = left.loc[common], right.loc[common, list(left.columns)]
    elif len(a) == len(b):
        left, right = a[shared], b[shared]
    else:
        yield Difference(name, "rows", str(len(a)), str(len(b)))
        return
    for column in left.columns:
        yield from _column(name, str(column), left[column], right[column])


def _keys(a: pd.DataFrame, b: pd.DataFrame, shared: list[str]) -> list[str]:
    """Fewest of the first columns that name each row once, in both tables; none if there are none."""
    for n in range(1, len(shared) + 1):
        keys = shared[:n]
        if not a.duplicated(keys).any() and not b.duplicated(keys).any():
            return keys if n < len(shared) else []
    return []


def _column(name: str, column: str, a: pd.Series, b: pd.Series) -> Iterator[Difference]:
    import pandas as pd

    other = a.to_numpy() != b.to_numpy()
    if not other.any():
        return
    x, y = (pd.to_numeric(s.replace("", None), errors="coerce").to_numpy(float) for s in (a, b))
    gap = np.where(other, np.abs(x - y), -1.0)
    at = int(np.nanargmax(np.where(np.isfinite(gap), gap, -1.0)))
    if gap[at] <= 0 or not np.isfinite(gap[at]):
        at = int(other.argmax())  # words, or a cell that one run lacks
    place = a.index[at]
    row = " ".join(map(str, place)) if isinstance(place, tuple) else str(place)
    yield Difference(name, f"{column} at {row}", str(a.iloc[at]), str(b.iloc[at]), int(other.sum()))
