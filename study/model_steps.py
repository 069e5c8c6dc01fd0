"""What the steps after the intensities do: each calls one package and copies its tables and figures."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from configs.model_settings import ShapSettings
from configs.paths import resolve
from corpus.csvfiles import read_csv, write_csv
from corpus.files import write_atomically
from study.fits import FITS, fit_name, map_name, picture_name
from study.folder import label_path
from study.intensities import dimension_column, province_intensity, with_mean
from study.samples import (
    check_panel,
    drawn_intensities,
    scale_sample,
    sgdid_panel,
    sgdid_settings,
    unit_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from configs.model_settings import GgprSettings, Scale
    from configs.sgdid_settings import SgdidSettings
    from ml.sample import Sample
    from study.fits import Kind
    from study.folder import Study
    from study.runner import Advance

TABLE_3 = "table_3_sgdid"


def build_scale(study: Study, scale: Scale, advance: Advance) -> None:
    """Build a panel into its folder; its rows and indicator system go to the study's tables."""
    from configs.panel_settings import load_panel
    from econometrics.panel_folder import write_panel_folder

    file = resolve(study.settings.scales.given()[scale].panel)
    out = study.model(f"panel_{scale}")
    write_panel_folder(load_panel(file), file, out)
    copy_file(out / "panel.csv", study.table(f"panel_{scale}.csv"))
    copy_file(out / "coverage.csv", study.table(f"indicators_{scale}.csv"))
    check_panel(study, scale)


def treatment(study: Study, advance: Advance) -> None:
    """Measure the reports of the treatment's year."""
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table

    how = sgdid_settings(study)
    frame = province_intensity(
        read_table(ScoreTable, study.store("score.parquet")),
        read_table(SentenceTable, study.store("sentence.parquet")),
        study.rubric, measure=how.measure, year=how.intensity_year, how=study.settings.intensity,
    )  # fmt: skip
    write_csv(study.table("treatment.csv"), frame)


def correct(study: Study, draws: Path, advance: Advance) -> None:
    """Correct the intensities by the random labels; draws of the panel for the SGDID."""
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table
    from nlp_scoring.bert.runtime import load_bert
    from nlp_scoring.design.cli import read_scores
    from nlp_scoring.design.errors import LabelError
    from nlp_scoring.design.tables import corrected_intensity
    from nlp_scoring.labels import read_labels

    how, scoring, rubric = sgdid_settings(study), study.settings.scoring, study.rubric
    folder = resolve(scoring.model)
    panel = corrected_intensity(
        read_table(ScoreTable, study.store("score.parquet")),
        read_table(SentenceTable, study.store("sentence.parquet")),
        read_labels(label_path(study), rubric),
        read_scores(folder, rubric, load_bert(folder, rubric)),
        dimensions=rubric.dimension_ids, method="shrunk", label_error=LabelError(),
        draws=max(how.robustness.intensity_draws, 2), seed=how.seed,
    )  # fmt: skip
    drawn = panel.draws[panel.draws["year"] == how.intensity_year]
    write_csv(study.table("intensity_corrected.csv"), panel.table, float_format="%.6f")
    write_csv(draws, with_mean(drawn), float_format="%.6f")


def sgdid(study: Study, advance: Advance) -> None:
    """Fit the article's specification with its robustness."""
    from econometrics.sgdid.report import write_sgdid
    from econometrics.sgdid.study import run_sgdid

    out = study.model("sgdid")
    frame, measured = (read_csv(study.table(f"{n}.csv")) for n in ("panel_province", "treatment"))
    write_csv(study.table("sgdid_panel.csv"), sgdid_panel(frame, measured, study))
    write_sgdid(run_sgdid(_fit_settings(study), progress=lambda _: advance(1)), out)
    copy_tables(out / "tables", study, "sgdid")
    copy_figures(out / "figures", study, "sgdid")


def _fit_settings(study: Study) -> SgdidSettings:
    how = sgdid_settings(study)
    scale = study.settings.scales.given()["province"]
    return how.to_sgdid(
        study.settings.name, panel=study.table("sgdid_panel.csv"), y=scale.y,
        intensity=study.table("treatment.csv"), draws=drawn_intensities(study),
        intensities={d.short: dimension_column(d) for d in study.rubric.dimensions},
    )  # fmt: skip


def sensitivity(study: Study, advance: Advance) -> None:
    """Measure the reports in every other way and fit the model to each."""
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table
    from study.measures import intensity_measures, other_scorers
    from study.sensitivity import sgdid_by_measure

    how, scoring = sgdid_settings(study), study.settings.scoring
    sentences = read_table(SentenceTable, study.store("sentence.parquet"))
    sentences = sentences[sentences["year"] == how.intensity_year].reset_index(drop=True)
    others = {}
    if scoring.label_file is not None:
        others = other_scorers(sentences, label_path(study), study.rubric)
        others.pop(scoring.scorer, None)
    measured = intensity_measures(
        read_table(ScoreTable, study.store("score.parquet")), sentences, study.rubric,
        year=how.intensity_year, how=study.settings.intensity, others=others,
    )  # fmt: skip
    write_csv(study.table("measures.csv"), measured)
    write_csv(study.table("sgdid_by_measure.csv"), sgdid_by_measure(_fit_settings(study), measured))


