"""Opens a project for reading: its small tables, its index, and its sentences with their scores.

Everything is read once. What is shown stays one state of the project, also while it is run again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from configs.errors import UserError
from corpus.index import SentenceIndex, open_index
from corpus.project import find_store
from corpus.schemas import ReportScoreTable, ReportTable
from corpus.search.rows import connect
from corpus.store import read_table

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    import pandas as pd

LEVELS = (0, 1, 2, 3)
_WORDS = (
    "sentence_id", "report_id", "region_code", "region", "year", "position", "paragraph", "text",
    "section", "heading_path", "unit_type", "is_annex",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counted:
    """Which sentences the intensity of this project averages over."""

    unit_types: tuple[str, ...] = ("body",)
    with_annex: bool = False
    sections: tuple[str, ...] = ()

    def holds(self, row: dict[str, Any]) -> bool:
        """Say whether a sentence counts."""
        return (
            row["unit_type"] in self.unit_types
            and (self.with_annex or not row["is_annex"])
            and (not self.sections or row["section"] in self.sections)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Explored:
    """A project, opened.

    Attributes
    ----------
    intensity : DataFrame
        The report_score table, rows of ``scorer`` only.
    reports : DataFrame
        The report table by ``report_id``.
    """

    store: Path
    index: SentenceIndex
    scorer: str
    counted: Counted
    intensity: pd.DataFrame
    reports: pd.DataFrame
    database: duckdb.DuckDBPyConnection

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that have scores, in the rubric's order."""
        return self.index.dimensions

    def sentences(self, report_id: str) -> list[dict[str, Any]]:
        """Read the sentences of a report in order; ``s0, l0, p0_0 ...`` hold the scores."""
        cursor = self.database.cursor()
        found = cursor.execute(
            "SELECT * FROM sentence WHERE report_id = ? ORDER BY position", [report_id]
        )
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def open_explored(project: Path | None) -> Explored:
    """Open a project.

    Raises
    ------
    UserError
        When there is no project or index, the index is outdated, or nothing was scored.
    """
    store = find_store(project)
    index = open_index(store)
    scorer = index.status().scorer
    intensity = read_table(ReportScoreTable, store / "report_score.parquet")
    intensity = intensity[intensity["scorer"] == scorer].reset_index(drop=True)
    if intensity.empty or not index.dimensions:
        fix = "run `zhengce score`, then `zhengce aggregate` and `zhengce index build`"
        raise UserError("holds no intensities of indexed scores", where=str(store), fix=fix)
    return Explored(
        store=store, index=index, scorer=scorer, counted=_counted(store), intensity=intensity,
        reports=read_table(ReportTable, store / "report.parquet").set_index("report_id"),
        database=_snapshot(store, scorer, index.dimensions),
    )  # fmt: skip


def _counted(store: Path) -> Counted:
    """Read from the manifest of a run what its intensity averages over."""
    try:
        raw = json.loads((store.parent / "manifest.json").read_text("utf-8"))
        found = raw["settings"]["intensity"]
        return Counted(
            tuple(found["unit_types"]), bool(found["with_annex"]), tuple(found["sections"] or ())
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Counted()


def _snapshot(store: Path, scorer: str, dimensions: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """Join sentences and scores in memory, one row a sentence, in the order of the reports."""
    import duckdb

    picked, parameters = [], []
    for i, dimension in enumerate(dimensions):
        values = {f"s{i}": "score", f"l{i}": "level"} | {f"p{i}_{k}": f"p{k}" for k in LEVELS}
        picked += [f"max({v}) FILTER (dimension = ?) {name}" for name, v in values.items()]
        parameters += [dimension] * len(values)
    scores = f"SELECT sentence_id, {', '.join(picked)} FROM read_parquet(?) WHERE scorer = ? GROUP BY sentence_id"  # noqa: S608
    statement = f"CREATE TABLE sentence AS SELECT {', '.join(_WORDS)}, w.* EXCLUDE (sentence_id) FROM read_parquet(?) LEFT JOIN ({scores}) w USING (sentence_id) ORDER BY report_id, position"  # noqa: S608
    tables = [str(store / name) for name in ("sentence.parquet", "score.parquet")]
    database = connect()
    try:
        database.execute(statement, [tables[0], *parameters, tables[1], scorer])
    except duckdb.Error as error:
        line = str(error).splitlines()[0]
        raise UserError(f"cannot be read ({line})", where=str(store)) from error
    return database
