"""Province outlines as SVG paths in an equal-area projection, with the South China Sea inset."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from configs.paths import PROVINCE_GEOMETRY, SEA_LINE
from corpus.regions import regions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

#: Albers equal-area conic with the parallels usual for maps of China; kilometres.
ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=WGS84 +units=km"
#: Main frame and inset in projected kilometres: x from, y from, x to, y to.
MAIN_FRAME = (-2650.0, 1130.0, 2270.0, 5950.0)
SEA_FRAME = (50.0, 250.0, 1950.0, 2500.0)
#: Kilometres that outlines of printed maps are rounded to; a pixel of one is larger.
COARSE_KM = 4.0
#: Where the inset stands in the main frame: south of Taiwan, east of Hainan, on open sea.
INSET = (1290.0, 1150.0, 2260.0, 2300.0)


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A place as closed rings of projected (x, y) in km, y to the north."""

    code: str
    rings: tuple[NDArray[np.float64], ...]

    def path(self, decimals: int = 0) -> str:
        """SVG path data, y turned downwards, in km."""
        return "".join(_ring_path(ring, decimals) for ring in self.rings)


def _ring_path(ring: NDArray[np.float64], decimals: int) -> str:
    points = np.round(ring * [1, -1], decimals) + 0.0
    moved = np.any(np.diff(points, axis=0) != 0, axis=1)
    points = points[np.concatenate([[True], moved])]
    if len(points) < 4:
        return ""
    body = "L".join(f"{x:.{decimals}f} {y:.{decimals}f}" for x, y in points[:-1])
    return f"M{body}Z"


@cache
def read_outlines(path: Path) -> tuple[Outline, ...]:
    """Read polygons of a GeoJSON file, projected.

    Raises
    ------
    UserError
        When the file is missing or is no feature collection of polygons.
    """
    from pyproj import Transformer

    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
    except (OSError, ValueError, KeyError) as error:
        raise UserError("is not a readable GeoJSON file", where=str(path)) from error
    project = Transformer.from_crs("EPSG:4326", ALBERS, always_xy=True)
    outlines = []
    for feature in features:
        rings = tuple(_project(ring, project) for ring in _rings(feature["geometry"]))
        properties = feature.get("properties") or {}
        code = str(properties.get("code") or properties.get("adcode") or "")
        outlines.append(Outline(code, rings))
    return tuple(outlines)


def _rings(geometry: dict[str, Any]) -> Iterator[Any]:
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind == "Polygon":
        yield from coordinates
    elif kind == "MultiPolygon":
        for polygon in coordinates:
            yield from polygon
    elif kind == "LineString":
        yield coordinates
    elif kind == "MultiLineString":
        yield from coordinates


def _project(ring: Any, project: Any) -> NDArray[np.float64]:
    lon, lat = np.asarray(ring, dtype=float)[:, :2].T
    return np.column_stack(project.transform(lon, lat))


def coarse_ring(ring: NDArray[np.float64], km: float = COARSE_KM) -> NDArray[np.float64]:
    """Round a projected ring to a lattice, repeated points left out.

    Neighbours share their rounded border, so no gap opens between them; below the size of a pixel
    nothing is seen of it.
    """
    points = np.round(ring / km) * km
    return np.asarray(points[np.r_[True, np.any(np.diff(points, axis=0) != 0, axis=1)]])


def view_box(frame: tuple[float, float, float, float]) -> str:
    """SVG viewBox of a frame in projected km."""
    x0, y0, x1, y1 = frame
    return f"{x0:.0f} {-y1:.0f} {x1 - x0:.0f} {y1 - y0:.0f}"


@cache
def map_parts() -> dict[str, Any]:
    """Outlines as SVG path data and names by code, once for all maps of a page."""
    return {
        "outlines": [(o.code, o.path()) for o in read_outlines(PROVINCE_GEOMETRY)],
        "sea": [o.path() for o in read_outlines(SEA_LINE)],
        "main": view_box(MAIN_FRAME),
        "inset": view_box(SEA_FRAME),
        "inset_place": {
            "x": INSET[0],
            "y": -INSET[3],
            "width": INSET[2] - INSET[0],
            "height": INSET[3] - INSET[1],
        },
        "names": {code: region for code, region in regions().items() if region.level == "province"},
    }
