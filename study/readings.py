"""Read our side of a published claim out of what a run has fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from econometrics.audit.printed import read_printed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from configs.claims_settings import Claims, Reading
    from study.results import RunResults

Z95 = 1.959963984540054
ALPHA = 0.05
#: What the article sets; `ml.boosting.BoostSettings` has the same names.
BOOSTING = {"trees": 200, "depth": 4, "eta": 0.05, "subsample": 0.8, "colsample": 0.8}


@dataclass(frozen=True, slots=True)
class Ours:
    """Our side: as text, and whether it agrees by the rule; None where it cannot be said.

    ``not_run`` names the step that did not run, ``lacks`` the variable that our model has not.
    """

    text: str = ""
    interval: str = ""
    agrees: bool | None = None
    rule: str = ""
    rule_zh: str = ""
    not_run: str = ""
    lacks: str = ""


COVERS = (
    "same sign, our 95 % interval covers it, and excludes 0 where stars are printed",
    "符号相同，我们的95%区间包含该值，且原值带星号时区间不含0",
)


def read_ours(run: RunResults, read: Reading, published: str, claims: Claims) -> Ours:
    """Read our side of one claim."""
    return _READERS[read.kind](run, read, published, claims)


def model_of(run: RunResults) -> Mapping[str, Any] | None:
    """Estimates of the SGDID that are compared: Lee and Yu's, else exact maximum likelihood."""
    if run.sgdid is None:
        return None
    model: Mapping[str, Any] = run.sgdid["model"]
    return model.get("lee_yu") or model


def _cell(run: RunResults, read: Reading, published: str, claims: Claims) -> Ours:
    model = model_of(run)
    if model is None:
        return Ours(not_run="sgdid")
    if read.row == "sigma2_e":
        return Ours(f"{model['sigma2']:.3f}")  # no error is given for a variance
    if read.row == "rho":
        return _covering(model.get("rho"), published)
    name = column_of(read.row, model["beta"], claims)
    if name is None:
        return Ours(lacks=read.row)
    if read.column in ("main", "wx"):
        part = "beta" if read.column == "main" else "theta"
        return _covering(model[part].get(name), published)
    return _covering(model["impacts"][name][read.column], published)


def column_of(name: str, there: Mapping[str, Any] | list[str], claims: Claims) -> str | None:
    """Find our column for a variable of the article; case and the mark SIMULATED do not count."""
    head, colon, geo = name.partition(":")
    wanted = {head.lower(), *(n.lower() for n in claims.names.get(head, ()))}
    for column in there:
        own, _, rest = str(column).removeprefix("SIMULATED_").partition(":")
        if own.lower() in wanted and rest == geo and bool(rest) == bool(colon):
            return str(column)
    return None


def _covering(found: Mapping[str, float] | None, published: str) -> Ours:
    if found is None:
        return Ours()
    value, error = found["estimate"], found["std_error"]
    low, high = found.get("conf_low", value - Z95 * error), found.get("conf_high", value + Z95 * error)  # fmt: skip
    said = read_printed(published.split(" ")[0])
    agrees = None
    if said is not None:
        # Rounding leaves an interval; it suffices that part of it is covered. A wide interval of
        # ours covers everything, so a number with stars asks that ours is told from zero too.
        covered = low <= said.high and high >= said.low
        same_sign = said.value * value > 0 or said.low <= 0 <= said.high
        agrees = covered and same_sign and (said.stars == 0 or low * high > 0)
    return Ours(f"{value:.3f} ({error:.3f})", f"[{low:.3f}, {high:.3f}]", agrees, *COVERS)


