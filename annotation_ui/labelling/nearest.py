"""Decided sentences that read like the one on the screen, by shared pairs of characters."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotation_ui.labelling.store import Store


def pairs(text: str) -> frozenset[str]:
    """Neighbouring characters of a text."""
    plain = "".join(c for c in text if c.isalnum())
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1))


@dataclass(frozen=True, slots=True)
class _Known:
    text: str
    pairs: frozenset[str]
    levels: tuple[int, ...]
    source: str
    rule: str


class Nearest:
    """Looks decided sentences up; read anew when a decision has been added."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: list[_Known] = []
        self._state = (-1, -1)

    def _read(self) -> list[_Known]:
        with self._lock, self._store.reading() as db:
            row = db.execute(
                "SELECT count(*), coalesce(max(rowid), 0), (SELECT max(seq) FROM event WHERE kind = 'decision') FROM final"
            ).fetchone()
            state = (row[0], row[2] or 0)
            if state != self._state:
                rows = db.execute(
                    "SELECT s.text, f.source, f.decision FROM final f JOIN sentence s ON s.id = f.sentence"
                    " WHERE f.source LIKE '%adjudicated'"
                )
                self._known = [_known(r["text"], r["source"], r["decision"]) for r in rows]
                self._state = state
            return self._known

    def find(self, text: str, place: int, level: int | None, n: int = 3) -> list[dict[str, Any]]:
        """Find the most alike adjudicated sentences, of one level of a dimension if given.

        The sentence itself is left out wherever it stands, or its decision would be shown to the
        next coder.
        """
        own = pairs(text)
        if not own:
            return []
        scored = (
            (len(own & k.pairs) / len(own | k.pairs), k)
            for k in self._read()
            if k.text != text and (level is None or k.levels[place] == level) and k.pairs
        )
        best = sorted(scored, key=lambda pair: (-pair[0], pair[1].text))[:n]
        return [
            {"text": k.text, "levels": list(k.levels), "likeness": round(s, 3), "rule": k.rule}
            for s, k in best
            if s > 0
        ]


def _known(text: str, source: str, decision: str) -> _Known:
    found = json.loads(decision)
    return _Known(text, pairs(text), tuple(found["levels"]), source, found.get("rule", ""))
