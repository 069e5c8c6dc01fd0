"""Spatial panels: reference values, bias and coverage at the article's size, time beside spreg.

spreg's panel lag model knows no two-way effects, no Lee-Yu and no impact errors: it is given the
time dummies by hand and timed for its fit alone. The simulated panels are made here.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figure import Figure, at_least, at_most
from econometrics.spatial.problems import SpecificationError

ROOT = Path(__file__).resolve().parents[1]
PRODUC = ROOT / "tests" / "reference" / "produc"
REPLICATIONS = 400


def rows() -> list[Figure]:
    """Return every figure of this benchmark."""
    return [*_reference(), *_simulation(), *_dynamic(), *_timing()]


def _reference() -> list[Figure]:
    """Compare with the expected values of Munnell's panel."""
    import pandas as pd

    from econometrics.spatial.model import SpatialPanel
    from econometrics.spatial.weights import read_weights

    frame = pd.read_csv(PRODUC / "produc.csv")
    frame = frame.assign(
        **{
            k: np.log(frame[v])
            for k, v in {"lgsp": "gsp", "lpcap": "pcap", "lpc": "pc", "lemp": "emp"}.items()
        }
    )
    x = ["lpcap", "lpc", "lemp", "unemp"]
    panel = SpatialPanel.from_frame(
        frame, unit="state", time="year", y="lgsp", x=x, weights=read_weights(PRODUC / "W.csv")
    )
    want: dict[str, Any] = json.loads((PRODUC / "expected.json").read_text("utf-8"))
    result = panel.fit(draws=1000)
    e, ml = result.exact, want["exact_ml_twfe_sdm"]
    names = ["rho", *x, *(f"lag.{n}" for n in x)]
    ours = np.array([e.fit.spatial, *e.fit.coef])
    theirs = np.array([ml["coef"][n] for n in names])
    errors = np.sqrt(np.diagonal(e.cov))[:-1] / [ml["se_information_matrix"][n] for n in names]
    direct = e.impacts.direct / [want["impacts_exact"]["direct"][n] for n in x]
    return [
        at_most(
            "Produc two-way SDM: coefficients, worst relative gap to spatialreg",
            1e-6,
            float(np.abs(ours / theirs - 1).max()),
        ),
        at_most(
            "Produc two-way SDM: direct impacts, worst relative gap",
            1e-6,
            float(np.abs(direct - 1).max()),
        ),
        at_most(
            "Produc two-way SDM: errors, worst relative gap", 1e-4, float(np.abs(errors - 1).max())
        ),
        at_most("Produc two-way SDM: log-likelihood, gap", 1e-5, abs(e.fit.loglik - ml["loglik"])),
    ]


def _simulation() -> list[Figure]:
    """Bias and coverage over simulated 31 x 6 panels, true rho 0.3 (SIMULATED)."""
    from tests.unit.econometrics.sgdid.test_sgdid import simulated_study

    rho, found = 0.3, []
    truth = _true_impacts(simulated_study(0)[0], rho, -0.4, -0.2)
    direct_ml = []
    for seed in range(REPLICATIONS):
        study, _ = simulated_study(10_000 + seed, rho=rho)
        found.append(study.effect(errors="information", draws=0))
        direct_ml.append(study.effect(errors="information", correction="none", draws=0).rho[0])
    bias = float(np.mean([e.rho[0] for e in found])) - rho
    peer = f"exact ML without correction: {np.mean(direct_ml) - rho:+.3f}"
    out = [
        at_most(
            "31 x 6, rho 0.3, 400 panels: |mean bias of rho|, Lee-Yu", 0.05, abs(bias), "", peer
        )
    ]
    for name, value in (("rho", rho), ("direct", truth[0]), ("total", truth[1])):
        covered = float(
            np.mean(
                [abs(getattr(e, name)[0] - value) <= 1.959964 * getattr(e, name)[1] for e in found]
            )
        )
        out.append(
            at_least(
                f"31 x 6: 95 % interval of {name} covers",
                0.90,
                covered,
                "share",
                "and at most 0.98",
            )
        )
        out.append(
            at_most(f"31 x 6: 95 % interval of {name} covers, upper bar", 0.98, covered, "share")
        )
    return out


