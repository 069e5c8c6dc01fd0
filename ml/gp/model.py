"""The fitted Gaussian process: posterior at any place, saved and reloaded as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.gp.fit import Fit, fit_hyper, fit_smoothness
from ml.gp.kernels import Hyper, KernelName, Layout, Points, covariance, variance
from ml.parallel import side_by_side
from ml.problems import RepeatedPlacesError, TooFewRowsError
from ml.sample import Sample, check_fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Up to here the posterior is exact; beyond, inducing points.
EXACT_ROWS = 5000
INDUCING = 1200
#: Hyper-parameters are fitted on at most so many rows (whole units), the posterior on all.
FIT_ROWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Posterior mean and standard deviation of a new observation (n,), in units of y."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    noise_std: float


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Posterior for one value of the hyper-parameters.

    Attributes
    ----------
    alpha : (m,) array
        Mean of f is ``k(., points) @ alpha``.
    root : (m, m) array
        Variance of f is ``k(x, x) - |k(x, points) @ root|^2``.
    """

    hyper: Hyper
    alpha: NDArray[np.float64]
    root: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GeoGP:
    """Geographical Gaussian process regression.

    Attributes
    ----------
    layout, nu : kernel and smoothness
    centre, spread : (k,) arrays
        Standardisation of the features.
    origin, scale : (2,) array and float
        Of places; one scale for both axes.
    y_mean, y_sd : float
    points : Points
        Training rows, or inducing points.
    states : tuple of State
        First at the maximum, then at draws of the Laplace approximation.
    units : tuple of str
        Names of the unit codes.
    """

    x: tuple[str, ...]
    layout: Layout
    nu: float
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    origin: NDArray[np.float64]
    scale: float
    y_mean: float
    y_sd: float
    points: Points
    states: tuple[State, ...]
    fit: Fit
    units: tuple[str, ...] = ()
    n_obs: int = 0
    seed: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def spec(self) -> str:
        """The specification in one line."""
        unit = ", unit effect" if self.layout.has_unit else ""
        return (
            f"GGPR, {self.layout.kernel} kernel, Matern nu {self.nu:g}{unit}, penalised marginal "
            f"likelihood, {len(self.states) - 1} Laplace draws, seed {self.seed}"
        )

    def to_points(
        self,
        X: NDArray[np.float64],
        places: NDArray[np.float64],
        unit: NDArray[np.str_] | None = None,
    ) -> Points:
        """Standardise rows; a unit that was not fitted has no effect of its own (code -1)."""
        X = np.atleast_2d(np.asarray(X, dtype=np.float64))
        places = np.atleast_2d(np.asarray(places, dtype=np.float64))
        if not (np.isfinite(X).all() and np.isfinite(places).all()):
            from ml.problems import MissingValuesError

            raise MissingValuesError("a value is missing or infinite", fix="leave such rows out")
        codes = np.full(len(X), -1)
        if unit is not None and self.layout.has_unit:
            number = {name: i for i, name in enumerate(self.units)}
            codes = np.array([number.get(str(u), -1) for u in unit], dtype=np.int64)
        return Points(
            (X - self.centre) / self.spread, (places - self.origin) / self.scale, codes
        )  # fmt: skip

    def predict(
        self,
        X: NDArray[np.float64],
        places: NDArray[np.float64],
        unit: NDArray[np.str_] | None = None,
    ) -> Prediction:
        """Predict observations, the uncertainty of the hyper-parameters mixed in.

        Parameters
        ----------
        X : (n, k) array
        places : (n, 2) array
            Kilometres as in `ml.coordinates.project`.
        unit : (n,) array of str, optional
        """
        at = self.to_points(X, places, unit)
        means, spreads = [], []
        found = side_by_side(lambda state: latent(state, self.nu, self.points, at), self.states)
        for state, (mean, var) in zip(self.states, found, strict=True):
            # A place without a known unit carries the whole spread of unit effects.
            var = var + state.hyper.noise
            if self.layout.has_unit:
                var = var + state.hyper.unit_var * (at.unit < 0)
            means.append(mean)
            spreads.append(var)
        mixed = np.mean(means, axis=0)
        total = np.mean(spreads, axis=0) + np.var(means, axis=0)
        noise = float(np.sqrt(self.states[0].hyper.noise))
        return Prediction(
            self.y_mean + self.y_sd * mixed, self.y_sd * np.sqrt(total), self.y_sd * noise
        )  # fmt: skip