def _rank(run: RunResults, read: Reading, _: str, claims: Claims) -> Ours:
    tables = run.xgb if read.model == "xgb" else run.ggpr
    if read.scale not in tables:
        return Ours(not_run=f"{'shap' if read.model == 'xgb' else 'ggpr'} {read.scale}")
    table = tables[read.scale].sort_values("mean_abs", ascending=False, kind="stable")
    terms = table["term"].astype(str).tolist()
    term = column_of(read.term, terms, claims)
    if term is None:
        return Ours(lacks=read.term)
    rank, size = terms.index(term) + 1, table["mean_abs"].to_numpy(dtype=np.float64)
    if read.want == "above":
        return _above(terms, size, read, claims)
    place = f"rank {rank} of {len(terms)}; first: {terms[0]}"
    agrees = (rank == 1) == (read.want == "first")
    rule = "rank 1 by mean |attribution|" if read.want == "first" else "not rank 1 by mean |attribution|"  # fmt: skip
    zh = "平均绝对归因居首" if read.want == "first" else "平均绝对归因不居首"
    interval = ""
    if {"conf_low", "conf_high"} <= set(table.columns):
        low, high = (float(table[c].iloc[rank - 1]) for c in ("conf_low", "conf_high"))
        interval = f"mean |attribution| [{low:.3f}, {high:.3f}]"
    return Ours(place, interval, agrees, rule, zh)


def _above(terms: list[str], size: Any, read: Reading, claims: Claims) -> Ours:
    own = [column_of(t, terms, claims) for t in (read.term, f"{read.term}:geo")]
    others = [column_of(t, terms, claims) for t in read.above]
    lacking = [n for n, c in zip(read.above, others, strict=True) if c is None]
    if lacking or None in own:
        return Ours(lacks=", ".join(lacking) or f"{read.term}:geo")
    sizes = dict(zip(terms, size, strict=True))
    text = ", ".join(f"{t} {sizes[t]:.3f}" for t in [*own, *others] if t is not None)
    agrees = min(sizes[t] for t in own if t) > max(sizes[t] for t in others if t)
    return Ours(text, "", bool(agrees), "both are larger than the others", "二者均大于其他项")


def nqp_by_unit(run: RunResults, scale: str, claims: Claims) -> pd.Series[float] | None:
    """Mean attribution of NQP with its interaction with the place, by unit; None if it did not run."""
    frame = run.by_unit.get(scale)
    if frame is None:
        return None
    names = [str(c) for c in frame.columns]
    own = [column_of(t, names, claims) for t in ("NQP", "NQP:geo")]
    columns = [c for c in own if c is not None]
    if not columns:
        return None
    total = frame[columns].astype(float).sum(axis=1)
    return total.groupby(frame["region_code"].astype(str)).mean()


def _coastal(run: RunResults, read: Reading, _: str, claims: Claims) -> Ours:
    from scipy.stats import mannwhitneyu

    values = nqp_by_unit(run, read.scale, claims)
    if values is None:
        return Ours(not_run=f"ggpr {read.scale}")
    coast = values.index.isin(list(claims.coastal))
    if not coast.any() or coast.all():
        return Ours(lacks="coastal provinces")
    p = float(mannwhitneyu(values[coast], values[~coast], alternative="greater").pvalue)
    text = f"coastal mean {values[coast].mean():.3f}, others {values[~coast].mean():.3f}; p = {p:.3f}"  # fmt: skip
    return Ours(
        text, "", p < ALPHA, "coastal provinces higher, one-sided Mann-Whitney p < 0.05",
        "沿海省份更高，单侧Mann-Whitney检验p < 0.05",
    )  # fmt: skip


def _places(run: RunResults, read: Reading, _: str, claims: Claims) -> Ours:
    values = nqp_by_unit(run, read.scale, claims)
    if values is None:
        return Ours(not_run=f"ggpr {read.scale}")
    ranks = values.rank(ascending=False).astype(int)
    there = [c for c in read.names if c in ranks.index]
    text = ", ".join(f"{c}: {ranks[c]}" for c in there) + f" of {len(ranks)}"
    agrees = len(there) == len(read.names) and all(ranks[c] <= len(ranks) / 3 for c in there)
    return Ours(text, "", agrees, "all in the upper third", "均位于前三分之一")


