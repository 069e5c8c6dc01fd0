"""Read scikit-learn Gaussian processes for the mixture engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.coalitions import GeoTerms, terms_of
from ml.gp.mixture import coalition_values, mixture_nodes
from ml.problems import UnsupportedModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class MaternTerm:
    """One term of a kernel: variance, one length a column, smoothness (inf is Gaussian)."""

    var: float
    length: NDArray[np.float64]
    nu: float


@dataclass(frozen=True, slots=True, eq=False)
class MaternModel:
    """A GP whose kernel is a sum of Matern terms, in the units of its data."""

    terms: tuple[MaternTerm, ...]
    constant: float
    X: NDArray[np.float64]
    alpha: NDArray[np.float64]
    y_mean: float
    y_sd: float


def read_sklearn(model: Any) -> MaternModel:
    """Read a fitted GaussianProcessRegressor.

    Raises
    ------
    UnsupportedModelError
        Not fitted, several outputs, or a kernel of another kind.
    """
    if isinstance(model, MaternModel):
        return model
    if not hasattr(model, "kernel_") or not hasattr(model, "alpha_"):
        raise UnsupportedModelError(
            f"{type(model).__name__} is no fitted Gaussian process that is known here",
            fix="ml.geoshapley.explain takes any model",
        )
    alpha = np.asarray(model.alpha_, dtype=np.float64)
    if alpha.ndim > 1 and alpha.shape[1] > 1:
        raise UnsupportedModelError("the model has several outputs", fix="fit one an outcome")
    X = np.asarray(model.X_train_, dtype=np.float64)
    terms, constant = _terms(model.kernel_, X.shape[1])
    mean, sd = getattr(model, "_y_train_mean", 0.0), getattr(model, "_y_train_std", 1.0)
    return MaternModel(
        tuple(terms), constant, X, alpha.ravel(), float(np.ravel(mean)[0]), float(np.ravel(sd)[0])
    )  # fmt: skip


def _terms(kernel: Any, width: int) -> tuple[list[MaternTerm], float]:
    kind = type(kernel).__name__
    if kind == "Sum":
        a, b = _terms(kernel.k1, width), _terms(kernel.k2, width)
        return [*a[0], *b[0]], a[1] + b[1]
    if kind == "Product":
        for first, second in ((kernel.k1, kernel.k2), (kernel.k2, kernel.k1)):
            if type(first).__name__ == "ConstantKernel":
                terms, constant = _terms(second, width)
                c = float(first.constant_value)
                return [MaternTerm(c * t.var, t.length, t.nu) for t in terms], c * constant
    if kind == "ConstantKernel":
        return [], float(kernel.constant_value)
    if kind == "WhiteKernel":
        return [], 0.0
    if kind in ("Matern", "RBF"):
        nu = float("inf") if kind == "RBF" else float(kernel.nu)
        length = np.broadcast_to(np.asarray(kernel.length_scale, dtype=np.float64), (width,))
        if nu in (0.5, 1.5, 2.5, float("inf")):
            return [MaternTerm(1.0, length, nu)], 0.0
    raise UnsupportedModelError(
        f"the kernel {kernel} has a part that the mixture does not know",
        fix="sums of constant x Matern (nu .5, 1.5, 2.5) or RBF, and white noise; "
        "ml.geoshapley.explain takes any model",
    )


def explain_matern(
    model: Any,
    X: NDArray[np.float64],
    background: NDArray[np.float64],
    features: list[int],
    geo: list[int],
) -> GeoTerms:
    """GeoShapley terms of a scikit-learn GP by the Gaussian scale mixture.

    References
    ----------
    Andrews, D. F. and Mallows, C. L. (1974). Scale mixtures of normal distributions. JRSS B 36.
    """
    values = matern_values(model, X, background, features, geo)
    return terms_of(values, len(features), has_geo=bool(geo))


def matern_values(
    model: Any,
    X: NDArray[np.float64],
    background: NDArray[np.float64],
    features: list[int],
    geo: list[int],
) -> NDArray[np.float64]:
    """Values of all coalitions (n, 2**m), in units of the outcome."""
    gp = read_sklearn(model)
    if X.shape[1] != gp.X.shape[1]:
        raise UnsupportedModelError(f"X has {X.shape[1]} columns, the model {gp.X.shape[1]}")
    player = np.full(X.shape[1], len(features))
    player[features] = np.arange(len(features))
    values = np.full((len(X), 2 ** (len(features) + bool(geo))), gp.constant * gp.alpha.sum())
    for term in gp.terms:
        values += coalition_values(
            X / term.length, background / term.length, gp.X / term.length, term.var * gp.alpha,
            mixture_nodes(term.nu), player,
        )  # fmt: skip
    return gp.y_mean + gp.y_sd * values
