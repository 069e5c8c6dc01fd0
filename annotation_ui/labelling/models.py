"""What the HTTP interface takes and gives."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """What was wrong, in one line."""

    error: str


class Form(BaseModel):
    """What is sent: an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Label(Form):
    """A coder's answer to a sentence; sent again under the same id it changes nothing."""

    id: str = Field(
        description="made by the client: 8-64 letters, digits, hyphens; a new UUID each"
    )
    sentence: int
    hash: str = Field(
        "", max_length=64, description="of the sentence as shown; told apart from a changed one"
    )
    rubric_version: str = Field("", max_length=32, description="codebook of the form")
    replaces: str = Field(
        "", max_length=64, description="event of your own label that this one replaces"
    )
    levels: list[int] | dict[str, int] = Field(
        description="in the order of the dimensions, or by id"
    )
    temporality: str = ""
    unit_type: str = ""
    confidence: str = ""
    flags: list[str] = Field(default_factory=list, max_length=10)
    subs: list[str] = Field(
        default_factory=list, max_length=10, description="sub-indicators, as tags"
    )
    defaulted: list[str] = Field(
        default_factory=list, max_length=10, description="attributes nobody touched"
    )
    duration_ms: int | None = Field(None, ge=0, le=10**12)


class Noted(BaseModel):
    """An event that is on disk."""

    id: str
    seq: int
    sentence: int
    replayed: bool


class LabelNoted(Noted):
    """With the rubric's caps that the label breaks."""

    warnings: list[dict[str, Any]]


class Undo(Form):
    """Take a label back; without ``undoes`` the last one that stands."""

    id: str
    undoes: str = Field("", max_length=64)


class Undone(BaseModel):
    """The compensating event, and the sentence to label anew."""

    id: str
    seq: int
    replayed: bool
    item: dict[str, Any]


class Items(BaseModel):
    """Sentences leased to you."""

    items: list[dict[str, Any]]
    left: int = Field(description="labels that the design still needs, from all coders")


class Decision(Form):
    """An adjudicator's decision."""

    id: str
    sentence: int
    hash: str = Field("", max_length=64)
    levels: list[int] | dict[str, int]
    rule: str = Field(max_length=8, description="number of the rule or ruling that decides")
    note: str = Field("", max_length=2000)
    temporality: str = ""
    unit_type: str = ""
    confidence: str = ""


class Cases(BaseModel):
    """Sentences that wait for a decision."""

    waiting: int
    cases: list[dict[str, Any]]


class QuizAnswers(Form):
    """Levels for every item of a quiz."""

    id: str
    seed: int = Field(ge=0, le=2**31)
    answers: dict[str, list[int]] = Field(max_length=200)


class Account(Form):
    """A person to add or change."""

    name: str = Field(max_length=64)
    role: Literal["annotator", "adjudicator", "admin"]
    password: str = Field(max_length=256)


class Training(Form):
    """A training to start."""

    scorer: Literal["bert", "ngram"] = "bert"
    epochs: int = Field(8, ge=1, le=100)


class Relabel(Form):
    """Which labels of an older codebook shall be looked at again."""

    version: str = Field("", max_length=32)
    contains: str = Field("", max_length=200)
    dimension: str = Field("", max_length=64)
    level: int | None = None
    reason: str = Field("", max_length=200)


class DrawForm(Form):
    """How many sentences to draw from the project's corpus into each pool."""

    evaluation: int = Field(0, ge=0, le=100_000)
    overlap: int = Field(0, ge=0, le=100_000)
    training: int = Field(0, ge=0, le=100_000)
    seed: int = Field(0, ge=0, le=2**31)


class Health(BaseModel):
    """What is served."""

    status: str
    n_sentences: int
    n_events: int
    rubric_version: str
    team: bool
