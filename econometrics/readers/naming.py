"""Regions of a whole table: doubtful names settled by the others, names that contradict codes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from configs.errors import shown
from corpus.regions import regions
from econometrics.findings import Finding
from econometrics.readers.regions import Match, match_region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from econometrics.readers.layouts import Record
    from econometrics.readers.sheets import Sheet


def match_all(
    records: tuple[Record, ...], confirmed: Mapping[str, str], *, firms: bool
) -> dict[str, Match]:
    """Match every region text of a table."""
    texts = dict.fromkeys(r.unit_text for r in records)
    if firms:
        return {t: Match(t, t, "exact" if t else "unknown") for t in texts}
    return match_texts(texts, confirmed)


def match_texts(texts: Iterable[str], confirmed: Mapping[str, str]) -> dict[str, Match]:
    """Match the region texts of one column; 吉林 among provinces is the province."""
    found = {
        t: Match(t, confirmed[t], "exact") if t in confirmed else match_region(t) for t in texts
    }
    levels = Counter(regions()[m.code].level for m in found.values() if m.code in regions())
    usual = "province" if levels["province"] > levels["prefecture"] else "prefecture"
    for text, match in found.items():
        # 吉林 is a province among provinces and a city among cities.
        fitting = [
            c
            for c in match.candidates
            if (regions()[c].level == "province") == (usual == "province")
        ]
        provinces = [c for c in match.candidates if regions()[c].level == "province"]
        if (
            match.how == "ambiguous"
            and provinces
            and len(fitting) == 1
            and sum(levels.values()) >= 3
        ):
            found[text] = Match(text, fitting[0], "exact")
    return found


def name_conflicts(
    sheet: Sheet, records: tuple[Record, ...], confirmed: Mapping[str, str]
) -> list[Finding]:
    """Find rows whose name belongs to another region than their code."""
    rows = {r.row: r for r in records if r.also and r.unit_text}
    found = []
    for position in range(max((len(r.also) for r in rows.values()), default=0)):
        texts = {r.also[position] for r in rows.values()}
        matches = {
            t: Match(t, confirmed[t], "exact") if t in confirmed else match_region(t) for t in texts
        }
        known = [m for m in matches.values() if m.code or m.how == "ambiguous"]
        # 东部 and the like name no region of GB/T 2260: such a column says nothing.
        if len(known) < 0.6 * len(texts):
            continue
        told: set[str] = set()
        for row, record in rows.items():
            match, own = matches[record.also[position]], match_region(record.unit_text)
            meant = {match.code, *match.candidates} if match.how != "guess" else set()
            own_codes = {
                own.code,
                regions()[own.code].province_code if own.code in regions() else "",
            }
            if not own.code or meant & own_codes or match.text in told:
                continue
            told.add(match.text)
            message = f"{shown(match.text)} stands beside {record.unit_text} {regions()[own.code].name if own.code in regions() else ''}"
            found.append(Finding("renamed_region", message, sheet.file, sheet.name, sheet.numbers[row], own.code, value=match.text))  # fmt: skip
    return found
