"""Run a SGDID study: model, event study, robustness; results as tables and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.paths import resolve
from econometrics.sgdid.combinations import Curve, combine
from econometrics.sgdid.design import Effect, SgdidDesign
from econometrics.sgdid.event_study import EventStudy, event_study
from econometrics.sgdid.intensity_file import intensity_of, read_draws, read_intensity
from econometrics.sgdid.measurement import Combined, carry_through, normal_draws
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
    combinations: Curve | None
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
    drawn = _drawn(settings, study, intensity, error)
    return SgdidResult(
        settings=settings, treatment=study.treatment, model=model, without_lag=without, events=events,
        permutation=permutation, bootstrap=bootstrap,
        placebos=placebo_dates(study, errors=errors) if r.placebo else {},
        left_out=leave_one_out(study, errors=errors) if r.leave_one_out else {},
        other_weights=alternative_weights(study, others, errors=errors),
        other_intensities=alternative_intensities(study, measures, errors=errors),
        rings=exposure_rings(study),
        measurement=carry_through(study, drawn, errors=errors) if drawn else {},
        combinations=combine(
            study, others, measures, errors=errors,
            permutations=r.combination_permutations, seed=settings.seed,
        ) if r.combinations else None,
        notes=tuple(notes),
    )  # fmt: skip


def _drawn(
    settings: SgdidSettings,
    study: SgdidDesign,
    intensity: dict[str, float],
    error: dict[str, float],
) -> list[dict[str, float]]:
    """Panels of intensities drawn from their errors; empty where no error is known."""
    n, units = settings.robustness.intensity_draws, study.controls.units
    if n < 2:
        return []
    if settings.treatment.draws is not None:
        return read_draws(settings, units)
    return normal_draws(intensity, error, units, draws=n, seed=settings.seed) if error else []


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


def measurement_source(result: SgdidResult) -> str:
    """Say where the draws of the intensity come from; empty without any."""
    if not result.measurement:
        return ""
    file = result.settings.treatment.draws
    return (
        f"draws of {file.name}" if file else "normal draws around the report means, by their errors"
    )


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
        "measurement_draws_from": measurement_source(result),
        "combinations": None
        if result.combinations is None
        else {
            "n": len(result.combinations.rows),
            "joint_test": None
            if result.combinations.joint is None
            else asdict(result.combinations.joint),
        },
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
