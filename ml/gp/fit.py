"""Hyper-parameters by penalised marginal likelihood, with restarts and a Laplace approximation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from ml.gp.gradient import ClosedTarget
from ml.gp.kernels import SMOOTHNESS, Layout, Points, distances, matern, same_unit
from ml.parallel import side_by_side

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BOUND = 9.0
#: Gain in the log of the penalised marginal likelihood that decides for another smoothness.
CLEARLY = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Where the penalised marginal likelihood is highest.

    Attributes
    ----------
    log_theta : (h,) array
    cov : (h, h) array
        Inverse of the curvature there (Laplace); zeros when it was not asked for.
    objective : float
        Log marginal likelihood plus log prior.
    starts : tuple of float
        Objective reached from each start.
    """

    log_theta: NDArray[np.float64]
    cov: NDArray[np.float64]
    objective: float
    starts: tuple[float, ...]


def device() -> str:
    """Name the device of the fit: a GPU when ZHENGCE_DEVICE asks for one or one is there."""
    import os
    from pathlib import Path

    asked = os.environ.get("ZHENGCE_DEVICE", "")
    # Loading torch takes seconds, and without a device file it could find no GPU.
    if asked or not any(Path(p).exists() for p in ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")):
        return asked or "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def fit_hyper(
    layout: Layout, nu: float, points: Points, y: NDArray[np.float64], *,
    seed: int = 0, restarts: int = 1, laplace: bool = True, max_iterations: int = 60,
    start: Fit | None = None,
) -> Fit:  # fmt: skip
    """Maximise log marginal likelihood plus log-normal priors by L-BFGS in float64.

    Parameters
    ----------
    y : (n,) array
        Standardised outcome.
    restarts : int
        Further starts, drawn around the prior medians.
    laplace : bool
        Also take the curvature by differences of the gradient.
    start : Fit, optional
        Go on from there, with its curvature; for folds, whose optimum lies close by.
    """
    target = make_target(layout, nu, points, y)
    mean, sd = layout.priors()
    rng = np.random.default_rng(seed)
    starts = [mean, *(mean + 0.6 * sd * rng.standard_normal(len(mean)) for _ in range(restarts))]
    root = np.eye(len(mean))
    if start is not None:
        starts, laplace, root = [start.log_theta], False, _root(start.cov, root)
    found = side_by_side(lambda one: _search(target, one, root, mean, max_iterations), starts)
    best = min(found, key=lambda r: r[1])
    cov = laplace_cov(target, best[0], sd) if laplace else np.zeros((len(mean), len(mean)))
    cov = start.cov if start is not None else cov
    return Fit(best[0], cov, -best[1], tuple(-value for _, value in found))


def fit_smoothness(
    layout: Layout, points: Points, y: NDArray[np.float64], *, laplace: bool = True,
    max_iterations: int = 60, **how: Any,
) -> tuple[Fit, float]:  # fmt: skip
    """Fit with each smoothness; keep 3/2 unless another is `CLEARLY` more likely.

    The others go on from where 3/2 ended; ``how`` goes to `fit_hyper`.
    """
    rough = fit_hyper(
        layout, 1.5, points, y, laplace=False, max_iterations=max_iterations, **how
    )  # fmt: skip
    others = [nu for nu in SMOOTHNESS if nu != 1.5]
    found = side_by_side(
        lambda nu: fit_hyper(layout, nu, points, y, max_iterations=max_iterations, start=rough),
        others,
    )
    fit, nu = max(zip(found, others, strict=True), key=lambda f: f[0].objective)
    if fit.objective < rough.objective + CLEARLY:
        fit, nu = rough, 1.5
    if laplace:
        sd = layout.priors()[1]
        fit = replace(fit, cov=laplace_cov(make_target(layout, nu, points, y), fit.log_theta, sd))
    return replace(fit, starts=rough.starts), nu


def make_target(layout: Layout, nu: float, points: Points, y: NDArray[np.float64]) -> Any:
    """Objective with gradient: closed form on the CPU, gpytorch and autograd on a GPU."""
    return (ClosedTarget if device() == "cpu" else Target)(layout, nu, points, y)


