"""Who borders whom: provinces from the shipped list of borders, cities by nearest centres."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Literal

import numpy as np

from configs.paths import DATA, DIVISIONS
from corpus.regions import provinces

ADJACENCY = DATA / "statistics" / "adjacency_province.csv"
_HAINAN = "460000"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Neighbours by code, and the decision behind them in words."""

    of: dict[str, tuple[str, ...]]
    note: str

    def among(self, units: list[str]) -> dict[str, list[str]]:
        """Keep the neighbours that are present."""
        present = set(units)
        return {u: [v for v in self.of.get(u, ()) if v in present] for u in units}


def province_neighbours(hainan: Literal["guangdong", "island", "drop"]) -> Neighbours:
    """Give the land borders of the 31 provinces and the decision on Hainan, which has none.

    Parameters
    ----------
    hainan : {"guangdong", "island", "drop"}
        Link it to Guangdong across the strait, keep it without neighbours, or leave it out.
    """
    known = {p.code for p in provinces()}
    links: dict[str, set[str]] = {code: set() for code in sorted(known)}
    with ADJACENCY.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            a, b = row["code_a"], row["code_b"]
            sea = row["sea_link_optional"] == "1"
            if a in known and b in known and (not sea or hainan == "guangdong"):
                links[a].add(b)
                links[b].add(a)
    if hainan == "drop":
        del links[_HAINAN]
    words = {
        "guangdong": "Hainan is linked to Guangdong by sea",
        "island": "Hainan has no neighbours (its lag is 0)",
        "drop": "Hainan is left out",
    }
    note = f"contiguity of provinces from {ADJACENCY.name}; {words[hainan]} (--hainan)"
    return Neighbours({a: tuple(sorted(b)) for a, b in links.items()}, note)


def city_neighbours(k: int = 4) -> Neighbours:
    """Give each city its ``k`` nearest by great-circle distance between administrative centres."""
    codes, points = [], []
    with DIVISIONS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["center_lon"] and (row["level"] != "province" or row["code"] in _MUNICIPALITIES):
                codes.append(row["code"])
                points.append((float(row["center_lon"]), float(row["center_lat"])))
    lon, lat = np.radians(np.array(points)).T
    cosine = np.sin(lat) * np.sin(lat)[:, None] + np.cos(lat) * np.cos(lat)[:, None] * np.cos(
        lon - lon[:, None]
    )
    np.fill_diagonal(cosine, -2)
    nearest = np.argsort(-cosine, axis=1, kind="stable")[:, : 4 * k]
    note = f"{k} nearest cities by centre"
    return Neighbours(
        {c: tuple(codes[j] for j in row[:k]) for c, row in zip(codes, nearest, strict=True)}, note
    )


_MUNICIPALITIES = ("110000", "120000", "310000", "500000")
