"""Answers of the HTTP interface; equal quantities have the names they have in the tables."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Problem(BaseModel):
    """What was wrong with a request, in one line."""

    error: str


class Health(BaseModel):
    """What is served; ``stale`` names a table that has changed since the explorer started."""

    status: str
    n_reports: int
    n_sentences: int
    years: list[int] | None = Field(description="first and last year")
    scorer: str
    dimensions: tuple[str, ...]
    stale: str


class Intensity(BaseModel):
    """Mean score over the counted sentences of a report."""

    report_id: str
    region_code: str
    region: str
    year: int
    dimension: str
    intensity: float
    std_error: float | None = Field(description="s / sqrt(n)")
    std_error_paragraph: float | None = Field(description="clustered by paragraph")
    n_sentences: int


class Intensities(BaseModel):
    """Rows of the report_score table."""

    total: int
    rows: list[Intensity]


class Hit(BaseModel):
    """A sentence that matches, with its first match in context; scores by dimension."""

    sentence_id: str
    region_code: str
    region: str
    year: int
    level: str
    section: str
    unit_type: str
    temporality: str = Field(description="as the scorer tells it; empty when it does not")
    is_annex: bool
    text: str
    left: str
    match: str
    right: str
    scores: dict[str, float | None]


class Hits(BaseModel):
    """The first hits; ``total`` is exact whatever the limit."""

    total: int
    query: str = Field(description="the expression as it was understood")
    hits: list[Hit]


class Count(BaseModel):
    """Hits of one group; only the keys that were counted by are filled."""

    region_code: str | None = None
    region: str | None = None
    year: int | None = None
    level: str | None = None
    section: str | None = None
    unit_type: str | None = None
    temporality: str | None = None
    n_hits: int
    n_sentences: int
    share: float
    scores: dict[str, float | None] = Field(description="mean scores of the hits")


class Counts(BaseModel):
    """Counts by key, groups without a hit included."""

    total: int
    groups: list[Count]


class CellSentence(BaseModel):
    """A counted sentence with the probabilities of the levels."""

    sentence_id: str
    position: int
    section: str
    heading_path: str
    text: str
    level: int
    score: float
    p0: float
    p1: float
    p2: float
    p3: float


class Cell(BaseModel):
    """The sentences whose mean score is the intensity of a region and year, highest first."""

    report_id: str
    region_code: str
    region: str
    year: int
    dimension: str
    intensity: float | None
    std_error: float | None
    std_error_paragraph: float | None
    n_sentences: int | None
    total: int
    sentences: list[CellSentence]


class Score(BaseModel):
    """Score of a sentence in a dimension."""

    level: int
    score: float
    p0: float
    p1: float
    p2: float
    p3: float


class ReportSentence(BaseModel):
    """A sentence in its report; ``counts`` says whether the intensity averages over it."""

    sentence_id: str
    position: int
    text: str
    section: str
    unit_type: str
    is_annex: bool
    counts: bool
    scores: dict[str, Score]


class Paragraph(BaseModel):
    """A line of the report; ``number`` counts from 0."""

    number: int
    sentences: list[ReportSentence]


class Report(BaseModel):
    """A report, where it came from, and the hash of its text as ``/report/{id}.txt`` gives it."""

    report_id: str
    level: str
    region_code: str
    region: str
    year: int
    title: str
    publish_date: str | None
    n_chars: int
    text_sha256: str
    source_repo: str | None
    source_path: str | None
    source_commit: str | None
    source_url: str | None
    notes: str | None
    paragraphs: list[Paragraph]


class Compared(BaseModel):
    """Two regions in one year; the reports are independent, so their variances add."""

    year: int
    dimension: str
    intensity_a: float | None
    intensity_b: float | None
    difference: float | None
    std_error: float | None = Field(description="of the difference, paragraphs as clusters")


class Comparison(BaseModel):
    """Two regions over the years."""

    a: str
    b: str
    region_a: str
    region_b: str
    rows: list[Compared]
