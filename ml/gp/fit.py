"""Hyper-parameters by penalised marginal likelihood, with restarts and a Laplace approximation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from ml.gp.kernels import Layout, Points, distances, matern, same_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BOUND = 9.0


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

    import torch

    asked = os.environ.get("ZHENGCE_DEVICE", "")
    if asked:
        return asked
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
    from scipy.optimize import minimize

    target = Target(layout, nu, points, y)
    mean, sd = layout.priors()
    rng = np.random.default_rng(seed)
    starts = [mean, *(mean + 0.6 * sd * rng.standard_normal(len(mean)) for _ in range(restarts))]
    if start is not None:
        starts, laplace = [start.log_theta], False
    bounds = [(m - _BOUND, m + _BOUND) for m in mean]
    found = [
        minimize(
            target.value, start, jac=True, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": max_iterations, "ftol": 1e-7, "gtol": 1e-5},
        )
        for start in starts
    ]  # fmt: skip
    best = min(found, key=lambda r: float(r.fun))
    cov = target.laplace(best.x) if laplace else np.zeros((len(mean), len(mean)))
    cov = start.cov if start is not None else cov
    return Fit(np.asarray(best.x), cov, -float(best.fun), tuple(-float(r.fun) for r in found))


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

    def laplace(self, log_theta: NDArray[np.float64], step: float = 1e-3) -> NDArray[np.float64]:
        """Inverse curvature; directions flatter than the prior are given the prior's spread."""
        size = len(log_theta)
        H = np.empty((size, size))
        for i in range(size):
            shift = np.zeros(size)
            shift[i] = step
            H[i] = (self.value(log_theta + shift)[1] - self.value(log_theta - shift)[1]) / (
                2 * step
            )
        H = (H + H.T) / 2
        values, vectors = np.linalg.eigh(H)
        floor = float((1 / self.layout.priors()[1] ** 2).min())
        return np.asarray((vectors / np.maximum(values, floor)) @ vectors.T)


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
