"""The steps of a study, in order, each a thin call of one package's verb on files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.paths import DIVISIONS, PROVINCE_GEOMETRY, SEA_LINE, resolve, user_cache
from configs.settings import settings_hash
from corpus.csvfiles import write_csv
from study.folder import label_path
from study.model_chain import model_steps, panel_steps
from study.runner import Advance, Step, make_step
from study.texts import check_texts, coverage_frame, read_reports, source_files, wanted_years

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from nlp_scoring.ordinal import Predictions
    from study.folder import Study

MODEL_FILES = ("model.onnx", "model.json", "tokenizer.json")
#: Modules whose source decides the scores of each scorer.
CODE = {
    "ngram": ("nlp_scoring.ngram", "nlp_scoring.lexical", "nlp_scoring.ordinal", "nlp_scoring.labels"),
    "cues": ("nlp_scoring.cues", "nlp_scoring.ordinal"),
    "bert": (
        "nlp_scoring.bert.passages", "nlp_scoring.bert.batches", "nlp_scoring.bert.runtime",
        "nlp_scoring.bert.card", "nlp_scoring.bert.rows", "nlp_scoring.ordinal",
        "nlp_scoring.calibration", "nlp_scoring.caps", "nlp_scoring.ensembles",
        "nlp_scoring.ensemble_tables",
    ),
}  # fmt: skip
STORE_TABLES = ("report", "sentence", "score", "report_score", "panel")


def study_steps(study: Study) -> list[Step]:
    """List the steps from records to report."""
    panels, models = panel_steps(study), model_steps(study)
    shown = [path for each in (*panels, *models) for path in each.outputs]
    return [
        _parse_step(study), *panels, _texts_step(study), *_scorer_steps(study),
        *_intensity_steps(study), *models, *_page_steps(study, shown),
    ]  # fmt: skip


def _stored(study: Study) -> tuple[Path, ...]:
    return tuple(study.store(f"{name}.parquet") for name in STORE_TABLES)


def _labels(study: Study) -> tuple[Path, ...]:
    named = study.settings.scoring.label_file
    return (resolve(named),) if named else ()


def _quality(study: Study) -> tuple[Path, ...]:
    names = ("quality.csv", "recall.csv", "coder_agreement.csv") if _labels(study) else ()
    return tuple(study.table(name) for name in names)


def _parse_step(study: Study) -> Step:
    how = study.settings.corpus
    return make_step(
        "parse", "records to sentences", lambda a: parse(study, a),
        reads=(*source_files(how.reports), DIVISIONS), writes=_stored(study)[:2],
        code=("study.texts", "corpus.records", "corpus.sentences", "corpus.structure", "corpus.lists",
              "corpus.regions"),
        settings={"split_semicolon": how.split_semicolon}, total=132,
    )  # fmt: skip


def _texts_step(study: Study) -> Step:
    s = study.settings
    return make_step(
        "texts", "which reports there are", lambda a: texts(study, a), reads=_stored(study)[:1],
        writes=(study.table("coverage_texts.csv"),), code=("study.texts",),
        settings=[s.report.model_dump(mode="json"), s.sgdid.model_dump(mode="json") if s.sgdid else None],
    )  # fmt: skip


def _scorer_steps(study: Study) -> list[Step]:
    how, rubric, labels = (
        study.settings.scoring,
        resolve(study.settings.scoring.rubric),
        _labels(study),
    )
    model, sentences, scores = resolve(how.model), *_stored(study)[1:3]
    bert = how.scorer == "bert"
    learnt = (study.store("ngram.npz"),) if how.scorer == "ngram" else ()
    weights = tuple(model / name for name in MODEL_FILES) if bert else ()
    steps = []
    if learnt:
        steps.append(make_step(
            "train", "learn from the labels", lambda a: train(study, a), reads=(*labels, rubric),
            writes=learnt, code=(*CODE["ngram"], "corpus.rubric"), settings={"scorer": how.scorer},
        ))  # fmt: skip
    steps.append(make_step(
        "score", "score every sentence", lambda a: score(study, a),
        reads=(sentences, *learnt, *weights, rubric), writes=(scores,),
        code=(*CODE[how.scorer], "nlp_scoring.scoring"),
        settings={"scorer": how.scorer, "since": how.since}, total=63_000, apart=bert,
    ))  # fmt: skip
    if labels:
        steps.append(make_step(
            "validate", "cross-validate over regions", lambda a: validate(study, a),
            reads=(*labels, rubric, *((model / "out_of_fold.csv.gz",) if bert else ())),
            writes=_quality(study),
            code=(*CODE["ngram"], *CODE["cues"], "nlp_scoring.bert.out_of_fold", "nlp_scoring.calibration",
                  "nlp_scoring.validation", "nlp_scoring.evaluation", "nlp_scoring.agreement"),
            settings={"scorer": how.scorer, "folds": how.folds, "seed": how.seed}, total=how.folds,
            apart=bert,
        ))  # fmt: skip
    return steps


def _intensity_steps(study: Study) -> list[Step]:
    s, table, rubric = study.settings, study.table, resolve(study.settings.scoring.rubric)
    _, sentences, scores, intensity, joined = _stored(study)
    return [
        make_step(
            "aggregate", "average to reports", lambda a: aggregate(study, a),
            reads=(sentences, scores, rubric), writes=(intensity, table("intensity.csv")),
            code=("nlp_scoring.aggregation",), settings=s.intensity.model_dump(mode="json"),
        ),
        make_step(
            "panel", "join with the statistics", lambda a: panel(study, a),
            reads=(resolve(s.panel.statistics), resolve(s.panel.national), intensity, rubric, DIVISIONS),
            writes=(joined, table("panel.csv"), table("panel_description.csv")),
            code=("econometrics",), settings={"vintage": s.panel.vintage},
        ),
    ]  # fmt: skip


def _page_steps(study: Study, shown: Sequence[Path]) -> list[Step]:
    s, rubric = study.settings, resolve(study.settings.scoring.rubric)
    figures = (study.figure(n) for n in ("maps", "ranking", "change"))
    return [
        make_step(
            "figures", "draw maps, ranking and change", lambda a: figures_step(study, a),
            reads=(study.store("report_score.parquet"), rubric, PROVINCE_GEOMETRY, SEA_LINE),
            writes=(place.with_suffix(e) for place in figures for e in (".png", ".svg")),
            code=("study.figures", "corpus.maps", "study.colours"), settings={"years": s.report.years},
        ),
        make_step(
            "report", "write the page", lambda a: report(study, a),
            reads=(*_stored(study), *_quality(study), rubric, *_labels(study), PROVINCE_GEOMETRY,
                   SEA_LINE, *shown),
            writes=(study.folder / "report.html",), code=("study",),
            settings=s.model_dump(mode="json"),
        ),
    ]  # fmt: skip


def parse(study: Study, advance: Advance) -> None:
    """Read the records and cut them."""
    from corpus.records import sentence_frame
    from corpus.schemas import ReportTable, SentenceTable
    from corpus.store import write_table

    settings = study.settings.corpus
    reports = read_reports(settings.reports)
    sentences = sentence_frame(
        reports, semicolon=settings.split_semicolon, advance=lambda: advance(1)
    )
    mark = settings_hash(settings)
    write_table(ReportTable, reports, study.store("report.parquet"), settings=mark)
    write_table(SentenceTable, sentences, study.store("sentence.parquet"), settings=mark)


def texts(study: Study, advance: Advance) -> None:
    """List which province and year has a text; stop when the study cannot do without one."""
    from corpus.schemas import ReportTable
    from corpus.store import read_table

    reports = read_table(ReportTable, study.store("report.parquet"))
    coverage = coverage_frame(reports, wanted_years(study.settings))
    write_csv(study.table("coverage_texts.csv"), coverage)
    check_texts(coverage, study.settings)


def train(study: Study, advance: Advance) -> None:
    """Fit the baseline on all labels."""
    from nlp_scoring.labels import read_labels
    from nlp_scoring.ngram import fit_labels, save_ngram

    labels = read_labels(label_path(study), study.rubric)
    save_ngram(fit_labels(labels, study.rubric), study.store("ngram.npz"))


def validate(study: Study, advance: Advance) -> None:
    """Measure the scorer and the baseline on regions left out."""
    from nlp_scoring.bert.out_of_fold import read_out_of_fold
    from nlp_scoring.cues import predict_cues
    from nlp_scoring.labels import read_labels
    from nlp_scoring.validation import validation_tables

    settings = study.settings.scoring
    labels = read_labels(label_path(study), study.rubric)
    bert = cues = None
    if settings.scorer == "bert":
        bert = read_out_of_fold(resolve(settings.model), labels, study.rubric).calibrated
    elif settings.scorer == "cues":
        cues = predict_cues(labels["text"].tolist(), study.rubric)
    found = validation_tables(
        labels, study.rubric, n_folds=settings.folds, seed=settings.seed, bert=bert, cues=cues,
        advance=lambda: advance(1),
    )  # fmt: skip
    for name, frame in (
        ("quality.csv", found.quality),
        ("recall.csv", found.recall),
        ("coder_agreement.csv", found.agreement),
    ):
        write_csv(study.table(name), frame)


def score(study: Study, advance: Advance) -> None:
    """Score the sentences of the reports since the year asked for."""
    from corpus.schemas import ScoreTable, SentenceTable
    from corpus.store import read_table, write_table

    settings = study.settings.scoring
    every = read_table(SentenceTable, study.store("sentence.parquet"))
    sentences = every[every["year"] >= settings.since].reset_index(drop=True)
    advance(len(every) - len(sentences))
    work = {"bert": score_bert, "ngram": score_ngram, "cues": score_cues}[settings.scorer]
    frame, model_id = work(study, sentences, advance)
    write_table(ScoreTable, frame, study.store("score.parquet"), settings=model_id)


def score_bert(study: Study, sentences: pd.DataFrame, advance: Advance) -> tuple[pd.DataFrame, str]:
    """Score by the fine-tuned model, through the user's cache of scores."""
    from nlp_scoring.bert.cache import score_with_cache
    from nlp_scoring.bert.rows import sentence_passages
    from nlp_scoring.bert.runtime import load_bert
    from nlp_scoring.ensemble_tables import score_table
    from nlp_scoring.ensembles import combine

    model = load_bert(resolve(study.settings.scoring.model), study.rubric)
    passages = sentence_passages(sentences)
    found = score_with_cache(model, passages, user_cache() / "scores", advance=advance)
    ids = sentences["sentence_id"].tolist()
    return score_table(ids, combine([found.scores], study.rubric), study.rubric), model.model_id


