"""What the page shows of the models of a study, gathered from its tables as plain values."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus.csvfiles import read_csv
from corpus.regions import provinces
from study.fits import Kind, fit_name
from study.pictures import download

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from configs.model_settings import Scale
    from study.folder import Study

Z95 = 1.959963984540054
#: Columns of Table 3, in the article's order.
PARTS = ("Main", "Wx", "Total", "Direct", "Indirect")


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Summaries of the fitted models; empty where a step is not part of the study."""

    sgdid: dict[str, Any]
    shap: dict[Scale, dict[str, Any]]
    ggpr: dict[Scale, dict[str, Any]]

    @property
    def best(self) -> dict[str, Any]:
        """Estimates of the SGDID that are spoken of: Lee and Yu's, else exact maximum likelihood."""
        model: dict[str, Any] = self.sgdid["model"]
        return model.get("lee_yu") or model


def read_fits(study: Study) -> Fits:
    """Read the summaries of the fits."""
    s = study.settings

    def read(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((study.model(name) / "summary.json").read_text("utf-8"))
        return found

    return Fits(
        sgdid=read("sgdid") if s.sgdid else {},
        shap={scale: read(fit_name("shap", scale)) for scale in (s.shap.scales if s.shap else ())},
        ggpr={scale: read(fit_name("ggpr", scale)) for scale in (s.ggpr.scales if s.ggpr else ())},
    )


def files(study: Study, *names: str) -> list[dict[str, str]]:
    """Links to files of ``tables/``: what they are called and where they lie."""
    return [
        {"name": name, "href": download(study.table(name), study.folder)}
        for name in names
        if study.table(name).is_file()
    ]


def table_3(study: Study) -> list[dict[str, Any]]:
    """Lay the SGDID out as the article's Table 3: one block an estimator, one row a variable."""
    frame = numbers(study.table("table_3_sgdid.csv"))
    blocks = []
    for model, part in frame.groupby("model", sort=False):
        if not str(model).startswith("SDM"):
            continue
        cells = {(r.section, r.term): r for r in part.itertuples()}
        terms = dict.fromkeys(t for s, t in cells if s == "Main")
        rows = [{"term": t, "cells": [_cell(cells.get((s, t))) for s in PARTS]} for t in terms]
        others = [
            {"term": t, "cell": _cell(r)} for (s, t), r in cells.items() if s not in PARTS
        ]  # fmt: skip
        blocks.append({"model": str(model).removeprefix("SDM: "), "rows": rows, "others": others})
    return blocks


def _cell(row: Any) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"value": row.estimate, "error": row.std_error, "stars": "*" * int(row.stars)}


def numbers(path: Path) -> pd.DataFrame:
    """Read a table of the run, numbers as numbers and codes as text."""
    import pandas as pd

    frame = read_csv(path)
    for column in frame.columns:
        if column in ("region_code", "unit", "firm_code"):
            continue
        values = pd.to_numeric(frame[column].replace("", None), errors="coerce")
        if values.notna().sum() == (frame[column] != "").sum():
            frame[column] = values
    return frame


def province_rows(study: Study, fits: Fits) -> list[dict[str, Any]]:
    """Walk the coefficients back to provinces: treatment, outcome, leave-one-out, attributions.

    Sorted by how far the total impact moves when the province is left out.
    """
    how = study.settings.sgdid
    if how is None:
        return []
    panel, measured = numbers(study.table("sgdid_panel.csv")), numbers(study.table("treatment.csv"))
    outcome = study.settings.scales.given()["province"].y
    before = panel[panel["year"] < how.post_from].groupby("region_code")[outcome].mean()
    after = panel[panel["year"] >= how.post_from].groupby("region_code")[outcome].mean()
    effects, whole = fits.sgdid["leave_one_out"], _whole(fits)
    values, own = measured.set_index("unit"), _attributions(study)
    rows = []
    for region in provinces():
        if region.code not in values.index:
            continue
        left = effects.get(region.code)
        total = left["total"][0] if isinstance(left, dict) else None
        rows.append({
            "region": region, "value": values.loc[region.code, "value"],
            "error": values.loc[region.code, "std_error"],
            "n": int(values.loc[region.code, "n_sentences"]),
            "before": before.get(region.code), "after": after.get(region.code),
            "without": total, "moved": None if total is None else total - whole,
            "reason": left if isinstance(left, str) else "",
            "terms": own.get(region.code, {}),
        })  # fmt: skip
    return sorted(rows, key=lambda r: -abs(r["moved"]) if r["moved"] is not None else math.inf)


def _whole(fits: Fits) -> float:
    """Total impact of the whole sample by the estimator of the leave-one-out runs."""
    return float(fits.best["impacts"]["did"]["total"]["estimate"])


def _attributions(study: Study) -> dict[str, dict[str, float]]:
    """Mean attribution of NQP and of the place in each province, by both predictors."""
    s, found = study.settings, dict[str, dict[str, float]]()
    wanted: list[tuple[Kind, dict[str, str]]] = []
    if s.shap and "province" in s.shap.scales:
        wanted.append(("shap", {"nqp": "shap_nqp"}))
    if s.ggpr and "province" in s.ggpr.scales:
        wanted.append(("ggpr", {"nqp": "ggpr_nqp", "geo": "ggpr_geo", "nqp:geo": "ggpr_nqp_geo"}))
    for kind, columns in wanted:
        frame = numbers(study.table(f"{fit_name(kind, 'province')}_attributions.csv"))
        here = {c: name for c, name in columns.items() if c in frame.columns}
        means = frame.groupby("region_code")[list(here)].mean().rename(columns=here)
        for code, row in means.iterrows():
            found.setdefault(str(code), {}).update(row.to_dict())
    return found


def validation_rows(study: Study, kind: Kind, scale: Scale) -> dict[str, Any]:
    """Out-of-fold R2 and coverage: one row a model, one column a scheme of folds."""
    frame = numbers(study.table(f"{fit_name(kind, scale)}_validation.csv"))
    wide = frame[frame["metric"].isin(["r2", "coverage_95"])]
    schemes = list(dict.fromkeys(wide["scheme"]))
    cells = {(r.model, r.scheme, r.metric): r.value for r in wide.itertuples()}
    rows = [
        {"model": m, "cells": [
            {"r2": cells.get((m, s, "r2")), "coverage": cells.get((m, s, "coverage_95"))}
            for s in schemes
        ]}
        for m in dict.fromkeys(wide["model"])
    ]  # fmt: skip
    return {"schemes": schemes, "rows": rows}
