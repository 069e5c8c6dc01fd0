"""A cell's text as a number: thousands separators, footnote marks, marks for missing; or refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: What tables write where there is no figure.
MISSING = frozenset(
    {"", "-", "--", "---", "－", "—", "——", "–", "−", "..", "...", "…", "……", "/", "n/a", "na", "n.a.", "nan", "null",
     "none", "缺失", "暂缺", "无", "空"}
)  # fmt: skip
#: Marks of notes beside a figure. Digits alone in brackets of any kind are marks; letters are not taken.
_MARK = re.compile(
    r"\s*(?:[①-⑳⑴-⒇¹²³⁰-⁹*＊†‡#＃]|\[\d{1,2}\]|［\d{1,2}］|\(\d{1,2}\)|（\d{1,2}）|\s\d{1,2}[)）]|注\d*)+$"
)
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([, ])\d{3})(?:\1\d{3})*(?:\.\d+)?$")
_WIDE = str.maketrans("０１２３４５６７８９．，－＋％　\u00a0\u2009\u202f−", "0123456789.,-+%    -")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that was read.

    Attributes
    ----------
    value : float or None
        None where the table says that there is no figure.
    change : str
        What was taken off the text ("footnote mark ①"), empty where nothing was.
    is_percent : bool
        The cell itself carries a per cent sign.
    """

    value: float | None
    change: str = ""
    is_percent: bool = False


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that is no number, with the reason and the remedy."""

    reason: str
    fix: str
    kind: Literal["text", "ambiguous", "error"] = "text"


def read_cell(text: str) -> Cell | BadCell:
    """Read a figure as a table prints it.

    Examples
    --------
    >>> read_cell("1,234.5①").value
    1234.5
    >>> read_cell("..").value is None
    True
    >>> read_cell("1,23").reason
    'a comma that separates no thousands'
    """
    bare = text.strip()
    if bare.lower() in MISSING:
        return Cell(None)
    if bare.startswith("#"):
        return BadCell("a spreadsheet error", "mend the formula or leave the cell empty", "error")
    marked = _MARK.search(bare)
    mark = marked.group().strip() if marked and marked.start() > 0 else ""
    if mark and marked is not None:
        bare = bare[: marked.start()]
    bare = bare.translate(_WIDE).strip()
    change = f"footnote mark {mark}" if mark else ""
    if mark and bare.lower() in MISSING:
        return Cell(None, change)
    percent = bare.endswith("%")
    bare = bare.removesuffix("%").strip()
    if _PLAIN.match(bare):
        return Cell(float(bare), change, percent)
    if _GROUPED.match(bare):
        return Cell(float(bare.replace(",", "").replace(" ", "")), change, percent)
    return _refuse(bare)


def _refuse(bare: str) -> BadCell:
    if re.match(r"[+-]?\d+,\d+$", bare):
        return BadCell("a comma that separates no thousands", "write 1,234 or 1.23", "ambiguous")
    if re.match(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?$", bare):
        return BadCell("dots that separate thousands", "write 1,234.5", "ambiguous")
    if re.match(r"\(.*\d.*\)$", bare):
        return BadCell(
            "a number in brackets", "write a minus sign for a negative figure", "ambiguous"
        )
    return BadCell("not a number", "correct it, or leave a missing value empty")
