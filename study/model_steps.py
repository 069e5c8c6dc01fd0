"""What the steps after the intensities do: each calls one package and copies its tables and figures."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from configs.paths import resolve
from corpus.csvfiles import read_csv, write_csv
from corpus.files import write_atomically
from study.intensities import dimension_column, province_intensity, with_mean
from study.samples import check_panel, scale_sample, sgdid_panel, sgdid_settings, unit_of

if TYPE_CHECKING:
    from configs.model_settings import Scale
    from configs.sgdid_settings import SgdidSettings
    from ml.sample import Sample
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


def correct(study: Study, advance: Advance) -> None:
    """Correct the intensities by the random labels; draws of the panel for the SGDID."""
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table
    from nlp_scoring.bert.runtime import load_bert
    from nlp_scoring.design.cli import read_scores
    from nlp_scoring.design.errors import LabelError
    from nlp_scoring.design.tables import corrected_intensity
    from nlp_scoring.labels import read_labels

    how, scoring, rubric = sgdid_settings(study), study.settings.scoring, study.rubric
    assert scoring.label_file is not None  # noqa: S101
    folder = resolve(scoring.model)
    panel = corrected_intensity(
        read_table(ScoreTable, study.store("score.parquet")),
        read_table(SentenceTable, study.store("sentence.parquet")),
        read_labels(resolve(scoring.label_file), rubric),
        read_scores(folder / "out_of_fold.csv.gz", rubric, load_bert(folder, rubric)),
        dimensions=rubric.dimension_ids, method="shrunk", label_error=LabelError(),
        draws=max(how.robustness.intensity_draws, 2), seed=how.seed,
    )  # fmt: skip
    drawn = panel.draws[panel.draws["year"] == how.intensity_year]
    write_csv(study.table("intensity_corrected.csv"), panel.table, float_format="%.6f")
    write_csv(study.store("intensity_draws.csv"), with_mean(drawn), float_format="%.6f")


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
    drawn = study.store("intensity_draws.csv")
    scale = study.settings.scales.given()["province"]
    return how.to_sgdid(
        study.settings.name, panel=study.table("sgdid_panel.csv"), y=scale.y,
        intensity=study.table("treatment.csv"), draws=drawn if drawn.is_file() else None,
        intensities={d.short: dimension_column(d) for d in study.rubric.dimensions},
    )  # fmt: skip


def sensitivity(study: Study, advance: Advance) -> None:
    """Measure the reports in every other way and fit the model to each."""
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table
    from study.measures import intensity_measures, other_scorers
    from study.sensitivity import sgdid_by_measure

    how, counted, scoring = sgdid_settings(study), study.settings.intensity, study.settings.scoring
    sentences = read_table(SentenceTable, study.store("sentence.parquet"))
    sentences = sentences[sentences["year"] == how.intensity_year].reset_index(drop=True)
    others = {}
    if scoring.label_file is not None:
        others = other_scorers(sentences, resolve(scoring.label_file), study.rubric)
        others.pop(scoring.scorer, None)
    measured = intensity_measures(
        read_table(ScoreTable, study.store("score.parquet")), sentences, study.rubric,
        year=how.intensity_year, unit_types=counted.unit_types, with_annex=counted.with_annex,
        others=others,
    )  # fmt: skip
    write_csv(study.table("measures.csv"), measured)
    write_csv(study.table("sgdid_by_measure.csv"), sgdid_by_measure(_fit_settings(study), measured))


def shap(study: Study, scale: Scale, advance: Advance) -> None:
    """Fit XGBoost with SHAP; features only, as in the article."""
    from ml.xgb import XgbJob, run_xgb, write_xgb
    from study.model_chain import SHAP_TABLES, fit_name

    how = study.settings.shap
    assert how is not None  # noqa: S101
    sample = scale_sample(study, scale, with_places=False)
    job = XgbJob(
        seeds=how.seeds, draws=how.draws, tests=how.tests, folds=how.folds, seed=how.seed,
        simulated=scale == "enterprise",
    )  # fmt: skip
    result = run_xgb(sample, job, progress=lambda _: advance(1))
    name = fit_name("shap", scale)
    write_xgb(result, study.model(name), job)
    _keep(study, name, SHAP_TABLES, sample, unit_of(scale))


def ggpr(study: Study, scale: Scale, advance: Advance) -> None:
    """Fit the Gaussian process and its GeoShapley values; places are the seats of government."""
    from ml.ggpr import GgprJob, run_ggpr, write_ggpr
    from study.model_chain import GGPR_TABLES, fit_name

    how = study.settings.ggpr
    assert how is not None  # noqa: S101
    sample = scale_sample(study, scale, with_places=True)
    job = GgprJob(
        kernel=how.kernel, seed=how.seed, restarts=how.restarts, draws=how.draws, folds=how.folds,
    )  # fmt: skip
    result = run_ggpr(sample, job, progress=lambda _: advance(1))
    name = fit_name("ggpr", scale)
    write_ggpr(result, study.model(name), job)
    _keep(study, name, GGPR_TABLES, sample, unit_of(scale))


def describe(study: Study, scale: Scale, advance: Advance) -> None:
    """Describe a panel and map NQP and SER over the years (Figures 3 to 5)."""
    from configs.panel_settings import load_panel
    from econometrics.build import build_panel
    from econometrics.describe import describe_tables
    from econometrics.plots import draw_panel
    from study.model_chain import map_name

    made = build_panel(load_panel(resolve(study.settings.scales.given()[scale].panel)))
    found = describe_tables(made)
    for file, frame in found.tables.items():
        write_csv(study.table(f"{Path(file).stem}_{scale}.csv"), frame)
    folder = study.model(f"panel_{scale}") / "figures"
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


def _keep(study: Study, name: str, tables: tuple[str, ...], sample: Sample, unit: str) -> None:
    """Copy tables of a fit, rows of observations with their unit and year, and its figures."""
    keys = {unit: sample.unit, "year": None if sample.time is None else sample.time.astype(int)}
    for table in tables:
        frame = read_csv(study.model(name) / f"{table}.csv")
        if table in ("attributions", "predictions"):
            for i, (column, values) in enumerate(keys.items()):
                frame.insert(i, column, values)
        write_csv(study.table(f"{name}_{table}.csv"), frame)
    copy_figures(study.model(name) / "figures", study, name)
    for suffix in (".png", ".svg"):
        copy_file(
            study.model(name) / "figures" / f"summary{suffix}",
            study.figure(name).with_suffix(suffix),
        )


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
