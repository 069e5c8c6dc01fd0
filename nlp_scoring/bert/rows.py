"""Score the rows of a user's CSV with the BERT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlp_scoring.bert.passages import SECTIONS, Passage
from nlp_scoring.scoring import progress_of

if TYPE_CHECKING:
    import pandas as pd


def passages_of(frame: pd.DataFrame, where: str) -> list[Passage]:
    """Take ``text`` and, when present, ``previous, next, heading (or heading_path), section, progress``.

    Raises
    ------
    UserError
        When ``progress`` holds something else than a number from 0 to 1, or ``section`` no
        section.
    """
    from configs.errors import UserError, shown

    n = len(frame)
    heading = "heading" if "heading" in frame.columns else "heading_path"
    names = ("text", "previous", "next", heading, "section")
    columns = [frame[c].tolist() if c in frame.columns else [""] * n for c in names]
    for row, section in enumerate(columns[4], start=1):
        if section.strip() not in ("", *SECTIONS):
            raise UserError(
                f"section {shown(section)} is unknown",
                where=f"{where} row {row}",
                fix=f"use one of {', '.join(SECTIONS)}, or leave it empty",
            )
    places = progress_of(frame, where)
    return [
        Passage(text, previous, following, heading, section.strip(), float(place))
        for text, previous, following, heading, section, place in zip(*columns, places, strict=True)
    ]


def label_passages(labels: pd.DataFrame) -> list[Passage]:
    """Take sentence and surroundings of a labels frame (`nlp_scoring.labels.read_labels`)."""
    n = len(labels)
    names = ("text", "previous", "next", "heading", "section")
    columns = [labels[c].tolist() if c in labels else [""] * n for c in names]
    return [Passage(*row) for row in zip(*columns, labels["progress"].tolist(), strict=True)]


def sentence_passages(sentences: pd.DataFrame) -> list[Passage]:
    """Take the passages of a sentence table, whose neighbours are its rows before and after."""
    groups = sentences.groupby("report_id", sort=False)["text"]
    columns = (
        sentences["text"], groups.shift(1).fillna(""), groups.shift(-1).fillna(""),
        sentences["heading_path"], sentences["section"], sentences["progress"],
    )  # fmt: skip
    return [Passage(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]
