"""Attributions of a GeoGP: structured part in closed form, Matern part by the mixture, draws mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.attributions import Attribution
from ml.coalitions import terms_of
from ml.gp.closed_form import Moments, structured_means, structured_moments, structured_slopes
from ml.gp.mixture import coalition_values, mixture_nodes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.gp.kernels import Points
    from ml.gp.model import GeoGP, State


def explain_model(
    model: GeoGP, at: Points, background: Points, *, intervals: bool = True, level: float = 0.9
) -> Attribution:
    """Explain rows; see `ml.geoshapley.explain_gp`."""
    if at.X.shape[1] != len(model.x):
        from ml.problems import DataError

        raise DataError(f"{at.X.shape[1]} features are given, the model has {len(model.x)}")
    k = len(model.x)
    at_best = _moments(model, model.states[0], at, background, with_var=intervals)
    std = None
    if intervals and at_best.var is not None:
        all_states = [at_best] + [
            _moments(model, state, at, background, with_var=True) for state in model.states[1:]
        ]
        within = np.mean([np.asarray(m.var) for m in all_states], axis=0)
        between = np.mean([(m.mean - at_best.mean) ** 2 for m in all_states], axis=0)
        std = model.y_sd * np.sqrt(within + between)
    mean = model.y_sd * at_best.mean
    spec = f"{model.spec}; {len(background)} background rows"
    return Attribution(
        model.y_mean + model.y_sd * at_best.base, mean[:, :k], mean[:, k], mean[:, k + 1 :],
        model.x, spec, std, level,
    )  # fmt: skip


def _moments(
    model: GeoGP, state: State, at: Points, background: Points, *, with_var: bool
) -> Moments:
    h, nu, points = state.hyper, model.nu, model.points
    if not h.matern_var:
        take = structured_moments if with_var else structured_means
        return take(state, nu, points, at, background)
    mean = structured_means(state, nu, points, at, background)
    matern = _matern_part(state, nu, points, at, background)
    return Moments(mean.mean + matern.mean, None, mean.base + matern.base)


def _matern_part(
    state: State, nu: float, points: Points, at: Points, background: Points
) -> Moments:
    h = state.hyper
    lengths = np.concatenate([h.matern_length, [h.matern_place] * 2])

    def squares(A: Points) -> NDArray[np.float64]:
        gap = (np.hstack([A.X, A.C])[:, None, :] - np.hstack([points.X, points.C])) / lengths
        gap **= 2
        return np.concatenate([gap[:, :, :-2], gap[:, :, -2:].sum(axis=2, keepdims=True)], axis=2)

    k = at.X.shape[1]
    values = coalition_values(
        squares(at), squares(background), h.matern_var * state.alpha, mixture_nodes(nu)
    )
    terms = terms_of(values, k)
    return Moments(
        np.hstack([terms.primary, terms.geo[:, None], terms.interaction]), None, terms.base
    )  # fmt: skip


def local_coefficients(model: GeoGP, at: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Local coefficients df/dx_j and standard deviations (n, k), in units of y per unit of x_j.

    For the structured kernel; hyper-parameter draws are mixed in.
    """
    slopes = [structured_slopes(state, model.nu, model.points, at) for state in model.states]
    best = slopes[0].mean
    within = np.mean([s.var for s in slopes], axis=0)
    between = np.mean([(s.mean - best) ** 2 for s in slopes], axis=0)
    per_unit = model.y_sd / model.spread
    return best * per_unit, np.sqrt(within + between) * per_unit
