"""Places that weights connect: outlines and points of the shipped geometry, and distances in km."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from configs.paths import DATA, PROVINCE_GEOMETRY
from corpus.csvfiles import read_csv
from corpus.regions import provinces, regions
from econometrics.spatial.problems import SpecificationError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Level = Literal["province", "city"]
Point = Literal["centroid", "seat"]
Metric = Literal["great-circle", "projected"]

#: Albers equal-area conic with the parallels usual for maps of China; kilometres.
ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=WGS84 +units=km"
CITY_GEOMETRY = DATA / "geo" / "city.geojson"
EARTH_RADIUS_KM = 6371.0088
_GEOMETRY = {"province": PROVINCE_GEOMETRY, "city": CITY_GEOMETRY}
#: Hong Kong, Macao, Taiwan, and an atoll without a government of its own: no statistics of ours.
_OUTSIDE = frozenset({"710000", "810000", "820000", "442101"})
#: Today's code where the geometry has the one of 2017 (divisions.csv, geo_code).
_RENAMED = {"542400": "540600"}


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places with outline and point, in the order of their codes.

    Attributes
    ----------
    codes : tuple of str
        Six-digit codes.
    shapes : GeoSeries
        Outlines in degrees as shipped: shared borders have the same vertices.
    lonlat : (n, 2) array
        The point that distances are measured from, degrees.
    xy : (n, 2) array
        The same in Albers kilometres.
    source : str
        The file.
    """

    codes: tuple[str, ...]
    shapes: Any
    lonlat: NDArray[np.float64]
    xy: NDArray[np.float64]
    level: Level
    source: str

    def distances(self, metric: Metric = "great-circle") -> NDArray[np.float64]:
        """Distances in km, (n, n).

        An equal-area projection stretches long distances by some per cent, so great circles are
        the default.
        """
        return great_circle_km(self.lonlat) if metric == "great-circle" else projected_km(self.xy)


def read_places(
    level: Level, *, units: Sequence[str] | None = None, point: Point = "centroid"
) -> Places:
    """Read the shipped geometry of provinces or cities.

    Parameters
    ----------
    level : {"province", "city"}
        "province": the 31; "city": every unit of the city file but Hong Kong, Macao, Taiwan and
        Dongsha.
    units : sequence of str, optional
        Codes to keep instead.
    point : {"centroid", "seat"}
        Centroid of the outline, computed in Albers projection, or the seat of government.

    Raises
    ------
    SpecificationError
        Unknown level, geopandas not installed, or a file that is no GeoJSON.
    WeightsError
        A code without an outline.
    """
    if level not in _GEOMETRY:
        raise SpecificationError(f"no level {level!r}", fix="the levels are province and city")
    path = _GEOMETRY[level]
    shapes = _read_shapes(path)
    codes = _chosen(level, set(shapes.index), units)
    shapes = shapes.loc[list(codes)]
    projected = shapes.geometry.to_crs(ALBERS).centroid
    if point == "seat":
        lonlat = shapes[["center_lon", "center_lat"]].to_numpy(dtype=np.float64)
        xy = _transform(lonlat, "EPSG:4326", ALBERS)
    else:
        xy = np.column_stack([projected.x, projected.y])
        lonlat = _transform(xy, ALBERS, "EPSG:4326")
    return Places(codes, shapes.geometry, lonlat, xy, level, f"{path.parent.name}/{path.name}")


def _read_shapes(path: Path) -> Any:
    geopandas = econ_module("geopandas")
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
    except (OSError, ValueError, KeyError) as error:
        raise SpecificationError("is not a readable GeoJSON file", where=str(path)) from error
    frame = geopandas.GeoDataFrame.from_features(features, crs="EPSG:4326")
    return frame.assign(code=frame["code"].replace(_RENAMED)).set_index("code")


def econ_module(name: str) -> Any:
    """Import a module of the extra ``econ``.

    Raises
    ------
    SpecificationError
        With how to install it.
    """
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise SpecificationError(
            f"{name} is not installed", fix="make install EXTRAS=plot,econ"
        ) from error


