"""From sentence scores to the intensity of a report, with its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MeanScore:
    """A mean with two standard errors.

    Attributes
    ----------
    mean : float
    std_error : float
        ``s / sqrt(n)``: the report as n independent draws from its government's agenda.
    std_error_paragraph : float
        The same with sentences of one paragraph correlated: linearised variance of a ratio mean
        over clusters (Cochran 1977, Sampling Techniques, eq. 9.7 without the finite correction).
    """

    mean: float
    std_error: float
    std_error_paragraph: float
    n: int
    n_clusters: int


def mean_score(scores: NDArray[np.float64], clusters: NDArray[np.int64]) -> MeanScore:
    """Average the scores of one report.

    Parameters
    ----------
    scores : (n,) array
    clusters : (n,) array
        Paragraph of each sentence.
    """
    n, mean = len(scores), float(scores.mean())
    _, index = np.unique(clusters, return_inverse=True)
    residual = np.bincount(index, weights=scores - mean)
    g = len(residual)
    plain = float(scores.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    clustered = float(np.sqrt(g / (g - 1) * (residual**2).sum()) / n) if g > 1 else float("nan")
    return MeanScore(mean, plain, clustered, n, g)


def report_intensity(
    scores: pd.DataFrame,
    sentences: pd.DataFrame,
    *,
    dimensions: Sequence[str],
    unit_types: Sequence[str] = ("body",),
    with_annex: bool = False,
    sections: Sequence[str] | None = None,
    networks: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Average sentence scores to the ``report_score`` table.

    Parameters
    ----------
    scores, sentences : DataFrame
        The score table and the sentence table.
    unit_types : sequence of str
        Units that count; the article averages over sentences, so headings, greetings and notes
        do not.
    with_annex : bool
        Whether project lists printed after the report count too. Off by default: only some
        provinces print them.
    sections : sequence of str, optional
        Restrict to review, plan, governance or other.
    networks : DataFrame, optional
        The network_score table, where several networks made the scores: adds ``ensemble_sd``.
    """
    import pandas as pd

    counted = sentences[sentences["unit_type"].isin(list(unit_types))]
    if not with_annex:
        counted = counted[~counted["is_annex"]]
    if sections is not None:
        counted = counted[counted["section"].isin(list(sections))]
    keys = ["report_id", "region_code", "region", "year", "level"]
    measured = scores[["sentence_id", "dimension", "scorer", "score"]]
    merged = measured.merge(counted[["sentence_id", *keys, "paragraph"]], on="sentence_id")
    order = {d: i for i, d in enumerate(dimensions)}
    rows: list[dict[str, Any]] = []
    for key, group in merged.groupby([*keys, "dimension", "scorer"], sort=True):
        m = mean_score(group["score"].to_numpy(), group["paragraph"].to_numpy())
        rows.append(dict(zip([*keys, "dimension", "scorer"], key, strict=True)) | _columns(m))
    frame = pd.DataFrame(
        rows, columns=[*keys, "dimension", "scorer", *_columns(MeanScore(0, 0, 0, 0, 0))]
    )
    if networks is not None:
        spread = spread_of_means(networks, counted)
        frame = frame.merge(spread, on=["report_id", "dimension"], how="left")
    frame["_order"] = frame["dimension"].map(order)
    return frame.sort_values(["report_id", "_order"], ignore_index=True).drop(columns="_order")


def _columns(m: MeanScore) -> dict[str, float | int]:
    return {
        "intensity": m.mean,
        "std_error": m.std_error,
        "std_error_paragraph": m.std_error_paragraph,
        "n_sentences": m.n,
        "n_paragraphs": m.n_clusters,
    }


def spread_of_means(networks: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Give the standard deviation between networks of each report's mean score.

    Parameters
    ----------
    networks : DataFrame
        The ``network_score`` table.
    counted : DataFrame
        ``sentence_id, report_id`` of the sentences that count.

    Returns
    -------
    DataFrame
        ``report_id, dimension, ensemble_sd``.
    """
    own = networks.merge(counted[["sentence_id", "report_id"]], on="sentence_id")
    means = own.groupby(["report_id", "dimension", "model_id"])["score"].mean()
    spread = means.groupby(level=["report_id", "dimension"]).std(ddof=1)
    return spread.rename("ensemble_sd").reset_index()


def intensity_by(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Lay intensity out by region and year, or average it over one of them.

    Parameters
    ----------
    frame : DataFrame
        The report_score table.
    by : sequence of {"region", "year"}

    Returns
    -------
    DataFrame
        ``region_code, region, year, dimension, intensity, std_error, n_sentences`` (with
        ``std_error_paragraph``, and ``ensemble_sd`` where several networks scored); a mean weighs
        reports equally and counts them as independent. It has no ``ensemble_sd``: networks err
        alike in all reports, so it does not follow from those of the reports.

    Raises
    ------
    UserError
        For another grouping.
    """
    keys = {"region": ["region_code", "region"], "year": ["year"]}
    unknown = [name for name in by if name not in keys]
    if unknown or not by:
        raise UserError(
            f"cannot group by {unknown[0] if unknown else ''!r}",
            where="--by",
            fix="use region, year or region,year",
        )
    values = ["intensity", "std_error", "std_error_paragraph", "n_sentences"]
    columns = [c for name in keys if name in by for c in keys[name]]
    if set(by) == set(keys):
        shown = [*columns, "dimension", "intensity", "std_error", "n_sentences"]
        shown += [c for c in ("std_error_paragraph", "ensemble_sd") if c in frame]
        return frame[shown].reset_index(drop=True)
    squares = frame.assign(**{c: frame[c] ** 2 for c in ("std_error", "std_error_paragraph")})
    groups = squares.groupby([*columns, "dimension"], sort=False)[values]
    sums, counts = groups.sum(), groups.size()
    means = sums.assign(intensity=sums["intensity"] / counts, n_reports=counts)
    for column in ("std_error", "std_error_paragraph"):
        means[column] = np.sqrt(sums[column]) / counts
    return means.reset_index()