def fit(
    study: Study, kind: Kind, how: ShapSettings | GgprSettings, scale: Scale, advance: Advance
) -> None:
    """Fit a predictor to a scale's panel; copy its tables and figures."""
    name = fit_name(kind, scale)
    sample = scale_sample(study, scale, with_places=kind == "ggpr")
    out = study.model(name)
    if isinstance(how, ShapSettings):
        _shap(how, sample, out, lambda _: advance(1), simulated=scale == "enterprise")
    else:
        _ggpr(how, sample, out, lambda _: advance(1))
    _keep_tables(study, kind, scale, sample)
    for drawn in sorted((study.model(name) / "figures").glob("*.[ps][nv]g")):
        copied = picture_name(kind, scale, drawn.stem) + drawn.suffix
        copy_file(drawn, study.folder / "figures" / copied)


def _shap(
    how: ShapSettings, sample: Sample, out: Path, tell: Callable[[str], object], *, simulated: bool
) -> None:
    """Fit XGBoost with SHAP; features only, as in the article."""
    from ml.xgb import XgbJob, run_xgb, write_xgb

    job = XgbJob(
        seeds=how.seeds, draws=how.draws, tests=how.tests, folds=how.folds, seed=how.seed,
        simulated=simulated,
    )  # fmt: skip
    write_xgb(run_xgb(sample, job, progress=tell), out, job)


def _ggpr(how: GgprSettings, sample: Sample, out: Path, tell: Callable[[str], object]) -> None:
    """Fit the Gaussian process and its GeoShapley values; places are the seats of government."""
    from ml.ggpr import GgprJob, run_ggpr, write_ggpr

    job = GgprJob(
        kernel=how.kernel, nu=None if how.nu is None else float(how.nu), seed=how.seed, restarts=how.restarts, draws=how.draws, folds=how.folds,
    )  # fmt: skip
    write_ggpr(run_ggpr(sample, job, progress=tell), out, job)


def describe(study: Study, scale: Scale, advance: Advance) -> None:
    """Describe a panel and map NQP and SER over the years (Figures 3 to 5)."""
    from configs.panel_settings import load_panel
    from econometrics.build import build_panel
    from econometrics.describe import describe_tables
    from econometrics.plots import draw_panel

    made = build_panel(load_panel(resolve(study.settings.scales.given()[scale].panel)))
    found = describe_tables(made)
    for file, frame in found.tables.items():
        write_csv(study.table(f"{Path(file).stem}_{scale}.csv"), frame)
    folder = study.model(f"panel_{scale}") / "figures"
    shutil.rmtree(folder, ignore_errors=True)  # of other settings
    draw_panel(made, found, folder)
    for drawn in sorted(folder.glob("*.[ps][nv]g")):
        kind, _, variable = drawn.stem.partition("_")
        name = (
            f"{map_name(scale)}_{variable}"
            if kind in ("maps", "cities")
            else f"panel_{scale}_{drawn.stem}"
        )
        copy_file(drawn, study.folder / "figures" / (name + drawn.suffix))


def tables(study: Study, advance: Advance) -> None:
    """Write what the scales measure, as CSV, LaTeX and Word."""
    from study.article_tables import write_article_tables

    write_article_tables(study)


def side_by_side(study: Study, advance: Advance) -> None:
    """Set every number and claim of the article beside this run's."""
    from corpus.schemas import ScoreTable
    from corpus.store import read_table
    from study.published import side_by_side as compared
    from study.results import read_results

    how = study.settings.sgdid
    scored = read_table(ScoreTable, study.store("score.parquet"))["sentence_id"].drop_duplicates()
    found = read_results(
        study.folder, intensity_year=how.intensity_year if how else None,
        n_sentences=len(scored), n_reports=scored.str.rsplit("-", n=1).str[0].nunique(),
    )  # fmt: skip
    write_csv(study.table("published_side_by_side.csv"), compared(found))


def _keep_tables(study: Study, kind: Kind, scale: Scale, sample: Sample) -> None:
    """Copy tables of a fit, rows of observations with their unit and year."""
    name, time = fit_name(kind, scale), sample.time
    keys = {unit_of(scale): sample.unit, "year": None if time is None else time.astype(int)}
    for table in FITS[kind].tables:
        frame = read_csv(study.model(name) / f"{table}.csv")
        if table in ("attributions", "predictions"):
            for i, (column, values) in enumerate(keys.items()):
                frame.insert(i, column, values)
        write_csv(study.table(f"{name}_{table}.csv"), frame)


def copy_tables(source: Path, study: Study, name: str) -> None:
    """Copy a fit's tables of every format into ``tables/`` under its name."""
    for file in sorted(source.iterdir()):
        stem = TABLE_3 if file.stem == name else f"{name}_{file.stem}"
        copy_file(file, study.table(stem + file.suffix))


def copy_figures(source: Path, study: Study, name: str) -> None:
    """Copy a fit's figures into ``figures/`` under its name."""
    for file in sorted(source.glob("*.[ps][nv]g")):
        copy_file(file, study.folder / "figures" / f"{name}_{file.name}")


def copy_file(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all."""
    write_atomically(target, lambda place: shutil.copyfile(source, place))
