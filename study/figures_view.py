"""Figures 3 to 10 of the article as the page shows them: pictures, captions that say what was computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from study.fits import FITS, Kind, fit_name, map_name, picture_name
from study.models_view import Fits, files, validation_rows
from study.pictures import download, picture

if TYPE_CHECKING:
    from configs.model_settings import Scale
    from study.folder import Study

SCALES_ZH = {"province": "省级", "city": "市级", "enterprise": "企业（模拟数据 SIMULATED）"}
SCALES_EN = {"province": "provinces", "city": "cities", "enterprise": "SIMULATED firms"}
PICTURES = {
    "summary": ("attribution of every row", "各观测的归因"),
    "importance": ("mean size of the attributions", "归因的平均大小"),
    "dependence": ("attribution against the feature's value", "归因随特征值的变化"),
    "interactions": ("strength of interactions and their tests", "交互强度及检验"),
    "waterfall": ("one prediction taken apart", "单个预测的分解"),
    "maps": ("terms by place, grey where the sign is not determined", "各项的地图，符号不确定处为灰"),
    "surfaces": ("local coefficients as surfaces, masked where the sign is not determined",
                 "局部系数曲面，符号不确定处遮蔽"),
    "calibration": ("out-of-fold intervals", "折外区间校准"),
    "bivariate": ("the first feature with its place effect, against the place alone",
                  "首个特征（含空间交互）与位置效应的双变量图"),
}  # fmt: skip


def figures(study: Study, fits: Fits) -> list[dict[str, Any]]:
    """List the figures of the study in the article's order."""
    s = study.settings
    found = [_maps(study, scale) for scale in s.scales.given()]
    found += [_fit(study, "shap", scale, fits.shap[scale]) for scale in fits.shap]
    found += [_fit(study, "ggpr", scale, fits.ggpr[scale]) for scale in fits.ggpr]
    return found


def shown(study: Study, stem: str, en: str, zh: str) -> dict[str, Any] | None:
    """Give a picture of ``figures/`` with its vector file; None when it was not drawn."""
    path = study.folder / "figures" / f"{stem}.png"
    if not path.is_file():
        return None
    vector = path.with_suffix(".svg")
    return {
        "src": picture(path), "en": en, "zh": zh,
        "svg": download(vector, study.folder) if vector.is_file() else "", "name": vector.name,
    }  # fmt: skip


def _maps(study: Study, scale: Scale) -> dict[str, Any]:
    name = map_name(scale)
    number = name.split("_")[1]
    places = SCALES_EN[scale]
    pictures = [
        shown(study, f"{name}_nqp", f"NQP of {places}", f"{SCALES_ZH[scale]}新质生产力"),
        shown(study, f"{name}_ser", f"SER of {places}", f"{SCALES_ZH[scale]}空间经济韧性"),
    ]
    return {
        "id": f"figure-{number}", "number": number,
        "title": (f"NQP and SER of {places}", f"{SCALES_ZH[scale]}新质生产力与空间经济韧性"),
        "caption": (
            "NQP is the entropy-weighted index of the indicators that open data give (Table 1), SER growth relative to the nation's; one colour scale a variable, 2 % of the extremes cut, grey: no figure."
            + (" City means of synthetic firms: no finding about real ones." if scale == "enterprise" else ""),
            "新质生产力为可得指标（表1）的熵权指数，韧性为相对全国的增速；同一变量共用色标，两端各截2%，灰色为缺失。"
            + ("企业为模拟数据的城市均值，不构成对真实企业的结论。" if scale == "enterprise" else ""),
        ),
        "pictures": [p for p in pictures if p], "files": files(study, f"panel_{scale}.csv", f"description_{scale}.csv"),
        "validation": None, "notes": [],
    }  # fmt: skip


def _fit(study: Study, kind: Kind, scale: Scale, summary: dict[str, Any]) -> dict[str, Any]:
    name = fit_name(kind, scale)
    number = name.split("_")[1]
    method, own = FITS[kind].title, FITS[kind].own
    pictures = [
        shown(study, picture_name(kind, scale, p), *PICTURES[p]) for p in FITS[kind].pictures
    ]
    r2 = summary["validation"]["random"]["r2"]
    tables = ("importance", "validation", "attributions", "thresholds", "interactions")
    return {
        "id": f"figure-{number}", "number": number,
        "title": (f"{method}, {SCALES_EN[scale]}", f"{method}，{SCALES_ZH[scale]}"),
        "caption": (
            f"{summary['spec']}; {summary['n_obs']} rows. Out-of-fold R2 {r2:.2f} (random folds): {verdict(r2)[0]}. Attributions are of the fitted predictor, not causal.",
            f"{summary['n_obs']}个观测；随机折外R²为{r2:.2f}：{verdict(r2)[1]}。归因描述拟合的预测器，不具因果含义。",
        ),
        "pictures": [p for p in pictures if p],
        "files": files(study, *(f"{name}_{t}.csv" for t in tables)),
        "validation": validation_rows(study, kind, scale), "own": own,
        "notes": summary["notes"],
    }  # fmt: skip


def verdict(r2: float) -> tuple[str, str]:
    """Say in words what an out-of-fold R2 allows."""
    if r2 <= 0:
        return (
            "it predicts no better than the mean, so its ranking of features is no evidence",
            "预测不优于均值，其特征排序不构成证据",
        )
    if r2 < 0.2:
        return ("it predicts little, so its ranking of features is weak evidence",
                "预测能力很弱，其特征排序证据薄弱")  # fmt: skip
    return "it predicts rows it has not seen", "能预测未见过的观测"
