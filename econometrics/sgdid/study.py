"""Run a SGDID study: model, event study, robustness; results as tables and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.paths import resolve
from corpus.csvfiles import read_csv
from econometrics.sgdid.design import Effect, SgdidDesign
from econometrics.sgdid.event_study import EventStudy, event_study
from econometrics.sgdid.measurement import Combined, carry_through
from econometrics.sgdid.panel_file import read_panel
from econometrics.sgdid.robustness import (
    Permutation,
    Rings,
    WildBootstrap,
    alternative_intensities,
    alternative_weights,
    exposure_rings,
    leave_one_out,
    permutation_test,
    placebo_dates,
    wild_cluster_bootstrap,
)
from econometrics.sgdid.treatment import ABSORBED, Treatment, make_treatment
from econometrics.spatial.panel import panel_arrays
from econometrics.spatial.problems import SpecificationError
from econometrics.spatial.weights import read_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from configs.sgdid_settings import SgdidSettings
    from econometrics.spatial.results import SpatialResult

DOSE_RESPONSE = (
    "all units are treated from the same date: the effect is the slope of a dose response, identified by "
    "comparing stronger with weaker intensity, and is causal only if units of other intensity would have had "
    "the same slope"
)


@dataclass(frozen=True, slots=True, eq=False)
class SgdidResult:
    """Everything a SGDID study gives; None or empty where a check was not asked for or impossible."""

    settings: SgdidSettings
    treatment: Treatment
    model: SpatialResult
    without_lag: SpatialResult
    events: EventStudy | None
    permutation: Permutation | None
    bootstrap: WildBootstrap | None
    placebos: dict[int, Effect]
    left_out: dict[str, Effect | str]
    other_weights: dict[str, Effect]
    other_intensities: dict[str, Effect]
    rings: Rings
    measurement: dict[str, Combined]
    notes: tuple[str, ...]


def run_sgdid(
    settings: SgdidSettings, *, progress: Callable[[str], object] = lambda _: None
) -> SgdidResult:
    """Run the whole study."""
    frame = read_panel(settings)
    intensity, error = read_intensity(settings, frame)
    study = prepare(settings, frame, intensity)
    r, errors = settings.robustness, settings.errors
    options: dict[str, Any] = {"errors": errors, "draws": settings.draws, "seed": settings.seed}
    progress("model")
    panel = study.panel()
    model = panel.fit(model="sdm", **options)
    without = panel.fit(model="slx", **options)
    notes = [f"{term} is not estimated: the {by} absorb it" for term, by in ABSORBED.items()]
    notes.append(DOSE_RESPONSE)
    before = [t for t in study.times if t < settings.treatment.post_from]
    events = event_study(study, errors=errors) if len(before) > 1 else None
    if events is None:
        notes.append("one period before the treatment: no event study")
    progress("permutations")
    permutation = (
        permutation_test(study, draws=r.permutations, seed=settings.seed)
        if r.permutations
        else None
    )
    bootstrap = (
        wild_cluster_bootstrap(study, draws=r.bootstrap, seed=settings.seed)
        if r.bootstrap
        else None
    )
    progress("alternatives")
    others = {
        name: read_weights(resolve(path)) for name, path in settings.weights.alternatives.items()
    }
    measures = {
        name: intensity_of(frame, settings, column) for name, column in r.intensities.items()
    }
    return SgdidResult(
        settings=settings, treatment=study.treatment, model=model, without_lag=without, events=events,
        permutation=permutation, bootstrap=bootstrap,
        placebos=placebo_dates(study, errors=errors) if r.placebo else {},
        left_out=leave_one_out(study, errors=errors) if r.leave_one_out else {},
        other_weights=alternative_weights(study, others, errors=errors),
        other_intensities=alternative_intensities(study, measures, errors=errors),
        rings=exposure_rings(study),
        measurement=carry_through(study, intensity, error, draws=r.intensity_draws, seed=settings.seed, errors=errors)
        if error and r.intensity_draws > 1 else {},
        notes=tuple(notes),
    )  # fmt: skip


def read_intensity(
    settings: SgdidSettings, frame: pd.DataFrame
) -> tuple[dict[str, float], dict[str, float]]:
    """Intensity and, where known, its standard error, by unit."""
    t = settings.treatment
    if t.file is not None:
        table = read_csv(resolve(t.file))
        absent = [c for c in ("unit", "value") if c not in table.columns]
        if absent:
            raise SpecificationError(f"lacks the column {absent[0]!r}", where=str(t.file))
        values = dict(zip(table["unit"], table["value"].astype(float), strict=True))
        known = "std_error" in table.columns
        errors = (
            dict(zip(table["unit"], table["std_error"].astype(float), strict=True)) if known else {}
        )
        return values, errors
    if t.column is None:
        raise SpecificationError(
            "no intensity", where="treatment", fix="give column (and year), or file"
        )
    errors = intensity_of(frame, settings, t.std_error) if t.std_error else {}
    return intensity_of(frame, settings, t.column), errors


def intensity_of(frame: pd.DataFrame, settings: SgdidSettings, column: str) -> dict[str, float]:
    """One value a unit from a column of the panel, in the intensity's year."""
    data, t = settings.data, settings.treatment
    if column not in frame.columns:
        raise SpecificationError(f"there is no column {column!r}", where=str(data.panel))
    rows = frame if t.year is None else frame[frame[data.time] == t.year]
    known = rows[rows[column].notna()]
    if not len(known):
        raise SpecificationError(
            f"column {column!r} is empty in {t.year}",
            where=str(data.panel),
            fix="choose the year of the reports whose intensity is meant",
        )
    return {str(k): float(v) for k, v in known.groupby(data.unit)[column].mean().items()}


