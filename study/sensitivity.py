"""Refit the SGDID with other measures of intensity: does the coefficient hang on one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from econometrics.sgdid.intensity_file import read_intensity
from econometrics.sgdid.panel_file import read_panel
from econometrics.sgdid.study import prepare
from econometrics.sgdid.treatment import make_treatment
from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from configs.sgdid_settings import SgdidSettings
    from econometrics.sgdid.design import Effect, SgdidDesign

Z95 = 1.959963984540054
KEYS = ("family", "measure", "label", "label_zh")
COLUMNS = (
    *KEYS, "n_units", "beta", "beta_se", "direct", "direct_low", "direct_high", "indirect",
    "indirect_low", "indirect_high", "total", "total_low", "total_high", "p_value", "p_holm",
    "correlation", "reason",
)  # fmt: skip


def sgdid_by_measure(settings: SgdidSettings, measures: pd.DataFrame) -> pd.DataFrame:
    """Fit the study's model once for each measure of intensity.

    Parameters
    ----------
    settings : SgdidSettings
        The study: its panel, controls, weights, dates and kind of errors; its own intensity is
        what the others are correlated with.
    measures : DataFrame
        What `study.measures.intensity_measures` gives: ``region_code, family, measure, label,
        label_zh, value``.

    Returns
    -------
    DataFrame
        One row a measure, in the order given: point estimates by Lee and Yu with the study's
        errors, 95 % intervals of the impacts by the delta method. ``p_value`` tests beta;
        ``p_holm`` is adjusted over all measures that could be fitted (Holm 1979).
        ``correlation`` is that with the study's own intensity over the units. A measure that
        does not vary, or lacks a region, has its ``reason`` and no numbers.

    Notes
    -----
    Every measure is divided by its own standard deviation, so coefficients are comparable: an
    effect of one deviation of that measure.
    """
    import pandas as pd

    frame = read_panel(settings)
    intensity, _ = read_intensity(settings, frame)
    study = prepare(settings, frame, intensity)
    own = np.array([intensity[u] for u in study.controls.units], dtype=np.float64)
    rows = [
        dict(zip(KEYS, key, strict=True)) | _row(settings, study, own, part)
        for key, part in measures.groupby(list(KEYS), sort=False)
    ]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    found["p_holm"] = holm(found["p_value"].to_numpy(dtype=np.float64))
    return found


def _row(
    settings: SgdidSettings, study: SgdidDesign, own: NDArray[np.float64], part: pd.DataFrame
) -> dict[str, Any]:
    units: Sequence[str] = study.controls.units
    values = dict(zip(part["region_code"].astype(str), part["value"].astype(float), strict=True))
    row: dict[str, Any] = {"n_units": sum(u in values for u in units), "reason": ""}
    try:
        treatment = make_treatment(values, units, study.times, settings.treatment.post_from)
        effect = study.effect(
            treatment=treatment, errors=settings.errors, draws=0, seed=settings.seed
        )
    except SpecificationError as error:
        return row | {"reason": error.line()}
    vector = np.array([values[u] for u in units])
    return row | _numbers(effect) | {"correlation": float(np.corrcoef(vector, own)[0, 1])}


def _numbers(effect: Effect) -> dict[str, float]:
    from scipy.stats import norm

    beta, error = effect.beta
    found = {"beta": beta, "beta_se": error, "p_value": float(2 * norm.sf(abs(beta / error)))}
    for kind in ("direct", "indirect", "total"):
        value, spread = getattr(effect, kind)
        found |= {kind: value, f"{kind}_low": value - Z95 * spread}
        found[f"{kind}_high"] = value + Z95 * spread
    return found


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjust p-values for their number by Holm's step-down procedure; NaN stays NaN.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal
    of Statistics 6(2).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    steps = p_values[order] * (len(order) - np.arange(len(order)))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
