"""The referee page: what identifies the coefficient, what does not, and what it hangs on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from study.models_view import Z95, Fits, numbers

if TYPE_CHECKING:
    from study.folder import Study

Remark = dict[str, str]


def referee(study: Study, fits: Fits) -> dict[str, Any]:
    """Gather remarks and the tables of sensitivity.

    Returns
    -------
    dict
        ``remarks`` (each ``mark`` of ok, warn or open, ``en``, ``zh``), ``measures``, ``weights``,
        ``measurement``, ``leave_one_out``; empty without a SGDID.
    """
    if study.settings.sgdid is None:
        return {}
    measures = numbers(study.table("sgdid_by_measure.csv"))
    return {
        "remarks": [*_identification(study, fits), *_inference(study, fits),
                    *_sensitivity(study, fits), *_predictors(fits)],
        "measures": measures.to_dict("records"),
        "n_measures": len(measures),
        "weights": _effects(fits.sgdid["alternative_weights"]),
        "intensities": _effects(fits.sgdid["alternative_intensities"]),
        "placebos": _effects(fits.sgdid["placebo_dates"]),
        "measurement": [
            {"quantity": k, **v} for k, v in fits.sgdid["measurement"].items()
        ],
    }  # fmt: skip


def _effects(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, **{k: e[k] for k in ("rho", "beta", "direct", "total")}}
        for name, e in found.items()
    ]


def _remark(mark: str, en: str, zh: str) -> Remark:
    return {"mark": mark, "en": en, "zh": zh}


def _identification(study: Study, fits: Fits) -> list[Remark]:
    how, found = study.settings.sgdid, fits.sgdid
    assert how is not None  # noqa: S101
    after = how.years[1] - how.post_from + 1
    remarks = [
        _remark("warn",
            "Every province is treated from the same year on. What is estimated is the slope of a dose response: stronger against weaker intensity, causal only if provinces of other intensity would have had the same slope.",
            "各省自同一年起受处理，所估为剂量反应的斜率，仅当不同强度省份的斜率原本相同时才有因果含义。"),
        _remark("warn" if after < 2 else "ok",
            f"{after} year(s) from the treatment on ({how.post_from} to {how.years[1]}), {how.post_from - how.years[0]} before it: a shock of that year that hits provinces by their intensity cannot be told from the policy.",
            f"处理后共{after}年（{how.post_from}—{how.years[1]}），处理前{how.post_from - how.years[0]}年：若当年另有按强度分布的冲击，无法与政策区分。"),
        _remark("ok",
            "Absorbed and therefore not estimated: " + "; ".join(f"{k} by the {v}" for k, v in found["treatment"]["absorbed"].items()) + ". A table that prints a coefficient for them did not have these effects in.",
            "被固定效应吸收、因而不估计：Intensity_i（个体效应）、Post_t（时间效应）。若表中报告其系数，则模型并未包含这些效应。"),
    ]  # fmt: skip
    if how.intensity_year > how.years[1]:
        remarks.insert(0, _remark("warn",
            f"The text of {how.intensity_year} comes after the last outcome ({how.years[1]}): reverse causation cannot be excluded by any test below.",
            f"{how.intensity_year}年的文本晚于最后一期结果（{how.years[1]}年），下列任何检验都不能排除反向因果。"))  # fmt: skip
    events = found["event_study"]
    if events:
        p, slope = events["p_value"], events["detectable_slope"]
        remarks.append(_remark("ok" if p > 0.1 else "warn",
            f"Trends before the treatment: joint test of all leads and their spatial lags chi2({events['df']}) = {events['statistic']:.1f}, p = {p:.3f}; a trend below {slope:.2f} a year would not have been seen (80 % power), so a large p is no proof.",
            f"处理前趋势：全部前导项及其空间滞后联合检验 χ²({events['df']}) = {events['statistic']:.1f}，p = {p:.3f}；每年小于{slope:.2f}的趋势在80%功效下无法察觉，p值大不等于证明。"))  # fmt: skip
    return remarks


def _inference(study: Study, fits: Fits) -> list[Remark]:
    found, remarks = fits.sgdid, []
    impact = fits.best["impacts"]["did"]["total"]
    remarks.append(_remark("ok",
        f"Total impact of one standard deviation of intensity: {impact['estimate']:.3f} [{impact['conf_low']:.3f}, {impact['conf_high']:.3f}] (Lee and Yu 2010; exact ML beside it in Table 3: with {found['model']['n_periods']} periods its rho and sigma2 are biased downwards).",
        f"强度每增加一个标准差的总效应：{impact['estimate']:.3f} [{impact['conf_low']:.3f}, {impact['conf_high']:.3f}]（Lee-Yu 2010；表3并列精确极大似然，{found['model']['n_periods']}期时其rho与sigma2偏低）。"))  # fmt: skip
    dealt, wild = found["permutation"], found["wild_cluster_bootstrap"]
    if dealt:
        p = dealt["p_value"][2]
        remarks.append(_remark("ok" if p < 0.05 else "warn",
            f"Dealing the same intensities to the provinces at random ({dealt['draws']} times) gives a total impact as far from 0 with p = {p:.3f}"
            + (f"; wild cluster bootstrap of beta p = {wild['p_value']:.3f}" if wild else "") + ". With 31 clusters these count more than the normal p-value.",
            f"将强度随机分配给各省（{dealt['draws']}次），总效应同样偏离0的概率p = {p:.3f}"
            + (f"；beta的wild聚类自助法p = {wild['p_value']:.3f}" if wild else "") + "。仅31个聚类，这些检验比正态p值更可信。"))  # fmt: skip
    joint = (found["combinations"] or {}).get("joint_test")
    if joint:
        remarks.append(_remark("ok" if joint["p_median"] < 0.05 else "warn",
            f"Specification curve: {found['combinations']['n']} combinations of weights, intensity, controls and likelihood; {joint['n_significant']} of {joint['n_specifications']} by Lee-Yu differ from 0 at 5 %; median {joint['median']:.3f}, joint permutation p = {joint['p_median']:.2f}.",
            f"规格曲线：权重、强度、控制变量与似然共{found['combinations']['n']}种组合；Lee-Yu的{joint['n_specifications']}个中{joint['n_significant']}个在5%水平异于0；中位数{joint['median']:.3f}，联合置换p = {joint['p_median']:.2f}。"))  # fmt: skip
    carried = found["measurement"].get("total")
    if carried:
        remarks.append(_remark("ok",
            f"The text measure's own error, carried through by {carried['draws']} panels of corrected intensities: total {carried['estimate']:.3f} ({carried['std_error']:.3f}), against {carried['naive'][0]:.3f} ({carried['naive'][1]:.3f}) when intensity is taken as known; {carried['missing_information']:.0%} of the variance is the measure's.",
            f"以{carried['draws']}套校正强度面板传递文本测量误差：总效应{carried['estimate']:.3f}（{carried['std_error']:.3f}）；视强度为已知时为{carried['naive'][0]:.3f}（{carried['naive'][1]:.3f}）；方差中{carried['missing_information']:.0%}来自测量。"))  # fmt: skip
    return remarks


def _sensitivity(study: Study, fits: Fits) -> list[Remark]:
    measures = numbers(study.table("sgdid_by_measure.csv")).dropna(subset=["total"])
    totals = measures["total"]
    sign = int((totals < 0).sum())
    plain, adjusted = (int((measures[c] < 0.05).sum()) for c in ("p_value", "p_holm"))
    remarks = [_remark("ok" if sign in (0, len(totals)) else "warn",
        f"{len(totals)} measures of intensity (dimensions, composites, levels, without the past, annexes, whole sentences, n-grams, cue words): total impact from {totals.min():.3f} to {totals.max():.3f}, {sign} below 0; {plain} with p < .05, {adjusted} after Holm's adjustment.",
        f"{len(totals)}种强度度量（维度、合成、等级、剔除回顾、附件、整句、n元模型、线索词）：总效应{totals.min():.3f}至{totals.max():.3f}，{sign}个为负；{plain}个p < 0.05，Holm校正后{adjusted}个。")]  # fmt: skip
    weights = [e["total"][0] for e in fits.sgdid["alternative_weights"].values()]
    if weights:
        remarks.append(_remark("ok" if min(weights) * max(weights) > 0 else "warn",
            f"Other spatial weights: total impact {min(weights):.3f} to {max(weights):.3f}.",
            f"更换空间权重：总效应{min(weights):.3f}至{max(weights):.3f}。"))  # fmt: skip
    left = {k: v for k, v in fits.sgdid["leave_one_out"].items() if isinstance(v, dict)}
    if left:
        totals_left = [v["total"][0] for v in left.values()]
        strong = sum(abs(v["total"][0]) > Z95 * v["total"][1] for v in left.values())
        refused = len(fits.sgdid["leave_one_out"]) - len(left)
        remarks.append(_remark("ok" if min(totals_left) * max(totals_left) > 0 else "warn",
            f"Leaving out one province at a time: total {min(totals_left):.3f} to {max(totals_left):.3f}, {strong} of {len(left)} differ from 0 at 5 %"
            + (f"; {refused} could not be left out (a province without neighbours would remain)." if refused else "."),
            f"逐一剔除省份：总效应{min(totals_left):.3f}至{max(totals_left):.3f}，{len(left)}个中{strong}个在5%水平异于0"
            + (f"；{refused}个不能剔除（会留下没有邻居的省份）。" if refused else "。")))  # fmt: skip
    return remarks


def _predictors(fits: Fits) -> list[Remark]:
    """Say which predictors predict, and which thresholds and interactions survive their tests."""
    remarks = []
    for kind, found in (("XGBoost", fits.shap), ("GGPR", fits.ggpr)):
        for scale, summary in found.items():
            schemes = {k: v["r2"] for k, v in summary["validation"].items()}
            worst = min(schemes.values())
            told = ", ".join(f"{k} {v:.2f}" for k, v in schemes.items())
            remarks.append(_remark("ok" if worst > 0 else "warn",
                f"{kind}, {scale}: out-of-fold R2 by scheme of folds: {told}.",
                f"{kind}，{scale}：各折法的折外R²：{told}。"))  # fmt: skip
    for scale, summary in fits.shap.items():
        knots = [k for k, v in summary["thresholds"].items() if v["found"]]
        pairs = [f"{i['first']} x {i['second']}" for i in summary["interactions"]
                 if not math.isnan(i["q_value"] or 0) and (i["q_value"] or 1) < 0.05]  # fmt: skip
        remarks.append(_remark("ok",
            f"XGBoost, {scale}: thresholds whose interval does not span the range: {', '.join(knots) or 'none'}; interactions with false discovery rate below 5 %: {', '.join(pairs) or 'none'} of {len(summary['interactions'])}.",
            f"XGBoost，{scale}：区间未覆盖全域的阈值：{'、'.join(knots) or '无'}；错误发现率低于5%的交互：{'、'.join(pairs) or '无'}（共{len(summary['interactions'])}对）。"))  # fmt: skip
    return remarks
