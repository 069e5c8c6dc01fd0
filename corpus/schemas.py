"""The tables in which packages meet: one strict pandera model each.

A model names its key (unique), its columns, what each means, and a version. Reading and writing
goes through ``corpus.store``, which checks a frame against its model both ways.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pandera.pandas as pa
from pandera.typing.pandas import Series

REGION_CODE = r"^\d{6}$"
REPORT_ID = r"^\d{6}-\d{4}$"
SENTENCE_ID = r"^\d{6}-\d{4}-\d{4,5}$"
YEARS: dict[str, Any] = {"ge": 1949, "le": 2100}


class Table(pa.DataFrameModel):
    """What all tables share: no unknown columns, no silent conversion."""

    class Config:
        """Pandera's settings."""

        name = ""
        strict = True
        coerce = False
        metadata: ClassVar[dict[str, int]] = {"version": 1}


class ReportTable(Table):
    """One row a report, with the text as it came and where it came from."""

    report_id: Series[str] = pa.Field(unique=True, str_matches=REPORT_ID, description="code-year")
    level: Series[str] = pa.Field(isin=["national", "province", "city", "county"])
    region_code: Series[str] = pa.Field(str_matches=REGION_CODE, description="GB/T 2260")
    region: Series[str] = pa.Field(description="full Chinese name")
    year: Series[int] = pa.Field(**YEARS, description="year of delivery")
    title: Series[str]
    text: Series[str] = pa.Field(str_length={"min_value": 1}, description="one paragraph a line")
    n_chars: Series[int] = pa.Field(ge=1)
    text_sha256: Series[str] = pa.Field(str_length=64)
    source_repo: Series[str] = pa.Field(nullable=True)
    source_path: Series[str] = pa.Field(nullable=True)
    source_commit: Series[str] = pa.Field(nullable=True)
    source_url: Series[str] = pa.Field(nullable=True)
    publish_date: Series[str] = pa.Field(nullable=True, description="as the source gives it")
    notes: Series[str] = pa.Field(nullable=True)

    class Config(Table.Config):
        """Name of the table."""

        name = "report"


class SentenceTable(Table):
    """One row a sentence; ``report.text[start:end] == text``."""

    sentence_id: Series[str] = pa.Field(unique=True, str_matches=SENTENCE_ID)
    report_id: Series[str] = pa.Field(str_matches=REPORT_ID)
    region_code: Series[str] = pa.Field(str_matches=REGION_CODE)
    region: Series[str]
    year: Series[int] = pa.Field(**YEARS)
    level: Series[str]
    position: Series[int] = pa.Field(ge=1, description="1, 2, ... in the report")
    paragraph: Series[int] = pa.Field(ge=0, description="line of the report text, from 0")
    start: Series[int] = pa.Field(ge=0, description="code points into report.text")
    end: Series[int] = pa.Field(ge=1)
    text: Series[str] = pa.Field(str_length={"min_value": 1})
    section: Series[str] = pa.Field(isin=["review", "plan", "governance", "other"])
    heading_path: Series[str] = pa.Field(description="titles from chapter down, joined by ' / '")
    unit_type: Series[str] = pa.Field(isin=["body", "heading", "ritual", "glossary", "furniture"])
    is_annex: Series[bool] = pa.Field(description="after the report proper: project lists, notes")
    progress: Series[float] = pa.Field(ge=0, le=1, description="place in the report, 0-1")
    parent_id: Series[str] = pa.Field(
        str_matches=SENTENCE_ID, description="first unit of the sentence it was cut from at ；"
    )
    lead_in: Series[str] = pa.Field(description="words that introduce the list it is an item of")

    class Config(Table.Config):
        """Name of the table."""

        name = "sentence"


class ScoreTable(Table):
    """One row a sentence, dimension and scorer; people and models write the same columns."""

    sentence_id: Series[str] = pa.Field(str_matches=SENTENCE_ID)
    dimension: Series[str]
    scorer: Series[str] = pa.Field(description="ngram, cues, bert, or a person's name")
    level: Series[int] = pa.Field(ge=0, le=9)
    score: Series[float] = pa.Field(ge=0, description="sum of P(y > k); the level for people")
    p0: Series[float] = pa.Field(ge=0, le=1.000001)
    p1: Series[float] = pa.Field(ge=0, le=1.000001)
    p2: Series[float] = pa.Field(ge=0, le=1.000001)
    p3: Series[float] = pa.Field(ge=0, le=1.000001)
    temporality: Series[str] = pa.Field(
        isin=["future", "past", "mixed", "diagnosis", "timeless", ""],
        description="as the scorer tells it, the same in all dimensions; empty when it does not",
    )
    model_id: Series[str]
    rubric_version: Series[str]
    capped_by: Series[str] | None = pa.Field(
        description="rules whose ceiling lowered the level, as R4; left out where none is told"
    )
    spread: Series[float] | None = pa.Field(
        ge=0, description="standard deviation of the score between networks; left out for one"
    )

    class Config(Table.Config):
        """Key over three columns; version 2 added the temporality."""

        name = "score"
        metadata: ClassVar[dict[str, int]] = {"version": 2}
        unique: ClassVar[list[str]] = ["sentence_id", "dimension", "scorer"]


