"""The one normalisation of text and query, under which a phrase query is a substring search.

Character by character, so that ``normalise(a + b) == normalise(a) + normalise(b)``:

1. NFKC: full-width letters, digits and marks become narrow (５Ｇ is 5G, ％ is %, （ is an ASCII
   bracket), radicals and compatibility forms become the ordinary character;
2. lower case;
3. white space and invisible characters (control, format) are dropped.

Nothing else: 。 stays, “ stays, traditional characters stay. Each remaining character is a token.
"""

from __future__ import annotations

import unicodedata
from typing import Final

VERSION: Final = "nfkc-lower-no-space/1"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


class _Table(dict[int, str]):
    """Fills itself: one entry a character met."""

    def __missing__(self, code: int) -> str:
        value = _normal_character(chr(code))
        self[code] = value
        return value


def _normal_character(character: str) -> str:
    if unicodedata.category(character) == "Cs":
        return ""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).lower())
    return "".join(
        c for c in folded if not c.isspace() and unicodedata.category(c) not in _INVISIBLE
    )


_TABLE = _Table()


def normalise(text: str) -> str:
    """Bring a text or phrase into the form that is compared.

    Examples
    --------
    >>> normalise("建设 ５Ｇ基站，Ｒ＆Ｄ 投入增长12.8％")
    '建设5g基站,r&d投入增长12.8%'
    """
    return text.translate(_TABLE)


class _Spaced(dict[int, str]):
    def __missing__(self, code: int) -> str:
        value = "".join(f"{c} " for c in _TABLE[code])
        self[code] = value
        return value


_SPACED = _Spaced()


def characters(text: str) -> str:
    """Normalise a text and set a space after each character, for analyzers that split at spaces."""
    return text.translate(_SPACED)


def origins(text: str) -> list[int]:
    """Give, for each character of the normalised text, its place in the text as it was."""
    return [i for i, c in enumerate(text) for _ in _TABLE[ord(c)]]
