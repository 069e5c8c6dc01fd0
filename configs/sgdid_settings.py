"""Settings of a SGDID study (TOML): data, treatment, weights, robustness."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from configs.tomlfiles import read_toml, validated


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSettings(_Section):
    """The panel and its columns; ``also`` names tables that add columns by unit and period."""

    panel: Path
    also: tuple[Path, ...] = ()
    unit: str = "region_code"
    time: str = "year"
    y: str = "ser"
    controls: tuple[str, ...] = ()
    first: int
    last: int


class TreatmentSettings(_Section):
    """Intensity, from the panel's rows of one year or from a file of ``unit, value[, std_error]``.

    ``draws`` is the file of drawn panels of ``zhengce correct``; without it, draws come from
    ``std_error``.
    """

    post_from: int
    column: str | None = None
    year: int | None = None
    file: Path | None = None
    std_error: str | None = None
    draws: Path | None = None
    draws_dimension: str | None = None


class WeightsSettings(_Section):
    """The weights of the model and the alternatives."""

    main: Path
    alternatives: dict[str, Path] = Field(default_factory=dict)


class RobustnessSettings(_Section):
    """What is tried beside the model."""

    permutations: int = Field(default=1000, ge=0, le=100_000)
    bootstrap: int = Field(default=999, ge=0, le=100_000)
    intensity_draws: int = Field(default=50, ge=0, le=10_000)
    combinations: bool = True
    combination_permutations: int = Field(default=199, ge=0, le=100_000)
    leave_one_out: bool = True
    placebo: bool = True
    intensities: dict[str, str] = Field(default_factory=dict)


class SgdidSettings(_Section):
    """A whole SGDID study."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    data: DataSettings
    treatment: TreatmentSettings
    weights: WeightsSettings
    robustness: RobustnessSettings = RobustnessSettings()
    errors: Literal["information", "sandwich", "cluster", "driscoll-kraay"] = "sandwich"
    draws: int = Field(default=1000, ge=2)
    seed: int = Field(default=0, ge=0)


def load_sgdid(path: Path) -> SgdidSettings:
    """Read a SGDID study; an unknown key or bad value is named."""
    raw = read_toml(path, fix="see configs/sgdid_2018_2023.toml")
    return validated(SgdidSettings, raw, str(path))