def _dynamic() -> list[Figure]:
    """Bias of the persistence in 200 SIMULATED dynamic panels, with and without the correction."""
    from tests.unit.econometrics.spatial.test_dynamic import TAU, fitted, numbers, simulated

    out = []
    for periods in (6, 11, 21):
        fits = []
        for seed in range(200):
            with contextlib.suppress(SpecificationError):  # outside the stable region
                fits.append(fitted(simulated(seed, periods)))
        raw = np.mean([numbers(f, f.raw)[0] for f in fits]) - TAU
        tau = np.array([numbers(f, f.corrected)[0] for f in fits])
        error = np.array([np.sqrt(f.cov[1 + f.tau, 1 + f.tau]) for f in fits])
        covered = float(np.mean(np.abs(tau - TAU) <= 1.959964 * error))
        out.append(
            Figure(
                f"dynamic SDM, 31 x {periods}, tau 0.4: mean bias of tau, corrected", "",
                round(float(tau.mean() - TAU), 3), "", None,
                f"uncorrected {raw:+.3f}; 95 % interval covers {covered:.3f}; {200 - len(fits)} unstable",
            )
        )  # fmt: skip
    return out


def _true_impacts(study: Any, rho: float, beta: float, theta: float) -> tuple[float, float]:
    W = study.weights.matrix.toarray()
    S = np.linalg.inv(np.eye(len(W)) - rho * W) @ (beta * np.eye(len(W)) + theta * W)
    return float(np.trace(S) / len(W)), float(S.sum() / len(W))


def _timing() -> list[Figure]:
    """Processor seconds, best of three, of ours and of spreg's fit alone."""
    from econometrics.sgdid.robustness import permutation_test
    from tests.unit.econometrics.sgdid.test_sgdid import simulated_study

    study, _ = simulated_study(1)
    small = _seconds(lambda: _fresh(study.panel()).fit(draws=1000))
    permute = _seconds(lambda: permutation_test(study, draws=1000), repeat=1)
    out = [
        at_most("31 x 6 full report: fit, Lee-Yu, 1,000 draws, all tests", 0.2, small, "CPU s"),
        at_most("31 x 6: 1,000 permutations of the treatment", 10, permute, "CPU s"),
    ]
    for n, t in ((300, 20), (3000, 20)):
        panel = lattice_panel(n, t)
        ours = _seconds(partial(_fit_fresh, panel), repeat=3 if n < 1000 else 1)
        peer = spreg_seconds(panel) if n < 1000 else None
        told = (
            f"spreg fit alone {peer:.2f} s ({ours / peer:.2f}x)"
            if peer
            else "spreg not run here: minutes and 8.6 GB in the note"
        )
        out.append(
            Figure(
                f"{n} x {t}: exact ML, Lee-Yu, 1,000 draws each",
                "",
                round(ours, 3),
                "CPU s",
                None,
                told,
            )
        )
    return out


def _fit_fresh(panel: Any) -> object:
    return _fresh(panel).fit(draws=1000, tests=False)


def _fresh(panel: Any) -> Any:
    """Take the panel without its cached log-determinant, so that its cost is counted."""
    from econometrics.spatial.model import SpatialPanel

    return SpatialPanel(panel.arrays, panel.weights)


def _seconds(run: Callable[[], object], repeat: int = 3) -> float:
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return min(times)


def lattice_panel(n: int, t: int) -> Any:
    """Make a SIMULATED Durbin panel on a rook lattice."""
    from scipy.sparse import coo_matrix

    from econometrics.spatial.model import SpatialPanel
    from econometrics.spatial.panel import PanelArrays, lag
    from econometrics.spatial.weights import make_weights

    side = int(np.ceil(np.sqrt(n)))
    place = np.arange(n)
    links = [
        (i, j) for i in place for j in (i + 1, i + side) if j < n and (j != i + 1 or (i + 1) % side)
    ]
    a, b = np.array(links).T
    matrix = coo_matrix((np.ones(2 * len(links)), (np.r_[a, b], np.r_[b, a])), shape=(n, n))
    W = make_weights([f"{i:05d}" for i in place], matrix, source="rook lattice").row_standardise()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(t, n, 3))
    mean = (
        X @ [1.0, -0.5, 0.2]
        + lag(W.matrix, X) @ [0.3, 0.0, 0.1]
        + rng.normal(size=(1, n))
        + rng.normal(size=(t, n))
    )
    y = mean
    for _ in range(60):
        y = mean + 0.4 * lag(W.matrix, y)
    return SpatialPanel(PanelArrays(y, X, ("a", "b", "c"), W.ids, tuple(range(t))), W)


def spreg_seconds(panel: Any) -> float:
    """Time of spreg's ML_LagFE with T - 1 time dummies, its fit alone."""
    import warnings

    from libpysal.graph import Graph
    from spreg import ML_LagFE

    t, n = panel.arrays.y.shape
    graph = Graph.from_sparse(panel.weights.matrix)
    dummies = np.repeat(np.eye(t)[:, 1:], n, axis=0)
    y = panel.arrays.y.reshape(-1, 1)
    X = np.hstack([panel.arrays.X.reshape(t * n, -1), dummies])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _seconds(lambda: ML_LagFE(y, X, graph.to_W(), slx_lags=0), repeat=1)