def prepare(
    settings: SgdidSettings, frame: pd.DataFrame, intensity: dict[str, float]
) -> SgdidDesign:
    """Panel of the window, weights aligned and row-standardised, treatment standardised."""
    data = settings.data
    window = frame[frame[data.time].between(data.first, data.last)]
    if not len(window):
        raise SpecificationError(f"no row from {data.first} to {data.last}", where=str(data.panel))
    # The outcome twice where there is no control: panel_arrays wants a regressor to check.
    arrays = panel_arrays(window, unit=data.unit, time=data.time, y=data.y, x=data.controls)
    weights = read_weights(resolve(settings.weights.main)).align(arrays.units).row_standardise()
    times = [int(v) for v in arrays.times]
    treatment = make_treatment(intensity, arrays.units, times, settings.treatment.post_from)
    return SgdidDesign(arrays, weights, treatment)


def specification_curve(result: SgdidResult) -> list[tuple[str, str, Effect]]:
    """Every specification with its effect: (family, label, effect), the study's own first."""
    from econometrics.sgdid.design import effect_of

    own = result.model
    rows = [("study", "exact ML", effect_of(own.exact, "did"))]
    if own.lee_yu is not None:
        rows.append(("study", "Lee-Yu", effect_of(own.lee_yu, "did")))
    rows += [("weights", name, e) for name, e in result.other_weights.items()]
    rows += [("intensity", name, e) for name, e in result.other_intensities.items()]
    rows += [("left out", name, e) for name, e in result.left_out.items() if isinstance(e, Effect)]
    return rows


def summary(result: SgdidResult) -> dict[str, Any]:
    """Plain values of the whole study for ``summary.json``."""
    from dataclasses import asdict

    t = result.treatment
    p, e = result.permutation, result.events
    return {
        "name": result.settings.name,
        "settings": result.settings.model_dump(mode="json"),
        "treatment": {"mean": t.mean, "sd": t.sd, "post_from": t.post_from, "absorbed": ABSORBED},
        "model": result.model.to_dict(),
        "without_spatial_lag": result.without_lag.to_dict(),
        "event_study": None
        if e is None
        else {k: _plain(v) for k, v in ((f, getattr(e, f)) for f in e.__dataclass_fields__)},
        "permutation": None
        if p is None
        else {
            "observed": p.observed.tolist(),
            "p_value": p.p_value.tolist(),
            "draws": len(p.draws),
            "seed": p.seed,
            "of": ["beta", "direct", "total"],
        },
        "wild_cluster_bootstrap": None if result.bootstrap is None else asdict(result.bootstrap),
        "placebo_dates": {str(k): asdict(v) for k, v in result.placebos.items()},
        "leave_one_out": {
            k: v if isinstance(v, str) else asdict(v) for k, v in result.left_out.items()
        },
        "alternative_weights": {k: asdict(v) for k, v in result.other_weights.items()},
        "alternative_intensities": {k: asdict(v) for k, v in result.other_intensities.items()},
        "exposure_rings": asdict(result.rings),
        "measurement": {k: asdict(v) for k, v in result.measurement.items()},
        "notes": list(result.notes),
    }


def _plain(value: Any) -> Any:
    return (
        value.tolist()
        if isinstance(value, np.ndarray)
        else list(value)
        if isinstance(value, tuple)
        else value
    )
