"""The steps of a study that follow the intensities: panels, SGDID, XGBoost-SHAP, GGPR, maps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from configs.paths import DATA, DIVISIONS, PROVINCE_GEOMETRY, SEA_LINE, resolve
from study import model_steps as work
from study.fits import FITS, fit_name, map_name
from study.runner import make_step
from study.samples import drawn_intensities

if TYPE_CHECKING:
    from configs.model_settings import GgprSettings, Scale, ShapSettings, StudySgdid
    from study.fits import Kind
    from study.folder import Study
    from study.runner import Step

#: Tables of the SGDID that the study's own folder holds a copy of.
SGDID_TABLES = ("table_3_sgdid", "sgdid_published", "sgdid_specification_curve")
SGDID_STAGES = 3


def panel_steps(study: Study) -> list[Step]:
    """List the steps that need no text: they come first, so that a wrong year is told at once."""
    return [_panel(study, scale) for scale in study.settings.scales.given()]


def model_steps(study: Study) -> list[Step]:
    """List the steps after the intensities; a study without ``[scales]`` has none."""
    s = study.settings
    steps: list[Step] = []
    if s.sgdid is not None:
        steps += _sgdid(study, s.sgdid)
    if s.shap is not None:
        steps += [_fit(study, "shap", s.shap, scale) for scale in s.shap.scales]
    if s.ggpr is not None:
        steps += [_fit(study, "ggpr", s.ggpr, scale) for scale in s.ggpr.scales]
    steps += [_maps(study, scale) for scale in s.scales.given()]
    if s.has_models:
        steps += [_tables(study), _published(study, steps)]
    return steps


def _panel(study: Study, scale: Scale) -> Step:
    from configs.panel_settings import load_panel

    how = study.settings.sgdid if scale == "province" else None
    file = resolve(study.settings.scales.given()[scale].panel)
    config = load_panel(file)
    sources = [source.file for source in config.sources] + [config.indicators]
    sources += [config.national.file] if config.national else []
    return make_step(
        f"panel_{scale}", f"build the panel at {scale} scale",
        lambda a: work.build_scale(study, scale, a),
        reads=(file, *(resolve(path) for path in sources), DIVISIONS),
        writes=(
            study.table(f"panel_{scale}.csv"), study.table(f"indicators_{scale}.csv"),
            study.model(f"panel_{scale}") / "panel.parquet",
        ),
        code=("econometrics", "study.samples"),
        settings=[_scale(study, scale), how.model_dump(mode="json") if how else None],
    )  # fmt: skip


def _sgdid(study: Study, how: StudySgdid) -> list[Step]:
    s = study.settings
    store, table, rubric = study.store, study.table, resolve(s.scoring.rubric)
    scored = (store("score.parquet"), store("sentence.parquet"), rubric)
    labels = tuple(resolve(file) for file in (s.scoring.label_file,) if file)
    draws = drawn_intensities(study)
    drawn = (draws,) if draws is not None else ()
    measure = {"measure": how.measure, "year": how.intensity_year,
               "intensity": s.intensity.model_dump(mode="json")}  # fmt: skip
    weights = (how.weights.main, *how.weights.alternatives.values())
    fitted = tuple(table(f"{name}.csv") for name in SGDID_TABLES)
    fit = {"sgdid": how.model_dump(mode="json"), "scale": _scale(study, "province")}
    steps = [
        make_step(
            "treatment", "intensity of each province, with its errors",
            lambda a: work.treatment(study, a), reads=scored, writes=(table("treatment.csv"),),
            code=("nlp_scoring.intensity", "study.intensities"), settings=measure,
        ),
    ]  # fmt: skip
    if draws is not None:
        model = resolve(s.scoring.model)
        judged = (model / "out_of_fold.csv.gz", *model.glob("held_out.csv.gz"))
        steps.append(make_step(
            "correct", "correct intensities by labelled sentences",
            partial(work.correct, study, draws), reads=(*scored, *labels, *judged),
            writes=(table("intensity_corrected.csv"), *drawn),
            code=("nlp_scoring.design", "nlp_scoring.bert.out_of_fold", "study.intensities"),
            settings=measure | {"draws": how.robustness.intensity_draws, "seed": how.seed},
        ))  # fmt: skip
    steps += [
        make_step(
            "sgdid", "spatial Durbin difference in differences", lambda a: work.sgdid(study, a),
            reads=(table("panel_province.csv"), table("treatment.csv"), *drawn, DIVISIONS,
                   *(resolve(path) for path in weights)),
            writes=(study.model("sgdid") / "summary.json", table("sgdid_panel.csv"), *fitted),
            code=("econometrics.sgdid", "econometrics.spatial", "econometrics.tables", "study.samples"),
            settings=fit, total=SGDID_STAGES, apart=True,
        ),
        make_step(
            "sensitivity", "the same model with other measures of intensity",
            lambda a: work.sensitivity(study, a),
            reads=(*scored, *labels, table("sgdid_panel.csv"),
                   table("treatment.csv"), *(resolve(path) for path in weights)),
            writes=(table("measures.csv"), table("sgdid_by_measure.csv")),
            code=("study.measures", "study.sensitivity", "nlp_scoring.intensity", "nlp_scoring.ngram",
                  "nlp_scoring.cues", "econometrics.sgdid", "econometrics.spatial"),
            settings=fit | measure, apart=True,
        ),
    ]  # fmt: skip
    return steps


def _fit(study: Study, kind: Kind, how: ShapSettings | GgprSettings, scale: Scale) -> Step:
    fit, name = FITS[kind], fit_name(kind, scale)
    return make_step(
        f"{kind}_{scale}", f"{fit.title} at {scale} scale",
        lambda a: work.fit(study, kind, how, scale, a),
        reads=(study.table(f"panel_{scale}.csv"), DIVISIONS, PROVINCE_GEOMETRY, SEA_LINE),
        writes=(study.model(name) / "summary.json", study.figure(name).with_suffix(".png"),
                *(study.table(f"{name}_{t}.csv") for t in fit.tables)),
        code=("ml", "study.samples"), total=fit.stages, apart=True,
        settings=[how.model_dump(mode="json"), _scale(study, scale)],
    )  # fmt: skip


def _scale(study: Study, scale: Scale) -> dict[str, Any]:
    return study.settings.scales.given()[scale].model_dump(mode="json")


def _maps(study: Study, scale: Scale) -> Step:
    file = resolve(study.settings.scales.given()[scale].panel)
    return make_step(
        f"describe_{scale}", f"describe and map NQP and SER at {scale} scale",
        lambda a: work.describe(study, scale, a),
        reads=(file, study.table(f"panel_{scale}.csv"), DIVISIONS, PROVINCE_GEOMETRY, SEA_LINE),
        writes=tuple(
            [study.figure(f"{map_name(scale)}_{v}").with_suffix(x) for v in ("nqp", "ser") for x in (".png", ".svg")]
            + [study.table(f"description_{scale}.csv"), study.table(f"correlation_{scale}.csv")]
        ),
        code=("econometrics",), settings=_scale(study, scale), apart=True,
    )  # fmt: skip


def _tables(study: Study) -> Step:
    names = ("table_1_indicators", "table_2_controls")
    return make_step(
        "tables", "the article's Tables 1 and 2", lambda a: work.tables(study, a),
        reads=tuple(study.table(f"indicators_{scale}.csv") for scale in study.settings.scales.given()),
        writes=tuple(study.table(f"{name}.csv") for name in names), code=("study.article_tables",),
    )  # fmt: skip


def _published(study: Study, before: list[Step]) -> Step:
    fitted = tuple(
        path for each in before for path in each.outputs
        if path.name == "summary.json" or path.name.endswith("_attributions.csv")
    )  # fmt: skip
    shipped = tuple(
        DATA / "published" / name
        for name in ("claims.toml", "table3_sgdid.csv", "table3_sgdid.toml")
    )
    return make_step(
        "published", "side by side with the article", lambda a: work.side_by_side(study, a),
        reads=(*fitted, *shipped, study.store("score.parquet")),
        writes=(study.table("published_side_by_side.csv"),),
        code=("study.published", "study.readings", "study.results", "econometrics.audit"),
    )  # fmt: skip
