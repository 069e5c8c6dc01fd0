"""The settings of a study: a TOML file, typed, with no unknown key.

Nothing that changes a number lives elsewhere; the resolved settings are saved beside the results.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from configs.model_settings import GgprSettings, ScalesSettings, ShapSettings, StudySgdid
from configs.tomlfiles import read_toml, validated

Year = Annotated[int, Field(ge=1949, le=2100)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CorpusSettings(_Section):
    """Which reports, and how they are cut.

    ``reports`` names one source or several: files of records, or folders of `zhengce parse` and
    `zhengce crawl`. Of a report in several sources the first counts.
    """

    reports: tuple[Path, ...] = (Path("data/corpus/reports.jsonl.gz"),)
    split_semicolon: bool = True

    @field_validator("reports", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str | Path) else value


class ScoringSettings(_Section):
    """Which scorer, judged by which labels.

    Without ``labels`` the shipped ones are used; ``cues`` learns nothing and does without: then
    nothing is validated, and the report says so.
    """

    scorer: Literal["bert", "ngram", "cues"] = "bert"
    model: Path = Path("data/models/zhengce-bert")
    since: Year = 1949
    labels: Path | None = None
    rubric: Path = Path("configs/rubric/rubric.yaml")
    folds: int = Field(default=5, ge=2, le=31)
    seed: int = Field(default=0, ge=0)

    @property
    def label_file(self) -> Path | None:
        """The labels in use: those named, else the shipped ones, else none (cue words)."""
        return self.labels or (None if self.scorer == "cues" else Path("data/gold/labels.csv"))


class IntensitySettings(_Section):
    """Which sentences count in a report's mean."""

    unit_types: tuple[Literal["body", "heading", "ritual", "glossary", "furniture"], ...] = (
        "body",
    )
    with_annex: bool = False
    sections: tuple[Literal["review", "plan", "governance", "other"], ...] | None = None


class PanelSettings(_Section):
    """Which statistics, in which vintage."""

    statistics: Path = Path("data/statistics/province_panel.csv")
    national: Path = Path("data/statistics/national_series.csv")
    vintage: Literal["revised", "first_published"] = "revised"


class ReportSettings(_Section):
    """What the report shows."""

    years: tuple[Year, Year] = (2025, 2026)
    strongest: int = Field(default=3, ge=1, le=20)


class StudySettings(_Section):
    """A whole study."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    title: str = Field(min_length=1, max_length=200)
    title_zh: str = ""
    corpus: CorpusSettings = CorpusSettings()
    scoring: ScoringSettings = ScoringSettings()
    intensity: IntensitySettings = IntensitySettings()
    panel: PanelSettings = PanelSettings()
    report: ReportSettings = ReportSettings()
    scales: ScalesSettings = ScalesSettings()
    sgdid: StudySgdid | None = None
    shap: ShapSettings | None = None
    ggpr: GgprSettings | None = None

    @property
    def has_models(self) -> bool:
        """Whether the study goes beyond measuring intensity."""
        return bool(self.scales.given())

    @model_validator(mode="after")
    def _models_have_scales(self) -> Self:
        given = self.scales.given()
        if self.sgdid is not None and "province" not in given:
            raise ValueError("[sgdid] needs [scales.province]")
        for name, part in (("shap", self.shap), ("ggpr", self.ggpr)):
            for scale in part.scales if part is not None else ():
                if scale not in given:
                    raise ValueError(f"[{name}] names {scale!r}, and there is no [scales.{scale}]")
        if self.sgdid is not None and self.sgdid.intensity_year < self.scoring.since:
            raise ValueError(
                f"sgdid.intensity_year {self.sgdid.intensity_year} is before scoring.since "
                f"{self.scoring.since}: those reports are not scored"
            )
        return self

    @model_validator(mode="after")
    def _shown_years_are_scored(self) -> Self:
        if self.scoring.since > min(self.report.years):
            raise ValueError(
                f"scoring.since {self.scoring.since} is after report.years {self.report.years[0]}: "
                "the report would show years without scores"
            )
        return self

    def as_json(self) -> dict[str, Any]:
        """Give the resolved settings as plain values."""
        return self.model_dump(mode="json")


def settings_hash(section: BaseModel) -> str:
    """Hash settings so that a table can say which it was made with."""
    text = json.dumps(section.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_study(path: Path) -> StudySettings:
    """Read a study file.

    Raises
    ------
    UserError
        Missing file, broken TOML, unknown key or a value that is not allowed, named with its key.
    """
    raw = read_toml(path, fix="try configs/first.toml")
    return validated(StudySettings, raw, str(path))