class NetworkScoreTable(Table):
    """What each network of an ensemble says: one row a sentence, dimension and network."""

    sentence_id: Series[str] = pa.Field(str_matches=SENTENCE_ID)
    dimension: Series[str]
    model_id: Series[str]
    score: Series[float] = pa.Field(ge=0, description="sum of P(y > k)")

    class Config(Table.Config):
        """Key over three columns."""

        name = "network_score"
        unique: ClassVar[list[str]] = ["sentence_id", "dimension", "model_id"]


class ReportScoreTable(Table):
    """Policy intensity: one row a report and dimension."""

    report_id: Series[str] = pa.Field(str_matches=REPORT_ID)
    region_code: Series[str] = pa.Field(str_matches=REGION_CODE)
    region: Series[str]
    year: Series[int] = pa.Field(**YEARS)
    level: Series[str]
    dimension: Series[str]
    scorer: Series[str]
    intensity: Series[float] = pa.Field(ge=0, description="mean score over body sentences")
    std_error: Series[float] = pa.Field(ge=0, nullable=True, description="s / sqrt(n)")
    std_error_paragraph: Series[float] = pa.Field(
        ge=0, nullable=True, description="clustered by paragraph: neighbours share a topic"
    )
    n_sentences: Series[int] = pa.Field(ge=1)
    n_paragraphs: Series[int] = pa.Field(ge=1)
    ensemble_sd: Series[float] | None = pa.Field(
        ge=0, description="standard deviation of the intensity between networks; left out for one"
    )

    class Config(Table.Config):
        """Key over three columns."""

        name = "report_score"
        unique: ClassVar[list[str]] = ["report_id", "dimension", "scorer"]


class CommitmentTable(Table):
    """One row a commitment: a number, amount, date, name or legal force that a sentence states."""

    report_id: Series[str] = pa.Field(str_matches=REPORT_ID)
    sentence_id: Series[str] = pa.Field(str_matches=SENTENCE_ID)
    text: Series[str] = pa.Field(str_length={"min_value": 1})
    span_start: Series[int] = pa.Field(ge=0, description="code points into text")
    span_end: Series[int] = pa.Field(ge=1)
    kind: Series[str] = pa.Field(isin=["quantity", "money", "deadline", "named", "legal"])
    value: Series[float] = pa.Field(nullable=True, description="in unit; lower end of a range")
    unit: Series[str] = pa.Field(
        description="normal form, e.g. 亿元, 万亩, 家; empty without a number"
    )
    comparator: Series[str] = pa.Field(isin=[">=", ">", "<=", "<", "=", "about", "range", ""])
    deadline: Series[str] = pa.Field(description="2027, 2026-06, year-end, 3 years; or empty")
    subject: Series[str] = pa.Field(description="what the number, date or name attaches to")
    direction: Series[str] = pa.Field(isin=["ahead", "back"], description="promise or outcome")
    measure: Series[str] = pa.Field(isin=["growth", "reduction", "level", "addition", "other"])
    high: Series[float] = pa.Field(nullable=True, description="upper end of a range")
    topic: Series[str]
    period: Series[str] = pa.Field(isin=["year", "plan"], description="what a review speaks of")
    region_code: Series[str] = pa.Field(str_matches=REGION_CODE)
    region: Series[str]
    year: Series[int] = pa.Field(**YEARS)

    class Config(Table.Config):
        """Name of the table."""

        name = "commitment"


class PanelTable(Table):
    """Region x year; statistics as columns, empty where no source has them."""

    region_code: Series[str] = pa.Field(str_matches=REGION_CODE)
    region: Series[str]
    year: Series[int] = pa.Field(**YEARS)

    class Config(Table.Config):
        """Statistics differ from study to study, so further columns are allowed."""

        name = "panel"
        strict = False
        unique: ClassVar[list[str]] = ["region_code", "year"]


class WeightsTable(Table):
    """Spatial weights in long form, aligned by key and never by order."""

    focal: Series[str]
    neighbor: Series[str]
    weight: Series[float] = pa.Field(ge=0)

    class Config(Table.Config):
        """One weight a directed pair."""

        name = "weights"
        unique: ClassVar[list[str]] = ["focal", "neighbor"]


class EstimateTable(Table):
    """What every model reports, one row a term."""

    model: Series[str]
    term: Series[str]
    estimate: Series[float] = pa.Field(nullable=True)
    std_error: Series[float] = pa.Field(ge=0, nullable=True)
    statistic: Series[float] = pa.Field(nullable=True)
    p_value: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    conf_low: Series[float] = pa.Field(nullable=True)
    conf_high: Series[float] = pa.Field(nullable=True)

    class Config(Table.Config):
        """One row a term of a model."""

        name = "estimate"
        unique: ClassVar[list[str]] = ["model", "term"]


def table_name(model: type[Table]) -> str:
    """Name of the table a model describes, as its files and messages carry it."""
    return str(model.Config.name)


def table_version(model: type[Table]) -> int:
    """Give the schema version; raised whenever a column is renamed, removed or changes meaning."""
    return int(model.Config.metadata["version"])


TABLES: tuple[type[Table], ...] = (
    ReportTable,
    SentenceTable,
    ScoreTable,
    NetworkScoreTable,
    ReportScoreTable,
    CommitmentTable,
    PanelTable,
    WeightsTable,
    EstimateTable,
)
