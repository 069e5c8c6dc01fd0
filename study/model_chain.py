"""The steps of a study that follow the intensities: panels, SGDID, XGBoost-SHAP, GGPR, maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from configs.paths import DATA, DIVISIONS, PROVINCE_GEOMETRY, SEA_LINE, resolve
from study import model_steps as work

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from configs.model_settings import Scale
    from study.folder import Study
    from study.runner import Advance, Step

#: Tables and figures of a fit that the study's own folders hold a copy of.
SGDID_TABLES = ("table_3_sgdid", "sgdid_published", "sgdid_specification_curve")
SHAP_TABLES = (
    "importance", "thresholds", "interactions", "validation", "attributions", "predictions",
)  # fmt: skip
GGPR_TABLES = ("importance", "validation", "attributions", "predictions")
#: Messages of a fit, which move its bar: stages, then four or five models by schemes of folds.
SGDID_STAGES, SHAP_STAGES, GGPR_STAGES = 3, 3 + 4 * 3, 2 + 5 * 5
FIGURE_NUMBER: dict[tuple[str, Scale], int] = {
    ("shap", "province"): 6, ("shap", "city"): 7, ("shap", "enterprise"): 8,
    ("ggpr", "province"): 9, ("ggpr", "city"): 10,
}  # fmt: skip


class MakeStep(Protocol):
    """Make a step; see `study.chain.study_steps`."""

    def __call__(
        self, name: str, title: str, run: Callable[[Advance], object], *,
        reads: tuple[Path, ...], writes: tuple[Path, ...], code: tuple[str, ...],
        settings: Any = "", total: int = 0,
    ) -> Step:  # fmt: skip
        """Give the step with its settings as JSON."""
        ...


def panel_steps(study: Study, step: MakeStep) -> list[Step]:
    """List the steps that need no text: they come first, so that a wrong year is told at once."""
    return [_panel(study, step, scale) for scale in study.settings.scales.given()]


def model_steps(study: Study, step: MakeStep) -> list[Step]:
    """List the steps after the intensities; a study without ``[scales]`` has none."""
    s = study.settings
    steps: list[Step] = []
    if s.sgdid is not None:
        steps += _sgdid(study, step)
    steps += [_shap(study, step, scale) for scale in (s.shap.scales if s.shap else ())]
    steps += [_ggpr(study, step, scale) for scale in (s.ggpr.scales if s.ggpr else ())]
    steps += [_maps(study, step, scale) for scale in s.scales.given()]
    if s.has_models:
        steps += [_tables(study, step), _published(study, step, steps)]
    return steps


def model_outputs(study: Study) -> tuple[Path, ...]:
    """Every file of these steps, for the page that shows them."""
    steps = [*panel_steps(study, _outputs), *model_steps(study, _outputs)]
    return tuple(path for each in steps for path in each.outputs)


def _outputs(
    name: str, title: str, run: Callable[[Advance], object], *, reads: tuple[Path, ...],
    writes: tuple[Path, ...], code: tuple[str, ...], settings: Any = "", total: int = 0,
) -> Step:  # fmt: skip
    from study.runner import Step

    del settings
    return Step(name, title, "", reads, writes, code, run, total)


def _panel(study: Study, step: MakeStep, scale: Scale) -> Step:
    from configs.panel_settings import load_panel

    file = resolve(study.settings.scales.given()[scale].panel)
    config = load_panel(file)
    sources = [source.file for source in config.sources] + [config.indicators]
    sources += [config.national.file] if config.national else []
    return step(
        f"panel_{scale}", f"build the panel at {scale} scale",
        lambda a: work.build_scale(study, scale, a),
        reads=(file, *(resolve(path) for path in sources), DIVISIONS),
        writes=(
            study.table(f"panel_{scale}.csv"), study.table(f"indicators_{scale}.csv"),
            study.model(f"panel_{scale}") / "panel.parquet",
        ),
        code=("econometrics", "study.samples"),
        settings=[study.settings.scales.given()[scale].model_dump(mode="json"),
                  study.settings.sgdid.model_dump(mode="json") if study.settings.sgdid and scale == "province" else None],
    )  # fmt: skip


def _sgdid(study: Study, step: MakeStep) -> list[Step]:
    s = study.settings
    assert s.sgdid is not None  # noqa: S101
    store, table, rubric = study.store, study.table, resolve(s.scoring.rubric)
    scored = (store("score.parquet"), store("sentence.parquet"), rubric)
    corrects = s.sgdid.corrected and s.scoring.scorer == "bert"
    labels = s.scoring.label_file
    model = resolve(s.scoring.model)
    learnt = (resolve(labels), model / "out_of_fold.csv.gz") if corrects and labels else ()
    drawn = (store("intensity_draws.csv"),) if corrects else ()
    measure = {"measure": s.sgdid.measure, "year": s.sgdid.intensity_year,
               "intensity": s.intensity.model_dump(mode="json")}  # fmt: skip
    weights = (s.sgdid.weights.main, *s.sgdid.weights.alternatives.values())
    fitted = tuple(table(f"{name}.csv") for name in SGDID_TABLES)
    fit = s.sgdid.model_dump(mode="json")
    steps = [
        step(
            "treatment", "intensity of each province, with its errors",
            lambda a: work.treatment(study, a), reads=scored, writes=(table("treatment.csv"),),
            code=("nlp_scoring.intensity", "study.intensities"), settings=measure,
        ),
    ]  # fmt: skip
    if corrects:
        steps.append(step(
            "correct", "correct intensities by labelled sentences",
            lambda a: work.correct(study, a), reads=(*scored, *learnt),
            writes=(table("intensity_corrected.csv"), *drawn),
            code=("nlp_scoring.design", "study.intensities"),
            settings=measure | {"draws": s.sgdid.robustness.intensity_draws, "seed": s.sgdid.seed},
        ))  # fmt: skip
    steps += [
        step(
            "sgdid", "spatial Durbin difference in differences", lambda a: work.sgdid(study, a),
            reads=(table("panel_province.csv"), table("treatment.csv"), *drawn, DIVISIONS,
                   *(resolve(path) for path in weights)),
            writes=(study.model("sgdid") / "summary.json", table("sgdid_panel.csv"), *fitted),
            code=("econometrics.sgdid", "econometrics.spatial", "econometrics.tables", "study.samples"),
            settings=fit, total=SGDID_STAGES,
        ),
        step(
            "sensitivity", "the same model with other measures of intensity",
            lambda a: work.sensitivity(study, a),
            reads=(*scored, *((resolve(labels),) if labels else ()), table("sgdid_panel.csv"),
                   table("treatment.csv"), *(resolve(path) for path in weights)),
            writes=(table("measures.csv"), table("sgdid_by_measure.csv")),
            code=("study.measures", "study.sensitivity", "nlp_scoring.intensity", "nlp_scoring.ngram",
                  "nlp_scoring.cues", "econometrics.sgdid", "econometrics.spatial"),
            settings=fit | measure,
        ),
    ]  # fmt: skip
    return steps


def _shap(study: Study, step: MakeStep, scale: Scale) -> Step:
    s = study.settings
    assert s.shap is not None  # noqa: S101
    name = fit_name("shap", scale)
    return step(
        f"shap_{scale}", f"XGBoost-SHAP at {scale} scale", lambda a: work.shap(study, scale, a),
        reads=(study.table(f"panel_{scale}.csv"),),
        writes=(study.model(name) / "summary.json", study.figure(name).with_suffix(".png"),
                *(study.table(f"{name}_{t}.csv") for t in SHAP_TABLES)),
        code=("ml", "study.samples"),
        settings=[s.shap.model_dump(mode="json"), s.scales.given()[scale].model_dump(mode="json")],
        total=SHAP_STAGES,
    )  # fmt: skip


def _ggpr(study: Study, step: MakeStep, scale: Scale) -> Step:
    s = study.settings
    assert s.ggpr is not None  # noqa: S101
    name = fit_name("ggpr", scale)
    return step(
        f"ggpr_{scale}", f"GGPR and GeoShapley at {scale} scale", lambda a: work.ggpr(study, scale, a),
        reads=(study.table(f"panel_{scale}.csv"), DIVISIONS, PROVINCE_GEOMETRY, SEA_LINE),
        writes=(study.model(name) / "summary.json", study.figure(name).with_suffix(".png"),
                *(study.table(f"{name}_{t}.csv") for t in GGPR_TABLES)),
        code=("ml", "study.samples"),
        settings=[s.ggpr.model_dump(mode="json"), s.scales.given()[scale].model_dump(mode="json")],
        total=GGPR_STAGES,
    )  # fmt: skip


def _maps(study: Study, step: MakeStep, scale: Scale) -> Step:
    file = resolve(study.settings.scales.given()[scale].panel)
    return step(
        f"describe_{scale}", f"describe and map NQP and SER at {scale} scale",
        lambda a: work.describe(study, scale, a),
        reads=(file, study.table(f"panel_{scale}.csv"), DIVISIONS, PROVINCE_GEOMETRY, SEA_LINE),
        writes=tuple(
            [study.figure(f"{map_name(scale)}_{v}").with_suffix(x) for v in ("nqp", "ser") for x in (".png", ".svg")]
            + [study.table(f"description_{scale}.csv"), study.table(f"correlation_{scale}.csv")]
        ),
        code=("econometrics",), settings=study.settings.scales.given()[scale].model_dump(mode="json"),
    )  # fmt: skip


def _tables(study: Study, step: MakeStep) -> Step:
    names = ("table_1_indicators", "table_2_controls")
    return step(
        "tables", "the article's Tables 1 and 2", lambda a: work.tables(study, a),
        reads=tuple(study.table(f"indicators_{scale}.csv") for scale in study.settings.scales.given()),
        writes=tuple(study.table(f"{name}.csv") for name in names), code=("study.article_tables",),
    )  # fmt: skip


def _published(study: Study, step: MakeStep, before: list[Step]) -> Step:
    fitted = tuple(
        path for each in before for path in each.outputs
        if path.name == "summary.json" or path.name.endswith("_attributions.csv")
    )  # fmt: skip
    shipped = tuple(
        DATA / "published" / name
        for name in ("claims.toml", "table3_sgdid.csv", "table3_sgdid.toml")
    )
    return step(
        "published", "side by side with the article", lambda a: work.side_by_side(study, a),
        reads=(*fitted, *shipped, study.store("score.parquet")),
        writes=(study.table("published_side_by_side.csv"),),
        code=("study.published", "study.readings", "study.results", "econometrics.audit"),
    )  # fmt: skip


def map_name(scale: Scale) -> str:
    """Name the maps of a scale by their figure in the article."""
    number = {"province": 3, "city": 4, "enterprise": 5}[scale]
    return f"figure_{number}_{scale}{'_SIMULATED' if scale == 'enterprise' else ''}"


def fit_name(kind: str, scale: Scale) -> str:
    """Name a fit's folder, tables and figures by its place in the article."""
    mark = "_SIMULATED" if scale == "enterprise" else ""
    return f"figure_{FIGURE_NUMBER[(kind, scale)]}_{kind}_{scale}{mark}"
