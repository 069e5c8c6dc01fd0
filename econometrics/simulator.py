"""SIMULATED firms: yearly accounts and monthly returns of companies that do not exist.

No open firm-level data exist, so the enterprise scale is demonstrated on synthetic firms. They have
the columns of a real export and a plausible structure, and no finding about China follows from them.

How a firm is made, all draws from ``numpy.random.default_rng(seed)``:

- a city (by its GDP in 2020 in the shipped city panel, for plausibility of maps only), a founding year,
  a size (log total assets normal, mean 12.6, sd 1.2, in 10^4 yuan), an industry effect, an R&D
  inclination in [0, 1] (beta 2, 3);
- sales grow by a common cycle (2020: 1 %, 2022: 3 %, other years 7 %), a premium of 4 points times
  the inclination, and a shock with autocorrelation 0.3 and sd 9 points;
- each ratio of Tables 1 and 2 is a logit-normal draw around a firm mean that depends on the inclination
  (R&D, staff, intangibles) or the industry (fixed assets, manufacturing), with yearly noise;
- twelve monthly returns: normal, sd between 6 and 16 %, lower for large firms, higher in 2015 and 2020;
- 1.5 % of the R&D leasing costs are not reported (empty), as in real exports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.random import Generator

    from econometrics.grid import Array

SIMULATED = "SIMULATED"
_CYCLE = {2020: 0.01, 2022: 0.03}
_STORMY = {2015: 1.4, 2020: 1.2}


def simulate_firms(
    *, firms: int, years: tuple[int, int], seed: int, cities: Sequence[str]
) -> pd.DataFrame:
    """Make accounts of ``firms`` synthetic firms.

    Parameters
    ----------
    firms : int
    years : (first, last)
    seed : int
        The same seed gives the same firms.
    cities : sequence of str
        Codes of cities to choose from.

    Returns
    -------
    DataFrame
        ``firm_code`` (SIM00001 ...), ``firm_name``, ``city_code``, ``year`` and accounts; money in
        10^4 yuan, returns in per cent. Rounded as accounts are.
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    span = np.arange(years[0], years[1] + 1, dtype=np.float64)
    shape = (firms, len(span))
    inclination = rng.beta(2, 3, size=(firms, 1))
    industry = rng.normal(size=(firms, 1))
    assets, sales = _size(rng, span, inclination, shape)
    columns = {
        "founded_year": np.broadcast_to(span[0] - rng.integers(2, 35, size=(firms, 1)), shape),
        **_accounts(rng, assets, sales, inclination, industry),
        **_people(rng, sales, inclination),
        **_returns(rng, span, assets),
    }
    codes = np.array([f"SIM{i + 1:05d}" for i in range(firms)])
    keys = {
        "firm_code": np.repeat(codes, len(span)),
        "firm_name": np.repeat([f"{SIMULATED} firm {i + 1}" for i in range(firms)], len(span)),
        "city_code": np.repeat(rng.choice(list(cities), size=firms), len(span)),
        "year": np.tile(span, firms).astype(np.int64),
    }
    frame = pd.DataFrame({**keys, **{name: array.ravel() for name, array in columns.items()}})
    return frame.astype(dict.fromkeys(("firm_code", "firm_name", "city_code"), "str"))


def _size(
    rng: Generator, span: Array, inclination: Array, shape: tuple[int, int]
) -> tuple[Array, Array]:
    cycle = np.array([_CYCLE.get(int(year), 0.07) for year in span])
    shock = rng.normal(0, 0.09, size=shape)
    for t in range(1, shape[1]):
        shock[:, t] += 0.3 * shock[:, t - 1]
    growth = np.clip(cycle + 0.04 * inclination + shock, -0.6, 1.5)
    start = np.exp(rng.normal(12.6, 1.2, size=(shape[0], 1)))
    sales = start * np.cumprod(1 + growth, axis=1) * np.exp(rng.normal(-0.5, 0.3, (shape[0], 1)))
    assets = start * np.cumprod(1 + 0.7 * growth + 0.02, axis=1)
    return np.round(assets, 2), np.round(sales, 2)


