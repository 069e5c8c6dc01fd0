"""Combined specification curve and draws of corrected intensities."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.sgdid_settings import SgdidSettings
from econometrics.sgdid.combinations import combine
from econometrics.sgdid.combinations_report import combinations_figure, combinations_frame
from econometrics.sgdid.intensity_file import read_draws
from econometrics.sgdid.measurement import carry_through
from econometrics.spatial.problems import SpecificationError
from econometrics.spatial.weights import read_weights
from tests.unit.econometrics.sgdid.test_sgdid import CODES, WEIGHTS, simulated_study

T = "structural_transformation"


def test_every_combination_is_fitted_as_if_alone() -> None:
    study, intensity = simulated_study(31)
    other = {u: v + 0.1 * i for i, (u, v) in enumerate(intensity.items())}
    found = combine(study, {"again": read_weights(WEIGHTS)}, {"other": other}, permutations=0)
    assert found.joint is None
    labels = [(c.weights, c.intensity, c.controls, c.likelihood) for c in found.rows]
    assert len(set(labels)) == len(labels) == 2 * 2 * 2 * 2
    own = [
        c.effect
        for c in found.rows
        if labels[found.rows.index(c)] == ("main", "main", "all", "Lee-Yu")
    ]
    assert own == [study.effect(draws=0)]
    by_label = dict(zip(labels, found.rows, strict=True))
    assert by_label["again", "other", "none", "exact ML"].effect.direct == pytest.approx(
        by_label["main", "other", "none", "exact ML"].effect.direct
    )
    frame = combinations_frame(found)
    assert frame["direct"].tolist() == [c.effect.direct[0] for c in found.rows]
    combinations_figure(found)


def test_the_joint_test_tells_an_effect_from_none() -> None:
    strong = combine(simulated_study(32, noise=0.3)[0], {}, {}, permutations=99).joint
    none = combine(simulated_study(32, beta=0, theta=0)[0], {}, {}, permutations=99).joint
    assert strong is not None
    assert none is not None
    assert strong.p_median == pytest.approx(0.01)
    assert strong.n_significant == strong.n_specifications == 2
    assert none.p_median > 0.05


def _draws(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda f: f) -> Path:
    rng = np.random.default_rng(0)
    rows = [
        {"draw": d, "region_code": c, "year": 2025, "dimension": T, "intensity": rng.uniform(1, 2)}
        for d in range(1, 6)
        for c in CODES
    ]
    change(pd.DataFrame(rows)).to_csv(path, index=False)
    return path


def _settings(draws: Path, **treatment: object) -> SgdidSettings:
    given = {"post_from": 2023, "column": "intensity_t", "year": 2025, "draws": draws} | treatment
    return SgdidSettings.model_validate(
        {"name": "x", "data": {"panel": "p.csv", "first": 2018, "last": 2023},
         "treatment": given, "weights": {"main": WEIGHTS}, "robustness": {"intensity_draws": 4}}
    )  # fmt: skip


def test_draws_are_read_whole_and_carried_through(tmp_path: Path) -> None:
    panels = read_draws(_settings(_draws(tmp_path / "d.csv")), CODES)
    table = pd.read_csv(tmp_path / "d.csv", dtype={"region_code": str})
    assert len(panels) == 4
    second = table[table["draw"] == 2].set_index("region_code")["intensity"]
    assert panels[1] == pytest.approx(second.to_dict())
    combined = carry_through(simulated_study(33)[0], panels)["direct"]
    assert combined.draws == 4
    assert combined.between > 0


@pytest.mark.parametrize(
    ("change", "treatment", "message"),
    [
        (lambda f: f.drop(columns="draw"), {}, "lacks the column 'draw'"),
        (lambda f: f, {"year": 2024}, "0 draws of 2024"),
        (lambda f: f[f["draw"] == 1], {}, "1 draws of 2025"),
        (lambda f: f[f["region_code"] != "460000"], {}, "no draw for 460000 in 2025"),
        (lambda f: f, {"draws_dimension": "S"}, "no draws of the dimension 'S'"),
        (lambda f: f, {"column": "mean"}, "no draws of the dimension 'MEAN'"),
    ],
)
def test_bad_draws(
    tmp_path: Path,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    treatment: dict[str, object],
    message: str,
) -> None:
    settings = _settings(_draws(tmp_path / "d.csv", change), **treatment)
    with pytest.raises(SpecificationError, match=message):
        read_draws(settings, CODES)
