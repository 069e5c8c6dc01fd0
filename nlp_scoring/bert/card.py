"""The description of a model, ``model.json``: what it was made for, and how its chances are made right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from nlp_scoring.calibration import Calibration, LevelSets

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.rubric import Rubric

FORMAT = 1


def read_card(folder: Path) -> dict[str, Any]:
    """Read ``model.json``; an unreadable or incomplete one is the user's mistake, named."""
    path = folder / "model.json"
    needed = {"format", "dimensions", "n_levels", "temporality", "unit_type", "rubric_version",
              "vocabulary_sha256", "without"}  # fmt: skip
    fix = "give --model a folder with model.onnx, model.json and tokenizer.json"
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError("is no model description", where=str(path), fix=fix) from error
    lacking = sorted(needed - set(card)) if isinstance(card, dict) else sorted(needed)
    if lacking:
        raise UserError(f"lacks {lacking[0]!r}", where=str(path), fix=fix)
    return card


def calibration_of(card: dict[str, Any], folder: Path) -> Calibration:
    """Give the lines; a card of before 2026-11-27 has one temperature a dimension instead."""
    shape = (len(card["dimensions"]), card["n_levels"] - 1)
    plain = Calibration.none(*shape)
    try:
        given = card.get("calibration", {})
        slope = np.array(given.get("slope", plain.slope), dtype=np.float64)
        shift = np.array(given.get("shift", plain.shift), dtype=np.float64)
        if "temperature" in card:
            with np.errstate(divide="ignore"):
                slope = slope / np.array(card["temperature"], dtype=np.float64)[:, None]
    except (AttributeError, TypeError, ValueError, IndexError) as error:
        raise _bad_calibration(folder, shape) from error
    fine = slope.shape == shift.shape == shape and np.isfinite(shift).all()
    if not (fine and np.isfinite(slope).all() and (slope > 0).all()):
        raise _bad_calibration(folder, shape)
    return Calibration(slope, shift)


def _bad_calibration(folder: Path, shape: tuple[int, int]) -> UserError:
    return UserError(
        f"the calibration is no {shape[0]} x {shape[1]} slopes above 0 and shifts",
        where=str(folder / "model.json"), fix="run `zhengce calibrate` again",
    )  # fmt: skip


def sets_of(card: dict[str, Any]) -> LevelSets | None:
    """Give the conformal sets, where the model has some."""
    if "set_threshold" not in card:
        return None
    return LevelSets(np.array(card["set_threshold"], dtype=np.float64), card["set_coverage"])


def check_card(card: dict[str, Any], rubric: Rubric, folder: Path, vocabulary: str) -> None:
    """Refuse a model made for another rubric, other levels or another vocabulary, both sides named."""
    pairs = (
        ("format", card["format"], FORMAT),
        ("rubric version", card["rubric_version"], rubric.version),
        ("dimensions", ", ".join(card["dimensions"]), ", ".join(rubric.dimension_ids)),
        ("levels", card["n_levels"], rubric.max_level + 1),
        ("vocabulary", card["vocabulary_sha256"][:12], vocabulary[:12]),
    )
    for name, there, here in pairs:
        if there != here:
            raise UserError(
                f"{name}: the model has {there}, here is {here}",
                where=str(folder),
                fix="use a model trained for this rubric and vocabulary",
            )
