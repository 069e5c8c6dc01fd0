"""Pages that are no report of the list's province: every list of the replica holds them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from crawler.replica.articles import page
from crawler.replica.texts import Report, report

if TYPE_CHECKING:
    import numpy as np

#: (title, kind); @Y year, @R region, @C a city.
_TITLES = (
    ("@Y年@R政府工作报告解读", "short"), ("图解：@Y年@R政府工作报告", "short"), ("一图读懂@Y年政府工作报告", "short"),
    ("@Y年@R政府工作报告（摘要）", "summary"), ("@Y年@R政府工作报告名词解释", "glossary"),
    ("@R人民政府关于落实@Y年政府工作报告重点任务分工的通知", "tasks"), ("@Y年@R政府工作报告（征求意见稿）", "full"),
    ("代表审议政府工作报告", "news"), ("Report on the Work of the Government (@Y)", "english"),
    ("视频：@Y年@R政府工作报告", "short"), ("@Y年@R人民代表大会常务委员会工作报告", "congress"),
    ("@Y年@R高级人民法院工作报告", "court"), ("@Y年@R人民检察院工作报告", "court"),
    ("关于@R@Y年国民经济和社会发展计划执行情况的报告", "plan"), ("关于@R@Y年预算执行情况和预算草案的报告", "budget"),
    ("@R人民政府@Y年政府信息公开工作年度报告", "short"), ("@Y年@C政府工作报告", "city"), ("@Y年@C人民政府工作报告（全文）", "city"),
    ("政府工作报告", "index"), ("关于政府工作报告的决议", "short"), ("@Y年@O政府工作报告", "other"),
    ("@Y年@R政府工作报告", "soft404"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decoy:
    """A page that must not be accepted for the list's province."""

    title: str
    html: str
    kind: str


def decoys(
    region_code: str,
    region: str,
    year: int,
    city: str,
    other_code: str,
    rng: np.random.Generator,
    seed: int,
) -> list[Decoy]:
    """Make the decoys of a list."""
    base = report(region_code, year, seed=seed)
    other = report(other_code, year, seed=seed)
    found = []
    for title, kind in _TITLES:
        text = (
            title.replace("@Y", str(year))
            .replace("@R", region)
            .replace("@C", city)
            .replace("@O", other.region)
        )
        found.append(Decoy(text, _page(text, kind, base, other, city, rng), kind))
    return found


def _page(
    title: str, kind: str, base: Report, other: Report, city: str, rng: np.random.Generator
) -> str:
    if kind == "soft404":
        return "<html><head><title>页面不存在</title></head><body><h1>您访问的页面不存在或已删除</h1><a href='/'>返回首页</a></body></html>"
    if kind == "index":
        links = "".join(
            f'<li><a href="/z/{i}.html">{base.region}某某事项公开第{i}号</a><span>2025-01-0{i % 9 + 1}</span></li>'
            for i in range(30)
        )
        return page(title, f"<h2>政府工作报告</h2><ul>{links}</ul>", base, rng)
    lines = list(_lines(kind, base, other, city))
    inner = "".join(f"<p>　　{escape(line)}</p>" for line in lines)
    return page(title, f'<h1>{escape(title)}</h1><div class="TRS_Editor">{inner}</div>', base, rng)


def _lines(kind: str, base: Report, other: Report, city: str) -> list[str]:
    body = list(base.body)
    if kind in ("short", "glossary", "news"):
        return body[3:9]
    if kind == "english":
        return ["Fellow deputies, on behalf of the government I now report on its work."] * 12
    if kind == "summary":
        return [base.session, *body[:12]]
    if kind == "tasks":
        return [
            "各市、县人民政府：",
            *(f"{i}. {line[:60]}（责任单位：省发展改革委）" for i, line in enumerate(body[5:60])),
        ]
    if kind == "city":
        session = base.session.replace(base.region, city)
        opening = [
            line.replace(base.region, city).replace("省人民政府", "市人民政府") for line in body
        ]
        return [session, "市长　某某", *opening]
    if kind == "other":
        return [other.session, other.speaker, *other.body]
    words = {
        "congress": f"现在，我受{base.region}人民代表大会常务委员会委托，向大会报告工作，请予审议。",
        "court": "现在，我代表高级人民法院向大会报告工作，请予审议。",
        "plan": "受省人民政府委托，现将国民经济和社会发展计划执行情况提请大会审议。",
        "budget": "受省人民政府委托，现将预算执行情况和预算草案提请大会审议。",
    }
    if kind in words:
        return [base.session, "各位代表：", words[kind], *body[3:]]
    return [base.session, base.speaker, *body]
