"""Everything that the page says of the models, for its templates."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from corpus.csvfiles import read_csv
from study.article_tables import TITLES
from study.figures_view import figures, shown, verdict
from study.models_view import Fits, files, province_rows, read_fits, table_3
from study.published import VERDICTS_ZH
from study.referee import referee

if TYPE_CHECKING:
    from study.folder import Study

TITLES_ZH = {
    "table_1_indicators": "表1 各尺度新质生产力指标及公开数据的可得情况",
    "table_2_controls": "表2 各尺度控制变量及公开数据的可得情况",
}


def models_page(study: Study) -> dict[str, Any] | None:
    """Gather tables, figures, referee page and the comparison; None for a study without models."""
    if not study.settings.has_models:
        return None
    fits = read_fits(study)
    has_sgdid = bool(fits.sgdid)
    published = _published(study)
    return {
        "brief": brief(study, fits),
        "tables": [_table(study, name) for name in TITLES],
        "figures": figures(study, fits),
        "table_3": table_3(study) if has_sgdid else [],
        "table_3_caption": _caption(study, fits) if has_sgdid else ("", ""),
        "table_3_files": files(study, "table_3_sgdid.csv", "table_3_sgdid.tex", "table_3_sgdid.docx", "sgdid_published.csv"),
        "sgdid_notes": [*fits.sgdid["model"]["warnings"], *fits.sgdid["notes"]] if has_sgdid else [],
        "sgdid_pictures": _pictures(
            study, ("sgdid_event_study", "coefficients by year", "分年系数"),
            ("sgdid_permutation", "permutations of the intensities", "强度置换"),
        ),
        "provinces": province_rows(study, fits),
        "province_files": files(study, "treatment.csv", "sgdid_panel.csv", "intensity_corrected.csv"),
        "referee": referee(study, fits),
        "referee_pictures": _pictures(
            study, ("sgdid_specification_curve", "one change at a time", "逐项变动"),
            ("sgdid_combinations", "specification curve of all combinations", "全部组合的规格曲线"),
        ),
        "referee_files": files(study, "sgdid_by_measure.csv", "measures.csv", "sgdid_specification_curve.csv",
                               "sgdid_combinations.csv", "sgdid_measurement.csv"),
        "published": published,
        "verdicts": Counter(row["verdict"] for row in published).most_common(),
        "verdicts_zh": VERDICTS_ZH,
        "published_files": files(study, "published_side_by_side.csv"),
    }  # fmt: skip


def brief(study: Study, fits: Fits) -> list[dict[str, str]]:
    """Say in a line each what came out, with its uncertainty."""
    lines = []
    if fits.sgdid:
        total, rho = fits.best["impacts"]["did"]["total"], fits.best["rho"]
        p = (fits.sgdid["permutation"] or {"p_value": [None] * 3})["p_value"][2]
        dealt = ("", "") if p is None else (f", permutation p = {p:.2f}", f"，置换检验p = {p:.2f}")
        lines.append({
            "en": f"SGDID: total impact of one standard deviation of intensity {total['estimate']:.3f} [{total['conf_low']:.3f}, {total['conf_high']:.3f}]{dealt[0]}; rho {rho['estimate']:.3f} [{rho['conf_low']:.3f}, {rho['conf_high']:.3f}] (Lee-Yu).",
            "zh": f"SGDID：强度增加一个标准差的总效应{total['estimate']:.3f} [{total['conf_low']:.3f}, {total['conf_high']:.3f}]{dealt[1]}；rho {rho['estimate']:.3f} [{rho['conf_low']:.3f}, {rho['conf_high']:.3f}]（Lee-Yu）。",
        })  # fmt: skip
    for method, found in (("XGBoost-SHAP", fits.shap), ("GGPR-GeoShapley", fits.ggpr)):
        for scale, summary in found.items():
            r2, top = summary["validation"]["random"]["r2"], _top(summary)
            lines.append({
                "en": f"{method}, {scale}: largest mean attribution {top}; out-of-fold R2 {r2:.2f}: {verdict(r2)[0]}.",
                "zh": f"{method}，{scale}：平均归因最大者为{top}；折外R²为{r2:.2f}：{verdict(r2)[1]}。",
            })  # fmt: skip
    return lines


def _top(summary: dict[str, Any]) -> str:
    sizes = {
        k: v["mean_abs"] if isinstance(v, dict) else v for k, v in summary["importance"].items()
    }
    return max(sizes, key=lambda name: sizes[name])


def _table(study: Study, name: str) -> dict[str, Any]:
    rows = read_csv(study.table(f"{name}.csv")).to_dict("records")
    return {
        "id": name.split("_")[0] + "-" + name.split("_")[1], "title": (TITLES[name], TITLES_ZH[name]),
        "caption": (
            "Status: measured as the article defines it, a proxy (see its note), or missing from open sources; an index is made of what is there, and its weights are in the panel's folder.",
            "状态：measured为按论文定义测得，proxy为代理指标（见说明），missing为公开来源缺失；指数由可得指标构成，权重见面板文件夹。",
        ),
        "rows": rows, "n_measured": sum(r["status"] != "missing" for r in rows),
        "files": files(study, f"{name}.csv", f"{name}.tex", f"{name}.docx"),
    }  # fmt: skip


def _caption(study: Study, fits: Fits) -> tuple[str, str]:
    how, m = study.settings.sgdid, fits.sgdid["model"]
    assert how is not None  # noqa: S101
    divided = ", ".join(how.standardised)
    return (
        f"did = Post ({how.post_from} on) x intensity of the report of {how.intensity_year} ({how.measure} of the dimensions), divided by its standard deviation{f'; {divided} divided by the standard deviation of the provinces' + chr(39) + ' means' if divided else ''}. {m['n_units']} provinces, {how.years[0]} to {how.years[1]}, two-way fixed effects, {how.errors} errors; impacts by {how.draws} draws, seed {how.seed}. Stars: * .10, ** .05, *** .01.",
        f"did为{how.post_from}年起的Post与{how.intensity_year}年报告强度（{how.measure}）之积，强度除以标准差。{m['n_units']}省，{how.years[0]}—{how.years[1]}年，双向固定效应，{how.errors}标准误；效应由{how.draws}次抽取得到，种子{how.seed}。* 0.10，** 0.05，*** 0.01。",
    )


def _pictures(study: Study, *wanted: tuple[str, str, str]) -> list[dict[str, Any]]:
    found = (shown(study, *each) for each in wanted)
    return [each for each in found if each]


def _published(study: Study) -> list[dict[str, Any]]:
    path = study.table("published_side_by_side.csv")
    return read_csv(path).to_dict("records") if path.is_file() else []
