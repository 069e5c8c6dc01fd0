"""The two predictors of a study: what each leaves behind, and its place in the article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from configs.model_settings import Scale

Kind = Literal["shap", "ggpr"]


@dataclass(frozen=True, slots=True)
class Fit:
    """A predictor.

    Attributes
    ----------
    title : str
    tables : tuple of str
        Tables that the study's own folder holds a copy of.
    pictures : tuple of str
        Figures in the order of the page; the first is the article's.
    own : str
        Its name in the table of validation.
    stages : int
        Messages of a fit, which move its bar: stages, then models by schemes of folds.
    """

    title: str
    tables: tuple[str, ...]
    pictures: tuple[str, ...]
    own: str
    stages: int


FITS: dict[Kind, Fit] = {
    "shap": Fit(
        "XGBoost-SHAP",
        ("importance", "thresholds", "interactions", "validation", "attributions", "predictions"),
        ("summary", "importance", "dependence", "interactions", "waterfall"), "xgboost", 3 + 4 * 3,
    ),
    "ggpr": Fit(
        "GGPR-GeoShapley", ("importance", "validation", "attributions", "predictions"),
        ("maps", "surfaces", "summary", "importance", "dependence", "calibration", "bivariate"),
        "ggpr", 2 + 5 * 5,
    ),
}  # fmt: skip
FIGURES: dict[tuple[Kind, Scale], int] = {
    ("shap", "province"): 6, ("shap", "city"): 7, ("shap", "enterprise"): 8,
    ("ggpr", "province"): 9, ("ggpr", "city"): 10,
}  # fmt: skip
MAPS: dict[Scale, int] = {"province": 3, "city": 4, "enterprise": 5}


def fit_name(kind: Kind, scale: Scale) -> str:
    """Name a fit's folder, tables and figures by its place in the article."""
    return f"figure_{FIGURES[kind, scale]}_{kind}_{marked(scale)}"


def map_name(scale: Scale) -> str:
    """Name the maps of a scale by their figure in the article."""
    return f"figure_{MAPS[scale]}_{marked(scale)}"


def picture_name(kind: Kind, scale: Scale, picture: str) -> str:
    """Name a picture of a fit: the article's figure bears the fit's name alone."""
    name = fit_name(kind, scale)
    return name if picture == FITS[kind].pictures[0] else f"{name}_{picture}"


def marked(scale: Scale) -> str:
    """Name a scale so that simulated firms cannot be taken for real ones."""
    return f"{scale}_SIMULATED" if scale == "enterprise" else scale
