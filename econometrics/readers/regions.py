"""Region names in any usual form to GB/T 2260 codes; guesses are listed and never applied."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from configs.paths import PROJECT_ROOT
from configs.tomlfiles import read_toml
from corpus.regions import regions
from econometrics.tidy import NATION

CHANGES = PROJECT_ROOT / "configs" / "indicators" / "changes.toml"
_NATION = {
    "全国",
    "全国合计",
    "全国总计",
    "中国",
    "china",
    "national",
    "nation",
    "total",
    "合计",
    "总计",
    "100000",
    "000000",
}
_PEOPLES = "壮族|回族|维吾尔|蒙古族|蒙古|藏族|羌族|彝族|苗族|侗族|布依族|土家族|傣族|白族|哈尼族|景颇族|傈僳族|朝鲜族|哈萨克|柯尔克孜"
_SUFFIX = re.compile(rf"(?:(?:{_PEOPLES})*(?:自治区|自治州)|特别行政区|省|市|地区|盟)$")
_ENGLISH_SUFFIX = re.compile(
    r"\s+(?:province|municipality|city|prefecture|league|autonomous (?:region|prefecture)|"
    r"(?:zhuang|hui|uygur|uyghur) autonomous region|sar)$"
)


class Change(BaseModel):
    """A change of a code or name; see configs/indicators/changes.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    name: str
    year: int
    kind: Literal["abolished", "recoded", "renamed"]
    successors: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Match:
    """What a text on a region means.

    Attributes
    ----------
    text : str
    code : str
        Empty where nothing, or more than one region, answers.
    how : {"exact", "changed", "ambiguous", "guess", "unknown"}
    candidates : tuple of str
        Codes that may be meant, for ``ambiguous`` and ``guess``.
    note : str
        The change of code or name that was applied.
    last_year : int or None
        Of an abolished region: figures of later years cannot exist.
    """

    text: str
    code: str
    how: Literal["exact", "changed", "ambiguous", "guess", "unknown"]
    candidates: tuple[str, ...] = ()
    note: str = ""
    last_year: int | None = None


@cache
def changes() -> tuple[Change, ...]:
    """Read the list of changed codes and names."""
    return tuple(Change.model_validate(raw) for raw in read_toml(CHANGES)["change"])


@cache
def _names() -> dict[str, set[str]]:
    recoded = {c.code for c in changes() if c.kind == "recoded"}
    found: dict[str, set[str]] = {}
    for region in regions().values():
        if region.code in recoded or region.code == "000000":
            continue
        province = regions().get(region.province_code)
        forms = {region.name, region.short_name, _SUFFIX.sub("", region.name)}
        if province is not None and region.level != "province":
            forms |= {
                p + form for p in (province.name, province.short_name) for form in tuple(forms)
            }
        forms.add(region.name_en)
        for form in forms:
            found.setdefault(_key(form), set()).add(region.code)
    return found


def _key(text: str) -> str:
    bare = re.sub(r"[\s\u3000\-_·,，'’*①-⑳]+", " ", text.strip().lower()).strip()
    bare = _ENGLISH_SUFFIX.sub("", bare)
    return bare.replace(" ", "")


@cache
def match_region(text: str) -> Match:
    """Find the region that a code or name stands for.

    Examples
    --------
    >>> match_region("广东").code, match_region("广东省广州市").code, match_region("Guangdong Province").code
    ('440000', '440100', '440000')
    >>> match_region("那曲地区").code
    '540600'
    """
    bare = text.strip().removesuffix(".0")
    if _key(bare) in _NATION:
        return Match(text, NATION, "exact")
    if re.fullmatch(r"\d+", bare):
        return _by_code(text, bare)
    changed = next(
        (c for c in changes() if _key(bare) in (_key(c.name), _key(_SUFFIX.sub("", c.name)))), None
    )
    if changed and (changed.kind != "recoded" or _key(bare) == _key(changed.name)):
        return _changed(text, changed)
    codes = _names().get(_key(bare), set())
    if len(codes) == 1:
        return Match(text, next(iter(codes)), "exact")
    if codes:
        return Match(text, "", "ambiguous", tuple(sorted(codes)))
    guesses = difflib.get_close_matches(_key(bare), _names(), n=3, cutoff=0.5)
    candidates = dict.fromkeys(code for guess in guesses for code in sorted(_names()[guess]))
    return Match(text, "", "guess" if candidates else "unknown", tuple(candidates))


def _by_code(text: str, digits: str) -> Match:
    if len(digits) in (9, 12) and set(digits[6:]) == {
        "0"
    }:  # statistical codes of streets and villages
        digits = digits[:6]
    code = digits.ljust(6, "0") if len(digits) in (2, 4) else digits
    changed = next((c for c in changes() if c.code == code and c.kind != "renamed"), None)
    if changed:
        return _changed(text, changed)
    return Match(text, code, "exact") if code in regions() else Match(text, "", "unknown")


def _changed(text: str, change: Change) -> Match:
    if change.kind == "abolished":
        return Match(text, change.code, "changed", note=change.note, last_year=change.year)
    return Match(text, change.successors[0], "changed", note=change.note)


def shown_candidates(match: Match) -> str:
    """List candidates as ``440100 广州市``."""
    return ", ".join(f"{code} {regions()[code].name}" for code in match.candidates[:4])
