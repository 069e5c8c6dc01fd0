"""The rows of an index: sentences joined with their scores, in the order of the Parquet file."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from configs.errors import UserError, shown
from corpus.regions import regions
from corpus.rubric import load_rubric
from corpus.search.model import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import duckdb

COLUMNS = ("sentence_id", "region_code", "region", "year", "level", "section", "unit_type", "temporality", "is_annex", "text")  # fmt: skip
NEEDED = ("sentence_id", "text", "region_code", "year")
BATCH = 20_000
TEXT, N_WORDS = COLUMNS.index("text"), len(COLUMNS)
#: Which scorer is taken when a table holds several.
PREFERRED = ("bert", "ngram", "cues")
_LIKE = {
    "sentence_id": "VARCHAR", "text": "VARCHAR", "region_code": "VARCHAR", "region": "VARCHAR",
    "year": "INTEGER", "level": "VARCHAR", "section": "VARCHAR", "unit_type": "VARCHAR", "temporality": "VARCHAR",
    "is_annex": "BOOLEAN",
}  # fmt: skip
_DEFAULTS = {
    "region": "''",
    "level": "''",
    "section": "''",
    "unit_type": "''",
    "temporality": "''",
    "is_annex": "false",
}

_SETTINGS = ("autoinstall_known_extensions", "autoload_known_extensions", "enable_progress_bar")

Row = tuple[Any, ...]
_NAN = float("nan")
_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Sources:
    """The tables an index is made from."""

    sentences: Path
    scores: Path | None
    scorer: str
    dimensions: tuple[str, ...]


def connect() -> duckdb.DuckDBPyConnection:
    """Open DuckDB in memory; it never downloads an extension, and never draws on standard output."""
    import duckdb

    database = duckdb.connect(":memory:")
    for setting in _SETTINGS:
        database.execute(f"SET {setting} = false")
    return database


def find_sources(sentences: Path, scorer: str = "") -> Sources:
    """Check the sentence file and find the score table beside it.

    Raises
    ------
    UserError
        When the file is missing, no Parquet, of another table, or lacks a column.
    """
    columns = _columns(sentences, "sentence")
    for name in NEEDED:
        if name not in columns:
            raise UserError(f"lacks the column {name!r}", where=str(sentences))
    scores = sentences.parent / "score.parquet"
    if not scores.is_file():
        return Sources(sentences, None, "", ())
    _columns(scores, "score")
    with connect() as database:
        pairs = database.execute(
            "SELECT DISTINCT scorer, dimension FROM read_parquet(?)", [str(scores)]
        ).fetchall()
    chosen = _choose(sorted({s for s, _ in pairs}), scorer, scores)
    order = [*load_rubric().dimension_ids, *sorted(d for _, d in pairs)]
    present = {d for s, d in pairs if s == chosen}
    return Sources(
        sentences, scores, chosen, tuple(d for d in dict.fromkeys(order) if d in present)
    )


def _choose(scorers: list[str], wanted: str, path: Path) -> str:
    if wanted and wanted not in scorers:
        raise UserError(
            f"has no scorer {shown(wanted)}", where=str(path), fix="use " + ", ".join(scorers)
        )
    return wanted or next((s for s in (*PREFERRED, *scorers) if s in scorers), "")


def _columns(path: Path, table: str) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise UserError("no such table", where=str(path), fix="make it with `zhengce parse`")
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError("is not a readable Parquet file", where=str(path)) from error
    name = (schema.metadata or {}).get(b"zhengce.table", table.encode()).decode("utf-8", "replace")
    if name != table:
        raise UserError(f"holds the table {name!r}, not {table!r}", where=str(path))
    return list(schema.names)


def read_batches(sources: Sources) -> Iterator[list[Row]]:
    """Read the rows in batches: the nine filter columns, ``text``, then score and level by dimension.

    Raises
    ------
    UserError
        When an id is empty or occurs twice, a text is empty, or a value has the wrong type.
    """
    import duckdb

    try:
        with connect() as database:
            _check_ids(database, sources)
            cursor = database.execute(*_query(sources))
            while batch := cursor.fetchmany(BATCH):
                _check_values(batch, sources.sentences)
                yield [row if row[2] else _named(row) for row in batch]
    except duckdb.Error as error:
        line = str(error).splitlines()[0]
        raise UserError(f"cannot be read ({line})", where=str(sources.sentences)) from error


def _named(row: Row) -> Row:
    """Add the region's name from the list of divisions, where the file has none."""
    region = regions().get(row[1])
    return (*row[:2], region.name if region else row[1], *row[3:])


