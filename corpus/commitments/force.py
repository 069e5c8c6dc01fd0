"""Legal and accountable force: legislation, bans, red lines, assessment (rule R9)."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["find_legal_force"]

_ACTS: Final = "出台|制定|修订|修改|修正|废止|颁布|审议通过|审议|立改废释?|起草|提请|推进|加快|完善(?=地方性法规)"
_LAWS: Final = "条例》?|地方性法规(?:草案)?|法规(?:议?案)?|规章|法律"
_PATTERNS: Final = (
    # 落实条例 applies a law, it makes none.
    rf"(?:{_ACTS})(?:、(?:{_ACTS})|和(?:{_ACTS})|(?:{_ACTS}))*[^，。；！？]{{0,28}}?(?:{_LAWS})",
    r"(?:推进|加强|完成|开展|加快|推动|强化)[^，。；]{0,16}?立法(?!质|协|机制|工作机制|建议)(?:计划)?",
    r"严禁|一律(?:不得|不予|不准|禁止|停|严肃)?|不得(?!不|已|了)|不准|(?<!令行)(?<!明文)(?<!没有)禁止(?!性|清单|类)",
    r"(?:严守|坚守|守牢|守住|划定|落实|管控|坚持|筑牢|守好)[^，。；]{0,16}?红线",
    r"约束性指标",
    r"(?:纳入|列入|作为)[^，。；]{0,18}?考核|与[^，。；]{0,12}(?:考核|绩效|评价|奖|薪酬|任用|预算|评优)[^，。；]{0,8}挂钩|(?:考核|绩效|评价|奖|薪酬|任用|预算|评优)[^，。；]{0,14}挂钩|[^，。；]{0,8}?考核(?:问责|奖惩|挂钩|评价结果)"
    r"(?:机制|制度)?",
    r"(?:追责|问责)(?:问责|追责)?(?:机制)?|追究[^，。；]{0,8}?责任|责任倒查|终身追责",
    r"强制(?:退出|淘汰|关停|报废|执行)|依法(?:关停|取缔|关闭|淘汰)|限期(?:退出|关停|淘汰|整改)|一票否决",
)
_FORCE: Final = re.compile("|".join(f"(?:{p})" for p in _PATTERNS))
_LABEL: Final = re.compile(r"“[^“”]{0,8}”")  # “三个一律”, “五个严禁”: labels
_CUES: Final = re.compile(
    r"条例|法规|规章|法律|立法|严禁|一律|不得|不准|禁止|红线|约束性|考核|挂钩|责|强制|依法|限期|一票"
)
# C8: meeting an assigned target without a figure. The rest only mention a law or an assessment.
_NOT: Final = re.compile(
    r"国家下达[^，。；]*约束性指标|考核(?:中|连续|获|优秀|评为|成效|名列|位居|居|等次)|(?:落实|贯彻|执行|宣传)[^，。；]{0,6}$"
)


def find_legal_force(text: str) -> list[tuple[int, int]]:
    """Return the spans with legal or accountable force; emphatic adverbs alone have none.

    Examples
    --------
    >>> text = "推动修订优化营商环境条例，坚决遏制违规行为。"
    >>> [text[a:b] for a, b in find_legal_force(text)]
    ['修订优化营商环境条例']
    """
    if not _CUES.search(text):
        return []
    spans: list[tuple[int, int]] = []
    names = [m.span() for m in _LABEL.finditer(text)]
    for match in _FORCE.finditer(text):
        around = text[max(0, match.start() - 14) : match.end() + 6]
        quoted = any(a <= match.start() < b for a, b in names)
        if not quoted and not _mentions_only(text, match, around):
            spans.append(match.span())
    return spans


def _mentions_only(text: str, match: re.Match[str], around: str) -> bool:
    word = match.group()
    if "考核" in word or word == "约束性指标":
        return bool(_NOT.search(around))
    if word.endswith(("条例", "条例》", "法律")):
        if re.search(r"贯彻|落实|实施《|修[订改]的", word):
            return True
        return bool(re.search(r"(?:落实|贯彻|执行|宣传)[^，。；]{0,4}$", text[: match.start()]))
    return False
