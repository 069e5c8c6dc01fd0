"""The qualification quiz: the codebook's own examples, judged against the codebook's own levels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from annotation_ui.labelling.codebook import Codebook, quiz_items
from annotation_ui.labelling.events import QUIZ, append, check_id
from annotation_ui.labelling.records import read_levels
from configs.errors import UserError, shown
from nlp_scoring.agreement import confusion_by_group, weighted_kappa

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from annotation_ui.labelling.store import Store

ITEMS = 30
#: What passes: quadratic kappa in every dimension, and hardly any answer two levels off.
MIN_KAPPA, MAX_WIDE = 0.8, 0.03


def questions(codebook: Codebook, seed: int) -> list[dict[str, Any]]:
    """Give the items without their answers."""
    names = ("id", "zh", "en")
    return [{n: item[n] for n in names} for item in quiz_items(codebook, ITEMS, seed)]


def mark(store: Store, codebook: Codebook, who: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Judge the answers, keep the result as an event, and show what was missed with its reason."""
    items = quiz_items(codebook, ITEMS, form["seed"])
    missing = [item["id"] for item in items if item["id"] not in form["answers"]]
    if missing:
        raise UserError(
            f"{len(missing)} items have no answer", where=shown(missing[0]), fix="answer all"
        )
    rubric = codebook.rubric
    given = np.array([read_levels(form["answers"][i["id"]], rubric, i["id"]) for i in items])
    right = np.array([item["labels"] for item in items])
    result = {
        "seed": form["seed"],
        **_judged(given, right, rubric.dimension_ids, rubric.max_level + 1),
    }
    with store.writing() as db:
        noted = append(
            db, id=check_id(form["id"]), kind=QUIZ, who=who, content=dict(form),
            kept={**result, "rubric_version": rubric.version},
        )  # fmt: skip
    missed = [
        {**item, "given": given[k].tolist()}
        for k, item in enumerate(items)
        if (given[k] != right[k]).any()
    ]
    return {**result, "id": noted.id, "missed": missed}


def _judged(
    given: np.ndarray[Any, Any], right: np.ndarray[Any, Any], names: tuple[str, ...], k: int
) -> dict[str, Any]:
    kappa = {}
    for i, name in enumerate(names):
        confusion = confusion_by_group(right[:, i], given[:, i], ["quiz"] * len(right), k)[0]
        kappa[name] = round(float(weighted_kappa(confusion)), 3)
    wide = float((np.abs(given - right) >= 2).mean())
    passed = all(v >= MIN_KAPPA for v in kappa.values()) and wide <= MAX_WIDE
    exact = float((given == right).mean())
    return {"kappa": kappa, "exact": round(exact, 3), "wide_gap": round(wide, 3), "passed": passed}


def has_passed(db: sqlite3.Connection, who: str, version: str) -> bool:
    """Tell whether a person has passed under this version of the codebook."""
    rows = db.execute("SELECT payload FROM event WHERE kind = ? AND who = ?", (QUIZ, who))
    return any(
        found["passed"] and found["rubric_version"] == version
        for found in (json.loads(row["payload"]) for row in rows)
    )
