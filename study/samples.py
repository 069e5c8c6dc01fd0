"""The rows that the models of a study see, out of its panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.errors import UserError
from corpus.csvfiles import read_csv

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from configs.model_settings import Scale, StudySgdid
    from ml.sample import Sample
    from study.folder import Study

PLACES = ("_lon", "_lat")


def unit_of(scale: Scale) -> str:
    """Column of the unit's code in a panel of this scale."""
    return "firm_code" if scale == "enterprise" else "region_code"


def sgdid_settings(study: Study) -> StudySgdid:
    """Give the settings of the SGDID of a study that has one."""
    how = study.settings.sgdid
    if how is None:
        raise UserError("the study has no [sgdid]", where=study.settings.name)
    return how


def drawn_intensities(study: Study) -> Path | None:
    """Place of the draws of corrected intensities; None where the study has none.

    They need the out-of-fold scores that come with a fine-tuned model.
    """
    how = study.settings.sgdid
    corrects = how is not None and how.corrected and study.settings.scoring.scorer == "bert"
    return study.store("intensity_draws.csv") if corrects else None


def check_panel(study: Study, scale: Scale) -> None:
    """Refuse years and columns that a fresh panel does not have, before anything is scored.

    Raises
    ------
    UserError
        As `scale_sample` and, for the provinces of a SGDID, a cell that the model needs.
    """
    scale_sample(study, scale, with_places=False)
    if scale == "province" and study.settings.sgdid is not None:
        _model_cells(read_csv(study.table("panel_province.csv")), study)


def _model_cells(frame: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the SGDID's years, and their numbers.

    Raises
    ------
    UserError
        A column that the panel lacks, years that it does not cover, an empty cell in them.
    """
    import pandas as pd

    how, scale = sgdid_settings(study), study.settings.scales.given()["province"]
    where = str(study.table("panel_province.csv"))
    wanted = [scale.y, *how.controls]
    for name in (*wanted, *how.standardised):
        if name not in frame.columns:
            there = ", ".join(c for c in frame.columns if not c.startswith("expected"))
            raise UserError(f"there is no column {name!r}", where=where, fix=f"there are {there}")
    years = frame["year"].astype(int)
    first, last = how.years
    lost = [y for y in range(first, last + 1) if y not in set(years)]
    if lost:
        raise UserError(
            f"the panel has no row of {lost[0]}; it covers {years.min()} to {years.max()}",
            where="sgdid.years", fix=f"choose years within them, or widen {scale.panel}",
        )  # fmt: skip
    kept = frame[years.between(first, last)].reset_index(drop=True)
    numbers = kept[wanted].replace("", None).apply(pd.to_numeric)
    if numbers.isna().to_numpy().any():
        row, column = (int(v[0]) for v in numbers.isna().to_numpy().nonzero())
        raise UserError(
            f"{numbers.columns[column]} of {kept['region'][row]} {kept['year'][row]} is empty",
            where=where, fix="leave the control or the year out: the model needs every cell",
        )  # fmt: skip
    return kept, numbers


def sgdid_panel(frame: pd.DataFrame, measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Keep the model's columns and years; controls named so are divided by their spread over provinces.

    Parameters
    ----------
    frame, measured : DataFrame
        Panel of the provinces, and their intensities (`study.intensities.province_intensity`).
    """
    import pandas as pd

    how = sgdid_settings(study)
    kept, numbers = _model_cells(frame, study)
    for name in how.standardised:
        spread = numbers[name].groupby(kept["region_code"]).mean().std(ddof=1)
        numbers[name] = numbers[name] / spread
    intensities = measured.set_index("unit").filter(like="intensity_").astype(float)
    joined = intensities.reindex(kept["region_code"]).reset_index(drop=True)
    return pd.concat([kept[["region_code", "region", "year"]], numbers, joined], axis=1)


def scale_sample(study: Study, scale: Scale, *, with_places: bool) -> Sample:
    """Rows of a scale's panel that have every value.

    Raises
    ------
    UserError
        Years without a row, or a column that is not there.
    """
    from ml.figures_cli import with_places as placed
    from ml.sample import sample_of

    how, path = study.settings.scales.given()[scale], study.table(f"panel_{scale}.csv")
    frame = read_csv(path)
    if how.years is not None:
        years = frame["year"].astype(int)
        kept = years.between(*how.years)
        if how.years[0] < years.min() or how.years[1] > years.max():
            raise UserError(
                f"{how.years[0]} to {how.years[1]} is not within the panel, which covers {years.min()} to {years.max()}",
                where=f"scales.{scale}.years", fix="choose years within them",
            )  # fmt: skip
        frame = frame[kept].reset_index(drop=True)
    unit = unit_of(scale)
    return sample_of(
        placed(frame, unit) if with_places else frame, y=how.y, x=how.x, unit=unit, time="year",
        coords=PLACES if with_places else (), drop_missing=True,
    )  # fmt: skip
