"""Outlines of provinces and cities on an equal-area plane, for drawing."""

from __future__ import annotations

import csv
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.paths import DATA, DIVISIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from econometrics.grid import Array

_PARALLELS = (25.0, 47.0)
_CENTRE = 105.0


def albers(lon: Array, lat: Array) -> Array:
    """Project degrees to kilometres: Albers equal-area conic on a sphere, parallels 25 and 47 north.

    References
    ----------
    Snyder, J. P. (1987), Map Projections: A Working Manual, USGS Professional Paper 1395, p. 100.
    """
    first, second = np.radians(_PARALLELS)
    n = (np.sin(first) + np.sin(second)) / 2
    c = np.cos(first) ** 2 + 2 * n * np.sin(first)
    rho = 6371.0 * np.sqrt(c - 2 * n * np.sin(np.radians(lat))) / n
    rho0 = 6371.0 * np.sqrt(c) / n
    theta = n * np.radians(lon - _CENTRE)
    return np.column_stack([rho * np.sin(theta), rho0 - rho * np.cos(theta)])


@cache
def outlines(scale: str) -> dict[str, tuple[Array, ...]]:
    """Read outlines: code to projected rings. ``scale`` is province, city or sea."""
    names = {"province": "province", "city": "city", "sea": "south_china_sea_line"}
    path = DATA / "geo" / f"{names[scale]}.geojson"
    found: dict[str, tuple[Array, ...]] = {}
    for i, feature in enumerate(json.loads(path.read_text(encoding="utf-8"))["features"]):
        properties = feature.get("properties") or {}
        code = str(properties.get("code") or properties.get("adcode") or i)
        found[code] = tuple(_projected(ring) for ring in _rings(feature["geometry"]))
    if scale == "city":
        # The geometry is of about 2017: 那曲 lies under its old code there.
        for code, geometry in _geometry_codes().items():
            if geometry in found and code not in found:
                found[code] = found[geometry]
    return found


def _geometry_codes() -> dict[str, str]:
    with DIVISIONS.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["geo_code"] for row in csv.DictReader(file) if row["geo_code"]}


def _rings(geometry: dict[str, Any]) -> Iterator[Any]:
    kind, parts = geometry["type"], geometry["coordinates"]
    if kind == "MultiPolygon":
        for polygon in parts:
            yield from polygon
    elif kind in ("Polygon", "MultiLineString"):
        yield from parts
    else:
        yield parts


def _projected(ring: Any) -> Array:
    lon, lat = np.asarray(ring, dtype=np.float64)[:, :2].T
    return albers(lon, lat)
