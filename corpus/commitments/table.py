"""Commitments as tables: one row each, and the scoreboard of regions by topic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

from corpus.commitments.dictionary import TOPIC_ZH, TOPICS, topic_of
from corpus.commitments.extract import Commitment, extract_commitments

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["COLUMNS", "commitment_frame", "picture", "scoreboard"]

COLUMNS: Final = (
    *("report_id", "sentence_id", "text", "span_start", "span_end", "kind", "value", "unit"),
    *("comparator", "deadline", "subject", "direction"),
    # Beyond the promised columns: what is measured, the end of a range, the topic, whether a review
    # speaks of the past year or of the plan period, the place.
    *("measure", "high", "topic", "period", "region_code", "region", "year"),
)
_PLAN_WORDS: Final = re.compile(
    r"五年来|[过这]去?五年|“十[一二三四]五”(?:时期|期间|以来|规划)|本届政府"
)
_YEAR_WORDS: Final = re.compile(
    r"过去[的一]+年|一年来|刚刚过去的|去年|这一年|20\d\d年(?:是|，|工作|，?我)|今年|全年|20\d\d年.{0,8}(?:安排|任务|工作)"
)
_CJK_FONTS: Final = ("Noto Sans CJK SC", "Source Han Sans SC", "SimHei", "WenQuanYi Micro Hei")


def commitment_frame(sentences: pd.DataFrame) -> pd.DataFrame:
    """Extract the commitments of a sentence table.

    Parameters
    ----------
    sentences : DataFrame
        Needs ``report_id, sentence_id, text``. Used when present: ``section, heading_path, year,
        region_code, region, unit_type`` (headings, ritual, glossary and furniture commit to
        nothing and are skipped).

    Returns
    -------
    DataFrame
        One row per commitment with the columns `COLUMNS`, in the order of the sentences.
    """
    import pandas as pd

    missing = {"report_id", "sentence_id", "text"} - set(sentences.columns)
    if missing:
        raise ValueError(f"the sentence table lacks {sorted(missing)}")
    records = sentences.to_dict("records")
    rows = [
        row
        for sentence, period in zip(records, _periods(records), strict=True)
        for row in _rows(sentence, period)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = {
        "span_start": "int64",
        "span_end": "int64",
        "value": "float64",
        "high": "float64",
        "year": "int64",
    }
    strings = [c for c in COLUMNS if c not in numbers]
    return frame.astype({**dict.fromkeys(strings, "str"), **numbers})


def _periods(records: list[dict[Any, Any]]) -> Iterator[str]:
    """Tell for every sentence whether the report was last speaking of a year or a plan period.

    A report that ends a plan tells five years first and the past year after; only the opening
    sentences of each part say so.
    """
    period, report = "year", None
    for record in records:
        if record["report_id"] != report:
            period, report = "year", record["report_id"]
        opening = str(record["text"])[:30]
        if _YEAR_WORDS.search(opening):
            period = "year"
        elif _PLAN_WORDS.search(opening):
            period = "plan"
        yield period


def _rows(sentence: dict[Any, Any], period: str) -> Iterator[tuple[object, ...]]:
    if sentence.get("unit_type", "body") != "body":
        return
    text, report_id = str(sentence["text"]), str(sentence["report_id"])
    year = sentence.get("year", report_id[7:11])
    known = int(str(year)) if str(year).isdigit() else None
    found = extract_commitments(
        text,
        section=str(sentence["section"]) if sentence.get("section") else None,
        heading=str(sentence.get("heading_path") or "") or None,
        year=known,
    )
    place = (sentence.get("region_code", report_id[:6]), sentence.get("region", ""), known)
    for item in found:
        yield (report_id, sentence["sentence_id"], text, *_fields(item, text), period, *place)


def _fields(item: Commitment, text: str) -> tuple[object, ...]:
    return (
        item.span_start,
        item.span_end,
        item.kind,
        item.value,
        item.unit,
        item.comparator,
        item.deadline,
        item.subject,
        item.direction,
        item.measure,
        item.high,
        topic_of(item.subject, text, item.span_start),
    )


def scoreboard(
    frame: pd.DataFrame,
    *,
    direction: Literal["ahead", "back"] | None = "ahead",
    kinds: tuple[str, ...] = ("quantity", "money", "deadline", "legal"),
) -> pd.DataFrame:
    """Count commitments by region and topic.

    Parameters
    ----------
    frame : DataFrame
        As `commitment_frame` returns it.
    direction : {"ahead", "back"} or None
        Promises, outcomes, or both.
    kinds : tuple of str
        Kinds counted; named programmes are left out by default, as they hold no figure.

    Returns
    -------
    DataFrame
        Columns ``region_code, region``, one per topic, and ``total``; a row per region.
    """
    chosen = frame[frame["kind"].isin(kinds)]
    if direction is not None:
        chosen = chosen[chosen["direction"] == direction]
    counts = chosen.groupby(["region_code", "region", "topic"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(TOPICS), fill_value=0)
    counts["total"] = counts.sum(axis=1)
    return counts.reset_index().rename_axis(columns=None)


def _english(codes: pd.Series[str]) -> list[str]:
    from corpus.regions import regions

    known = regions()
    return [known[code].name_en if code in known else code for code in codes]


def picture(board: pd.DataFrame) -> Figure:
    """Draw the scoreboard as a grid of shares: how each region spreads its promises.

    Cells are coloured by the share of a topic in the region's total and print the count. Chinese
    labels are used where a CJK font is installed, else English ones.
    """
    from matplotlib import font_manager
    from matplotlib.figure import Figure

    installed = {font.name for font in font_manager.fontManager.ttflist}
    font = next((name for name in _CJK_FONTS if name in installed), None)
    counts = board[list(TOPICS)].to_numpy(dtype=float)
    shares = counts / board["total"].clip(lower=1).to_numpy(dtype=float)[:, None]
    figure = Figure(figsize=(9.0, 1.4 + 0.26 * len(board)), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="YlGnBu", aspect="auto", vmin=0.0)
    topics = [TOPIC_ZH[t] if font else t for t in TOPICS]
    regions = board["region"] if font else _english(board["region_code"])
    axes.set_xticks(range(len(TOPICS)), topics, rotation=0 if font else 30, fontfamily=font)
    axes.set_yticks(range(len(board)), list(regions), fontsize=8, fontfamily=font)
    for (row, column), count in ((p, counts[p]) for p in zip(*counts.nonzero(), strict=True)):
        dark = shares[row, column] > 0.6 * shares.max()
        axes.text(column, row, f"{count:.0f}", ha="center", va="center", fontsize=7,
                  color="white" if dark else "black")  # fmt: skip
    axes.tick_params(length=0)
    figure.colorbar(image, ax=axes, label="share of the region's commitments", shrink=0.6)
    return figure