def latent(
    state: State, nu: float, points: Points, at: Points
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Posterior mean and variance of f at points, standardised."""
    mean, var = np.empty(len(at)), np.empty(len(at))
    for begin in range(0, len(at), 1000):
        part = at.take(slice(begin, begin + 1000))
        K = covariance(state.hyper, nu, part, points)
        mean[begin : begin + 1000] = K @ state.alpha
        white = K @ state.root
        gone = np.einsum("ij,ij->i", white, white)
        var[begin : begin + 1000] = np.maximum(variance(state.hyper, part) - gone, 1e-12)
    return mean, var


def posterior(
    h: Hyper, nu: float, rows: Points, y: NDArray[np.float64], inducing: Points | None = None
) -> State:
    """Condition on rows, exactly or through inducing points.

    References
    ----------
    Quinonero-Candela, J. and Rasmussen, C. E. (2005). A unifying view of sparse approximate
    Gaussian process regression. JMLR 6, eq. 20 (DTC).
    """
    from scipy.linalg import cholesky, lapack, solve_triangular

    if inducing is None:
        K = covariance(h, nu, rows, rows)
        K[np.diag_indices_from(K)] += h.noise + 1e-9
        L = cholesky(K, lower=True, check_finite=False)
        inverse = lapack.dtrtri(L, lower=1)[0]
        return State(h, inverse.T @ (inverse @ y), inverse.T)
    Kuu = covariance(h, nu, inducing, inducing)
    Kuu[np.diag_indices_from(Kuu)] += 1e-6 * float(np.mean(np.diag(Kuu)))
    gram, right = np.zeros_like(Kuu), np.zeros(len(Kuu))
    for begin in range(0, len(rows), 2000):
        part = covariance(h, nu, rows.take(slice(begin, begin + 2000)), inducing)
        gram += part.T @ part
        right += part.T @ y[begin : begin + 2000]
    L = cholesky(Kuu, lower=True, check_finite=False)
    inverse = solve_triangular(L, np.eye(len(L)), lower=True, check_finite=False)
    white = inverse @ gram @ inverse.T / h.noise
    values, vectors = np.linalg.eigh((white + white.T) / 2)
    values = np.maximum(values, 0.0)
    basis = inverse.T @ vectors
    alpha = basis @ ((basis.T @ right) / h.noise / (1 + values))
    return State(h, alpha, basis * np.sqrt(values / (1 + values)))


def fit_gp(
    sample: Sample, *, kernel: KernelName = "structured", nu: float | None = None, seed: int = 0,
    restarts: int = 1, draws: int = 12, unit_effect: bool | None = None, max_iterations: int = 60,
    start: Fit | None = None,
) -> GeoGP:  # fmt: skip
    """Fit a geographical Gaussian process.

    Parameters
    ----------
    sample : Sample
        With places.
    kernel : {"structured", "matern", "jiao-tao"}
    nu : {0.5, 1.5, 2.5, inf}, optional
        Smoothness of the Matern; infinite is Gaussian. By default 1.5, unless another makes the
        data clearly more likely.
    draws : int
        Draws of the hyper-parameters from their Laplace approximation; 0 plugs the maximum in.
    unit_effect : bool, optional
        By default wherever a unit has several rows.

    Raises
    ------
    RepeatedPlacesError
        Coordinates occur twice and no unit is known.
    """
    if sample.places is None:
        raise TooFewRowsError("a GGPR needs coordinates", fix="--coords LON,LAT")
    check_fit(sample)
    has_unit = _needs_unit(sample) if unit_effect is None else unit_effect
    centre, spread = sample.X.mean(axis=0), sample.X.std(axis=0)
    origin = sample.places.mean(axis=0)
    scale = float(np.sqrt(((sample.places - origin) ** 2).sum(axis=1).mean() / 2))
    y_mean, y_sd = float(sample.y.mean()), float(sample.y.std())
    units = tuple(sorted(set(sample.unit.tolist()))) if has_unit and sample.unit is not None else ()
    known = np.array(units, dtype=object)
    codes = (
        np.searchsorted(known, np.asarray(sample.unit, dtype=object))
        if units
        else np.full(len(sample), -1)
    )
    rows = Points((sample.X - centre) / spread, (sample.places - origin) / scale, codes)
    target = (sample.y - y_mean) / y_sd
    layout = Layout(kernel, sample.X.shape[1], has_unit)
    rng = np.random.default_rng(seed)
    chosen, notes = _rows_for_fit(rows, rng)
    how: dict[str, Any] = {
        "seed": seed, "restarts": restarts, "laplace": draws > 0, "max_iterations": max_iterations,
    }  # fmt: skip
    if nu is None:
        fit, nu = fit_smoothness(layout, rows.take(chosen), target[chosen], **how)
        notes += (f"Matern nu {nu:g} chosen among 0.5, 1.5, 2.5, inf by marginal likelihood",)
    else:
        fit = fit_hyper(layout, nu, rows.take(chosen), target[chosen], start=start, **how)
    inducing = None
    if len(rows) > EXACT_ROWS:
        inducing = rows.take(_inducing(rows, rng))
        notes += (f"posterior through {len(inducing)} inducing points (DTC) for {len(rows)} rows",)
    states = tuple(side_by_side(
        lambda theta: posterior(layout.unpack(theta), nu, rows, target, inducing),
        _draw_theta(layout, fit, draws if inducing is None else 0, rng),
    ))  # fmt: skip
    return GeoGP(
        sample.x, layout, nu, centre, spread, origin, scale, y_mean, y_sd,
        rows if inducing is None else inducing, states, fit, units, len(sample), seed,
        (*sample.notes, *notes),
    )  # fmt: skip


def _draw_theta(
    layout: Layout, fit: Fit, draws: int, rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    found = [fit.log_theta]
    if draws:
        values, vectors = np.linalg.eigh(fit.cov)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        mean, sd = layout.priors()
        for _ in range(draws):
            theta = fit.log_theta + root @ rng.standard_normal(len(mean))
            # A Gaussian in logarithms has long tails where the data say nothing: the prior bounds it.
            found.append(np.clip(theta, np.minimum(mean - 3 * sd, fit.log_theta),
                                 np.maximum(mean + 3 * sd, fit.log_theta)))  # fmt: skip
    return found


def _needs_unit(sample: Sample) -> bool:
    places = np.round(np.asarray(sample.places), 9)
    repeated = len(np.unique(places, axis=0)) < len(places)
    if repeated and sample.unit is None:
        raise RepeatedPlacesError(
            "coordinates occur more than once and no unit is known",
            fix="name the column of the unit with --unit, or keep one row a place",
        )
    return sample.unit is not None and len(set(sample.unit.tolist())) < len(sample)


def _rows_for_fit(rows: Points, rng: np.random.Generator) -> tuple[Any, tuple[str, ...]]:
    n = len(rows)
    if n <= FIT_ROWS:
        return np.arange(n), ()
    groups = rows.unit if (rows.unit >= 0).all() else np.arange(n)
    order = rng.permutation(np.unique(groups))
    counts = np.bincount(groups)[order]
    kept = order[np.cumsum(counts) <= FIT_ROWS]
    chosen = np.flatnonzero(np.isin(groups, kept))
    whole = "whole units, " if (rows.unit >= 0).all() else ""
    note = f"hyper-parameters fitted on {len(chosen)} rows drawn at random ({whole}of {n})"
    return chosen, (note,)


def _inducing(rows: Points, rng: np.random.Generator) -> NDArray[np.int64]:
    # One row of every unit first: a unit without an inducing row would have no effect.
    order = rng.permutation(len(rows))
    if (rows.unit >= 0).all():
        _, first = np.unique(rows.unit[order], return_index=True)
        order = np.concatenate([order[first], np.delete(order, first)])
    return np.sort(order[:INDUCING])