def _chosen(level: Level, known: set[str], units: Sequence[str] | None) -> tuple[str, ...]:
    if units is None:
        own = {r.code for r in provinces()} if level == "province" else known - _OUTSIDE
        return tuple(sorted(own & known))
    if len(set(units)) < len(units):
        raise WeightsError("a unit is named twice", fix="name each unit once")
    absent = [
        f"{u} ({regions()[u].name})" if u in regions() else u for u in units if u not in known
    ]
    if absent:
        raise WeightsError(
            f"no outline for {', '.join(absent[:8])}",
            where=_GEOMETRY[level].name,
            fix=f"leave them out, or use codes of data/geo/{_GEOMETRY[level].name}",
        )
    return tuple(sorted(units))


def _transform(points: NDArray[np.float64], source: str, target: str) -> NDArray[np.float64]:
    from pyproj import Transformer

    turn = Transformer.from_crs(source, target, always_xy=True)
    return np.column_stack(turn.transform(points[:, 0], points[:, 1]))


def great_circle_km(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Haversine distances between points in degrees, (n, n), on a sphere of the mean radius.

    Examples
    --------
    >>> great_circle_km(np.array([[0.0, 0.0], [90.0, 0.0]])).round(1)
    array([[    0. , 10007.6],
           [10007.6,     0. ]])
    """
    lon, lat = np.radians(lonlat).T
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half = half + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def projected_km(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Straight distances in the plane, (n, n)."""
    return np.asarray(np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1)))


def read_units(path: Path) -> tuple[str, ...]:
    """Codes in a CSV's column ``region_code``, ``code`` or ``unit``, each once.

    Raises
    ------
    SpecificationError
        When it has none of these columns.
    """
    frame = read_csv(path)
    for column in ("region_code", "code", "unit"):
        if column in frame.columns:
            return tuple(sorted(set(frame[column])))
    raise SpecificationError(
        "names no units", where=str(path), fix="a column region_code, code or unit"
    )


def read_coordinates(path: Path, units: Iterable[str]) -> NDArray[np.float64]:
    """Longitude and latitude of units from a CSV ``unit, lon, lat``, in the order of the units.

    Raises
    ------
    SpecificationError
        Missing columns, a unit without a point or with two, or a value that is no coordinate.
    """
    frame = read_csv(path)
    if not {"unit", "lon", "lat"} <= set(frame.columns):
        raise SpecificationError("lacks coordinates", where=str(path), fix="columns unit, lon, lat")
    if frame["unit"].duplicated().any():
        twice = frame.loc[frame["unit"].duplicated(), "unit"].iloc[0]
        raise SpecificationError(f"unit {twice!r} occurs twice", where=str(path))
    table = frame.set_index("unit")
    wanted = list(units)
    absent = [u for u in wanted if u not in table.index]
    if absent:
        raise SpecificationError(
            f"no coordinates for {', '.join(absent[:8])}", where=str(path), fix="add their rows"
        )
    try:
        points = table.loc[wanted, ["lon", "lat"]].to_numpy().astype(np.float64)
    except ValueError as error:
        raise SpecificationError(f"a coordinate is no number ({error})", where=str(path)) from error
    if not (np.abs(points) <= [180, 90]).all():
        raise SpecificationError(
            "a coordinate is outside -180..180, -90..90", where=str(path), fix="use degrees"
        )
    return np.asarray(points)


def unit_distances(units: Sequence[str], coordinates: Path | None = None) -> NDArray[np.float64]:
    """Great-circle km between a panel's units: from a file, or by code from the shipped geometry.

    Raises
    ------
    SpecificationError
        Units that are no codes and no file of coordinates, or codes of both levels.
    """
    if coordinates is not None:
        return great_circle_km(read_coordinates(coordinates, units))
    if not all(u in regions() for u in units):
        odd = next(u for u in units if u not in regions())
        raise SpecificationError(
            f"unit {odd!r} is not a region code, so its place is unknown",
            fix="give coordinates: a CSV with columns unit, lon, lat",
        )
    ours = {r.code for r in provinces()}
    level: Level = "province" if set(units) <= ours else "city"
    places = read_places(level, units=units)
    place = {code: i for i, code in enumerate(places.codes)}
    order = [place[u] for u in units]
    return places.distances()[np.ix_(order, order)]
