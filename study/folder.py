"""A study's settings with its folder, and where everything in it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from configs.errors import UserError
from configs.paths import resolve
from corpus.rubric import Rubric, load_rubric

if TYPE_CHECKING:
    from pathlib import Path

    from configs.settings import StudySettings


@dataclass(frozen=True, slots=True)
class Study:
    """A study's settings with its folder, and where everything lies."""

    settings: StudySettings
    folder: Path

    def store(self, name: str) -> Path:
        """Place of a Parquet table or model."""
        return self.folder / "store" / name

    def table(self, name: str) -> Path:
        """Place of a CSV table."""
        return self.folder / "tables" / name

    def model(self, name: str) -> Path:
        """Folder of a fitted model."""
        return self.folder / "models" / name

    def figure(self, name: str) -> Path:
        """Place of a figure, without its suffix."""
        return self.folder / "figures" / name

    @property
    def rubric(self) -> Rubric:
        """The study's rubric."""
        return load_rubric(resolve(self.settings.scoring.rubric))


def label_path(study: Study) -> Path:
    """Place of the labels of a study that has some."""
    file = study.settings.scoring.label_file
    if file is None:
        raise UserError("the study names no labels", fix="set scoring.labels")
    return resolve(file)
