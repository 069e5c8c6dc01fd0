"""From the tables of a panel file to its panel: variables, gaps, index, resilience, intensity."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from configs.paths import PROVINCE_PANEL, resolve
from econometrics.composite import Conventions, build_composite
from econometrics.counterfactuals import (
    COUNTERFACTUALS,
    Nation,
    bartik_growth,
    leave_one_out,
    national_growth,
    own_trend,
)
from econometrics.expressions import evaluate, inputs
from econometrics.gaps import interpolate_gaps
from econometrics.indicators import compute_variables, load_indicators
from econometrics.intensity import join_years
from econometrics.resilience import resilience
from econometrics.sources import load_sources
from econometrics.vintage import of_vintage, require_vintage

if TYPE_CHECKING:
    import pandas as pd

    from configs.panel_settings import IndexSettings, PanelConfig
    from econometrics.composite import Composite
    from econometrics.counterfactuals import Counterfactual
    from econometrics.gaps import Filled
    from econometrics.grid import Array, Grid
    from econometrics.indicators import IndicatorSystem, Lacking
    from econometrics.sources import Loaded


@dataclass(frozen=True, slots=True, eq=False)
class GrowthResilience:
    """SER of places against every counterfactual that the vintage allows.

    Attributes
    ----------
    growth : array
        Real growth, per cent.
    expected, ser : dict
        Counterfactual to array.
    is_near_zero : array of bool
        Of the chosen counterfactual.
    left_out : dict
        Counterfactual to the reason why it is absent.
    """

    growth: Array
    expected: dict[Counterfactual, Array]
    ser: dict[Counterfactual, Array]
    is_near_zero: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    left_out: dict[Counterfactual, str]


@dataclass(frozen=True, slots=True, eq=False)
class PanelBuild:
    """A panel with everything its cells were made of.

    Attributes
    ----------
    grid : Grid
        Raw columns, variables after interpolation, index, resilience, intensity.
    filled : dict
        Variable to what interpolation did.
    computed : dict
        Variable as computed, before interpolation.
    window : slice
        Years of the index on the grid.
    composite : Composite
        Over the window; `firm_resilience` likewise, for firms.
    """

    config: PanelConfig
    system: IndicatorSystem
    loaded: Loaded
    grid: Grid
    filled: dict[str, Filled]
    computed: dict[str, Array]
    lacking: tuple[Lacking, ...]
    window: slice
    composite: Composite
    growth: GrowthResilience | None
    firm_resilience: Composite | None
    intensity: pd.DataFrame | None
    intensity_columns: tuple[str, ...]
    derived: tuple[str, ...]


def build_panel(config: PanelConfig, *, intensity: pd.DataFrame | None = None) -> PanelBuild:
    """Build a panel.

    Parameters
    ----------
    config : PanelConfig
    intensity : DataFrame, optional
        ``region_code, year, intensity_...``: one row a report; joined by the rule of ``[intensity]``.
    """
    system = load_indicators(resolve(config.indicators))
    loaded = load_sources(config)
    grid = loaded.grid
    variables = compute_variables(system, grid)
    filled = {
        name: interpolate_gaps(values, below=config.index.interpolate_below)
        for name, values in variables.values.items()
    }
    derived = {name: f.values for name, f in filled.items()}
    window = index_window(config, grid)
    composite = _composite(system, derived, config.index, window)
    made = {**derived, **_index_columns(system, composite, window, grid)}
    growth = firm = None
    if config.scale == "enterprise":
        firm = _firm_resilience(system, variables.values, config.index)
        made["ser"] = firm.main
    else:
        growth = growth_resilience(config, loaded)
        made |= _growth_columns(growth, config.resilience.counterfactual)
    joined = join_years(intensity, grid, lag=config.intensity.lag)
    return PanelBuild(
        config=config, system=system, loaded=loaded, grid=grid.with_columns({**made, **joined}), filled=filled,
        computed=variables.values, lacking=variables.lacking, window=window, composite=composite, growth=growth,
        firm_resilience=firm, intensity=intensity, intensity_columns=tuple(joined), derived=tuple(made),
    )  # fmt: skip


def index_window(config: PanelConfig, grid: Grid) -> slice:
    """Years of the index as a slice of the grid.

    Raises
    ------
    UserError
        Years of ``[index]`` outside those of the panel.
    """
    first, last = config.index.years or config.years
    if first < grid.years[0] or last > grid.years[-1] or first > last:
        raise UserError(
            f"years {first}-{last} are not within {grid.years[0]}-{grid.years[-1]}", where="[index]"
        )
    return slice(first - grid.years[0], last - grid.years[0] + 1)


def _composite(
    system: IndicatorSystem, derived: dict[str, Array], how: IndexSettings, window: slice
) -> Composite:
    known = {i.id for i in system.composite}
    unknown = sorted(set(how.exclude) - known)
    if unknown:
        raise UserError(
            f"exclude names {unknown[0]!r}, which is no indicator",
            where="[index]",
            fix=f"there are {', '.join(sorted(known))}",
        )
    used = {
        i.id: derived[i.id][:, window]
        for i in system.composite
        if i.id in derived and i.id not in how.exclude and (how.proxies or i.status != "proxy")
        and np.isfinite(derived[i.id][:, window]).any()
    }  # fmt: skip
    directions = {i.id: i.direction for i in system.composite}
    return build_composite(used, directions, conventions=conventions_of(how))


def conventions_of(how: IndexSettings) -> Conventions:
    """Take the conventions of a composite from the settings."""
    return Conventions(
        normalise=how.normalise, weights=how.weights, method=how.method, zero_shift=how.zero_shift,
        rows=how.rows,
    )  # fmt: skip


def _index_columns(
    system: IndicatorSystem, composite: Composite, window: slice, grid: Grid
) -> dict[str, Array]:
    def whole(values: Array) -> Array:
        array = grid.empty()
        array[:, window] = values
        return array

    n = len(system.composite)
    coverage = np.where(np.isfinite(composite.main), composite.n_available / n, np.nan)
    columns = {"nqp": whole(composite.main), "nqp_coverage_share": whole(coverage)}
    columns |= {f"nqp_{m}": whole(v) for m, v in composite.values.items()}
    parts = composite.contributions
    for level, ids in first_levels(system, composite.ids).items():
        chosen = parts[[composite.ids.index(i) for i in ids]]
        there = np.isfinite(chosen)
        total = np.where(there, chosen, 0.0).sum(axis=0)
        columns[level] = whole(np.where(there.any(axis=0), total, np.nan))
    return columns


def first_levels(system: IndicatorSystem, ids: tuple[str, ...]) -> dict[str, list[str]]:
    """Group the indicators in use by their first level: column of the sub-index to ids."""
    groups: dict[str, list[str]] = {}
    for row in system.composite:
        if row.id in ids:
            name = f"nqp_{row.first_level.lower().replace(' ', '_')}"
            groups.setdefault(name, []).append(row.id)
    return groups


def _firm_resilience(
    system: IndicatorSystem, computed: dict[str, Array], how: IndexSettings
) -> Composite:
    # Growth over three years and volatility are outcomes: they are never interpolated.
    parts = {row.id: computed[row.id] for row in system.resilience if row.id in computed}
    if len(parts) < len(system.resilience) or not parts:
        lost = [row.id for row in system.resilience if row.id not in parts] or ["[[resilience]]"]
        raise UserError(f"the resilience of firms needs {lost[0]}", fix="see `from` in the system")
    directions = {row.id: row.direction for row in system.resilience}
    conventions = Conventions(
        zero_shift=how.zero_shift, normalise=how.normalise, weights=how.weights
    )
    return build_composite(parts, directions, conventions=conventions)


def growth_resilience(config: PanelConfig, loaded: Loaded) -> GrowthResilience:
    """Compute SER against each counterfactual, in one vintage.

    Raises
    ------
    UserError
        Growth and national growth are of different or undeclared vintages; the chosen
        counterfactual cannot be had in this vintage.
    """
    how, grid, (nation, _) = config.resilience, loaded.grid, loaded.national()
    require_vintage(how.vintage, how.growth, loaded.vintages, role="growth of places")
    require_vintage(how.vintage, how.national, loaded.nation_vintages, role="growth of the nation")
    _refuse_foreign_vintage(config, loaded)
    growth = grid[how.growth]
    left_out: dict[Counterfactual, str] = {}
    national = Nation(nation[how.national][0], nation.empty()[0], np.empty((0, 0)))
    expected: dict[Counterfactual, Array] = {
        "national": national_growth(growth, national),
        "own_trend": own_trend(growth, years=how.trend_years),
    }
    if how.leave_one_out == "simple":
        expected["leave_one_out"] = leave_one_out(growth)
    elif how.gdp in grid.columns and loaded.vintages.get(how.gdp) == how.vintage:
        expected["leave_one_out"] = leave_one_out(growth, grid[how.gdp])
    else:
        left_out["leave_one_out"] = (
            f"its weights {how.gdp} are not declared {how.vintage}; leave_one_out = 'simple' needs none"
        )
    reason = _bartik_obstacle(config, loaded)
    if reason:
        left_out["bartik"] = reason
    else:
        sectors = np.stack([evaluate(f, grid) for f in how.sectors])
        whole = np.stack([evaluate(f, nation)[0] for f in how.national_sectors])
        with np.errstate(invalid="ignore", divide="ignore"):
            expected["bartik"] = bartik_growth(
                sectors, Nation(national.growth_pct, nation[how.national_gdp][0], whole)
            )
    if how.counterfactual not in expected:
        raise UserError(
            f"no counterfactual {how.counterfactual!r}: {left_out[how.counterfactual]}",
            where="[resilience]",
        )
    found = {k: resilience(growth, expected[k], near_zero_pct=how.near_zero_pct)
             for k in COUNTERFACTUALS if k in expected}  # fmt: skip
    chosen = found[how.counterfactual]
    ordered = {k: expected[k] for k in found}
    return GrowthResilience(
        growth, ordered, {k: r.ser for k, r in found.items()}, chosen.is_near_zero, left_out
    )


def _refuse_foreign_vintage(config: PanelConfig, loaded: Loaded) -> None:
    # A user's growth column may hold cells of the other vintage, whatever was declared.
    how = config.resilience
    table = loaded.tables[loaded.owner[how.growth]]
    if config.scale == "province" and Path(table.file).resolve() != PROVINCE_PANEL:
        from econometrics.checks.tables import refuse_mixed_vintage

        refuse_mixed_vintage(table, how.growth, how.vintage)


def _bartik_obstacle(config: PanelConfig, loaded: Loaded) -> str:
    how, (nation, _) = config.resilience, loaded.national()
    if not how.sectors or len(how.sectors) != len(how.national_sectors):
        return "sectors and national_sectors name no matching sectors"
    for formulas, grid in ((how.sectors, loaded.grid), (how.national_sectors, nation)):
        for column in (i.column for f in formulas for i in inputs(f)):
            if column not in grid.columns:
                return f"no column {column!r}"
    if not of_vintage(how.sectors, how.vintage, loaded.vintages):
        return f"the sectors of places are not all declared {how.vintage}"
    if not of_vintage(how.national_sectors, how.vintage, loaded.nation_vintages):
        return f"the sectors of the nation are not all declared {how.vintage}"
    return ""


def _growth_columns(found: GrowthResilience, chosen: Counterfactual) -> dict[str, Array]:
    columns = {
        "growth_pct": found.growth,
        "expected_growth_pct": found.expected[chosen],
        "ser": found.ser[chosen],
    }
    columns |= {f"ser_{name}": values for name, values in found.ser.items()}
    columns |= {f"expected_{name}_pct": values for name, values in found.expected.items()}
    return columns
