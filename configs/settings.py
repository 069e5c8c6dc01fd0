"""The settings of a study: a TOML file, typed, with no unknown key.

Nothing that changes a number lives elsewhere; the resolved settings are saved beside the results.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from configs.tomlfiles import read_toml, validated

Year = Annotated[int, Field(ge=1949, le=2100)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CorpusSettings(_Section):
    """Which reports, and how they are cut."""

    reports: Path = Path("data/corpus/reports.jsonl.gz")
    split_semicolon: bool = True


class ScoringSettings(_Section):
    """Which scorer, judged by which labels."""

    scorer: Literal["bert", "ngram"] = "bert"
    model: Path = Path("data/models/zhengce-bert")
    since: Year = 1949
    labels: Path = Path("data/gold/labels.csv")
    rubric: Path = Path("configs/rubric/rubric.yaml")
    folds: int = Field(default=5, ge=2, le=31)
    seed: int = Field(default=0, ge=0)


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
