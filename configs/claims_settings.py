"""Published numbers and claims, and how ours are read beside them (``data/published/claims.toml``)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from configs.tomlfiles import read_toml, validated

Kind = Literal[
    "cell", "rank", "places", "coastal", "interaction", "threshold", "weights", "pretrend",
    "count", "boosting", "texts", "none",
]  # fmt: skip


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=600)


class Bilingual(_Section):
    """A remark in both languages."""

    en: str
    zh: str


class Reading(_Section):
    """Where ours stands.

    ``cell``: row and column of Table 3 in the SGDID. ``rank``: a term among the importances of
    ``model`` at ``scale``; ``want`` says which place the paper gives it. ``places``: the named
    units by the attribution of NQP. ``interaction``: ``term`` with ``other``. ``weights``: the
    direct impact under the alternative weights whose name holds ``name``. ``count``: a number
    of the SGDID's panel.
    """

    kind: Kind = "none"
    row: str = "DID"
    column: str = "main"
    model: Literal["xgb", "ggpr"] = "xgb"
    scale: Literal["province", "city", "enterprise"] = "province"
    term: str = "NQP"
    other: str = ""
    want: Literal["first", "not first", "above"] = "first"
    above: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    name: str = ""


class Claim(_Section):
    """One published number or claim.

    Attributes
    ----------
    missing : series without which no run of ours can test it
    caveat : series whose lack weakens the comparison
    audit : row and column of the table whose findings by `zhengce audit` contradict it
    contradicted : where the paper says otherwise, if it does
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    section: str
    en: str
    zh: str
    published: str
    read: Reading = Reading()
    missing: tuple[str, ...] = ()
    caveat: tuple[str, ...] = ()
    audit: tuple[str, str] | None = None
    contradicted: Bilingual | None = None


class Claims(_Section):
    """All claims, the series that are missing, and what our columns call the paper's variables."""

    series: dict[str, Bilingual]
    names: dict[str, tuple[str, ...]]
    coastal: tuple[str, ...]
    claims: tuple[Claim, ...]


def load_claims(path: Path) -> Claims:
    """Read a file of claims; an unknown key or bad value is named."""
    return validated(Claims, read_toml(path), str(path))
