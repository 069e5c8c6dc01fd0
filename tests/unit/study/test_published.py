"""Ours beside the article's: each verdict occurs, and none says reproduced by accident."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from configs.claims_settings import Reading, load_claims
from econometrics.audit.audit import audit_file
from study.published import (
    CLAIMS,
    COLUMNS,
    CONTRADICTED,
    DIFFERS,
    NOT_REPRODUCIBLE,
    NOT_RUN,
    REPRODUCED,
    SPECIFICATION,
    TABLE,
    VERDICTS_ZH,
    side_by_side,
    table_claims,
)
from study.readings import BOOSTING, read_ours
from study.results import RunResults, read_results

KNOWN = load_claims(CLAIMS)


def interval(value: float, error: float) -> dict[str, float]:
    return {"estimate": value, "std_error": error, "conf_low": value - 1.96 * error,
            "conf_high": value + 1.96 * error, "p_value": 0.5}  # fmt: skip


def sgdid_summary(total: float = -2.3, error: float = 0.5) -> dict[str, Any]:
    """SIMULATED results with the keys of summary.json."""
    parts = {k: interval(total / 2, error / 2) for k in ("direct", "indirect")}
    model = {
        "rho": interval(0.05, 0.07), "sigma2": 0.7, "beta": {"did": interval(-0.8, 0.2)},
        "theta": {"did": interval(-1.4, 0.5)}, "n_obs": 186, "n_units": 31, "n_periods": 5,
        "impacts": {"did": {**parts, "total": interval(total, error)}},
    }  # fmt: skip
    return {
        "model": {**model, "lee_yu": model},
        "event_study": {"df": 8, "statistic": 7.0, "p_value": 0.5},
        "alternative_weights": {"GDP per head": {"direct": [-0.6, 0.1]}},
    }


def importance(*terms: str) -> pd.DataFrame:
    size = [1.0 / (i + 1) for i in range(len(terms))]
    return pd.DataFrame(
        {"term": terms, "mean_abs": size, "conf_low": size, "conf_high": size}
    )  # fmt: skip


def full_run() -> RunResults:
    """SIMULATED: what a study with the article's own window could give."""
    units = [*KNOWN.coastal, "110000", "140000", "150000", "220000", "230000", "340000", "360000"]
    by_unit = pd.DataFrame(
        {"region_code": units, "nqp": [1.0 + (u in KNOWN.coastal) for u in units],
         "nqp:geo": range(len(units))}
    )  # fmt: skip
    by_unit["nqp:geo"] *= 0.001
    return RunResults(
        sgdid=sgdid_summary(), intensity_year=2023, boosting=dict(BOOSTING),
        xgb={"province": importance("nqp", "IS", "Fin"), "city": importance("nqp", "IS"),
             "enterprise": importance("SIMULATED_Size", "SIMULATED_nqp")},
        ggpr={"province": importance("nqp", "nqp:geo", "IS", "Fin", "geo")},
        by_unit={"province": by_unit}, simulated=frozenset({"enterprise"}),
        interactions={"province": pd.DataFrame(
            {"first": ["nqp"], "second": ["IS"], "strength": [0.1], "q_value": [0.01]})},
        thresholds={"province": pd.DataFrame(
            {"feature": ["nqp"], "found": [True], "knot": [0.3], "conf_low": [0.2],
             "conf_high": [0.4], "below": [0.01], "above": [0.9]})},
        n_reports=31, n_sentences=9000,
    )  # fmt: skip


def verdict(found: pd.DataFrame, claim: str) -> str:
    (said,) = found.loc[found["claim"] == claim, "verdict"]
    return str(said)


def test_every_verdict_occurs_with_its_reason() -> None:
    found = side_by_side(full_run())
    assert tuple(found.columns) == COLUMNS
    assert not found.isna().any().any()
    assert (found[["claim", "claim_zh", "published", "reason", "reason_zh"]] != "").all().all()
    assert set(found["verdict"]) == {REPRODUCED, DIFFERS, NOT_REPRODUCIBLE, CONTRADICTED}
    assert set(found["verdict"]) <= set(VERDICTS_ZH)
    assert verdict(found, "DID: total") == REPRODUCED
    assert verdict(found, "NQP predicts resilience best at the scale of provinces") == REPRODUCED
    assert verdict(found, "years of the spatial panel, 2018-2023") == DIFFERS
    assert verdict(found, "NQP x GEO is the largest term at the scale of provinces") == DIFFERS
    assert verdict(found, "NQP and NQP x GEO both exceed IS and Fin") == REPRODUCED
    assert verdict(found, "associations of NQP are strongest in coastal provinces") == REPRODUCED
    assert verdict(found, "NQP: total") == NOT_REPRODUCIBLE  # our model has no NQP here
    firm = found[found["claim"] == "NQP is a dominant predictor again at the scale of firms"]
    assert firm["ours"].iloc[0].startswith("SIMULATED: rank 2 of 2")


