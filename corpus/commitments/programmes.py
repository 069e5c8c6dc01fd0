"""Named programmes, pilots, funds and bodies: what one can point at by name (level 2)."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["find_programmes"]

_ACTION: Final = (
    "行动计划|专项行动|行动纲要|行动方案|行动(?!能力|派|自觉|者|上|起来|力|指南)|工程(?!师|考古|体系|机械|建设领域|技术|学|款|量|质量|造价)"
    "|计划(?!生育|新|完成|目标|任务|投资|性|开工|单列|建设|执行|内|外|在)|攻坚战|保卫战|持久战|歼灭战|人民战争|战役"
    "|规划纲要(?:（草案）)?|规划(?!建设|编制|引领|内|外|、|和|任务|目标|实施|师|设计|管理|统筹|布局|衔接|收官|馆|期)"
    "|实施方案|工作方案|方案|试点(?!地区|示范|经验|单位|先行|范围|项目|工作经验)|专项资金|专项治理|专项整治|管理办法|办法"
    '|重大专项(?:攻关)?|[“"][^”"]{1,18}工程[”"](?!经验)|[“"][^”"]{1,18}(?:计划|行动)[”"]'
)
_BODY: Final = (
    "实验室|研究院|研究所|中心(?!城|任务|工作|镇|村|组|环节|大局|线|带|点|节点|卫生院|区域|辐射|仓|站|群|枢纽|.{0,4}院区)"
    "|平台(?!经济|企业|体系|载体|型|公司)|基金(?!会|小镇|管理|收入|支出|监管|安全)|示范区|先行区|引领区|试验区"
    "|合作区|集聚区|先导区|开发区|保护区|自贸区|产业园|零碳园区|国家公园|文化公园|遗址公园|基地(?!化)|联盟"
    "|示范城市|试点城市|试点县|学院|集团(?!化|军|有限)"
)
_DO: Final = (
    "深入实施|组织实施|全面实施|启动实施|制定实施|实施|开展|启动|打好|打响|打赢|制定|编制|印发|出台|推进|推动|深化|完成|落实"
    "|组织|推行|入选|获批|谋划|争取|承担|执行|做好|接续|推出|发布|设立|新设|开工建设|开工|抓好|建设|加快"
    "|优化|纳入|全面完成|稳步|扎实|有序|高质量|完善|健全|创建|打造|建成|用好|强化|加强|促进|支持|聚焦|持续|高标准"
)
_SET_UP: Final = (
    "加快建设|推进建设|推动建设|布局建设|规划建设|共同建设|建设|共建|新建|建成|组建|设立|成立|创建|争创|打造|建立|获批|筹建"
    "|揭牌|挂牌|落户|新增|新设|启用|布局|入选|搭建|探索建设|启动"
)
# Weaker: these count where the name is followed by 建设, 尽早落地 or the like.
_FOSTER: Final = "推进|推动|加快|抓好|完成|支持|高质量|高水平|高标准|争取|谋划|做好|强化"
_ONGOING: Final = (
    r"(?:（[^）]{1,6}）)?(?:保护利用项目|建设|尽早落地|(?:、[^，。；]{2,24})?等[^，。；]{0,4}项目)"
)
_ESTABLISHED: Final = (
    r"(?:项目|首期|一期)?(?:挂牌|揭牌|落户|获批|上线|投用|投入使用|启用|成立|落地(?!见效)|正式运行|开工|建成|投入运营"
    r"|获批建设|开园|实体化运行|筹建|获国家批准|落成)"
)
_CONTINUES: Final = r"(?:扎实|深入|全面|加快|稳步|有序|启动|顺利|成功|如期|持续)?(?:推进|实施|启动|完工|开展|落地|见效|开工|获批|贯通|投运|竣工|建成)"
_VAGUE: Final = re.compile(
    r"^(?:一批|若干|各类|重点|重大|相关|有关|更多|系列|一系列|多个|标志性|各项|国家级?|省级?|市级?|新一批|首批|专项|这些|"
    r"对外开放|高端|高能级|高水平|全国|新型|创新|科技创新|公共|服务|省部级|配套|政策|实施|等|的|了|各种|国家重大|省重点|区域|大|高端|技术|新|年度|既定|民生|实事)*$"
)
_COUNT: Final = re.compile(
    r"\d[\d.]*[余多]?[万千]?(?:个|家|所|项|条|座|处|批)|^[两三四五六七八九十]+[个家所项条座处大]|一批|更多|若干|多个|一系列|\d[\d.]*[万亿]*元|等(?:重点|重大|标志性)|形象工程|\d/\d|以上的"
)
_CLAUSE: Final = re.compile(r"[^，。；：！？,;\n]+")
_HEAD: Final = re.compile(rf"(?P<action>{_ACTION})|(?P<body>{_BODY})")
_BODY_RE: Final = re.compile(_BODY)
_DO_RE: Final = re.compile(rf"(?:{_DO})+了?")
_SET_UP_RE: Final = re.compile(rf"(?:{_SET_UP})了?")
_FOSTER_RE: Final = re.compile(_FOSTER)
_ONGOING_RE: Final = re.compile(_ONGOING)
_ESTABLISHED_RE: Final = re.compile(_ESTABLISHED)
_CONTINUES_RE: Final = re.compile(_CONTINUES)
_TITLE: Final = re.compile(r"《[^《》]{2,40}(?:规划|纲要|方案|计划|意见|办法)[^《》]{0,20}》")
_JOIN: Final = re.compile(r"(?:、|和|及|与|以及|等|暨|深入推进|深入|扎实|的|成为)+")
_LEADING: Final = re.compile(
    r"^(?:一体|深入|全面|加快|积极|大力|扎实|稳步|持续|有序|高质量|高标准|继续|统筹|启动|实施|好|国家|省级?|的|了|我省|全省)*"
)
_EXISTING: Final = re.compile(
    r"(?:发挥|依托|提升|提高|做优做强|建强用好|用好|支持|围绕|优化|完善|做强|做大)$"
)
_LONGEST: Final = 34


def find_programmes(text: str) -> list[tuple[int, int]]:
    """Return the spans of named programmes and bodies that a clause acts on.

    A programme (行动, 工程, 计划, 试点, 攻坚战 …) needs a name of its own and a verb or predicate of
    carrying out; a body (实验室, 中心, 示范区, 基金 …) must be set up, not merely used. Counted bodies
    (12家实验室) are quantities.
    """
    spans = [match.span() for match in _TITLE.finditer(text)]
    for clause in _CLAUSE.finditer(text):
        if _HEAD.search(clause.group()):
            spans += _in_clause(text, clause.start(), clause.end(), spans)
    return sorted(set(spans))


def _in_clause(
    text: str, start: int, end: int, taken: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    clause = text[start:end]
    found: list[tuple[int, int]] = []
    floor = 0
    for head in _HEAD.finditer(clause):
        if any(a < start + head.end() and start + head.start() < b for a, b in taken):
            continue
        begin = (_action_start if head["action"] else _body_start)(clause, floor, head)
        if begin is None:
            continue
        begin = _trimmed(clause, begin, head.end(), body=head["body"] is not None)
        if _is_named(clause[begin : head.end()], head.group()):
            found.append(_with_quote(text, start + begin, start + head.end()))
            floor = head.end()
    return found


def _action_start(clause: str, floor: int, head: re.Match[str]) -> int | None:
    """Where the name of a programme begins: after the first verb, or after the last name."""
    verb = _DO_RE.search(clause, 0, head.start())
    if verb is None:
        if _CONTINUES_RE.match(clause, _last_head(clause)):
            return floor
        return head.start() if head.group()[0] in '“"' else None
    return max(floor, verb.end())


def _trimmed(clause: str, begin: int, end: int, *, body: bool) -> int:
    """Drop a joining 、 or 和, and the earlier members of a list that are no part of the name."""
    join = _JOIN.match(clause, begin, end)
    begin = join.end() if join else begin
    listed = body and "、" in clause[begin:end] and "等" not in clause[begin:end]
    if end - begin > _LONGEST or listed:
        joint = -1 if listed else clause.rfind("和", begin, end)
        cut = max(clause.rfind("、", begin, end), joint)
        begin = cut + 1 if cut >= 0 else begin
    return begin


def _with_quote(text: str, start: int, end: int) -> tuple[int, int]:
    """Take a closing quotation mark in when the opening one is part of the name."""
    name = text[start:end]
    if name.count("“") > name.count("”") and text.startswith("”", end):
        return start, end + 1
    return start, end


def _last_head(clause: str) -> int:
    """Where the last programme name of the clause ends: A计划和B计划扎实推进."""
    return max((m.end() for m in _HEAD.finditer(clause)), default=0)


def _body_start(clause: str, floor: int, head: re.Match[str]) -> int | None:
    """Where the name of a body begins, if the clause sets it up."""
    verbs = list(_SET_UP_RE.finditer(clause, 0, head.start()))
    if verbs:
        first = next((m for m in verbs if m.end() >= floor), verbs[0])
        return max(floor, first.end())
    weak = _FOSTER_RE.search(clause, floor, head.start())
    if weak and _ONGOING_RE.match(clause, head.end()):
        return weak.end()
    if _ESTABLISHED_RE.match(clause, head.end()):
        return weak.end() if weak else floor
    return None


def _is_named(name: str, head: str) -> bool:
    if len(name) > _LONGEST or _COUNT.search(name):
        return False
    if head[0] in '“"':
        return True
    modifier = _LEADING.sub("", name.removesuffix(head))
    # 人才中心, 联合实验室: a body needs more of a name than a programme or a zone does.
    least = 3 if _BODY_RE.match(head) and not head.endswith("区") else 2
    return len(modifier) >= least and not _VAGUE.match(modifier)