def _check_ids(database: duckdb.DuckDBPyConnection, sources: Sources) -> None:
    twice = database.execute(
        "SELECT sentence_id FROM read_parquet(?) GROUP BY sentence_id HAVING count(*) > 1 LIMIT 1",
        [str(sources.sentences)],
    ).fetchone()
    if twice:
        raise UserError(
            f"the sentence_id {shown(twice[0])} occurs twice", where=str(sources.sentences)
        )


def _check_values(batch: list[Row], path: Path) -> None:
    for row in batch:
        if row[0] is None or row[1] is None or row[3] is None or row[TEXT] is None:
            name = shown(row[0])
            raise UserError(
                f"sentence {name}: id, region_code, year or text is empty", where=str(path)
            )
        if not 0 < row[3] < 10_000:
            raise UserError(f"sentence {shown(row[0])}: {row[3]} is no year", where=str(path))


def _query(sources: Sources) -> tuple[str, list[Any]]:
    """Write the join; names of dimensions are values here, never text of the statement."""
    have = _columns(sources.sentences, "sentence")
    told = sources.scores is not None and "temporality" in _columns(sources.scores, "score")
    picked = [
        "coalesce(w.temporality, '')"
        if c == "temporality" and told and c not in have
        else _picked(c, c in have)
        for c in COLUMNS
    ]
    parameters: list[Any] = []
    wide = ""
    if sources.scores is not None:
        aggregates = ["any_value(CAST(temporality AS VARCHAR)) temporality"] if told else []
        for i, dimension in enumerate(sources.dimensions):
            aggregates.append(f"max(score) FILTER (dimension = ?) s{i}, max(level) FILTER (dimension = ?) l{i}")  # fmt: skip
            picked += [f"CAST(w.s{i} AS DOUBLE)", f"CAST(w.l{i} AS INTEGER)"]
            parameters += [dimension, dimension]
        inner = f"SELECT sentence_id, {', '.join(aggregates)} FROM read_parquet(?) WHERE scorer = ? GROUP BY sentence_id"  # noqa: S608
        wide = f" LEFT JOIN ({inner}) w USING (sentence_id)"
        parameters += [str(sources.scores), sources.scorer]
    base = "(SELECT *, file_row_number AS _row FROM read_parquet(?, file_row_number = true)) t"
    statement = f"SELECT {', '.join(picked)} FROM {base}{wide} ORDER BY t._row"  # noqa: S608
    return statement, [str(sources.sentences), *parameters]


def _picked(column: str, present: bool) -> str:
    if not present:
        return _DEFAULTS[column]
    cast = f"CAST(t.{column} AS {_LIKE[column]})"
    return f"coalesce({cast}, {_DEFAULTS[column]})" if column in _DEFAULTS else cast


def hit_of(row: Row, dimensions: Sequence[str]) -> Hit:
    """Name the values of a row."""
    scores = dict(zip(dimensions, row[N_WORDS::2], strict=True))
    return Hit(**dict(zip(COLUMNS, row, strict=False)), scores=scores)


def words_line(row: Row) -> bytes:
    """Write the columns without the scores as JSON."""
    return _ENCODE(row[:N_WORDS]).encode("utf-8", "surrogatepass")


def scores_line(row: Row) -> bytes:
    """Write scores and levels as numbers of eight bytes; NaN where there are none."""
    values = [_NAN if value is None else value for value in row[N_WORDS:]]
    return struct.pack(f"<{len(values)}d", *values)


def row_line(row: Row) -> bytes:
    """Write a whole row: what checksums are made of."""
    return words_line(row) + scores_line(row)


@dataclass(slots=True)
class Checksum:
    """A sum over rows that does not depend on their order."""

    value: int = 0
    n: int = 0

    def add(self, lines: Iterable[bytes]) -> None:
        """Add rows, as :func:`row_line` writes them."""
        for line in lines:
            self.value += int.from_bytes(hashlib.blake2b(line, digest_size=8).digest(), "big")
            self.n += 1
        self.value %= 2**64

    @property
    def text(self) -> str:
        """Sixteen hexadecimal digits."""
        return f"{self.value:016x}"