def _root(cov: NDArray[np.float64], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(cov)
    return vectors * np.sqrt(values) if values[0] > 0 else otherwise


def _search(
    target: Any, start: NDArray[np.float64], root: NDArray[np.float64], mean: NDArray[np.float64],
    max_iterations: int,
) -> tuple[NDArray[np.float64], float]:  # fmt: skip
    """L-BFGS from a start, in coordinates where the curvature is (about) the identity."""
    from scipy.optimize import minimize

    def value(z: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        # Far out the kernel overflows; the gradient points back.
        theta = np.clip(start + root @ z, mean - _BOUND, mean + _BOUND)
        loss, slope = target.value(theta)
        return loss, root.T @ slope

    plain = np.array_equal(root, np.eye(len(mean)))
    bounds = list(zip(mean - _BOUND - start, mean + _BOUND - start, strict=True))
    found = minimize(
        value, np.zeros(len(mean)), jac=True, method="L-BFGS-B", bounds=bounds if plain else None,
        options={"maxiter": max_iterations, "ftol": 1e-7, "gtol": 1e-5},
    )  # fmt: skip
    return np.clip(start + root @ found.x, mean - _BOUND, mean + _BOUND), float(found.fun)


def laplace_cov(
    target: Any, log_theta: NDArray[np.float64], sd: NDArray[np.float64], step: float = 1e-3
) -> NDArray[np.float64]:
    """Inverse curvature by differences of the gradient.

    Directions flatter than the prior are given the prior's spread.
    """
    shifts = step * np.eye(len(log_theta))
    rows = side_by_side(
        lambda s: target.value(log_theta + s)[1] - target.value(log_theta - s)[1], shifts
    )
    H = np.array(rows) / (2 * step)
    values, vectors = np.linalg.eigh((H + H.T) / 2)
    floor = float((1 / sd**2).min())
    return np.asarray((vectors / np.maximum(values, floor)) @ vectors.T)


def libraries() -> tuple[Any, Any]:
    """Import gpytorch and torch, quietly: gpytorch still uses what torch deprecates."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import gpytorch
            import torch
    except ImportError as error:
        raise UserError(
            "fitting a GGPR needs gpytorch", fix="install zhengce[ml] (make install EXTRAS=ml)"
        ) from error
    return gpytorch, torch


class Target:
    """Minus log marginal likelihood minus log prior, with its gradient by gpytorch and torch."""

    def __init__(self, layout: Layout, nu: float, points: Points, y: NDArray[np.float64]) -> None:
        gpytorch, torch = libraries()
        self.torch, self.layout, self.nu = torch, layout, nu
        place = torch.device(device())

        def send(values: Any) -> Any:
            return torch.as_tensor(values, dtype=torch.float64, device=place)

        self.send = send
        self.y = send(y)
        mean, sd = layout.priors()
        self.prior = gpytorch.priors.NormalPrior(send(mean), send(sd))
        self.kernel = structured_kernel(layout, nu, points, send)
        self.distribution = gpytorch.distributions.MultivariateNormal

    def value(self, log_theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Objective and gradient; a matrix that is not positive definite gives a large value."""
        torch = self.torch
        theta = self.send(np.asarray(log_theta)).requires_grad_(True)
        K = self.kernel(theta)
        factor, info = torch.linalg.cholesky_ex(K)
        if int(info) != 0:
            return 1e10, np.zeros(len(log_theta))
        whitened = torch.linalg.solve_triangular(factor, self.y[:, None], upper=False)
        loglik = (
            -0.5 * (whitened**2).sum() - torch.log(torch.diagonal(factor)).sum()
            - 0.5 * len(self.y) * float(np.log(2 * np.pi))
        )  # fmt: skip
        loss = -(loglik + self.prior.log_prob(theta).sum())
        loss.backward()
        return float(loss.detach()), theta.grad.cpu().numpy()


def structured_kernel(layout: Layout, nu: float, points: Points, send: Any) -> Any:
    """Make the function from log hyper-parameters to the noisy covariance of the training rows.

    A gpytorch kernel that holds the distances once: only amplitudes and ranges change in a fit.
    """
    gpytorch, torch = libraries()
    X, k = points.X, layout.k
    R = distances(points.C, points.C)
    gaps = [send((X[:, j, None] - X[None, :, j]) ** 2) for j in range(k)]
    crosses = [send(np.outer(X[:, j], X[:, j])) for j in range(k)]
    place, same = send(R), send(same_unit(points, points))

    class TrainingKernel(gpytorch.kernels.Kernel):  # type: ignore[misc, name-defined]
        has_lengthscale = False

        def forward(self, theta: Any) -> Any:
            h = layout.unpack(theta, torch)
            out = h.noise * torch.eye(len(X), dtype=torch.float64, device=place.device)
            if layout.has_unit:
                out = out + h.unit_var * same
            if layout.kernel == "structured":
                local = torch.zeros_like(place)
                for j in range(k):
                    similar = torch.exp(gaps[j] * (-0.5 / h.length[j] ** 2))
                    out = out + h.similarity[j] * similar + h.linear[j] * crosses[j]
                    local = local + h.local[j] * similar + h.local_linear[j] * crosses[j]
                out = out + h.place_var * matern(place / h.place_scale, nu, torch)
                return out + local * matern(place / h.local_scale, nu, torch)
            if layout.kernel == "jiao-tao":
                for j in range(k):
                    out = out + h.similarity[j] * torch.exp(-0.5 * gaps[j])
            square = (place / h.matern_place) ** 2
            for j in range(k):
                square = square + gaps[j] / h.matern_length[j] ** 2
            # The diagonal's zero has no slope in the square root.
            return out + h.matern_var * matern(torch.sqrt(square + 1e-18), nu, torch)

    kernel = TrainingKernel()
    return lambda theta: kernel.forward(theta)