def score_ngram(
    study: Study, sentences: pd.DataFrame, advance: Advance
) -> tuple[pd.DataFrame, str]:
    """Score by the baseline that the study has trained."""
    from nlp_scoring.ngram import load_ngram
    from nlp_scoring.scoring import score_sentences

    columns = [sentences[c].tolist() for c in ("text", "progress", "unit_type")]
    model = load_ngram(study.store("ngram.npz"))
    found = score_sentences(*columns, model=model, rubric=study.rubric, advance=advance)
    return _plain_table(study, sentences, found)


def score_cues(study: Study, sentences: pd.DataFrame, advance: Advance) -> tuple[pd.DataFrame, str]:
    """Count the rubric's cue words."""
    from nlp_scoring.cues import predict_cues

    found = predict_cues(sentences["text"].tolist(), study.rubric)
    advance(len(sentences))
    return _plain_table(study, sentences, found)


def _plain_table(
    study: Study, sentences: pd.DataFrame, found: Predictions
) -> tuple[pd.DataFrame, str]:
    from nlp_scoring.scoring import score_frame

    ids, scorer = sentences["sentence_id"].tolist(), study.settings.scoring.scorer
    return score_frame(ids, found, study.rubric, scorer=scorer), found.model_id


def aggregate(study: Study, advance: Advance) -> None:
    """Average scores to the intensity of each report."""
    from corpus.schemas import ReportScoreTable, ScoreTable, SentenceTable
    from corpus.store import read_table, write_table
    from nlp_scoring.aggregation import report_intensity

    settings = study.settings.intensity
    frame = report_intensity(
        read_table(ScoreTable, study.store("score.parquet")),
        read_table(SentenceTable, study.store("sentence.parquet")),
        dimensions=study.rubric.dimension_ids,
        unit_types=settings.unit_types,
        with_annex=settings.with_annex,
        sections=settings.sections,
    )
    write_table(
        ReportScoreTable,
        frame,
        study.store("report_score.parquet"),
        settings=settings_hash(settings),
    )
    write_csv(study.table("intensity.csv"), frame)


