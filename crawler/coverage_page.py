"""The coverage matrix as one HTML file: no script, nothing loaded, every cell in words too."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from corpus.regions import regions
from crawler.coverage import STATES, Cell, CellState, counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.changes import Alarm, CellChange

#: Sign and words of each state; the sign keeps the matrix readable without colours.
WORDS = {
    "ok_official": ("●", "official page 官方网页"),
    "ok_reprint": ("◐", "reprint 转载"),
    "pdf_only": ("P", "official PDF only 仅有官方 PDF"),
    "needs_ocr": ("S", "scanned, needs OCR 扫描件，需识别"),
    "not_published_yet": ("…", "not published yet 尚未发布"),
    "gap_confirmed": ("–", "confirmed gap 确认缺失"),
    "blocked": ("✕", "blocked 被拦截"),
    "dead": ("†", "address is dead 地址失效"),
    "quarantined": ("?", "page found, refused as a report 页面未通过审查"),
    "unknown": ("○", "nothing found 未找到"),
}
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d5dae1;--paper:#fff}
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:var(--ink);
background:var(--paper);margin:2rem auto;max-width:70rem;padding:0 1rem}
h1{font-size:1.4rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.3rem 0;color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left;padding:.25rem .6rem;white-space:nowrap}thead th{border-bottom:2px solid var(--line)}
td{padding:0;border:1px solid var(--line);text-align:center;min-width:3rem}
td a,td span{display:block;padding:.25rem .4rem;color:inherit;text-decoration:none}td a:focus-visible{outline:2px solid #0b57d0}
.list td{text-align:left;padding:.3rem .6rem;overflow-wrap:anywhere}
.key{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;padding:0;list-style:none}.key b{display:inline-block;min-width:1.8rem;
text-align:center;border:1px solid var(--line);margin-right:.4rem;color:#14181f}
.ok_official{background:#bfe3c8;color:#14181f}.ok_reprint{background:#d8ecc0;color:#14181f}.pdf_only{background:#c9e4ee;color:#14181f}
.needs_ocr{background:#f6e3b4;color:#14181f}.not_published_yet{background:#eceff3;color:#14181f}
.gap_confirmed{background:#e3e6ea;color:#14181f}.blocked{background:#f4c7c3;color:#14181f}.dead{background:#e6c9d8;color:#14181f}
.quarantined{background:#fbd9b0;color:#14181f}.unknown{background:#fff;color:#14181f}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebf0;--soft:#a9b3c1;--line:#414b59;--paper:#14181f}}
"""


def coverage_page(
    cells: Sequence[Cell], alarms: Sequence[Alarm], changes: Sequence[CellChange]
) -> str:
    """Draw the matrix, the list of cells to look at, alarms, and changes since the last run."""
    years = sorted({cell.year for cell in cells})
    found = counts(cells)
    total = sum(found.values())
    ok = sum(found[s] for s in ("ok_official", "ok_reprint", "pdf_only"))
    body = [
        "<h1>Coverage of government work reports 政府工作报告覆盖情况</h1>",
        f"<p>{ok} of {total} cells hold a report. Years are years of delivery; a cell links to the page it came from. "
        f"{total} 格中 {ok} 格已有报告；年份为作报告的年份，点格子可到来源网页。</p>",
        _key(found),
        _table(cells, years),
        _open_cells(cells),
        _alarms(alarms),
        _changes(changes),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Coverage 覆盖情况</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _key(found: dict[CellState, int]) -> str:
    items = [
        f'<li><b class="{state}">{WORDS[state][0]}</b>{WORDS[state][1]} <strong>{found[state]}</strong></li>'
        for state in STATES
        if found[state]
    ]
    return f'<ul class="key">{"".join(items)}</ul>'


def _table(cells: Sequence[Cell], years: Sequence[int]) -> str:
    by_place = {(c.region_code, c.year): c for c in cells}
    codes = sorted({c.region_code for c in cells})
    head = "".join(f'<th scope="col">{year}</th>' for year in years)
    lines = []
    for code in codes:
        row = "".join(_cell(by_place.get((code, year))) for year in years)
        lines.append(
            f'<tr><th scope="row" lang="zh">{html.escape(regions()[code].name)}</th>{row}</tr>'
        )
    return f'<div class="scroll"><table><thead><tr><th scope="col">region 地区</th>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td></td>"
    sign, words = WORDS[cell.state]
    label = html.escape(
        f"{cell.region} {cell.year}: {words}{' – ' + cell.reason if cell.reason else ''}"
    )
    inner = f'<span title="{label}" aria-label="{label}">{sign}</span>'
    if cell.url.startswith(("http://", "https://")):
        inner = f'<a href="{html.escape(cell.url)}" rel="noreferrer" title="{label}" aria-label="{label}">{sign}</a>'
    return f'<td class="{cell.state}">{inner}</td>'


def _list(title: str, head: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> str:
    if not rows:
        return f"<h2>{title}</h2><p>{empty}</p>"
    top = "".join(f'<th scope="col">{h}</th>' for h in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(v))}</td>" for v in row) + "</tr>" for row in rows
    )
    return f'<h2>{title}</h2><div class="scroll"><table class="list"><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'


def _open_cells(cells: Sequence[Cell]) -> str:
    rows = [
        (c.region, c.year, WORDS[c.state][1], c.reason, c.url)
        for c in cells
        if c.state not in ("ok_official", "ok_reprint", "pdf_only")
    ]
    return _list(
        "Cells without a report 没有报告的格子",
        ("region 地区", "year 年份", "state 状态", "reason 原因", "address 地址"),
        rows,
        "None. 无",
    )


def _alarms(alarms: Sequence[Alarm]) -> str:
    rows = [
        (
            regions()[a.region_code].name,
            a.url,
            "–" if a.before is None else a.before,
            a.now,
            a.reason,
        )
        for a in alarms
    ]
    return _list(
        "Lists that yield too little 条目过少的栏目",
        ("region 地区", "list 栏目", "links before 原有", "links now 现有", "why 原因"),
        rows,
        "None. 无",
    )


def _changes(changes: Sequence[CellChange]) -> str:
    rows = [(regions()[c.region_code].name, c.year, c.before, c.now) for c in changes]
    return _list(
        "Changed since the run before 与上次相比",
        ("region 地区", "year 年份", "before 原为", "now 现为"),
        rows,
        "Nothing, or this is the first run. 无变化，或首次运行",
    )
