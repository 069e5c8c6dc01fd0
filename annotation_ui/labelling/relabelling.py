"""Codebook versions: which labels were made under another one, and who shall look again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotation_ui.labelling.store import note
from configs.errors import UserError, shown

if TYPE_CHECKING:
    import sqlite3

    from annotation_ui.labelling.store import Store
    from corpus.rubric import Rubric


def versions(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Count people's labels by the codebook they were made under; empty where a file did not tell."""
    rows = db.execute(
        "SELECT coalesce(json_extract(coding, '$.rubric_version'), '') AS version, machine, count(*) AS n"
        " FROM label GROUP BY version, machine ORDER BY version, machine"
    )
    return [{"version": r["version"], "machine": bool(r["machine"]), "n": r["n"]} for r in rows]


def put_up(
    store: Store,
    rubric: Rubric,
    who: str,
    *,
    version: str = "",
    contains: str = "",
    dimension: str = "",
    level: int | None = None,
    reason: str = "",
) -> int:
    """Put people's labels of an older codebook up for labelling again; the old ones stay in the log.

    Parameters
    ----------
    version : str
        Only labels made under this version; any older one if left out.
    contains : str
        Only sentences with this phrase.
    dimension, level
        Only labels with this level in this dimension.

    Returns
    -------
    int
        How many labels are in the queue now.
    """
    wanted = ["NOT l.machine", "coalesce(json_extract(l.coding, '$.rubric_version'), '') <> ?"]
    values: list[Any] = [rubric.version]
    if version:
        wanted.append("json_extract(l.coding, '$.rubric_version') = ?")
        values.append(version)
    if contains:
        wanted.append("instr(s.text, ?) > 0")
        values.append(contains)
    if level is not None:
        if not 0 <= level <= rubric.max_level:
            raise UserError(f"level {level} is not on the scale", fix=f"0 to {rubric.max_level}")
        place = rubric.dimension_ids.index(rubric.dimension(dimension).id)
        wanted.append(f"json_extract(l.coding, '$.levels[{place}]') = ?")
        values.append(level)
    reason = reason or f"codebook {rubric.version}"
    if len(reason) > 200:
        raise UserError(f"reason {shown(reason)} is too long", fix="at most 200 characters")
    with store.writing() as db:
        db.execute(
            "INSERT OR IGNORE INTO relabel SELECT l.sentence, l.who, ? FROM label l"  # noqa: S608 - fixed texts
            f" JOIN sentence s ON s.id = l.sentence WHERE {' AND '.join(wanted)}",
            (reason, *values),
        )
        n = int(db.execute("SELECT count(*) FROM relabel").fetchone()[0])
        note(db, who, "relabel", f"{n} labels in the queue: {reason}")
    return n
