"""Years as users type them."""

from __future__ import annotations

import re

from configs.errors import UserError


def year_range(text: str) -> tuple[int, int]:
    """Read ``2025`` or ``2018-2026`` as first and last year.

    Raises
    ------
    UserError
        When it is neither, or runs backwards.
    """
    match = re.fullmatch(r"\s*(\d{4})\s*(?:[-–—~至]\s*(\d{4})\s*)?", text)
    if match is None:
        raise UserError(
            f"{text!r} is no year or range", where="--years", fix="write 2025 or 2018-2026"
        )
    first, last = int(match[1]), int(match[2] or match[1])
    if first > last:
        raise UserError(f"{text!r} runs backwards", where="--years", fix=f"write {last}-{first}")
    return first, last
