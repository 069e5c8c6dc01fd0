"""Answers as rows, and rows as table, CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Literal

from corpus.search.context import Context, keyword_in_context
from corpus.search.model import key_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corpus.search.model import Answer, Group, Key
    from corpus.search.syntax import Node

Format = Literal["table", "csv", "json", "parquet"]
Record = dict[str, Any]


def hit_records(answer: Answer, node: Node, width: int | None) -> list[Record]:
    """Hits as JSON shows them; with ``width``, the match and that many characters around it."""
    found = []
    for hit in answer.hits:
        record: Record = {
            name: getattr(hit, name)
            for name in ("sentence_id", "region_code", "region", "year", "level", "section", "unit_type", "temporality", "is_annex", "text")
        }  # fmt: skip
        if width is not None:
            context = keyword_in_context(hit.text, node, width)
            record |= {"left": context.left, "match": context.match, "right": context.right}
        found.append(record | {"scores": hit.scores})
    return found


def group_records(groups: Sequence[Group], by: Sequence[Key]) -> list[Record]:
    """Show counts by key, with the share of the sentences that pass the filters."""
    columns = key_columns(by)
    return [
        dict(zip(columns, group.key, strict=True))
        | {"n_hits": group.n_hits, "n_sentences": group.n_sentences}
        | {"share": group.n_hits / group.n_sentences}
        | {"scores": group.means}
        for group in groups
    ]


def flat(records: Iterable[Record]) -> list[Record]:
    """Scores as columns of their own, ``<dimension>_score``."""
    return [
        {k: v for k, v in record.items() if k != "scores"}
        | {f"{dimension}_score": value for dimension, value in record["scores"].items()}
        for record in records
    ]


def as_json(total: int, name: str, records: list[Record]) -> bytes:
    """``{total, hits}`` or ``{total, groups}``, on one line."""
    text = json.dumps({"total": total, name: records}, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"


def as_csv(records: list[Record], columns: Sequence[str]) -> bytes:
    """Write commas and Unix line ends, with a header even when there are no rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode("utf-8", "replace")


def as_parquet(records: list[Record], columns: Sequence[str]) -> bytes:
    """One Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = {name: [record[name] for record in records] for name in columns}
    sink = io.BytesIO()
    pq.write_table(pa.table(data), sink, compression="zstd")
    return sink.getvalue()


def columns_of(
    dimensions: Sequence[str], *, by: Sequence[Key] = (), context: bool = False
) -> list[str]:
    """Columns of a flat answer, known without a row."""
    scores = [f"{dimension}_score" for dimension in dimensions]
    if by:
        return [*key_columns(by), "n_hits", "n_sentences", "share", *scores]
    names = ["sentence_id", "region_code", "region", "year", "level", "section", "unit_type", "temporality", "is_annex", "text"]  # fmt: skip
    return [*names, *(["left", "match", "right"] if context else []), *scores]


def as_table(records: list[Record], *, colour: bool, node: Node, width: int | None) -> bytes:
    """One line a row, for people; the match is bold on a terminal."""
    lines = []
    if records and "text" not in records[0]:
        names = [name for name in records[0] if name not in ("scores", "share")]
        lines.append("  ".join([*names, "share", *records[0]["scores"]]))
    for record in records:
        if "text" in record:
            head = f"{record['sentence_id']}  {record['region']}  {record['year']}"
            scores = [_number(value) for value in record["scores"].values()]
            lines.append(
                f"{head}  {' '.join(scores)}  {_shown(record['text'], node, width, colour)}"
            )
        else:
            keys = [str(v) for k, v in record.items() if k not in ("scores", "share")]
            scores = [_number(value) for value in record["scores"].values()]
            lines.append("  ".join([*keys, f"{record['share']:.4f}", *scores]))
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _number(value: float | None) -> str:
    return "   -" if value is None else f"{value:.2f}"


def _shown(text: str, node: Node, width: int | None, colour: bool) -> str:
    place = keyword_in_context(text, node, len(text) if width is None else width)
    parts = Context(*(_printable(part) for part in (place.left, place.match, place.right)))
    bold = (f"\033[1m{parts.match}\033[0m" if parts.match else "") if colour else parts.match
    return f"{parts.left}{bold}{parts.right}"


def _printable(text: str) -> str:
    """Keep control characters of a web page away from the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
