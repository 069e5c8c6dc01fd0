"""Settings of the models of a study: its scales, SGDID, XGBoost-SHAP, GGPR."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from configs.sgdid_settings import DataSettings, RobustnessSettings, SgdidSettings, WeightsSettings
from configs.sgdid_settings import TreatmentSettings as SgdidTreatment

Year = Annotated[int, Field(ge=1949, le=2100)]
Scale = Literal["province", "city", "enterprise"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScaleSettings(_Section):
    """One scale of the study: its panel file, outcome and features.

    ``years`` narrows the rows that models see; a row that lacks a value is left out and counted.
    """

    panel: Path
    y: str = "ser"
    x: tuple[str, ...] = Field(min_length=1)
    years: tuple[Year, Year] | None = None


class ScalesSettings(_Section):
    """The scales, each optional."""

    province: ScaleSettings | None = None
    city: ScaleSettings | None = None
    enterprise: ScaleSettings | None = None

    def given(self) -> dict[Scale, ScaleSettings]:
        """List the scales that the study has, from large to small."""
        every: dict[Scale, ScaleSettings | None] = {
            "province": self.province, "city": self.city, "enterprise": self.enterprise,
        }  # fmt: skip
        return {name: scale for name, scale in every.items() if scale is not None}


class StudySgdid(_Section):
    """The spatial Durbin difference in differences of the provinces.

    ``measure`` is the mean of the rubric's dimensions or the short name of one of them;
    ``intensity_year`` the year of the reports it is taken from. ``standardised`` are controls that
    are divided by the standard deviation of the provinces' means, as the article does with NQP.
    """

    intensity_year: Year
    measure: str = "mean"
    post_from: Year
    years: tuple[Year, Year]
    controls: tuple[str, ...] = ()
    standardised: tuple[str, ...] = ()
    errors: Literal["information", "sandwich", "cluster", "driscoll-kraay"] = "sandwich"
    draws: int = Field(default=1000, ge=2)
    seed: int = Field(default=0, ge=0)
    weights: WeightsSettings
    robustness: RobustnessSettings = RobustnessSettings()
    corrected: bool = True

    def to_sgdid(
        self, name: str, *, panel: Path, intensity: Path, y: str, draws: Path | None = None,
        intensities: dict[str, str] | None = None,
    ) -> SgdidSettings:  # fmt: skip
        """Make the settings of `zhengce fit sgdid` for tables that the study has written.

        Parameters
        ----------
        intensities : dict
            Label to column of the other intensities in ``panel``, unless the study names its own.
        """
        robustness = self.robustness
        if not robustness.intensities and intensities:
            robustness = robustness.model_copy(update={"intensities": intensities})
        return SgdidSettings(
            name=name,
            data=DataSettings(
                panel=panel, y=y, controls=self.controls, first=self.years[0], last=self.years[1]
            ),
            treatment=SgdidTreatment(
                post_from=self.post_from, file=intensity, draws=draws,
                draws_dimension=self.measure if draws else None,
            ),
            weights=self.weights, robustness=robustness, errors=self.errors,
            draws=self.draws, seed=self.seed,
        )  # fmt: skip


class ShapSettings(_Section):
    """XGBoost-SHAP; trees, depth and rates are the article's."""

    scales: tuple[Scale, ...] = ("province", "city", "enterprise")
    seeds: int = Field(default=20, ge=1, le=200)
    draws: int = Field(default=20, ge=0, le=1000)
    tests: int = Field(default=19, ge=0, le=999)
    folds: int = Field(default=5, ge=2, le=31)
    seed: int = Field(default=0, ge=0)


class GgprSettings(_Section):
    """Geographical Gaussian process regression with GeoShapley."""

    scales: tuple[Scale, ...] = ("province", "city")
    kernel: Literal["structured", "matern"] = "structured"
    nu: float | Literal["inf"] | None = None
    restarts: int = Field(default=0, ge=0, le=20)
    draws: int = Field(default=6, ge=0, le=200)
    folds: int = Field(default=5, ge=2, le=31)
    seed: int = Field(default=0, ge=0)

    @field_validator("nu", mode="before")
    @classmethod
    def _smoothness_is_known(cls, given: object) -> object:
        """Keep infinity by name: settings are written as JSON, which has no number for it."""
        if given in ("inf", float("inf")):
            return "inf"
        if given not in (None, 0.5, 1.5, 2.5):
            raise ValueError(f"smoothness {given!r} is not allowed: use 0.5, 1.5, 2.5 or inf")
        return given

    @model_validator(mode="after")
    def _places_are_known(self) -> Self:
        if "enterprise" in self.scales:
            raise ValueError("firms have no places of their own here: use province and city")
        return self
