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


def counted(
    sentences: pd.DataFrame, *, year: int, how: IntensitySettings
) -> tuple[pd.DataFrame, Variant]:
    """Keep the provincial sentences of a year that a study counts, and the variant that counts them.

    Raises
    ------
    UserError
        No such sentence.
    """
    own = sentences[(sentences["year"] == year) & (sentences["level"] == "province")]
    # Variants know body sentences only: what the study counts is given to them as such.
    own = own[own["unit_type"].isin(how.unit_types)].assign(unit_type="body")
    if own.empty:
        raise UserError(
            f"no provincial report of {year} has a sentence that counts",
            fix="choose its year, or other unit_types under [intensity]",
        )
    return own, Variant(with_annex=how.with_annex, sections=how.sections or ())


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
        As `counted`, or an unknown dimension.
    """
    chosen, variant = counted(sentences, year=year, how=how)
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
