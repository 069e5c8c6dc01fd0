"""Coordinates as kilometres on an equal-area plane, with the checks that degrees need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.problems import CoordinatesError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Albers equal-area conic with the parallels usual for maps of China; kilometres (as corpus.maps).
ALBERS_CHINA = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=WGS84 +units=km"


def project(coords: NDArray[np.float64], crs: str | None = None) -> NDArray[np.float64]:
    """Project coordinates to kilometres, one scale for both axes.

    Parameters
    ----------
    coords : (n, 2) array
        Longitude and latitude in degrees; with ``crs`` easting and northing in its units.
    crs : str, optional
        ``"plane"`` takes the coordinates as they are (a grid, an invented plane), anything
        else is what pyproj knows (``EPSG:32650``).

    Returns
    -------
    (n, 2) array
        Kilometres; the units given for ``crs="plane"``.

    Raises
    ------
    CoordinatesError
        Degrees swapped or out of range, metres without ``crs``, degrees with one.
    """
    coords = np.asarray(coords, dtype=np.float64)
    if crs == "plane":
        return coords
    if crs is None:
        _check_degrees(coords)
        return np.column_stack(_transformer("EPSG:4326", _albers_for(coords)).transform(*coords.T))
    return _from_crs(coords, crs)


def _check_degrees(coords: NDArray[np.float64]) -> None:
    lon, lat = coords.T
    if np.abs(coords).max() > 360:
        raise CoordinatesError(
            f"coordinates up to {np.abs(coords).max():.0f} are no degrees",
            fix="metres need --crs, e.g. --crs EPSG:32650; an invented plane --crs plane",
        )
    if np.abs(lat).max() > 90:
        swapped = np.abs(lon).max() <= 90
        raise CoordinatesError(
            f"latitude {lat[np.abs(lat).argmax()]:g} is beyond 90 degrees",
            fix="longitude comes first: swap the two names in --coords" if swapped
            else "give longitude and latitude in degrees, or --crs",
        )  # fmt: skip
    if np.abs(lon).max() > 180:
        raise CoordinatesError(f"longitude {np.abs(lon).max():g} is beyond 180 degrees")


def _albers_for(coords: NDArray[np.float64]) -> str:
    lon, lat = coords.T
    if lon.min() > 70 and lon.max() < 140 and lat.min() > 0 and lat.max() < 58:
        return ALBERS_CHINA
    # Elsewhere: parallels at a sixth from the edges (Snyder 1987, p. 99), centred on the data.
    low, high = float(lat.min()), float(lat.max())
    sixth = (high - low) / 6
    first, second = low + sixth, high - sixth
    if abs(first + second) < 0.1:  # symmetric about the equator: a cone has no apex
        second += 0.2
    centre = float(lon.mean())
    return f"+proj=aea +lat_1={first:.4f} +lat_2={second:.4f} +lat_0={(low + high) / 2:.4f} +lon_0={centre:.4f} +ellps=WGS84 +units=km"


def _from_crs(coords: NDArray[np.float64], crs: str) -> NDArray[np.float64]:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        system = CRS.from_user_input(crs)
    except CRSError as error:
        raise CoordinatesError(f"unknown --crs {crs!r}", fix="e.g. EPSG:32650 or plane") from error
    if system.is_geographic:
        raise CoordinatesError(
            f"--crs {crs} is in degrees", fix="leave --crs out: degrees are projected by us"
        )
    if np.abs(coords[:, 0]).max() <= 180 and np.abs(coords[:, 1]).max() <= 90:
        raise CoordinatesError(
            f"the coordinates look like degrees, --crs {crs} is in metres",
            fix="leave --crs out for degrees",
        )
    return coords * system.axis_info[0].unit_conversion_factor / 1000.0


def _transformer(source: str, target: str):  # type: ignore[no-untyped-def]
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)


def looks_swapped(coords: NDArray[np.float64]) -> bool:
    """Tell whether degrees lie in China only after swapping them."""
    first, second = np.asarray(coords, dtype=np.float64).T
    return bool(
        first.min() > 3 and first.max() < 54 and second.min() > 73 and second.max() <= 136
    )  # fmt: skip
