"""The Chebyshev log-determinant against eigenvalues, sparse LU and a torus whose spectrum is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix, diags, identity, kron

from econometrics.spatial import model
from econometrics.spatial.logdet import Eigen, traces
from econometrics.spatial.logdet_chebyshev import (
    Chebyshev,
    chebyshev_or_none,
    sparse_traces,
    sparse_twin,
)
from econometrics.spatial.problems import WeightsError
from econometrics.spatial.weights import Weights
from econometrics.spatial.weights_scale import spectral_normalise
from tests.unit.econometrics.spatial.test_likelihood import random_weights
from tests.unit.econometrics.spatial.test_random_effects import random_panel

RHO = (-0.9, -0.5, 0.1, 0.3, 0.5, 0.8, 0.9, 0.95)


def lattice(side: int, *, torus: bool = False, standardise: bool = True) -> csr_matrix:
    """Rook neighbours on a square, which is closed to a torus or not."""
    line = diags([np.ones(side - 1)], [1], shape=(side, side)).tolil()
    if torus:
        line[side - 1, 0] = 1
    line = (line + line.T).tocsr()
    W = (kron(line, identity(side)) + kron(identity(side), line)).tocsr()
    return (diags(1 / np.asarray(W.sum(axis=1)).ravel()) @ W).tocsr() if standardise else W


@pytest.fixture(scope="module")
def square() -> csr_matrix:
    return lattice(20)


@pytest.mark.parametrize(
    ("fill", "n_exact", "relative"), [(20_000_000, 121, 1e-12), (10_000, 5, 3e-3), (0, 3, 2e-2)]
)
def test_against_eigenvalues(square: csr_matrix, fill: int, n_exact: int, relative: float) -> None:
    eigen = Eigen(square, row_standardised=True)
    found = Chebyshev(square, row_standardised=True, exact_fill=fill)
    assert len(found.traces.exact) == n_exact
    assert found.interval == pytest.approx(eigen.interval, rel=1e-5)
    for rho in RHO:
        gap = abs(found.logdet(rho) - eigen.logdet(rho))
        assert gap <= found.error_bound(rho) + 1e-11
        assert gap <= max(relative * abs(eigen.logdet(rho)), 1e-11)
    grid = np.array(RHO)
    assert found.mean_trace(grid) == pytest.approx(eigen.mean_trace(grid), abs=3 * relative)
    assert found.mean_sum(grid) == pytest.approx(1 / (1 - grid))


def test_low_degree_is_within_its_bound(square: csr_matrix) -> None:
    eigen = Eigen(square, row_standardised=True)
    for degree in (4, 10, 30):
        found = Chebyshev(square, row_standardised=True, degree=degree)
        for rho in (-0.7, 0.4, 0.9, 0.99):
            gap = abs(found.logdet(rho) - eigen.logdet(rho))
            assert gap <= found.truncation(rho) + 1e-11
        assert found.sampling_error(0.5) == 0
    assert found.truncation(0.5) < 1e-12


def test_same_seed_same_numbers(square: csr_matrix) -> None:
    one, same, other = (
        Chebyshev(square, row_standardised=True, exact_fill=0, seed=seed) for seed in (1, 1, 2)
    )
    assert one.logdet(0.6) == same.logdet(0.6)
    assert one.logdet(0.6) != other.logdet(0.6)


def test_sampled_traces_are_unbiased_and_their_error_is_honest(square: csr_matrix) -> None:
    exact = Eigen(square, row_standardised=True).logdet(0.8)
    z = []
    for seed in range(40):
        found = Chebyshev(square, row_standardised=True, exact_fill=0, seed=seed)
        z.append((found.logdet(0.8) - exact) / found.sampling_error(0.8))
    assert abs(np.mean(z)) < 4 / np.sqrt(40)
    assert 0.7 < np.std(z) < 1.4


@pytest.mark.parametrize("scale", ["raw", "spectral", "uneven"])
def test_other_scales(scale: str) -> None:
    raw = lattice(8, standardise=False)
    if scale == "uneven":
        weights = random_weights(40, 5, symmetric=True)
        raw = (diags(np.linspace(0.5, 1.5, 40)) @ weights.matrix).tocsr()
    if scale == "spectral":
        raw = spectral_normalise(Weights(tuple(map(str, range(64))), raw)).matrix
    eigen = Eigen(raw, row_standardised=False)
    found = Chebyshev(raw, row_standardised=False)
    assert found.interval == pytest.approx(eigen.interval, rel=1e-4)
    inside = np.linspace(*found.interval, 9)[1:-1]
    for rho in inside:
        assert found.logdet(rho) == pytest.approx(eigen.logdet(rho), abs=1e-6)
    assert found.mean_trace(inside) == pytest.approx(eigen.mean_trace(inside), abs=1e-6)
    assert found.mean_sum(inside) == pytest.approx(eigen.mean_sum(inside), rel=1e-6)


def test_traces_without_the_dense_matrix(square: csr_matrix) -> None:
    want, G = traces(square, 0.5)
    found, through = sparse_traces(Chebyshev(square, row_standardised=True), 0.5, probes=400)
    assert found.g == pytest.approx(want.g, rel=1e-9)
    assert found.gg == pytest.approx(want.gg, rel=1e-6)
    assert found.columns == pytest.approx(want.columns, rel=1e-9)
    assert found.ggt == pytest.approx(want.ggt, rel=0.02)
    assert found.diagonal.sum() == pytest.approx(want.g, rel=1e-9)
    assert found.diagonal == pytest.approx(want.diagonal, abs=0.15)
    columns = np.random.default_rng(2).normal(size=(400, 3))
    assert through(columns) == pytest.approx(G @ columns)


def test_a_lattice_of_22_500_units() -> None:
    """A torus: its eigenvalues are means of cosines."""
    W = lattice(150, torus=True)
    cosine = np.cos(2 * np.pi * np.arange(150) / 150)
    values = ((cosine[:, None] + cosine) / 2).ravel()
    found = Chebyshev(W, row_standardised=True, exact_fill=3_000_000)
    held = found.traces.sampled.nbytes + found.traces.exact.nbytes
    assert held < 100_000
    for rho, relative in ((-0.5, 1e-6), (0.3, 1e-7), (0.5, 1e-6), (0.8, 1e-4), (0.95, 1e-3)):
        want = np.log(1 - rho * values).sum()
        gap = abs(found.logdet(rho) - want)
        assert gap <= found.error_bound(rho) + 1e-9
        assert gap <= relative * abs(want)


def test_weights_it_cannot_take() -> None:
    with pytest.raises(WeightsError, match="symmetric up to row scaling"):
        Chebyshev(random_weights(30, 3).matrix, row_standardised=True)
    with pytest.raises(WeightsError, match="both at least 2"):
        Chebyshev(lattice(4), row_standardised=True, degree=1)
    assert chebyshev_or_none(lattice(4), row_standardised=True) is None
    assert sparse_twin(random_weights(30, 3).matrix) is None
    twin: Any = sparse_twin(lattice(5))
    assert abs(twin - twin.T).max() < 1e-15


def test_a_fit_tells_the_error_of_its_log_determinant(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = random_panel(6)
    exact = panel.fit(draws=2, tests=False)
    assert not any("Chebyshev" in w for w in exact.warnings)
    monkeypatch.setattr(model, "multiplier", Chebyshev)
    told = random_panel(6).fit(draws=2, tests=False)
    assert any("Chebyshev series, off by at most" in w for w in told.warnings)
    assert "Chebyshev series" in told.provenance
