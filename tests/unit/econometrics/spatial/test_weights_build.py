"""Weights from the shipped geometry and statistics, against libpysal, the border list and arithmetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from libpysal.graph import Graph
from typer.testing import CliRunner

from configs.paths import DATA, PROVINCE_PANEL
from corpus import maps
from corpus.csvfiles import read_csv
from econometrics.spatial.problems import SpecificationError, WeightsError
from econometrics.spatial.weights import make_weights, read_weights
from econometrics.spatial.weights_build import (
    ADJACENCY,
    contiguity,
    economic_distance,
    inverse_distance,
    nearest,
    nested,
    resolve_islands,
    sea_links,
    window_means,
)
from econometrics.spatial.weights_cli import weights_app
from econometrics.spatial.weights_places import (
    ALBERS,
    great_circle_km,
    read_coordinates,
    read_places,
    unit_distances,
)
from econometrics.spatial.weights_scale import (
    describe,
    normalise,
    spectral_normalise,
    spectral_radius,
    to_frame,
    to_libpysal,
)
from tests.conftest import zhengce

HAINAN, GUANGDONG = "460000", "440000"


@pytest.fixture(scope="module")
def provinces() -> Any:
    return read_places("province")


def pairs(weights: Any) -> set[tuple[str, str]]:
    frame = to_frame(weights)
    return {(a, b) for a, b in zip(frame["focal"], frame["neighbor"], strict=True) if a < b}


@pytest.mark.parametrize("rook", [False, True])
def test_contiguity_of_provinces_is_the_land_border_list(provinces: Any, rook: bool) -> None:
    found = contiguity(provinces, rook=rook)
    assert len(found.ids) == 31
    assert found.matrix.nnz == 136
    assert found.islands == (HAINAN,)
    table = read_csv(ADJACENCY)
    land = table[(table["in_land_border_list"] == "1") & table["code_b"].isin(found.ids)]
    assert pairs(found) == set(zip(land["code_a"], land["code_b"], strict=True))
    assert len(pairs(found)) == 68


def test_islands_need_a_decision(provinces: Any) -> None:
    raw, apart = contiguity(provinces), provinces.distances()
    assert sea_links() == ((GUANGDONG, HAINAN),)
    with pytest.raises(WeightsError, match="without a neighbour: 460000; decide with --island"):
        resolve_islands(raw, "refuse")
    for decision in ("link", "nearest"):
        found = resolve_islands(raw, decision, apart=apart)  # type: ignore[arg-type]
        joined = {tuple(sorted(p)) for p in pairs(found) - pairs(raw)}
        assert len(joined) == 1
        assert (GUANGDONG, HAINAN) in joined or decision == "nearest"
        assert "460000 joined with" in found.source
        assert (found.matrix != found.matrix.T).nnz == 0
        assert normalise(found, "row").is_row_standardised
    dropped = resolve_islands(raw, "drop")
    assert len(dropped.ids) == 30
    assert "islands dropped: 460000" in dropped.source
    assert pairs(dropped) == pairs(raw)
    with pytest.raises(WeightsError, match="no distances are known"):
        resolve_islands(raw, "nearest")


def test_dropping_goes_on_until_no_island_is_left() -> None:
    one_way = make_weights(["a", "b", "c"], [[0, 0, 1], [0, 0, 0], [0, 1, 0]])
    with pytest.raises(WeightsError, match="every unit is an island"):
        resolve_islands(one_way, "drop")


def test_cities(provinces: Any) -> None:
    cities = read_places("city")
    assert len(cities.codes) == 367
    assert "540600" in cities.codes
    raw = contiguity(cities)
    assert raw.islands == ("460300",)
    with pytest.raises(WeightsError, match="no sea link is known for 460300"):
        resolve_islands(raw, "link", apart=cities.distances())
    assert resolve_islands(raw, "nearest", apart=cities.distances()).islands == ()
    some = read_places("city", units=["440300", "440100", "440600"])
    assert some.codes == ("440100", "440300", "440600")
    with pytest.raises(WeightsError, match="no outline for 341400"):
        read_places("city", units=["341400", "440100"])


@pytest.mark.parametrize("k", [1, 4, 30])
def test_nearest_neighbours_are_those_of_libpysal(provinces: Any, k: int) -> None:
    ours = nearest(provinces, k, metric="projected").matrix.toarray()
    theirs = Graph.build_knn(provinces.xy, k=k).sparse.toarray()
    assert (ours == theirs).all()
    order = np.argsort(provinces.distances() + np.diag(np.full(31, np.inf)), axis=1)[:, :k]
    found = nearest(provinces, k).matrix.toarray()
    assert (found.sum(axis=1) == k).all()
    assert all(found[i, row].all() for i, row in enumerate(order))


def test_inverse_distance_is_that_of_libpysal(provinces: Any) -> None:
    ours = inverse_distance(provinces, band_km=900, metric="projected").matrix.toarray()
    # libpysal's inverse distances divide by its own zeros, so its band is taken and ours inverted.
    theirs = Graph.build_distance_band(provinces.xy, threshold=900).sparse.toarray()
    assert ((ours > 0) == (theirs > 0)).all()
    plane = provinces.distances("projected")
    assert 1 / ours[ours > 0] == pytest.approx(plane[ours > 0])
    whole = inverse_distance(provinces, power=2).matrix.toarray()
    apart = provinces.distances()
    assert whole[0, 5] == pytest.approx(apart[0, 5] ** -2)


def test_distances_are_kilometres(provinces: Any) -> None:
    seats = read_places("province", point="seat")
    place = {c: i for i, c in enumerate(seats.codes)}
    # Beijing to Shanghai is about 1,070 km by air, Urumqi to Guangzhou about 3,280 km.
    apart = seats.distances()
    assert apart[place["110000"], place["310000"]] == pytest.approx(1068, rel=0.01)
    assert apart[place["650000"], place["440000"]] == pytest.approx(3280, rel=0.01)
    plane = seats.distances("projected")
    ratio = plane[apart > 0] / apart[apart > 0]
    assert 0.9 < ratio.min() < ratio.max() < 1.12
    assert great_circle_km(np.array([[0.0, 0.0], [0.0, 90.0]]))[0, 1] == pytest.approx(
        10007.6, abs=1
    )
    assert maps.ALBERS == ALBERS
    assert unit_distances(["310000", "110000"])[0, 1] == pytest.approx(
        provinces.distances()[place["110000"], place["310000"]]
    )


def test_economic_and_nested(provinces: Any) -> None:
    means = window_means(PROVINCE_PANEL, "gdp_per_capita_yuan", (2015, 2017), provinces.codes)
    rows = read_csv(PROVINCE_PANEL)
    own = rows[(rows["code"] == "110000") & rows["year"].isin(["2015", "2016", "2017"])]
    assert means["110000"] == pytest.approx(own["gdp_per_capita_yuan"].astype(float).mean())
    economy = economic_distance(means, told="GDP per head averaged over 2015-2017")
    dense = economy.matrix.toarray()
    assert dense[0, 1] == pytest.approx(1 / abs(means["110000"] - means["120000"]))
    assert (dense == dense.T).all()
    far = inverse_distance(provinces)
    both = nested(far, economy).matrix.toarray()
    assert both == pytest.approx(dense * far.matrix.toarray())
    assert "2015-2017" in nested(far, economy).source


def test_spectral_normalisation_keeps_symmetry(provinces: Any) -> None:
    raw = resolve_islands(contiguity(provinces), "link")
    scaled = spectral_normalise(raw)
    assert spectral_radius(scaled.matrix) == pytest.approx(1)
    assert (scaled.matrix != scaled.matrix.T).nnz == 0
    assert np.unique(scaled.matrix.data).size == 1
    with pytest.raises(WeightsError, match="largest eigenvalue is 0"):
        spectral_normalise(make_weights(["a", "b"], [[0, 1], [0, 0]]))
    with pytest.raises(SpecificationError, match="no normalisation"):
        normalise(raw, "columns")  # type: ignore[arg-type]


def test_description(provinces: Any) -> None:
    raw = contiguity(provinces)
    found = describe(raw)
    assert (found.n, found.n_links, found.n_components) == (31, 136, 2)
    assert found.islands == (HAINAN,)
    assert found.is_symmetric
    assert not found.is_row_standardised
    one_way = describe(normalise(nearest(provinces, 4), "row"))
    assert not one_way.has_symmetric_links
    assert one_way.largest_eigenvalue == pytest.approx(1)
    assert one_way.rho_max == pytest.approx(1)
    assert "islands               none" in one_way.summary()
    same = to_libpysal(raw)
    assert same.id_order == list(raw.ids)
    assert (same.sparse.toarray() == raw.matrix.toarray()).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: nearest(p, 31), "k = 31 neighbours of 31 places; choose k from 1 to 30"),
        (lambda p: nearest(p, 0), "k = 0"),
        (lambda p: inverse_distance(p, band_km=0), "must be greater than 0"),
        (
            lambda p: resolve_islands(
                inverse_distance(p, band_km=300), "refuse", apart=p.distances()
            ),
            "a band of 1102 km would leave none",
        ),
        (
            lambda p: window_means(PROVINCE_PANEL, "gdp_per_capita_yuan", (2010, 2011), p.codes),
            "gdp_per_capita_yuan is missing for 110000 2010",
        ),
        (
            lambda p: window_means(PROVINCE_PANEL, "gdp_per_head", (2015, 2017), p.codes),
            "lacks the column 'gdp_per_head'",
        ),
        (
            lambda p: window_means(PROVINCE_PANEL, "gdp_100m", (2017, 2015), p.codes),
            "write the earlier year first",
        ),
        (
            lambda p: economic_distance({"a": 1.0, "b": 1.0}, told="GDP"),
            "a and b have the same GDP",
        ),
        (lambda p: read_places("county"), "no level 'county'"),
        (lambda p: read_places("province", units=["110000", "110000"]), "named twice"),
        (lambda p: unit_distances(["a", "b"]), "'a' is not a region code"),
    ],
)
def test_bad_requests(provinces: Any, make: Any, message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        make(provinces)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unit,lon\na,1\n", "lacks coordinates"),
        ("unit,lon,lat\na,1,1\na,1,1\n", "'a' occurs twice"),
        ("unit,lon,lat\na,1,1\n", "no coordinates for b"),
        ("unit,lon,lat\na,1,1\nb,1,x\n", "is no number"),
        ("unit,lon,lat\na,1,1\nb,1,91\n", "outside"),
    ],
)
def test_bad_coordinates(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(SpecificationError, match=message):
        read_coordinates(path, ["a", "b"])


def test_coordinates_in_the_order_of_the_panel(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("unit,lon,lat\nb,0,90\na,0,0\n", "utf-8")
    assert read_coordinates(path, ["a", "b"]).tolist() == [[0, 0], [0, 90]]
    assert unit_distances(["a", "b"], path)[0, 1] == pytest.approx(10007.6, abs=1)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(weights_app, list(arguments))


def test_the_commands(tmp_path: Path) -> None:
    out = tmp_path / "w.csv"
    done = zhengce("weights", "build", "queen", "--island", "link", "--out", str(out))
    assert done.returncode == 0, done.stderr
    weights = read_weights(out)
    assert weights.is_row_standardised
    assert len(weights.ids) == 31
    account = json.loads(out.with_suffix(".json").read_text("utf-8"))
    assert "460000 joined with 440000 (sea link)" in account["source"]
    told = json.loads(run("describe", str(out), "--format", "json").stdout)
    assert told["n_links"] == 138
    assert told["n_components"] == 1
    assert "is_row_standardised   yes" in run("describe", str(out)).stdout


@pytest.mark.parametrize(
    ("options", "n_links"),
    [
        (["knn", "--k", "5", "--point", "seat"], 155),
        (["distance", "--band", "1200", "--power", "2", "--normalise", "none"], None),
        (["economic", "--years", "2015-2017"], 930),
        (["nested", "--years", "2015", "--geography", "queen", "--island", "link"], 138),
        (["nested", "--years", "2015-2017", "--normalise", "spectral"], 930),
        (["economic", "--level", "city", "--years", "2018", "--units", "UNITS"], 420),
    ],
)
def test_kinds_by_command(tmp_path: Path, options: list[str], n_links: int | None) -> None:
    cities = str(DATA / "statistics" / "city_panel_guangdong.csv")
    out = tmp_path / "w.csv"
    options = [cities if o == "UNITS" else o for o in options]
    done = run("build", *options, "--out", str(out))
    assert done.exception is None, done.exception
    assert n_links is None or len(read_csv(out)) == n_links
    copy = tmp_path / "copy.csv"
    again = run("build", "file", "--from", str(out), "--normalise", "none", "--out", str(copy))
    assert again.exception is None
    assert copy.read_text("utf-8") == out.read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["queen"], "without a neighbour: 460000"),
        (["knn", "--k", "31"], "k = 31"),
        (["distance", "--band", "300"], "would leave none"),
        (["economic"], "give the window"),
        (["economic", "--years", "2001-2002"], "missing for 110000 2001"),
        (["economic", "--years", "soon"], "'soon'"),
        (["file"], "needs a file"),
    ],
)
def test_mistakes(tmp_path: Path, options: list[str], message: str) -> None:
    done = run("build", *options, "--out", str(tmp_path / "w.csv"))
    assert isinstance(done.exception, SpecificationError)
    assert message in str(done.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [["triangles"], ["queen"]])
def test_a_mistake_is_one_line(tmp_path: Path, options: list[str]) -> None:
    done = zhengce("weights", "build", *options, "--out", str(tmp_path / "w.csv"))
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("shipped", "options"),
    [
        ("province_knn4", ["knn", "--k", "4"]),
        ("province_inverse_distance", ["distance"]),
        (
            "province_economic_2016_2017",
            [
                "economic",
                "--years",
                "2016-2017",
                "--data",
                "data/statistics/province_panel.csv",
                "--column",
                "gdp_per_capita_yuan",
            ],
        ),
    ],
)
def test_shipped_alternatives_are_what_their_commands_build(
    tmp_path: Path, shipped: str, options: list[str]
) -> None:
    done = zhengce("weights", "build", *options, "--out", str(tmp_path / "w.csv"))
    assert done.returncode == 0, done.stderr
    fresh = read_weights(tmp_path / "w.csv")
    kept = read_weights(DATA / "weights" / f"{shipped}.csv").align(fresh.ids)
    np.testing.assert_allclose(kept.matrix.toarray(), fresh.matrix.toarray(), rtol=1e-9)
