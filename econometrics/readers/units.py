"""Units of Chinese statistics: read from headers, converted with a unit registry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What we keep columns in, as pint reads it.
KEPT: Mapping[str, str] = {
    "100m_yuan": "1e8 * yuan", "10k_yuan": "1e4 * yuan", "yuan": "yuan", "yuan_per_person": "yuan / person",
    "10k_persons": "1e4 * person", "persons": "person", "10k_households": "1e4 * household", "pct": "percent",
    "pieces": "piece", "institutions": "institution", "companies": "company", "m2_per_person": "meter ** 2 / person",
    "10k_m2": "1e4 * meter ** 2", "km2": "kilometer ** 2", "mm": "millimeter", "degC": "degC", "ratio": "dimensionless",
    "years": "year",
}  # fmt: skip
_POWERS = {
    "百": "1e2",
    "千": "1e3",
    "万": "1e4",
    "十万": "1e5",
    "百万": "1e6",
    "千万": "1e7",
    "亿": "1e8",
    "万亿": "1e12",
}
_BASES = {
    "元": "yuan", "人民币元": "yuan", "人": "person", "户": "household", "件": "piece", "项": "piece", "个": "item",
    "所": "institution", "家": "company", "平方米": "meter ** 2", "平方公里": "kilometer ** 2", "公顷": "hectare",
    "毫米": "millimeter", "米": "meter", "公里": "kilometer", "吨": "tonne", "摄氏度": "degC", "℃": "degC", "°C": "degC",
    "%": "percent", "％": "percent", "百分比": "percent", "‰": "permille", "年": "year", "美元": "usd",
}  # fmt: skip
_ENGLISH = {
    "100 million yuan": "1e8 * yuan", "100 million rmb": "1e8 * yuan", "billion yuan": "1e9 * yuan", "10^8 yuan": "1e8 * yuan",
    "million yuan": "1e6 * yuan", "10,000 yuan": "1e4 * yuan", "10000 yuan": "1e4 * yuan", "10^4 yuan": "1e4 * yuan",
    "1,000 yuan": "1e3 * yuan", "rmb": "yuan", "cny": "yuan", "rmb yuan": "yuan", "yuan": "yuan", "yuan/person": "yuan / person",
    "10,000 persons": "1e4 * person", "10000 persons": "1e4 * person", "10^4 persons": "1e4 * person", "persons": "person",
    "person": "person", "million persons": "1e6 * person", "1,000 persons": "1e3 * person", "thousand persons": "1e3 * person",
    "10,000 households": "1e4 * household", "1,000 households": "1e3 * household", "10^3 households": "1e3 * household",
    "households": "household", "percent": "percent", "per cent": "percent", "pct": "percent", "sq.m": "meter ** 2",
    "sq m": "meter ** 2", "m2": "meter ** 2", "m²": "meter ** 2", "m2/person": "meter ** 2 / person",
    "sq.m/person": "meter ** 2 / person", "10,000 sq.m": "1e4 * meter ** 2", "km2": "kilometer ** 2", "sq.km": "kilometer ** 2",
    "mm": "millimeter", "degc": "degC", "celsius": "degC", "piece": "piece", "pieces": "piece", "unit": "item", "units": "item",
}  # fmt: skip
#: Counts of things: 个, 件 and 家 all count, and stand for each other.
_COUNTS = ("piece", "item", "institution", "company")


@dataclass(frozen=True, slots=True)
class Conversion:
    """How figures of one unit become figures of another: ``kept = figure * factor``."""

    source: str
    target: str
    factor: float


@cache
def _registry() -> Any:
    try:
        import pint
    except ImportError as error:
        raise UserError(
            "converting units needs the package pint", fix="pip install pint"
        ) from error
    registry: pint.UnitRegistry[Any] = pint.UnitRegistry()
    for line in ("yuan = [currency]", "usd = [dollar]", "person = [person]", "household = [household]", "item = [item]",
                 "permille = 1e-3 = ‰ = _"):  # fmt: skip
        registry.define(line)
    for name in ("piece", "institution", "company"):
        registry.define(f"{name} = item")
    return registry


def unit_expression(text: str) -> str | None:
    """Translate a unit as tables write it, for the registry; None where we do not know it.

    Examples
    --------
    >>> unit_expression("亿元")
    '1e8 * yuan'
    >>> unit_expression("元/人")
    'yuan / person'
    """
    bare = re.sub(r"\s+", " ", text.strip().strip("()（）[]").strip())
    if bare.lower() in _ENGLISH:
        return _ENGLISH[bare.lower()]
    if "/" in bare or "每" in bare:
        above, _, below = bare.partition("/")
        upper, lower = unit_expression(above), unit_expression(below)
        return f"{upper} / {lower}" if upper and lower else None
    for power in sorted(_POWERS, key=len, reverse=True):
        base = bare.removeprefix(power)
        if base != bare and base in _BASES:
            return f"{_POWERS[power]} * {_BASES[base]}"
    return _BASES.get(bare)


def conversion(source: str, target: str, *, where: str) -> Conversion:
    """Find the factor from a table's unit to the unit we keep.

    Parameters
    ----------
    source : str
        As the table writes it: 亿元, 万人, %, 10,000 persons.
    target : str
        A key of `KEPT`.

    Raises
    ------
    UserError
        Unknown unit, or a unit of another kind (persons for money).
    """
    expression = unit_expression(source)
    if expression is None:
        known = ", ".join(["亿元", "万元", "万人", "%", "元/人", "万户", "10,000 persons"])
        raise UserError(
            f"unknown unit {source!r}", where=where, fix=f"known are e.g. {known}; or give units"
        )
    if expression == KEPT[target]:
        return Conversion(source, target, 1.0)
    registry = _registry()
    import pint

    if expression == "degC" or KEPT[target] == "degC":
        if expression != KEPT[target]:
            raise UserError(f"the unit {source!r} cannot become {target}", where=where)
        return Conversion(source, target, 1.0)
    try:
        factor = float(
            (1 * registry.parse_expression(expression))
            .to(registry.parse_expression(KEPT[target]).units)
            .magnitude
        )
        factor /= float((1 * registry.parse_expression(KEPT[target])).magnitude)
    except pint.DimensionalityError as error:
        per_person = _per_person(expression, target)
        if per_person:
            return Conversion(source, target, per_person)
        raise UserError(
            f"the unit {source!r} cannot become {target}",
            where=where,
            fix="correct the header, or give units",
        ) from error
    return Conversion(source, target, float(f"{factor:.12g}"))


def _per_person(expression: str, target: str) -> float | None:
    # 人均地区生产总值(元): the label already says per person, the unit often does not.
    kept = KEPT[target]
    if not kept.endswith(" / person") or "person" in expression:
        return None
    registry = _registry()
    upper = kept.removesuffix(" / person")
    try:
        return float((1 * registry.parse_expression(expression)).to(upper).magnitude)
    except Exception:  # pint's errors differ by cause; all mean that it is no such unit
        return None
