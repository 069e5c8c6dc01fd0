"""Draw the sentences of ``tests/data/commitments_checked.jsonl`` again.

The draw is fixed by a seed: eleven sentences from each 2025 and 2026 report of the provinces that
are not held out. Reports, not sentences, are split into a development and a test half, so that no
report lends its style to both. Deadlines and legal force are rare in a plain draw, so two small strata
of sentences with a broad cue for them are drawn besides and reported apart.

Run ``python tools/draw_commitment_sample.py OUT.jsonl`` to write the drawn sentences without labels.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20261126
PER_REPORT = 11
CUED = {"deadline-cue": 36, "legal-cue": 18}
# Drawn from the test half after the rules for dates and legal force had been fixed.
LATE = {"deadline-late": 24, "legal-late": 18, "dated-late": 24}
YEARS = (2025, 2026)
HELD_OUT = frozenset({"浙江省", "湖北省", "甘肃省", "吉林省", "贵州省", "广西壮族自治区"})
REPORTS = Path(__file__).resolve().parents[1] / "data" / "corpus" / "reports.jsonl.gz"

_CUT = re.compile(r"[^。！？；]*[。！？；]+[”’）》]*|[^。！？；]+$")
# The headings and topic sentences with which a report turns to the year ahead.
_PLAN = re.compile(
    r"20\d\d年(?:的)?(?:政府)?(?:工作)?(?:的)?(?:总体要求|重点工作|工作安排|主要任务|目标任务|重点任务|工作重点)"
    r"|^今年经济社会发展|关于20\d\d年工作|做好今年(?:的)?(?:政府)?工作"
    r"|(?:今后五年|“十五五”时期)(?:的)?(?:总体要求|奋斗目标|目标任务|主要目标|经济社会发展)"
)
# Far wider than what counts under R6 and R9, so that near misses are drawn as well.
_CUES = {
    "deadline-cue": re.compile(
        r"[年月]底|[年月日末]之?前|到20\d\d年|年内|[一二两三四五]年时间|半年|上半年|季度"
    ),
    "deadline-late": re.compile(
        r"[年月]底|[年月日末]之?前|年内|[一二两三四五]年时间|年底前|三年|季度"
    ),
    "dated-late": re.compile(
        r"[年月]底|月[^，。；]{0,3}前|年之?前|到20[23]\d年|[二两三四五\d]年(?:内|时间|左右)"
    ),
    "legal-late": re.compile(r"条例|规章|立法|严禁|禁止|一律|红线|约束性|考核|问责|追责|不得"),
    "legal-cue": re.compile(r"条例|规章|立法|严禁|禁止|一律|红线|约束性|考核|问责|追责|不得|退出"),
}
_HEADING = re.compile(r"^[（(]?[一二三四五六七八九十]{1,3}[)）、.．]")
_GLOSSARY = re.compile(r"^(?:附|名词解释|名词注释|注释|附件)")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawn sentence with the context a reader needs."""

    report_id: str
    half: str
    stratum: str
    section: str
    heading: str
    previous: str
    text: str


def _sentences(text: str) -> list[tuple[str, str, str, str]]:
    """Section, heading, previous sentence and sentence, for every body sentence of a report."""
    rows: list[tuple[str, str, str, str]] = []
    section, heading, previous = "review", "", ""
    paragraphs = text.splitlines()
    for number, paragraph in enumerate(paragraphs):
        line = paragraph.strip()
        if _GLOSSARY.match(line) and number > len(paragraphs) // 2:
            break
        if section == "review" and number > 3 and _PLAN.search(line[:60]):
            section = "plan"
        if _HEADING.match(line):
            heading = line[:40]
        for match in _CUT.finditer(line):
            sentence = match.group().strip()
            if len(sentence) >= 8:
                rows.append((section, heading, previous, sentence))
            previous = sentence
    return rows


def _reports() -> list[dict[str, Any]]:
    with gzip.open(REPORTS, "rt", encoding="utf-8") as stream:
        reports = [json.loads(line) for line in stream]
    return sorted(
        (
            r
            for r in reports
            if r["level"] == "province" and r["year"] in YEARS and r["region"] not in HELD_OUT
        ),
        key=lambda r: (r["region_code"], r["year"]),
    )


def draw() -> list[Drawn]:
    """Return the drawn sentences: the random draw in order of report, then the cued strata."""
    reports = _reports()
    rng = np.random.default_rng(SEED)
    test = set(rng.permutation(len(reports))[: len(reports) // 2].tolist())
    drawn: list[Drawn] = []
    rest: list[Drawn] = []
    for index, report in enumerate(reports):
        rows = _sentences(report["text"])
        picks = set(rng.choice(len(rows), size=PER_REPORT, replace=False).tolist())
        half = "test" if index in test else "dev"
        report_id = f"{report['region_code']}-{report['year']}"
        for position, (section, heading, previous, text) in enumerate(rows):
            stratum = "random" if position in picks else ""
            row = Drawn(report_id, half, stratum, section, heading, previous, text)
            (drawn if stratum else rest).append(row)
    for stratum, size in (CUED | LATE).items():
        taken = {(row.report_id, row.text) for row in drawn}
        cued = [
            row
            for row in rest
            if _CUES[stratum].search(row.text)
            and (stratum in CUED or (row.half == "test" and (row.report_id, row.text) not in taken))
        ]
        size = min(size, len(cued))
        picked = sorted(rng.choice(len(cued), size=size, replace=False).tolist())
        drawn += [replace(cued[k], stratum=stratum) for k in picked]
    return drawn


def main() -> None:
    """Write the draw to the file named on the command line."""
    with Path(sys.argv[1]).open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json.dumps(asdict(d), ensure_ascii=False) + "\n" for d in draw())


if __name__ == "__main__":
    main()
