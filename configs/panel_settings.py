"""The settings of a panel: which tables, which indicators, which conventions; typed, no unknown key.

A panel file is told from a study file by its key ``scale``. Nothing that changes a number of a
panel lies outside this file, the indicator system it names, and the tables it names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from configs.tomlfiles import read_toml, validated

Year = Annotated[int, Field(ge=1949, le=2100)]
Scale = Literal["province", "city", "enterprise"]
Scope = Literal["pooled", "per_year"]
Vintage = Literal["revised", "first_published"]
Counterfactual = Literal["national", "own_trend", "bartik", "leave_one_out"]
WeightMethod = Literal["entropy", "critic", "pca", "equal"]
_TRY = "try configs/panel_province.toml"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DistrustedCell(_Section):
    """A cell of a table that is treated as missing, with the reason; told in suspect_cells.csv."""

    code: str
    year: Year
    column: str
    reason: str = Field(min_length=3)


class SourceSettings(_Section):
    """One table of statistics.

    ``columns`` renames: our name to the file's header. ``only`` keeps just the named columns, so
    that what a file has and nobody trusts stays out. ``reader = "tidy"`` is the project's own
    strict CSV (a code column, ``year``, numbers); ``"auto"`` reads what statistics offices export.
    """

    file: Path
    reader: Literal["tidy", "auto"] = "tidy"
    sheet: str = ""
    code: str = "code"
    columns: dict[str, str] = {}
    only: tuple[str, ...] = ()
    vintages: dict[str, Vintage] = {}
    suspect: str = ""
    suspect_cells: Literal["empty", "keep"] = "empty"
    distrust: tuple[DistrustedCell, ...] = ()
    confirmed: Path | None = None
    units: dict[str, str] = {}


class SimulatorSettings(_Section):
    """Synthetic firms; everything made from them carries SIMULATED."""

    firms: int = Field(default=400, ge=10, le=200_000)
    seed: int = Field(ge=0)


class IndexSettings(_Section):
    """Conventions of the composite.

    ``zero_shift`` is added to a share of zero before its logarithm: 0 uses the limit 0 ln 0 = 0,
    the usual alternative shifts every normalised value by a small constant.
    ``rows = "complete"`` leaves a unit-year empty when an indicator in use is missing there;
    ``"available"`` spreads the weights of missing indicators over the others.
    """

    years: tuple[Year, Year] | None = None
    exclude: tuple[str, ...] = ()
    proxies: bool = True
    normalise: Scope = "pooled"
    weights: Scope = "pooled"
    method: WeightMethod = "entropy"
    zero_shift: float = Field(default=0.0, ge=0, le=0.1)
    interpolate_below: int = Field(default=2, ge=0, le=5)
    rows: Literal["complete", "available"] = "complete"


class ResilienceSettings(_Section):
    """Whose growth is compared with which expectation, in which vintage.

    ``sectors`` and ``national_sectors`` are formulas in one order: value added at current prices of
    a place and of the nation, for the Bartik counterfactual. A column takes part only when its
    table declares the vintage that is asked for; another vintage is never mixed in.
    """

    vintage: Vintage = "revised"
    growth: str = "gdp_growth_revised_pct"
    national: str = "gdp_growth_provinces_weighted_revised_pct"
    counterfactual: Counterfactual = "national"
    trend_years: int = Field(default=5, ge=2, le=15)
    near_zero_pct: float = Field(default=3.5, ge=0)
    leave_one_out: Literal["gdp_weighted", "simple"] = "gdp_weighted"
    gdp: str = "gdp_100m"
    sectors: tuple[str, ...] = ()
    national_gdp: str = "gdp_100m"
    national_sectors: tuple[str, ...] = ()


class IntensityJoin(_Section):
    """Where policy intensity comes from and which year it describes.

    ``lag = 0`` is the rule of the article: the report that is delivered in January of year t
    describes the plans for t and joins row t; ``lag = 1`` joins the report of t to row t + 1.
    """

    source: Literal["none", "project", "file"] = "none"
    file: Path | None = None
    lag: int = Field(default=0, ge=-3, le=3)

    @model_validator(mode="after")
    def _file_is_named(self) -> IntensityJoin:
        if self.source == "file" and self.file is None:
            raise ValueError('source = "file" needs the key file')
        return self


class PanelConfig(_Section):
    """A panel."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")
    title: str = Field(min_length=1, max_length=200)
    title_zh: str = ""
    scale: Scale
    years: tuple[Year, Year]
    output_years: tuple[Year, Year] | None = None
    indicators: Path
    sources: tuple[SourceSettings, ...] = ()
    national: SourceSettings | None = None
    simulator: SimulatorSettings | None = None
    index: IndexSettings = IndexSettings()
    resilience: ResilienceSettings = ResilienceSettings()
    intensity: IntensityJoin = IntensityJoin()

    @model_validator(mode="after")
    def _sources_fit_scale(self) -> PanelConfig:
        if self.years[0] > self.years[1]:
            raise ValueError(f"years run backwards: {self.years[0]} to {self.years[1]}")
        if bool(self.sources) == bool(self.simulator):
            raise ValueError("give either [[sources]] or [simulator]")
        if self.simulator and "SIMULATED" not in self.name:
            raise ValueError("a panel from [simulator] has SIMULATED in its name")
        if self.scale != "enterprise" and self.national is None:
            raise ValueError("[national] is needed: growth is compared with the nation's")
        return self


def is_panel_file(path: Path) -> bool:
    """Tell a panel file from a study file by its key ``scale``."""
    return "scale" in read_toml(path, fix=_TRY)


def load_panel(path: Path) -> PanelConfig:
    """Read a panel file.

    Raises
    ------
    UserError
        Missing file, broken TOML, unknown key or a value that is not allowed, named with its key.
    """
    return validated(PanelConfig, read_toml(path, fix=_TRY), str(path))
