"""Models side by side: likelihood, criteria, and which restrictions of the Durbin model hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from econometrics.spatial.diagnostics import chi_squared, information_criteria
from econometrics.spatial.estimates import HAS_DURBIN, HAS_ERROR, HAS_LAG, Model, concentrated
from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    import pandas as pd

    from econometrics.spatial.model import SpatialPanel
    from econometrics.spatial.panel import Effects

MODELS: tuple[Model, ...] = ("ols", "slx", "sar", "sem", "sdm", "sdem")
#: Models that a Durbin model contains, with the number of restrictions in terms of k regressors.
NESTED: dict[Model, dict[Model, str]] = {
    "sdm": {"sar": "k", "slx": "1", "sem": "k", "ols": "k+1"},
    "sdem": {"sem": "k", "slx": "1", "ols": "k+1"},
}


def model_selection(panel: SpatialPanel, *, effects: Effects = "two-way") -> pd.DataFrame:
    """Fit every model by exact ML and lay it out beside the others.

    Returns
    -------
    DataFrame
        ``model, spatial, loglik, n_parameters, aic, bic, lr_sdm, p_sdm, lr_sdem, p_sdem``; the LR
        columns test the model against the Durbin models that contain it. Parameters are slopes,
        the spatial one and the variance; the fixed effects are the same in all.
    """
    import pandas as pd

    designs = {
        "plain": panel.design(effects=effects),
        "durbin": panel.design(effects=effects, durbin=panel.arrays.names),
    }
    k = len(panel.arrays.names)
    logliks: dict[Model, float] = {}
    rows = []
    for model in MODELS:
        d = designs["durbin" if model in HAS_DURBIN else "plain"]
        row: dict[str, object] = {"model": model}
        try:
            fit = concentrated(d, model, panel.multiplier, "none")
        except SpecificationError as error:
            rows.append(row | {"note": error.line()})
            continue
        count = len(fit.coef) + int(model in HAS_LAG | HAS_ERROR) + 1
        logliks[model] = fit.loglik
        rows.append(
            row
            | {"spatial": fit.spatial, "loglik": fit.loglik, "n_parameters": count}
            | information_criteria(fit, count, d.y.size)
        )
    for row in rows:
        for full, nested in NESTED.items():
            restricted: Any = row["model"]
            if restricted in nested and full in logliks and restricted in logliks:
                df = {"k": k, "1": 1, "k+1": k + 1}[nested[restricted]]
                test = chi_squared(2 * (logliks[full] - logliks[restricted]), df)
                row |= {f"lr_{full}": test.statistic, f"p_{full}": test.p_value}
    return pd.DataFrame(rows)
