"""Names and codes of the places that reports come from (GB/T 2260)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from configs.errors import UserError
from configs.paths import DIVISIONS

if TYPE_CHECKING:
    from pathlib import Path

NATIONAL_CODE = "000000"


@dataclass(frozen=True, slots=True)
class Region:
    """A province, prefecture or the nation."""

    code: str
    name: str
    short_name: str
    name_en: str
    level: str
    province_code: str


@cache
def regions(path: Path = DIVISIONS) -> dict[str, Region]:
    """Read the divisions list, the nation (``000000``) added, keyed by six-digit code."""
    nation = Region(NATIONAL_CODE, "全国", "全国", "China", "national", NATIONAL_CODE)
    found = {NATIONAL_CODE: nation}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found[row["code"]] = Region(
                    code=row["code"],
                    name=row["name"],
                    short_name=row["name_short"] or row["name"],
                    name_en=row["name_en"] or row["pinyin"] or row["name"],
                    level=row["level"],
                    province_code=row["province_code"],
                )
    except OSError as error:
        raise UserError(
            f"cannot read the list of divisions ({error.strerror})", where=str(path)
        ) from error
    return found


@cache
def provinces() -> tuple[Region, ...]:
    """List the 31 provinces that report to a provincial congress, in code order."""
    special = {"710000", "810000", "820000"}
    found = [r for r in regions().values() if r.level == "province" and r.code not in special]
    return tuple(sorted(found, key=lambda r: r.code))


def find_region(text: str) -> Region:
    """Resolve what a user typed (code, full or short name, English name) to one region.

    Raises
    ------
    UserError
        When nothing or more than one region answers to the name.
    """
    wanted = text.strip()
    if wanted in regions():
        return regions()[wanted]
    names = [r for r in regions().values() if wanted in (r.name, r.short_name)]
    names = names or [r for r in regions().values() if r.name_en.lower() == wanted.lower()]
    best = [r for r in names if r.level in ("national", "province")] or names
    if len(best) == 1:
        return best[0]
    problem = "is not a region we know" if not best else "names more than one region"
    fix = "use a name such as 广东省 or a six-digit code such as 440000 (data/statistics/divisions.csv)"
    raise UserError(f"{text!r} {problem}", where="--region", fix=fix)