def panel(study: Study, advance: Advance) -> None:
    """Join statistics and intensity."""
    from corpus.schemas import PanelTable, ReportScoreTable
    from corpus.store import read_table, write_table
    from econometrics.panel import describe_panel, intensity_panel

    settings = study.settings.panel
    frame = intensity_panel(
        resolve(settings.statistics),
        resolve(settings.national),
        read_table(ReportScoreTable, study.store("report_score.parquet")),
        vintage=settings.vintage,
        short={d.id: d.short.lower() for d in study.rubric.dimensions},
    )
    write_table(PanelTable, frame, study.store("panel.parquet"), settings=settings_hash(settings))
    write_csv(study.table("panel.csv"), frame)
    write_csv(study.table("panel_description.csv"), describe_panel(frame))


def figures_step(study: Study, advance: Advance) -> None:
    """Draw the figures."""
    from corpus.schemas import ReportScoreTable
    from corpus.store import read_table
    from study.figures import draw_figures

    intensity = read_table(ReportScoreTable, study.store("report_score.parquet"))
    draw_figures(intensity, study.rubric, study.settings.report.years, study.folder / "figures")


def report(study: Study, advance: Advance) -> None:
    """Write the page."""
    from corpus.files import write_text
    from study.evidence import read_tables
    from study.manifest import provenance
    from study.models_page import models_page
    from study.page import render_report

    rows = provenance(study, study_steps(study))
    page = render_report(
        read_tables(
            study.folder,
            study.settings.scoring.scorer,
            validated=study.settings.scoring.label_file is not None,
        ),
        study.rubric,
        study.settings,
        rows,
        models_page(study),
    )
    write_text(study.folder / "report.html", page)
