"""What a run has to set beside the article, read from its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from corpus.csvfiles import read_csv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

SCALES = ("province", "city", "enterprise")


@dataclass(frozen=True, slots=True, eq=False)
class RunResults:
    """What a run has to set beside the article; what did not run is None or absent.

    Attributes
    ----------
    sgdid : dict or None
        ``summary.json`` of `zhengce fit sgdid`.
    xgb, ggpr : mapping of scale to DataFrame
        ``importance.csv`` of a fit: ``term, mean_abs`` and, for xgb, ``conf_low, conf_high``.
    by_unit : mapping of scale to DataFrame
        Attributions of the GGPR: ``region_code`` and a column a term, any number of rows a unit.
    interactions, thresholds : mapping of scale to DataFrame
        ``interactions.csv`` and ``thresholds.csv`` of the XGBoost fits.
    boosting : dict or None
        ``settings`` of ``summary.json`` of an XGBoost fit.
    intensity_year : int or None
        Year of the reports behind the treatment.
    simulated : frozenset of str
        Scales whose data are SIMULATED.
    n_reports, n_sentences : int or None
        Scored.
    """

    sgdid: Mapping[str, Any] | None = None
    xgb: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    ggpr: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    by_unit: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    interactions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    thresholds: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    boosting: Mapping[str, Any] | None = None
    intensity_year: int | None = None
    simulated: frozenset[str] = frozenset()
    n_reports: int | None = None
    n_sentences: int | None = None


def read_results(
    folder: Path,
    *,
    intensity_year: int | None = None,
    simulated: frozenset[str] = frozenset({"enterprise"}),
    n_reports: int | None = None,
    n_sentences: int | None = None,
) -> RunResults:
    """Read a run folder: ``models/*<fit>_<scale>*`` and ``models/sgdid``; what is not there is absent.

    Rows of attributions have no unit in a fit's own folder, so those come from
    ``tables/*ggpr_<scale>*_attributions.csv``.
    """
    models, tables = folder / "models", folder / "tables"
    sgdid = _json(models / "sgdid" / "summary.json")
    boosted = (_json(path) for path in sorted(models.glob("*shap_*/summary.json")))
    return RunResults(
        sgdid=sgdid,
        xgb=_by_scale(models, "*shap_{}*/importance.csv"),
        ggpr=_by_scale(models, "*ggpr_{}*/importance.csv"),
        by_unit=_by_scale(tables, "*ggpr_{}*_attributions.csv"),
        interactions=_by_scale(models, "*shap_{}*/interactions.csv"),
        thresholds=_by_scale(models, "*shap_{}*/thresholds.csv"),
        boosting=next((found["settings"] for found in boosted if found), None),
        intensity_year=intensity_year, simulated=simulated,
        n_reports=n_reports, n_sentences=n_sentences,
    )  # fmt: skip


def _json(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _by_scale(folder: Path, pattern: str) -> dict[str, pd.DataFrame]:
    found = {scale: sorted(folder.glob(pattern.format(scale))) for scale in SCALES}
    return {scale: _numbers(read_csv(paths[0])) for scale, paths in found.items() if paths}


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Read columns of numbers as numbers; codes stay text."""
    import pandas as pd

    for column in frame.columns:
        if not str(column).endswith("_code"):
            numbers = pd.to_numeric(frame[column], errors="coerce")
            if numbers.notna().any():
                frame[column] = numbers
    return frame