def _share(rng: Generator, mean: Array, low: float, high: float, shape: tuple[int, int]) -> Array:
    """Logit-normal shares between two bounds around a firm's mean (itself on the logit scale)."""
    firm = mean + rng.normal(0, 0.5, size=(shape[0], 1))
    return low + (high - low) / (1 + np.exp(-(firm + rng.normal(0, 0.15, size=shape))))


def _accounts(
    rng: Generator, assets: Array, sales: Array, inclination: Array, industry: Array
) -> dict[str, Array]:
    shape, keen = assets.shape, 3 * (inclination - 0.5)
    equity = assets * _share(rng, -0.2 * industry, 0.15, 0.9, shape)
    cost = sales * _share(rng, 0.8 - 0.3 * keen, 0.6, 1.05, shape)
    liabilities = assets - equity
    leasing = np.round(sales * _share(rng, keen - 1, 0.0, 0.004, shape), 2)
    leasing[rng.random(shape) < 0.015] = np.nan
    money = {
        "total_assets_10k": assets,
        "operating_income_10k": sales,
        "total_cost_10k": cost,
        "manufacturing_expenses_10k": cost * _share(rng, industry - 0.5, 0.02, 0.5, shape),
        "rd_salary_10k": sales * _share(rng, keen - 0.5, 0.0, 0.08, shape),
        "rd_depreciation_10k": sales * _share(rng, keen - 0.5, 0.0, 0.02, shape),
        "rd_leasing_10k": leasing,
        "rd_direct_10k": sales * _share(rng, keen - 0.5, 0.0, 0.05, shape),
        "fixed_assets_10k": assets * _share(rng, industry - 0.5, 0.02, 0.7, shape),
        "intangible_assets_10k": assets * _share(rng, 0.6 * keen - 0.7, 0.0, 0.2, shape),
        "equity_10k": equity,
        "liabilities_10k": liabilities,
        "current_assets_10k": assets * _share(rng, -0.4 * industry, 0.2, 0.85, shape),
        "current_liabilities_10k": liabilities * _share(rng, 0 * industry, 0.4, 0.95, shape),
        "net_profit_10k": (sales - cost) * 0.75 + assets * rng.normal(0, 0.01, shape),
        "operating_cash_flow_10k": assets * (0.05 + rng.normal(0, 0.05, shape)),
        "market_value_10k": assets * np.exp(0.4 + 0.3 * keen + rng.normal(0, 0.35, shape)),
    }
    return {name: np.round(values, 2) for name, values in money.items()}


def _people(rng: Generator, sales: Array, inclination: Array) -> dict[str, Array]:
    shape, keen = sales.shape, 3 * (inclination - 0.5)
    employees = np.maximum(20, np.round(sales / np.exp(rng.normal(4.6, 0.4, (shape[0], 1)))))
    return {
        "employees_n": employees,
        "rd_personnel_n": np.round(employees * _share(rng, keen - 0.8, 0.01, 0.5, shape)),
        "bachelor_n": np.round(employees * _share(rng, keen - 0.3, 0.05, 0.9, shape)),
        "institutional_share_pct": np.round(100 * _share(rng, 0 * keen, 0.02, 0.85, shape), 2),
        "management_share_pct": np.round(100 * _share(rng, 0 * keen - 1, 0.0, 0.6, shape), 2),
    }


def _returns(rng: Generator, span: Array, assets: Array) -> dict[str, Array]:
    storm = np.array([_STORMY.get(int(year), 1.0) for year in span])
    size = (np.log(assets) - 12.6) / 1.2
    risk = np.clip(10.5 - 1.2 * size + rng.normal(0, 1.5, (len(assets), 1)), 6, 16) * storm
    draws = 0.6 + rng.normal(size=(12, *assets.shape)) * risk
    return {f"return_{m + 1:02d}_pct": np.round(np.maximum(d, -95), 3) for m, d in enumerate(draws)}