def _interaction(run: RunResults, read: Reading, _: str, claims: Claims) -> Ours:
    table = run.interactions.get(read.scale)
    if table is None:
        return Ours(not_run=f"shap {read.scale}")
    pairs = table[["first", "second"]].astype(str)
    names = [*pairs["first"], *pairs["second"]]
    a, b = (column_of(n, names, claims) for n in (read.term, read.other))
    if a is None or b is None:
        return Ours(lacks=read.other if b is None else read.term)
    rows = table[[{a, b} == set(pair) for pair in pairs.to_numpy().tolist()]]
    if rows.empty:
        return Ours(lacks=f"a test of {a} with {b}")
    row = rows.iloc[0]
    q = float(row["q_value"])
    text = f"strength {float(row['strength']):.4f}, q = {q:.3f}"
    return Ours(text, "", q < ALPHA, "q-value of our test below 0.05", "我们的检验q值小于0.05")


def _threshold(run: RunResults, read: Reading, _: str, claims: Claims) -> Ours:
    table = run.thresholds.get(read.scale)
    if table is None:
        return Ours(not_run=f"shap {read.scale}")
    name = column_of(read.term, table["feature"].astype(str).tolist(), claims)
    if name is None:
        return Ours(lacks=read.term)
    row = table[table["feature"] == name].iloc[0]
    found = str(row["found"]) == "True"
    low, high, below, above = (float(row[c]) for c in ("conf_low", "conf_high", "below", "above"))
    text = f"knot {float(row['knot']):.3f}" if found else "no threshold"
    return Ours(
        f"{text}, slope {below:.3f} below and {above:.3f} above",
        f"[{low:.3f}, {high:.3f}]" if low <= high else "",
        # The article: little below the threshold, and resilience accelerates above it.
        found and above > abs(below),
        "the knot's interval is narrow, and the effect rises above it, steeper than it moves below",
        "拐点区间足够窄，且拐点以上上升并陡于以下",
    )


def _weights(run: RunResults, read: Reading, published: str, claims: Claims) -> Ours:
    if run.sgdid is None:
        return Ours(not_run="sgdid")
    for name, effect in run.sgdid["alternative_weights"].items():
        if read.name in name:
            value, error = effect["direct"]
            return _covering({"estimate": value, "std_error": error}, published)
    return Ours(lacks=f"weights by {read.name}")


def _pretrend(run: RunResults, read: Reading, published: str, claims: Claims) -> Ours:
    if run.sgdid is None:
        return Ours(not_run="sgdid")
    events = run.sgdid["event_study"]
    if events is None:
        return Ours(lacks="periods before the treatment")
    p = float(events["p_value"])
    text = f"joint test of leads: chi2({events['df']}) = {events['statistic']:.2f}, p = {p:.3f}"
    return Ours(text, "", p > ALPHA, "no rejection at 5 %", "5%水平上不拒绝")


def _count(run: RunResults, read: Reading, published: str, claims: Claims) -> Ours:
    if run.sgdid is None:
        return Ours(not_run="sgdid")
    n = run.sgdid["model"][read.name]
    return Ours(str(n), "", str(n) == published, "equal", "相等")


def _boosting(run: RunResults, read: Reading, published: str, claims: Claims) -> Ours:
    if run.boosting is None:
        return Ours(not_run="shap")
    own = {k: run.boosting.get(k) for k in BOOSTING}
    text = ", ".join(str(v) for v in own.values())
    return Ours(text, "", own == BOOSTING, "equal settings", "设置相同")


def _texts(run: RunResults, read: Reading, published: str, claims: Claims) -> Ours:
    if run.n_reports is None:
        return Ours(not_run="score")
    return Ours(f"{run.n_reports} reports, {run.n_sentences} sentences")


_READERS: dict[str, Callable[[RunResults, Reading, str, Claims], Ours]] = {
    "cell": _cell, "rank": _rank, "coastal": _coastal, "places": _places,
    "interaction": _interaction, "threshold": _threshold, "weights": _weights,
    "pretrend": _pretrend, "count": _count, "boosting": _boosting, "texts": _texts,
    "none": lambda run, read, published, claims: Ours(),
}  # fmt: skip
