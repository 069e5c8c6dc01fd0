"""The same model for other people's software: panel, weights, and scripts for Stata and R.

With them go our own numbers (``expected.csv``), so that whoever runs a script sees at once which
of its numbers agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from econometrics.spatial.estimates import HAS_ERROR, HAS_LAG, Estimates, Model
from econometrics.spatial.export_scripts import Script, r_script, stata_script
from econometrics.spatial.likelihood import counts, fit_error, fit_lag
from econometrics.spatial.panel import Effects, lag, project
from econometrics.spatial.results import KINDS
from econometrics.spatial.weights_scale import to_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from econometrics.spatial.likelihood import Concentrated
    from econometrics.spatial.model import SpatialPanel

Target = Literal["stata", "r"]
#: Longest name so that ``lag_`` before it still fits Stata's 32 characters.
_LONGEST = 28
_KEYS = ("uid", "tid", "unit", "period")
_RESERVED = frozenset({
    "_all", "_b", "_coef", "_cons", "_n", "_N", "_pi", "_pred", "_rc", "_skip", "byte", "double",
    "float", "if", "in", "int", "long", "str", "strL", "using", "with", "e", "T", "F", "TRUE",
    "FALSE", "NULL", "NA", "NaN", "Inf", "else", "for", "while", "repeat", "function", "next",
    "break",
})  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """Files of an export, by name.

    Attributes
    ----------
    tables : dict of str to DataFrame
        ``panel.csv, W_dense.csv, W_long.csv, names.csv, units.csv, expected.csv``.
    scripts : dict of str to str
        ``model.do`` and ``model.R``.
    """

    tables: dict[str, pd.DataFrame]
    scripts: dict[str, str]


def export_model(
    panel: SpatialPanel,
    *,
    y: str,
    model: Model = "sdm",
    effects: Effects = "two-way",
    durbin: Sequence[str] | Literal["all", "none"] = "all",
    unit: str = "unit",
    time: str = "time",
    targets: Sequence[Target] = ("stata", "r"),
) -> Export:
    """Lay out a model for Stata (xsmle, spxtregress) and R (spatialreg, splm), with our numbers.

    Parameters
    ----------
    y, unit, time : str
        Names of the outcome and the keys, for the mapping file.
    durbin : "all", "none" or names
        As in `SpatialPanel.fit`.
    """
    fit = panel.fit(model=model, effects=effects, durbin=durbin, draws=2, tests=False)
    names = valid_names((y, *panel.arrays.names))
    t, n = panel.arrays.y.shape
    script = Script(
        model=model, effects=effects, y=names[y], x=tuple(names[x] for x in panel.arrays.names),
        durbin=tuple(names[x] for x in fit.durbin), n=n, t=t,
        row_standardised=panel.weights.is_row_standardised, weights=panel.weights.source,
    )  # fmt: skip
    tables = {
        "panel.csv": _panel_table(panel, names, y, fit.durbin),
        "W_dense.csv": _dense(panel),
        "W_long.csv": to_frame(panel.weights),
        "names.csv": _mapping(names, y, fit.durbin, unit, time),
        "units.csv": _units(panel),
        "expected.csv": _expected(panel, fit.exact, fit.lee_yu, effects, names),
    }
    write = {"stata": ("model.do", stata_script), "r": ("model.R", r_script)}
    return Export(tables, {write[k][0]: write[k][1](script) for k in targets})


def valid_names(names: Sequence[str]) -> dict[str, str]:
    """Names that Stata and R take: ASCII letters, digits, ``_``, at most 28 characters, unique.

    Examples
    --------
    >>> valid_names(["GDP per head (yuan)", "创新", "创新2", "if"])
    {'GDP per head (yuan)': 'GDP_per_head_yuan', '创新': 'v2', '创新2': 'v3_2', 'if': 'if_'}
    """
    found: dict[str, str] = {}
    taken = set(_KEYS)
    for place, name in enumerate(names, start=1):
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
        if not re.search(r"[A-Za-z]", plain):
            plain = f"v{place}_{plain}".rstrip("_")
        elif not plain[0].isalpha():
            plain = f"v_{plain}"
        plain = plain[:_LONGEST]
        plain = f"{plain}_" if plain in _RESERVED or re.fullmatch(r"str\d+", plain) else plain
        unique, count = plain, 1
        while {unique.lower(), f"lag_{unique}".lower()} & taken:
            count += 1
            unique = f"{plain[: _LONGEST - len(str(count)) - 1]}_{count}"
        taken.add(unique.lower())
        taken.add(f"lag_{unique}".lower())
        found[name] = unique
    return found


def _panel_table(
    panel: SpatialPanel, names: Mapping[str, str], y: str, durbin: Sequence[str]
) -> pd.DataFrame:
    import pandas as pd

    arrays = panel.arrays
    t, n = arrays.y.shape
    table: dict[str, Any] = {
        "uid": np.tile(np.arange(1, n + 1), t),
        "tid": np.repeat(np.arange(1, t + 1), n),
        "unit": np.tile(np.array(arrays.units, dtype=object), t),
        "period": np.repeat(np.array(arrays.times, dtype=object), n),
        names[y]: arrays.y.ravel(),
    }
    lagged = lag(panel.weights.matrix, arrays.X)
    for j, x in enumerate(arrays.names):
        table[names[x]] = arrays.X[:, :, j].ravel()
    for x in durbin:
        table[f"lag_{names[x]}"] = lagged[:, :, arrays.names.index(x)].ravel()
    return pd.DataFrame(table)


def _dense(panel: SpatialPanel) -> pd.DataFrame:
    import pandas as pd

    units = panel.arrays.units
    dense = pd.DataFrame(panel.weights.matrix.toarray(), columns=list(units))
    dense.insert(0, "unit", list(units), allow_duplicates=True)
    return dense


def _mapping(
    names: Mapping[str, str], y: str, durbin: Sequence[str], unit: str, time: str
) -> pd.DataFrame:
    import pandas as pd

    rows = [(unit, "uid", "unit, numbered in the order of the weights"), (unit, "unit", "unit")]
    rows += [(time, "tid", "period, numbered"), (time, "period", "period")]
    rows += [(k, v, "outcome" if k == y else "regressor") for k, v in names.items()]
    rows += [(x, f"lag_{names[x]}", "spatial lag of the regressor") for x in durbin]
    return pd.DataFrame(rows, columns=["original", "exported", "role"])


def _units(panel: SpatialPanel) -> pd.DataFrame:
    import pandas as pd

    units = panel.arrays.units
    return pd.DataFrame({"uid": np.arange(1, len(units) + 1), "unit": list(units)})


def _expected(
    panel: SpatialPanel,
    exact: Estimates,
    lee_yu: Estimates | None,
    effects: Effects,
    names: Mapping[str, str],
) -> pd.DataFrame:
    """Our numbers: exact ML, Lee-Yu, and what demeaning before lagging would give."""
    import pandas as pd

    rows: list[tuple[str, str, float, float]] = []
    for label, e in (("exact", exact), ("lee-yu", lee_yu)):
        if e is not None:
            rows += [(label, *row) for row in _numbers(e, names)]
    if exact.has_spatial and effects == "two-way":
        found = shortcut(panel, exact)
        terms = [_renamed(c, names) for c in exact.columns]
        word = "rho" if exact.model in HAS_LAG else "lambda"
        rows.append(("shortcut", word, found.spatial, float("nan")))
        rows += [
            ("shortcut", c, float(b), float("nan")) for c, b in zip(terms, found.coef, strict=True)
        ]
        rows.append(("shortcut", "loglik", found.loglik, float("nan")))
    return pd.DataFrame(rows, columns=["estimator", "term", "estimate", "std_error"])


def _renamed(column: str, names: Mapping[str, str]) -> str:
    if column in names:
        return names[column]
    return f"lag_{names[column.removeprefix('W_')]}"


def _numbers(e: Estimates, names: Mapping[str, str]) -> list[tuple[str, float, float]]:
    blank = float("nan")
    rows: list[tuple[str, float, float]] = []
    if e.has_spatial:
        word = "lambda" if e.model in HAS_ERROR else "rho"
        rows.append((word, e.fit.spatial, e.spatial_error))
    errors = np.sqrt(np.diagonal(e.coef_cov))
    rows += [
        (_renamed(c, names), float(b), float(s))
        for c, b, s in zip(e.columns, e.fit.coef, errors, strict=True)
    ]
    rows += [("sigma2", e.fit.sigma2, blank), ("loglik", e.fit.loglik, blank)]
    for j, x in enumerate(e.names):
        rows += [
            (f"{k}: {names[x]}", float(getattr(e.impacts, k)[j]), float(e.impacts.delta[k][j]))
            for k in KINDS
        ]
    return rows


def shortcut(panel: SpatialPanel, exact: Estimates) -> Concentrated:
    """Demean both ways, then lag, and do not demean again: splm's two-way answer.

    It is not the maximum of the likelihood; it is here to recognise it by.
    """
    arrays, W = panel.arrays, panel.weights.matrix
    t, n = arrays.y.shape
    y = project(arrays.y, "two-way")
    durbin = [arrays.names.index(c.removeprefix("W_")) for c in exact.columns[len(exact.names) :]]
    raw = np.concatenate([arrays.X, lag(W, arrays.X)[:, :, durbin]], axis=2)
    Z = project(raw, "two-way").reshape(t * n, -1)
    c = counts(n, t, "two-way", "none")
    Wy = lag(W, y).ravel()
    if exact.model in HAS_LAG:
        return fit_lag(y.ravel(), Wy, Z, panel.multiplier, c)
    WZ = lag(W, Z.reshape(t, n, -1)).reshape(t * n, -1)
    return fit_error(y.ravel(), Wy, Z, WZ, panel.multiplier, c)