@pytest.mark.parametrize(
    ("found", "below", "above", "expected"),
    [(True, 0.1, 0.9, REPRODUCED), (True, -1.4, 0.1, DIFFERS), (True, 0.9, 0.1, DIFFERS),
     (False, 0.1, 0.9, DIFFERS)],
)  # fmt: skip
def test_a_threshold_must_bend_as_the_article_says(
    found: bool, below: float, above: float, expected: str
) -> None:
    run = full_run()
    table = run.thresholds["province"].assign(found=found, below=below, above=above)
    judged = side_by_side(replace(run, thresholds={"province": table}))
    claim = "a threshold in the effect of NQP at the scale of provinces"
    assert verdict(judged, claim) == expected


def test_without_the_texts_no_number_of_the_sgdid_is_reproduced() -> None:
    found = side_by_side(replace(full_run(), intensity_year=2025))
    numbers = found[(found["section"] == "Table 3") | found["published"].str.contains(r"\d\.\d")]
    numbers = numbers[~numbers["claim"].str.contains("XGBoost")]
    assert set(numbers["verdict"]) == {NOT_REPRODUCIBLE, CONTRADICTED}
    did = found[found["claim"] == "DID: total"].iloc[0]
    assert did["ours"] == "-2.300 (0.500)"  # ours stays beside it
    assert "2025" in did["reason"]


def test_an_empty_run_reproduces_nothing_and_names_the_steps() -> None:
    found = side_by_side(RunResults())
    assert REPRODUCED not in set(found["verdict"])
    assert DIFFERS not in set(found["verdict"])
    waiting = found.loc[found["verdict"] == NOT_RUN, "reason"]
    assert {"the step sgdid did not run", "the step shap province did not run",
            "the step ggpr province did not run"} <= set(waiting)  # fmt: skip
    assert (found["ours"] == "").all()


def test_simulated_and_wage_only_data_reproduce_nothing() -> None:
    found = side_by_side(full_run())
    scaled = found[found["claim"].str.contains("cities|firms|Employ|Size")]
    assert not set(scaled["verdict"]) & {REPRODUCED, DIFFERS}


def test_table_claims_are_the_printed_cells_and_audit_marks_the_wrong_ones() -> None:
    claims = list(table_claims(KNOWN))
    assert len(claims) == 9 * 5 + 2
    found = side_by_side(RunResults())
    table = found[found["section"] == "Table 3"]
    against = set(table.loc[table["verdict"] == CONTRADICTED, "claim"])
    # The total of IS follows from its coefficients; its direct and indirect cells are copies of NQP's.
    assert against == {"IS: direct", "IS: indirect", "IS: wx", "Road: main", "sigma2_e: main"}
    rows = {f.row for f in audit_file(TABLE, SPECIFICATION).findings}
    assert {c.split(":")[0] for c in against} <= rows


@pytest.mark.parametrize(
    ("value", "error", "published", "agrees"),
    [
        (-2.3, 0.5, "-2.341***", True),
        (-0.1, 1.5, "-2.341***", False),  # covers, and covers zero too: that is no evidence
        (-0.1, 1.5, "-2.341", True),  # no stars: covering is what can be asked
        (2.3, 2.6, "-2.341", False),  # the other sign
        (-1.0, 0.2, "-2.341***", False),
        (0.1, 0.5, "-0.000 (0.000)", True),  # zero has no sign
        (-1.05, 0.1, "0–1.089***", True),  # the misprint is read
    ],
)
def test_when_a_number_is_covered(value: float, error: float, published: str, agrees: bool) -> None:
    run = RunResults(sgdid=sgdid_summary(value, error))
    read = Reading(kind="cell", row="DID", column="total")
    assert read_ours(run, read, published, KNOWN).agrees is agrees


def test_claims_file_is_sound() -> None:
    ids = [c.id for c in KNOWN.claims]
    assert len(ids) == len(set(ids))
    for claim in KNOWN.claims:
        assert set(claim.missing) | set(claim.caveat) <= set(KNOWN.series)
        decided = claim.contradicted or claim.missing or claim.audit or claim.read.kind != "none"
        assert decided, claim.id
        assert any("一" <= ch <= "鿿" for ch in claim.zh)


def test_a_run_folder_is_read_and_what_is_absent_stays_absent(tmp_path: Path) -> None:
    assert side_by_side(read_results(tmp_path)).equals(side_by_side(RunResults()))
    for scale, terms in (("province", ("IS", "nqp")), ("enterprise", ("SIMULATED_nqp",))):
        place = tmp_path / "models" / f"figure_6_shap_{scale}"
        place.mkdir(parents=True)
        importance(*terms).to_csv(place / "importance.csv", index=False)
        (place / "summary.json").write_text(json.dumps({"settings": BOOSTING}))
    (tmp_path / "models" / "sgdid").mkdir()
    (tmp_path / "models" / "sgdid" / "summary.json").write_text(json.dumps(sgdid_summary()))
    run = read_results(tmp_path, intensity_year=2025)
    found = side_by_side(run)
    assert verdict(found, "NQP predicts resilience best at the scale of provinces") == DIFFERS
    assert verdict(found, "provinces in the spatial panel") == REPRODUCED
    assert set(run.xgb) == {"province", "enterprise"}
    assert not run.ggpr
