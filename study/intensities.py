"""One intensity a province for the SGDID, with its error, out of a rubric's dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError
from nlp_scoring.intensity.composite import composite_rows, composite_weights
from nlp_scoring.intensity.reports import intensity_rows, measure_sentences, report_means
from nlp_scoring.intensity.variants import Variant

if TYPE_CHECKING:
    import pandas as pd

    from configs.settings import IntensitySettings
    from corpus.rubric import Dimension, Rubric

MEAN: Literal["mean"] = "mean"


def province_intensity(
    scores: pd.DataFrame, sentences: pd.DataFrame, rubric: Rubric, *, measure: str, year: int,
    how: IntensitySettings,
) -> pd.DataFrame:  # fmt: skip
    """Measure the reports of one year.

    Parameters
    ----------
    measure : str
        ``mean`` of the dimensions, or a dimension's id or short name.

    Returns
    -------
    DataFrame
        ``unit, region, year, value, std_error, n_sentences`` and ``intensity_<short>`` of every
        dimension; the error takes sentences of one paragraph as dependent and, for the mean, the
        dimensions of one sentence too.

    Raises
    ------
    UserError
        No report of that year, or an unknown dimension.
    """
    chosen = sentences[(sentences["year"] == year) & (sentences["region_code"] != "000000")]
    if chosen.empty:
        held = sorted({int(y) for y in sentences["year"]})
        raise UserError(
            f"no report of {year} is in the corpus, which has {_spans(held)}",
            where="sgdid.intensity_year",
            fix=f"`zhengce crawl --year {year}`, or `zhengce parse` texts you have, or choose a year",
        )
    variant = Variant(with_annex=how.with_annex, sections=how.sections or ())
    found = report_means(
        measure_sentences(scores, chosen, variant, dimensions=rubric.dimension_ids)
    )
    every = intensity_rows(found)
    if measure == MEAN:
        rows = composite_rows(found, composite_weights(np.empty((0, len(found.dimensions))), MEAN))
    else:
        rows = every[every["dimension"] == rubric.dimension(measure).id]
    wide = every.pivot(index="region_code", columns="dimension", values="intensity")
    named = {dimension_column(d): wide[d.id] for d in rubric.dimensions}
    frame = rows.rename(
        columns={"region_code": "unit", "intensity": "value", "std_error": "std_error_plain",
                 "std_error_paragraph": "std_error"},
    )[["unit", "region", "year", "value", "std_error", "n_sentences"]].reset_index(drop=True)  # fmt: skip
    return frame.assign(**{name: frame["unit"].map(values) for name, values in named.items()})


def dimension_column(dimension: Dimension) -> str:
    """Name the column of a dimension's intensity, as panels do."""
    return f"intensity_{dimension.short.lower()}"


def with_mean(draws: pd.DataFrame) -> pd.DataFrame:
    """Add the mean of the dimensions to draws of a panel, draw by draw."""
    import pandas as pd

    keys = ["draw", "region_code", "year"]
    mean = draws.groupby(keys, sort=False)["intensity"].mean().reset_index()
    return pd.concat([draws, mean.assign(dimension=MEAN)[draws.columns]], ignore_index=True)


def _spans(years: list[int]) -> str:
    if not years:
        return "none"
    parts: list[list[int]] = []
    for year in years:
        if parts and year == parts[-1][-1] + 1:
            parts[-1].append(year)
        else:
            parts.append([year])
    return ", ".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts)
