"""What a paper says of the model behind a published table (``zhengce audit --specification``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from configs.tomlfiles import read_toml, validated

if TYPE_CHECKING:
    from pathlib import Path

Axis = Literal["unit", "time"]
Statement = Literal["errors", "bias_correction", "weights", "impact_errors"]
STATED: tuple[Statement, ...] = ("errors", "bias_correction", "weights", "impact_errors")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=500)


class Term(_Section):
    """A regressor of the equation: over what it varies, and its row of the table if it has one."""

    name: str
    varies: tuple[Axis, ...]
    row: str | None = None


class Window(_Section):
    """Years that the paper takes as untreated or treated."""

    name: str
    kind: Literal["pre", "post"]
    first: int
    last: int


class Quoted(_Section):
    """A number of the text: an estimate as printed there, or the p-value given for it."""

    row: str
    column: str = "main"
    value: str | None = None
    p_value: str | None = None


class Specification(_Section):
    """The equation, its effects and dates, and what the text says of the table.

    Attributes
    ----------
    effects : fixed effects of the equation
    treated_from : first treated period
    first, last : window of the sample
    stated : what the paper states of errors, bias correction, weights and errors of impacts;
        an empty text where it says nothing
    """

    effects: tuple[Axis, ...]
    first: int
    last: int
    treated_from: int | None = None
    terms: tuple[Term, ...] = ()
    windows: tuple[Window, ...] = ()
    quoted: tuple[Quoted, ...] = ()
    stated: dict[Statement, str] = Field(default_factory=dict)


def load_specification(path: Path) -> Specification:
    """Read a specification; an unknown key or bad value is named."""
    raw = read_toml(path, fix="see data/published/table3_sgdid.toml")
    return validated(Specification, raw, str(path))
