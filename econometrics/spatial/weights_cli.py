"""Verbs of weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from econometrics.spatial.weights import Weights
    from econometrics.spatial.weights_places import Places

weights_app = typer.Typer(no_args_is_help=True, help="Build and describe spatial weights.")

_GDP = {
    "province": ("province_panel.csv", "gdp_per_capita_yuan"),
    "city": ("city_panel.csv", "gdp_per_capita"),
}


@weights_app.command("build")
def build(
    kind: Annotated[
        Literal["queen", "rook", "knn", "distance", "economic", "nested", "file"],
        typer.Argument(help="What makes neighbours."),
    ],
    out: Annotated[Path, typer.Option(help="Long CSV: focal, neighbor, weight.")],
    level: Annotated[Literal["province", "city"], typer.Option()] = "province",
    units: Annotated[
        Path | None, typer.Option(help="Panel or list whose codes are kept (CSV).")
    ] = None,
    k: Annotated[int, typer.Option(help="knn: number of neighbours.")] = 4,
    band: Annotated[
        float | None, typer.Option(help="distance, nested: km up to which places are neighbours.")
    ] = None,
    power: Annotated[float, typer.Option(help="distance, nested: 1/distance^power.")] = 1.0,
    metric: Annotated[Literal["great-circle", "projected"], typer.Option()] = "great-circle",
    point: Annotated[
        Literal["centroid", "seat"], typer.Option(help="Where distances are measured from.")
    ] = "centroid",
    years: Annotated[str, typer.Option(help="economic, nested: window of GDP per head, A-B.")] = "",
    data: Annotated[
        Path | None, typer.Option(help="economic, nested: panel with code, year and --column.")
    ] = None,
    column: Annotated[str, typer.Option(help="economic, nested: GDP per head.")] = "",
    geography: Annotated[
        Literal["distance", "queen", "knn"], typer.Option(help="nested: the other factor.")
    ] = "distance",
    source: Annotated[Path | None, typer.Option("--from", help="file: weights to read.")] = None,
    island: Annotated[
        Literal["link", "nearest", "drop", "refuse"],
        typer.Option(help="What becomes of a unit without a neighbour."),
    ] = "refuse",
    normalise: Annotated[Literal["row", "spectral", "none"], typer.Option()] = "row",
) -> None:
    """Build weights from the shipped geometry and statistics; their account goes beside them (.json).

    Example: zhengce weights build queen --level province --island link --out w.csv
    """
    from corpus.csvfiles import write_csv
    from corpus.files import write_text
    from econometrics.spatial.weights_build import resolve_islands
    from econometrics.spatial.weights_places import read_places, read_units
    from econometrics.spatial.weights_scale import describe, to_frame
    from econometrics.spatial.weights_scale import normalise as scale

    if kind == "file":
        weights, apart = _from_file(source), None
    else:
        kept = read_units(units) if units is not None else None
        places = read_places(level, units=kept, point=point)
        apart = places.distances(metric)
        weights = _raw(
            kind, places, k=k, band=band, power=power, metric=metric, island=island,
            years=years, data=data, column=column, geography=geography,
        )  # fmt: skip
    strength = power if kind == "distance" else 0.0
    weights = resolve_islands(weights, island, apart=apart, power=strength)
    weights = scale(weights, normalise)
    write_csv(out, to_frame(weights))
    account = {"source": weights.source, **asdict(describe(weights))}
    write_text(out.with_suffix(".json"), json.dumps(account, ensure_ascii=False, indent=1) + "\n")
    typer.echo(f"{len(weights.ids)} units, {weights.matrix.nnz} links: {out}", err=True)
    typer.echo(weights.source, err=True)


def _from_file(path: Path | None) -> Weights:
    from econometrics.spatial.problems import SpecificationError
    from econometrics.spatial.weights import read_weights

    if path is None:
        raise SpecificationError("kind file needs a file", fix="add --from W.csv")
    return read_weights(path)


def _raw(
    kind: str,
    places: Places,
    *,
    k: int,
    band: float | None,
    power: float,
    metric: Literal["great-circle", "projected"],
    island: Literal["link", "nearest", "drop", "refuse"],
    years: str,
    data: Path | None,
    column: str,
    geography: str,
) -> Weights:
    from econometrics.spatial import weights_build as make

    if kind in ("queen", "rook"):
        return make.contiguity(places, rook=kind == "rook")
    if kind == "knn":
        return make.nearest(places, k, metric=metric)
    if kind == "distance":
        return make.inverse_distance(places, band_km=band, power=power, metric=metric)
    if kind == "economic":
        return _economic(places.codes, places.level, years, data, column)
    first = _raw(
        geography, places, k=k, band=band, power=power, metric=metric, island=island,
        years=years, data=data, column=column, geography=geography,
    )  # fmt: skip
    apart = places.distances(metric)
    strength = power if geography == "distance" else 0.0
    first = make.resolve_islands(first, island, apart=apart, power=strength)
    return make.nested(first, _economic(first.ids, places.level, years, data, column))


def _economic(
    codes: tuple[str, ...], level: str, years: str, data: Path | None, column: str
) -> Weights:
    from configs.paths import DATA
    from econometrics.spatial.weights_build import economic_distance, window_means

    name, standard = _GDP[level]
    path = data if data is not None else DATA / "statistics" / name
    column = column or standard
    window = _window(years)
    means = window_means(path, column, window, codes)
    told = f"{column} averaged over {window[0]}-{window[1]} ({path.name})"
    return economic_distance(means, told=told)


def _window(text: str) -> tuple[int, int]:
    from configs.errors import shown
    from econometrics.spatial.problems import SpecificationError

    first, _, last = text.partition("-")
    try:
        return int(first), int(last or first)
    except ValueError as error:
        raise SpecificationError(
            f"years {shown(text)}", where="--years", fix="give the window, e.g. --years 2015-2017"
        ) from error


@weights_app.command("describe")
def describe_file(
    path: Annotated[Path, typer.Argument(help="Weights, long or dense (CSV).")],
    format: Annotated[Literal["table", "json"], typer.Option(help="How to print.")] = "table",
) -> None:
    """Print n, links, islands, symmetry, row sums, largest eigenvalue, components.

    Example: zhengce weights describe w.csv
    """
    from econometrics.spatial.weights import read_weights
    from econometrics.spatial.weights_scale import describe

    found = describe(read_weights(path))
    typer.echo(
        json.dumps(asdict(found), ensure_ascii=False) if format == "json" else found.summary()
    )
