"""Faults injected into the shipped provincial panel: a user's table gone wrong in the usual ways.

Every figure carries noise of 0.3 %, as a table of another edition would, so that no check can rest
on equality with the shipped one. Each case names what must be reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from configs.paths import PROVINCE_PANEL

KEYS = ["code", "province", "year"]
GROWN = [
    "gdp_100m",
    "fiscal_expenditure_100m",
    "disposable_income_pc_yuan",
    "retail_sales_100m",
    "patents_granted_total",
]
OTHERS = [
    "broadband_subscribers_10k",
    "temp_mean_capital_c",
    "gdp_growth_revised_pct",
    "gdp_growth_prelim_pct",
]
PLACES = ["440000", "320000", "110000", "520000", "650000", "230000", "420000", "150000"]


@dataclass(frozen=True)
class Fault:
    """A faulty table.

    Attributes
    ----------
    name : str
    table : DataFrame
        Of texts.
    rules : tuple of str
        One of them must be reported ...
    column, unit : str
        ... for this column and unit, where they are given.
    """

    name: str
    table: pd.DataFrame
    rules: tuple[str, ...]
    column: str = ""
    unit: str = ""


def clean_table() -> pd.DataFrame:
    """Take the shipped panel with noise, as texts."""
    panel = pd.read_csv(PROVINCE_PANEL, dtype={"code": "str"})[[*KEYS, *GROWN, *OTHERS]]
    rng = np.random.default_rng(10)
    for column in [*GROWN, "broadband_subscribers_10k"]:
        panel[column] = (panel[column] * (1 + rng.normal(0, 0.003, len(panel)))).round(3)
    return panel


def faults() -> Iterator[Fault]:
    """Make every case."""
    yield from _unit_faults()
    yield from _order_faults()
    yield from _row_faults()
    yield from _name_faults()
    yield from _vintage_faults()
    yield from _run_faults()
    yield from _cell_faults()


def _with(change: Callable[[pd.DataFrame], object]) -> pd.DataFrame:
    table = clean_table()
    change(table)
    return table


def _set(table: pd.DataFrame, rows: pd.Series, column: str, values: object) -> None:
    table.loc[rows, column] = values


def _unit_faults() -> Iterator[Fault]:
    for i, column in enumerate(GROWN):
        for j, factor in enumerate((10.0, 100.0, 1000.0, 0.1)):
            place, year = PLACES[(i + j) % 8], 2018 + j

            def cell(
                t: pd.DataFrame, c: str = column, f: float = factor, p: str = place, y: int = year
            ) -> None:
                rows = (t["code"] == p) & (t["year"] == y)
                _set(t, rows, c, t.loc[rows, c] * f)

            yield Fault(f"cell x{factor:g} {column}", _with(cell), ("unit_break",), column, place)

        def onward(t: pd.DataFrame, c: str = column, p: str = PLACES[i]) -> None:
            rows = (t["code"] == p) & (t["year"] >= 2019)
            _set(t, rows, c, t.loc[rows, c] * 10_000)

        yield Fault(
            f"from 2019 x10,000 {column}", _with(onward), ("unit_break",), column, PLACES[i]
        )

        def whole(t: pd.DataFrame, c: str = column, p: str = PLACES[-i - 1]) -> None:
            rows = t["code"] == p
            _set(t, rows, c, t.loc[rows, c] * 1000)

        yield Fault(
            f"one place x1,000 {column}", _with(whole), ("unit_break",), column, PLACES[-i - 1]
        )

        def everywhere(t: pd.DataFrame, c: str = column) -> None:
            t[c] = t[c] * 100

        yield Fault(f"whole column x100 {column}", _with(everywhere), ("unit_break",), column)


def _order_faults() -> Iterator[Fault]:
    columns = [*GROWN, "broadband_subscribers_10k", "temp_mean_capital_c", "gdp_growth_revised_pct"]
    for column in columns:

        def backwards(t: pd.DataFrame, c: str = column) -> None:
            t[c] = t.groupby("code")[c].transform(_turned)

        yield Fault(f"years reversed {column}", _with(backwards), ("reversed_years",), column)

        def late(t: pd.DataFrame, c: str = column) -> None:
            t[c] = t.groupby("code")[c].shift(1)

        yield Fault(f"one year late {column}", _with(late), ("shifted_years",), column)

        def early(t: pd.DataFrame, c: str = column) -> None:
            t[c] = t.groupby("code")[c].shift(-1)

        yield Fault(f"one year early {column}", _with(early), ("shifted_years",), column)
    for column, place in zip(GROWN, PLACES, strict=False):

        def one_backwards(t: pd.DataFrame, c: str = column, p: str = place) -> None:
            rows = t["code"] == p
            _set(t, rows, c, _turned(t.loc[rows, c]).to_numpy())

        yield Fault(
            f"years of {place} reversed {column}",
            _with(one_backwards),
            ("reversed_years",),
            column,
            place,
        )

        def one_late(t: pd.DataFrame, c: str = column, p: str = place) -> None:
            rows = t["code"] == p
            _set(t, rows, c, t.loc[rows, c].shift(1))

        yield Fault(
            f"{place} one year late {column}", _with(one_late), ("shifted_years",), column, place
        )


def _turned(series: pd.Series) -> pd.Series:
    there = series.notna()
    turned = series.copy()
    turned[there] = series[there].to_numpy()[::-1]
    return turned


def _row_faults() -> Iterator[Fault]:
    for place in PLACES[:4]:
        table = clean_table()
        rows = table[(table["code"] == place) & (table["year"] == 2020)]
        yield Fault(
            f"row of {place} twice", pd.concat([table, rows]), ("duplicate_row",), unit=place
        )
        other = rows.assign(gdp_100m=rows["gdp_100m"] * 1.02)
        yield Fault(
            f"two rows of {place}", pd.concat([table, other]), ("duplicate_key",), unit=place
        )
    for a, b in (("440000", "320000"), ("110000", "520000")):

        def copied(t: pd.DataFrame, source: str = a, target: str = b) -> None:
            _set(
                t,
                t["code"] == target,
                "gdp_100m",
                t.loc[t["code"] == source, "gdp_100m"].to_numpy(),
            )

        yield Fault(f"figures of {a} under {b}", _with(copied), ("duplicate_series",), "gdp_100m")


def _name_faults() -> Iterator[Fault]:
    changes = {
        "440000": "广西",
        "320000": "江苏醒",
        "110000": "北平",
        "520000": "贵卅",
        "650000": "新江",
        "420000": "湖南",
    }
    for place, name in changes.items():

        def renamed(t: pd.DataFrame, p: str = place, n: str = name) -> None:
            _set(t, t["code"] == p, "province", n)

        yield Fault(f"{place} is called {name}", _with(renamed), ("renamed_region",), unit=place)
        named = _with(renamed).drop(columns="code")
        rules = ("guessed_region", "unknown_region", "duplicate_key", "ambiguous_region")
        yield Fault(f"{name} without a code", named, rules)
    for code in ("990000", "44", "4400000", "4400OO"):

        def recoded(t: pd.DataFrame, c: str = code) -> None:
            _set(t, t["code"] == "440000", "code", c)

        if code != "44":  # two digits are read right
            yield Fault(f"code {code}", _with(recoded), ("unknown_region", "guessed_region"))
    for old in ("毕节地区", "那曲地区", "襄樊市", "巢湖市", "莱芜市"):
        rows = pd.DataFrame({"地区": [old], "年份": ["2009"], "地区生产总值(亿元)": ["123.4"]})
        yield Fault(f"old name {old}", rows, ("renamed_region",), unit=old)
    for gone, year in (("巢湖市", 2015), ("莱芜市", 2021)):
        rows = pd.DataFrame({"地区": [gone], "年份": [str(year)], "地区生产总值(亿元)": ["123.4"]})
        yield Fault(f"{gone} in {year}", rows, ("abolished_region",), unit=gone)


def _vintage_faults() -> Iterator[Fault]:
    panel = clean_table()
    differ = (panel["gdp_growth_revised_pct"] - panel["gdp_growth_prelim_pct"]).abs() > 0.11
    for year in (2018, 2019, 2020, 2021, 2022):
        table = panel.copy()
        rows = (table["year"] == year) & table["gdp_growth_prelim_pct"].notna()
        table.loc[rows, "gdp_growth_revised_pct"] = table.loc[rows, "gdp_growth_prelim_pct"]
        yield Fault(
            f"growth of {year} first published", table, ("vintage_mix",), "gdp_growth_revised_pct"
        )
    for place in PLACES[:6]:
        table = panel.copy()
        rows = (table["code"] == place) & table["gdp_growth_prelim_pct"].notna()
        if not (rows & differ).any():
            continue
        table.loc[rows, "gdp_growth_revised_pct"] = table.loc[rows, "gdp_growth_prelim_pct"]
        yield Fault(
            f"growth of {place} first published", table, ("vintage_mix",), "gdp_growth_revised_pct"
        )


def _run_faults() -> Iterator[Fault]:
    for column, place in zip(GROWN, PLACES, strict=False):

        def filled(t: pd.DataFrame, c: str = column, p: str = place) -> None:
            ends = [
                float(t.loc[(t["code"] == p) & (t["year"] == y), c].iloc[0]) for y in (2018, 2022)
            ]
            rows = (t["code"] == p) & t["year"].between(2018, 2022)
            _set(t, rows, c, np.linspace(ends[0], ends[1], 5).round(3))

        yield Fault(
            f"interpolated 2019-2021 {column}", _with(filled), ("interpolated_run",), column, place
        )


def _cell_faults() -> Iterator[Fault]:
    for text in ("12,34", "1.234,5", "#REF!", "(12.3)", "约5000", "12.3.4", "五千"):
        table = clean_table().astype("str").replace("nan", "")
        row = table.index[(table["code"] == "440000") & (table["year"] == "2020")][0]
        table.loc[row, "gdp_100m"] = text
        yield Fault(f"cell {text}", table, ("bad_cell",), "gdp_100m", "440000")
