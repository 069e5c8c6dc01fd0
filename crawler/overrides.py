"""What people found out themselves: confirmed gaps, addresses, pages to refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from configs.errors import UserError, shown
from corpus.regions import regions
from crawler.addresses import normalise

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["gap", "address", "reject"]
COLUMNS = ("region_code", "year", "kind", "url", "who", "when", "why")


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word on a cell.

    Attributes
    ----------
    kind : {"gap", "address", "reject"}
        There was no report; it stands at ``url``; the page at ``url`` is not to be taken.
    who, when, why : str
        Never empty: a word without a name is not kept.
    """

    region_code: str
    year: int
    kind: Kind
    url: str
    who: str
    when: str
    why: str


def read_overrides(path: Path | None) -> list[Override]:
    """Read a file of overrides; none when there is no path.

    Raises
    ------
    UserError
        For the first row that is not right.
    """
    from corpus.csvfiles import read_csv

    if path is None:
        return []
    frame = read_csv(path)
    for name in COLUMNS:
        if name not in frame.columns:
            raise UserError(
                f"lacks the column {name!r}", where=str(path), fix=f"needed: {', '.join(COLUMNS)}"
            )
    return [
        _override(row, where=f"{path} line {line}")
        for line, row in enumerate(frame.to_dict("records"), start=2)
    ]


def _override(row: dict[str, str], *, where: str) -> Override:
    row = {key: row[key].strip() for key in COLUMNS}
    if row["region_code"] not in regions():
        raise UserError(f"region_code {shown(row['region_code'])} is unknown", where=where)
    if not re.fullmatch(r"(?:19|20)\d\d", row["year"]):
        raise UserError(f"year {shown(row['year'])} is no year", where=where, fix="use four digits")
    if row["kind"] not in get_args(Kind):
        raise UserError(
            f"kind {shown(row['kind'])} is not allowed",
            where=where,
            fix=f"use {', '.join(get_args(Kind))}",
        )
    for name in ("who", "when", "why"):
        if not row[name]:
            raise UserError(f"{name} is empty", where=where, fix="say who found out, when and how")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", row["when"]):
        raise UserError(f"when {shown(row['when'])} is no day", where=where, fix="use YYYY-MM-DD")
    url = normalise(row["url"]) if row["url"] else ""
    if row["kind"] != "gap" and not url:
        raise UserError(f"url {shown(row['url'])} is no address", where=where)
    kind: Kind = row["kind"]  # type: ignore[assignment]  # checked above
    return Override(
        row["region_code"], int(row["year"]), kind, url, row["who"], row["when"], row["why"]
    )
