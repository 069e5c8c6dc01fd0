"""Attributions of a GeoGP: structured part in closed form, Matern part by the mixture, draws mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ml.attributions import Attribution
from ml.coalitions import terms_of
from ml.gp.closed_form import Moments, structured_means, structured_slopes, structured_variances
from ml.gp.kernels import scaled
from ml.gp.mixture import coalition_values, mixture_nodes
from ml.gp.spread import matern_variances
from ml.parallel import side_by_side
from ml.problems import AttributionError, DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.gp.kernels import Points
    from ml.gp.model import GeoGP, State

#: Rows x training rows x coalitions x states of an interval of a Matern part: about 5 CPU minutes.
MOST_WORK = 1e9
#: Rows whose covariances with the training rows are held at once.
_ROWS = 256


def explain_model(
    model: GeoGP, at: Points, background: Points, *, intervals: bool = True, level: float = 0.9
) -> Attribution:
    """Explain rows; see `ml.geoshapley.explain_gp`."""
    if at.X.shape[1] != len(model.x):
        raise DataError(f"{at.X.shape[1]} features are given, the model has {len(model.x)}")
    k = len(model.x)
    std, spec = None, f"{model.spec}; {len(background)} background rows"
    at_best = _moments(model, model.states[0], at, background)
    states = model.states[: _interval_states(model, len(at))]
    if intervals and states:

        def explained(numbered: tuple[int, State]) -> tuple[Any, Any, float]:
            number, state = numbered
            mean = at_best.mean if not number else _moments(model, state, at, background).mean
            return (mean, *_variances(model, state, at, background, number))

        found = side_by_side(explained, enumerate(states))
        means, variances, errors = zip(*found, strict=True)
        between = np.mean([(mean - at_best.mean) ** 2 for mean in means], axis=0)
        std = model.y_sd * np.sqrt(np.mean(variances, axis=0) + between)
        if not np.isfinite(std).all():
            raise AttributionError("a standard deviation of an attribution is not a number")
        if any(errors):
            drawn = float(np.median(errors)) / np.sqrt(len(errors))
            if len(states) < len(model.states):
                spec += (
                    f"; intervals mix {len(states)} of {len(model.states)} hyper-parameter values"
                )
            spec += f"; Monte Carlo error of interval widths about {drawn:.1%}"
    mean = model.y_sd * at_best.mean
    return Attribution(
        model.y_mean + model.y_sd * at_best.base, mean[:, :k], mean[:, k], mean[:, k + 1 :],
        model.x, spec, std, level,
    )  # fmt: skip


def interval_note(model: GeoGP, rows: int) -> str:
    """Say why attributions of so many rows have no intervals; empty where they have."""
    if not model.states[0].hyper.matern_var or _interval_states(model, rows):
        return ""
    if model.n_obs > len(model.points):
        return "attributions without intervals: a Matern kernel through inducing points"
    return f"attributions without intervals: a Matern kernel over {rows} rows takes too long"


def _interval_states(model: GeoGP, rows: int) -> int:
    """Count the hyper-parameter values that intervals mix: all, as many as time allows, or none."""
    if not model.states[0].hyper.matern_var:
        return len(model.states)
    if model.n_obs > len(model.points):
        return 0
    work = rows * len(model.points) * 2 ** (len(model.x) + 1)
    return min(len(model.states), int(MOST_WORK // work))


def _variances(
    model: GeoGP, state: State, at: Points, background: Points, number: int
) -> tuple[NDArray[np.float64], float]:
    nu, points = model.nu, model.points
    if not state.hyper.matern_var:
        return structured_variances(state, nu, points, at, background), 0.0
    found, errors = np.empty((len(at), 2 * at.X.shape[1] + 1)), []
    for begin in range(0, len(at), _ROWS):
        rows = slice(begin, begin + _ROWS)
        found[rows], error = matern_variances(
            state, nu, points, at.take(rows), background,
            seed=model.seed * 1000 + number,
        )  # fmt: skip
        errors.append(error)
    return found, float(np.median(errors))


def _moments(model: GeoGP, state: State, at: Points, background: Points) -> Moments:
    nu, points = model.nu, model.points
    mean = structured_means(state, nu, points, at, background)
    if not state.hyper.matern_var:
        return mean
    matern = _matern_part(state, nu, points, at, background)
    return Moments(mean.mean + matern.mean, mean.base + matern.base)


def _matern_part(
    state: State, nu: float, points: Points, at: Points, background: Points
) -> Moments:
    h, k = state.hyper, at.X.shape[1]
    values = coalition_values(
        scaled(h, at), scaled(h, background), scaled(h, points), h.matern_var * state.alpha,
        mixture_nodes(nu), np.minimum(np.arange(k + 2), k),
    )  # fmt: skip
    terms = terms_of(values, k)
    return Moments(
        np.hstack([terms.primary, terms.geo[:, None], terms.interaction]), terms.base
    )  # fmt: skip


def local_coefficients(model: GeoGP, at: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Local coefficients df/dx_j and standard deviations (n, k), in units of y per unit of x_j.

    For the structured kernel; hyper-parameter draws are mixed in.
    """
    slopes = side_by_side(
        lambda state: structured_slopes(state, model.nu, model.points, at), model.states
    )
    best = slopes[0].mean
    within = np.mean([s.var for s in slopes], axis=0)
    between = np.mean([(s.mean - best) ** 2 for s in slopes], axis=0)
    per_unit = model.y_sd / model.spread
    return best * per_unit, np.sqrt(within + between) * per_unit
