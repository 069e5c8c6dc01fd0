"""Smooth surfaces over China: local associations of a GGPR on a grid, with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.paths import PROVINCE_GEOMETRY
from corpus.maps import MAIN_FRAME, read_outlines
from ml.gp.kernels import Points, covariance, distances, matern
from ml.problems import CoordinatesError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ml.gp.kernels import Hyper
    from ml.gp.model import GeoGP, State
    from ml.sample import Sample

#: Kilometres between grid points.
STEP = 100.0
#: Hyper-parameter values that are mixed: the maximum and the first draws.
STATES = 5


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """Associations on a grid of projected kilometres (`corpus.maps.ALBERS`).

    Attributes
    ----------
    east, north : (p,), (q,) arrays
        Axes of the grid.
    mean, std : (t, q, p) arrays
        By term, in units of y; nan far outside the outline.
    inside : (q, p) array of bool
        Within the outline; points around it are kept so that surfaces reach the border.
    names : tuple of str
        The features, then geo.
    """

    east: NDArray[np.float64]
    north: NDArray[np.float64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    inside: NDArray[np.bool_]
    names: tuple[str, ...]

    @property
    def sure(self) -> NDArray[np.float64]:
        """Posterior probability of the sign of the mean (t, q, p)."""
        from scipy.stats import norm

        return np.asarray(norm.cdf(np.abs(self.mean) / np.maximum(self.std, 1e-300)))

    def to_frame(self) -> pd.DataFrame:
        """One row a grid point inside and term."""
        import pandas as pd

        x, y = (grid[self.inside] for grid in np.meshgrid(self.east, self.north))
        parts = [
            pd.DataFrame({"term": name, "east_km": x, "north_km": y, "estimate": mean[self.inside],
                          "std_error": std[self.inside], "sign_probability": sure[self.inside]})
            for name, mean, std, sure in zip(self.names, self.mean, self.std, self.sure, strict=True)
        ]  # fmt: skip
        return pd.concat(parts, ignore_index=True)


def in_china(sample: Sample) -> bool:
    """Tell whether coordinates are degrees within the frame of the map of China."""
    from ml.coordinates import project

    if sample.coords is None or sample.places is None:
        return False
    try:
        places = project(sample.coords)
    except CoordinatesError:
        return False
    x0, y0, x1, y1 = MAIN_FRAME
    east, north = places.T
    framed = (east > x0) & (east < x1) & (north > y0) & (north < y1)
    return bool(framed.all() and np.allclose(places, sample.places))


def inside_china(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which projected points (n, 2) lie within the provinces."""
    from matplotlib.path import Path

    found = np.zeros(len(points), dtype=bool)
    for outline in read_outlines(PROVINCE_GEOMETRY):
        for ring in outline.rings:
            found |= Path(ring).contains_points(points)
    return found


def local_surfaces(model: GeoGP, *, step: float = STEP) -> Surfaces:
    """Posterior of local associations on a grid over China.

    Of a feature: the change of y for a rise by one standard deviation around its mean, at a place,
    the other features at their means. Of geo: y at mean features, less its mean over the places of
    the fit. Both are linear in f, so their posterior is normal; the first `STATES` values of the
    hyper-parameters are mixed. No unit effect is in them: grid points belong to no unit.
    """
    from scipy.ndimage import binary_dilation

    x0, y0, x1, y1 = MAIN_FRAME
    east, north = np.arange(x0, x1 + step, step), np.arange(y0, y1 + step, step)
    grid = np.stack(np.meshgrid(east, north), axis=-1)
    inside = inside_china(grid.reshape(-1, 2)).reshape(grid.shape[:2])
    near = binary_dilation(inside, np.ones((3, 3), bool), iterations=2)
    C = (grid[near] - model.origin) / model.scale
    states = model.states[:STATES]
    parts = [_moments(model, state, C) for state in states]
    means, variances = (np.stack([part[i] for part in parts]) for i in (0, 1))
    best = means[0]
    spread = np.sqrt(variances.mean(axis=0) + ((means - best) ** 2).mean(axis=0))
    mean, std = (np.full((len(best), *near.shape), np.nan) for _ in range(2))
    mean[:, near], std[:, near] = model.y_sd * best, model.y_sd * spread
    return Surfaces(east, north, mean, std, inside, (*model.x, "geo"))


def _moments(
    model: GeoGP, state: State, C: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and variances (k + 1, n) of one value of the hyper-parameters, standardised."""
    k, nu, h = len(model.x), model.nu, state.hyper
    means, variances = np.empty((k + 1, len(C))), np.empty((k + 1, len(C)))
    near = matern(distances(C, model.points.C) / h.local_scale, nu)
    for j in range(k + 1):
        prior: Any
        if j < k:
            cross = _contrast(model, h, C, j, near)
            one = C[:1]
            prior = _contrast_variance(h, nu, _at(one, k, j, -0.5), _at(one, k, j, 0.5))
        else:
            cross, prior = _geo(model, h, C)
        white = cross @ state.root
        means[j] = cross @ state.alpha
        variances[j] = np.maximum(prior - np.einsum("ij,ij->i", white, white), 0.0)
    return means, variances


def _contrast(
    model: GeoGP, h: Hyper, C: NDArray[np.float64], j: int, near: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Covariance of the rise in feature j at places and f at the training rows."""
    k, nu, rows = len(model.x), model.nu, model.points

    def rise(part: Hyper, at: NDArray[np.float64]) -> NDArray[np.float64]:
        low, high = (covariance(part, nu, _at(at, k, j, v), rows) for v in (-0.5, 0.5))
        return np.asarray(high - low)

    if h.matern_var:
        return rise(h, C)
    # Of a structured kernel only a factor depends on the place: one row stands for all.
    none = np.zeros(k)
    wide = replace(h, place_var=0.0, unit_var=0.0, local=none, local_linear=none)
    local = replace(wide, similarity=h.local, linear=h.local_linear)
    return rise(wide, C[:1]) + near * rise(local, C[:1])


def _at(C: NDArray[np.float64], k: int, j: int, value: float) -> Points:
    X = np.zeros((len(C), k))
    if k:
        X[:, j] = value
    return Points(X, C, np.full(len(C), -1))


def _contrast_variance(h: Hyper, nu: float, low: Points, high: Points) -> float:
    # Of one point: kernels are stationary in place, so it is the same everywhere.
    parts = [covariance(h, nu, a, b)[0, 0] for a, b in ((low, low), (high, high), (low, high))]
    return float(parts[0] + parts[1] - 2 * parts[2])


def _geo(
    model: GeoGP, h: Hyper, C: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Covariance with the training rows, and prior variance, of f less its mean over places."""
    k, nu = len(model.x), model.nu
    here = _at(C, k, 0, 0.0)
    behind = _at(np.unique(model.points.C, axis=0), k, 0, 0.0)
    cross = covariance(h, nu, here, model.points)
    cross = cross - covariance(h, nu, behind, model.points).mean(axis=0)
    own = float(covariance(h, nu, here.take([0]), here.take([0]))[0, 0])
    prior = own - 2 * covariance(h, nu, here, behind).mean(axis=1)
    return cross, prior + covariance(h, nu, behind, behind).mean()
