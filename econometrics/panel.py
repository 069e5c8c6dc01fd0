"""Join the statistics of the provinces with the intensity of their reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.errors import UserError, shown
from corpus.csvfiles import read_csv
from corpus.regions import provinces, regions
from econometrics.resilience import NATIONAL_GROWTH, PROVINCE_GROWTH, Vintage, resilience

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

KEY = ["region_code", "year"]
_NAMES = ("province", "province_en")


def read_statistics(path: Path, *, code: str = "code") -> pd.DataFrame:
    """Read a regional panel: a code column, ``year``, and numbers; empty cells stay empty.

    Raises
    ------
    UserError
        Unknown code, a year or cell that is no number, a region and year that occur twice; with
        the line of the file.
    """
    import pandas as pd

    raw = read_csv(path)
    for column in (code, "year"):
        if column not in raw.columns:
            raise UserError(f"lacks the column {column!r}", where=str(path))
    frame = pd.DataFrame(
        {"region_code": raw[code], "year": _numbers(raw["year"], path).astype("int64")}
    )
    known = set(regions()) | {"100000"}
    for line, value in enumerate(frame["region_code"], start=2):
        if value not in known:
            raise UserError(
                f"unknown code {shown(value)}",
                where=f"{path} line {line}",
                fix="use six-digit GB/T 2260 codes",
            )
    for column in raw.columns:
        if column not in (code, "year", *_NAMES):
            frame[column] = _numbers(raw[column], path)
    twice = frame.index[frame.duplicated(KEY)]
    if len(twice):
        row = frame.loc[twice[0]]
        raise UserError(
            f"{row.region_code} in {int(row.year)} occurs twice",
            where=f"{path} line {twice[0] + 2}",
        )
    return frame


def _numbers(column: pd.Series[str], path: Path) -> pd.Series[float]:
    import pandas as pd

    text = column.str.strip()
    values = pd.to_numeric(text, errors="coerce")
    wrong = column.index[values.isna() & (text != "")]
    if len(wrong) or (column.name == "year" and values.isna().any()):
        row = wrong[0] if len(wrong) else column.index[values.isna()][0]
        raise UserError(
            f"column {column.name!r}: {shown(column[row])} is not a number",
            where=f"{path} line {row + 2}",
            fix="leave a missing value empty",
        )
    return values.astype("float64")


def add_resilience(
    panel: pd.DataFrame, national: pd.DataFrame, *, vintage: Vintage
) -> pd.DataFrame:
    """Add ``growth_pct``, ``expected_growth_pct``, ``ser`` and ``is_near_zero_growth``.

    Growth and expectation come from one vintage; a year that the vintage lacks stays empty.
    """
    expected = national.set_index("year")[NATIONAL_GROWTH[vintage]]
    growth = panel[PROVINCE_GROWTH[vintage]]
    expectation = panel["year"].map(expected).astype("float64")
    result = resilience(growth.to_numpy(), expectation.to_numpy())
    return panel.assign(
        growth_pct=growth,
        expected_growth_pct=expectation,
        ser=result.ser,
        is_near_zero_growth=result.is_near_zero,
    )


def join_intensity(
    panel: pd.DataFrame, report_scores: pd.DataFrame, *, short: dict[str, str]
) -> pd.DataFrame:
    """Add the intensity of the provincial report of the same year, one column a dimension.

    Parameters
    ----------
    panel : DataFrame
        Keyed by region_code and year.
    report_scores : DataFrame
        The report_score table of one scorer.
    short : dict
        Dimension id to the suffix of its columns ``intensity_<suffix>`` and ``_std_error``.

    Notes
    -----
    The join is outer: a year with reports and no statistics (2025, 2026) and a year with
    statistics and no reports (2011-2024 but for Hebei) both stay, with empty cells.
    """
    codes = {region.code for region in provinces()}
    own = report_scores[report_scores["region_code"].isin(codes)]
    wide = own.pivot(index=KEY, columns="dimension", values=["intensity", "std_error"])
    names = {"intensity": "intensity_{}", "std_error": "intensity_{}_std_error"}
    wide = wide[[(kind, d) for kind in names for d in short]]
    wide.columns = [names[kind].format(short[d]) for kind, d in wide.columns]
    n = own.drop_duplicates(KEY).set_index(KEY)["n_sentences"].astype("float64")
    wide = wide.join(n.rename("n_sentences")).reset_index()
    joined = panel.merge(wide, on=KEY, how="outer").sort_values(KEY, ignore_index=True)
    joined.insert(
        1, "region", joined["region_code"].map({r.code: r.name for r in provinces()}).astype("str")
    )
    flag = joined["is_near_zero_growth"]
    return joined.assign(
        is_near_zero_growth=flag.astype("boolean").fillna(value=False).astype("bool")
    )


def intensity_panel(
    statistics: Path,
    national: Path,
    report_scores: pd.DataFrame,
    *,
    vintage: Vintage,
    short: dict[str, str],
) -> pd.DataFrame:
    """Build the panel of a study from its files; see `add_resilience` and `join_intensity`."""
    panel = add_resilience(read_statistics(statistics), read_statistics(national), vintage=vintage)
    return join_intensity(panel, report_scores, short=short)


def describe_panel(panel: pd.DataFrame) -> pd.DataFrame:
    """Count filled cells of every column, with first and last year and range."""
    import pandas as pd

    rows = []
    for column in panel.columns:
        if column in KEY or panel[column].dtype.kind not in "fi":
            continue
        values = panel[column].dropna()
        years = panel["year"][values.index]
        rows.append(
            {
                "column": column,
                "n_filled": len(values),
                "n_cells": len(panel),
                "first_year": years.min(),
                "last_year": years.max(),
                "mean": values.mean(),
                "std": values.std(),
                "min": values.min(),
                "max": values.max(),
            }
        )
    return pd.DataFrame(rows)
