"""Numbers as printed: value, stars, and the interval that rounding leaves."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DASHES = str.maketrans({"−": "-", "–": "-", "—": "-", "﹣": "-", "－": "-"})
_NUMBER = re.compile(
    r"^\(?\s*(?P<sign>[-+]?)\s*(?P<digits>\d*\.?\d+)\s*\)?\s*(?P<stars>\*{0,3})\s*\)?$"
)
#: Two-sided normal critical values of one, two and three stars.
CRITICAL = (1.644854, 1.959964, 2.575829)


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number.

    Attributes
    ----------
    text : str
        As printed.
    value : float
    stars : int
    half : float
        Half of the last printed digit: the true value lies in value +- half.
    repaired : bool
        The text was no number; the value is what it most likely means.
    """

    text: str
    value: float
    stars: int
    half: float
    repaired: bool = False

    @property
    def low(self) -> float:
        """Lower end of what rounding allows."""
        return self.value - self.half

    @property
    def high(self) -> float:
        """Upper end of what rounding allows."""
        return self.value + self.half


def read_printed(text: str) -> Printed | None:
    """Read a cell; None when it is empty or beyond repair.

    Examples
    --------
    >>> read_printed("-0.802***")
    Printed(text='-0.802***', value=-0.802, stars=3, half=0.0005, repaired=False)
    >>> read_printed("0–1.089***").value
    -1.089
    """
    plain = text.strip().translate(_DASHES)
    if not plain:
        return None
    if found := _NUMBER.match(plain):
        return _printed(text, found, repaired=False)
    # A digit before the sign, a comma for the point, a doubled point or sign: common misprints.
    for guess in (
        re.sub(r"^\d+(?=[-+])", "", plain),
        plain.replace(",", "."),
        re.sub(r"([-.])\1+", r"\1", plain),
        re.sub(r"(?<=\d)\s+(?=\d)", "", plain),
    ):
        if found := _NUMBER.match(guess):
            return _printed(text, found, repaired=True)
    return None


def _printed(text: str, found: re.Match[str], *, repaired: bool) -> Printed:
    digits = found["digits"]
    decimals = len(digits.partition(".")[2])
    value = float(digits) * (-1 if found["sign"] == "-" else 1)
    return Printed(text, value, len(found["stars"]), 0.5 * 10.0**-decimals, repaired)


def format_like(value: float, like: Printed, stars: int | None = None) -> str:
    """Print a value with the decimals of another, with stars."""
    decimals = max(round(-_log10(2 * like.half)), 0)
    return f"{value:.{decimals}f}{'*' * (like.stars if stars is None else stars)}"


def _log10(value: float) -> float:
    import math

    return math.log10(value)


def stars_of(z: float) -> int:
    """Stars that a z-value earns."""
    return sum(abs(z) >= critical for critical in CRITICAL)


def possible_stars(estimate: Printed, error: Printed) -> tuple[int, int]:
    """Least and most stars that the printed digits allow.

    The slack of half a per cent covers tables that use Student's t with many degrees of freedom.
    """
    least = max(abs(estimate.value) - estimate.half, 0.0) / (error.value + error.half)
    smallest = max(error.value - error.half, 1e-12)
    most = (abs(estimate.value) + estimate.half) / smallest
    return stars_of(least * 0.995), stars_of(most * 1.005)
