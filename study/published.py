"""Each published number and claim beside ours, with a verdict that says why.

Nothing is called reproduced unless its rule, which is printed, holds on data of the same kind. A
claim that the paper itself contradicts, or that needs a series which no open source has, keeps
ours beside it as a demonstration and is judged by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from configs.claims_settings import Claim, Reading, load_claims
from configs.paths import DATA
from econometrics.audit.audit import audit_file
from econometrics.audit.table import read_published
from study.readings import Ours, read_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from configs.claims_settings import Claims
    from econometrics.audit.rules import Finding
    from study.results import RunResults

CLAIMS = DATA / "published" / "claims.toml"
TABLE = DATA / "published" / "table3_sgdid.csv"
SPECIFICATION = DATA / "published" / "table3_sgdid.toml"
COLUMNS = (
    "section", "claim", "claim_zh", "published", "ours", "ours_interval", "verdict", "reason",
    "reason_zh",
)  # fmt: skip
TABLE_SECTION = "Table 3"
REPRODUCED = "reproduced"
DIFFERS = "differs"
NOT_REPRODUCIBLE = "not reproducible from the open data"
CONTRADICTED = "contradicted by the paper itself"
NOT_RUN = "not run"
#: Verdicts as the page shows them in Chinese.
VERDICTS_ZH = {
    REPRODUCED: "已重现", DIFFERS: "不一致", NOT_REPRODUCIBLE: "公开数据无法重现",
    CONTRADICTED: "论文自相矛盾", NOT_RUN: "未运行",
}  # fmt: skip
#: Rules of the audit that leave a number's own meaning alone.
HARMLESS = {"rescale", "misprint", "not_stated"}
_ZH = {"main": "系数", "wx": "空间滞后系数", "direct": "直接效应", "indirect": "间接效应", "total": "总效应"}  # fmt: skip


def side_by_side(run: RunResults) -> pd.DataFrame:
    """Set every claim of the article beside what a run has.

    Returns
    -------
    DataFrame
        ``section, claim, claim_zh, published, ours, ours_interval, verdict, reason, reason_zh``:
        the claims of the text in its order, then the cells of Table 3. The verdict is one of
        `VERDICTS_ZH`; the reason of a comparison states its rule. SGDID numbers of ours are Lee
        and Yu's.
    """
    import pandas as pd

    claims = load_claims(CLAIMS)
    findings = audit_file(TABLE, SPECIFICATION).findings
    rows = [_row(run, claim, claims, findings) for claim in (*claims.claims, *table_claims(claims))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def table_claims(claims: Claims) -> Iterator[Claim]:
    """Make a claim of every printed cell of Table 3, its standard error beside it."""
    table = read_published(TABLE)
    extra = [row for row in (table.rho, table.variance) if row is not None]
    for row in (*table.rows, *extra):
        for column, zh in _ZH.items():
            if not row.has(column):
                continue
            error = f" ({row[f'{column}_se'].text})" if row.has(f"{column}_se") else ""
            yield Claim(
                id="table3", section=TABLE_SECTION, en=f"{row.name}: {column}", zh=f"{row.name}：{zh}",
                published=row[column].text + error,
                read=Reading(kind="cell", row=row.name, column=column),
                missing=("reports",), caveat=("controls", "indicators"), audit=(row.name, column),
            )  # fmt: skip


def _row(
    run: RunResults, claim: Claim, claims: Claims, findings: tuple[Finding, ...]
) -> dict[str, Any]:
    ours = read_ours(run, claim.read, claim.published, claims)
    verdict, reason, reason_zh = _judged(run, claim, claims, findings, ours)
    simulated = bool(ours.text) and _is_simulated(run, claim)
    return {
        "section": claim.section, "claim": claim.en, "claim_zh": claim.zh,
        "published": claim.published, "ours": f"SIMULATED: {ours.text}" if simulated else ours.text,
        "ours_interval": ours.interval, "verdict": verdict, "reason": reason, "reason_zh": reason_zh,
    }  # fmt: skip


def _is_simulated(run: RunResults, claim: Claim) -> bool:
    scaled = claim.read.kind in ("rank", "places", "coastal", "interaction", "threshold")
    return scaled and claim.read.scale in run.simulated


def _judged(
    run: RunResults, claim: Claim, claims: Claims, findings: tuple[Finding, ...], ours: Ours
) -> tuple[str, str, str]:
    """Judge in this order: what the paper says of itself, what no data have, what did not run."""
    against = list(contradictions(claim, findings))
    if claim.contradicted is not None:
        return CONTRADICTED, claim.contradicted.en, claim.contradicted.zh
    if against:
        text = "; ".join(dict.fromkeys(against))
        return CONTRADICTED, f"zhengce audit: {text}", f"zhengce audit：{text}"
    missing = [s for s in claim.missing if lacks_series(run, s)]
    if _is_simulated(run, claim) and "firms" not in missing:
        missing.append("firms")
    if missing:
        return NOT_REPRODUCIBLE, *_list("missing: ", "缺少：", missing, claims)
    if ours.not_run:
        return NOT_RUN, f"the step {ours.not_run} did not run", f"步骤 {ours.not_run} 未运行"
    if ours.lacks or ours.agrees is None:
        what = ours.lacks or "a number to compare"
        zh = ours.lacks or "可比较的数值"
        return NOT_REPRODUCIBLE, f"our model has not: {what}", f"我们的模型没有：{zh}"
    en, zh = f"rule: {ours.rule}", f"规则：{ours.rule_zh}"
    if claim.caveat:
        more = _list(
            "; weaker for want of ", "；因缺少以下数据而较弱：", list(claim.caveat), claims
        )
        en, zh = en + more[0], zh + more[1]
    return (REPRODUCED if ours.agrees else DIFFERS), en, zh


def contradictions(claim: Claim, findings: tuple[Finding, ...]) -> Iterator[str]:
    """Find what the audit says against a claim's cell, or its standard error.

    A total that misses direct + indirect is let be where the row's other identities show that one
    of those two is wrong.
    """
    if claim.audit is None:
        return
    name, column = claim.audit
    own = [f for f in findings if f.row == name]
    explained = any(f.rule == "direct_fingerprint" for f in own)
    for f in own:
        # A finding on the whole row (an absorbed term) has no column.
        if f.rule in HARMLESS or f.column.removesuffix("_se") != column:
            continue
        if f.rule == "quoted_number" and claim.section == TABLE_SECTION:
            continue  # the text misquotes the cell; the cell itself may be right
        if not (f.rule == "total_identity" and explained):
            yield f.message


def lacks_series(run: RunResults, series: str) -> bool:
    """Tell whether a run is without a series: firms may be bought, texts may be crawled."""
    if series == "firms":
        return "enterprise" not in run.xgb or "enterprise" in run.simulated
    if series == "reports":
        from configs.audit_settings import load_specification

        said = load_specification(SPECIFICATION)
        return run.intensity_year is None or run.intensity_year > said.last
    return True


def _list(en: str, zh: str, series: list[str], claims: Claims) -> tuple[str, str]:
    found = [claims.series[name] for name in series]
    return en + "; ".join(s.en for s in found), zh + "；".join(s.zh for s in found)
