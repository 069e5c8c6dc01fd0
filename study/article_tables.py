"""Tables 1 and 2 of the article from the panels of a study: what was measured, what was not, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.csvfiles import read_csv, write_csv
from corpus.files import write_atomically, write_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from configs.model_settings import Scale
    from study.folder import Study

TITLES = {
    "table_1_indicators": "Table 1. Indicators of NQP at each scale, and what open data give of them",
    "table_2_controls": "Table 2. Controls at each scale, and what open data give of them",
}
KEPT = ("scale", "id", "definition", "definition_zh", "unit", "status", "n_filled", "n_cells",
        "first_year", "last_year", "first_level", "second_level", "orientation", "note")  # fmt: skip


def article_tables(study: Study) -> dict[str, pd.DataFrame]:
    """Collect the indicator systems of the scales: name of the table to its rows."""
    import pandas as pd

    parts = []
    for scale in study.settings.scales.given():
        frame = read_csv(study.table(f"indicators_{scale}.csv"))
        parts.append(frame.assign(scale=shown_scale(scale)))
    whole = pd.concat(parts, ignore_index=True)
    columns = [c for c in KEPT if c in whole.columns]
    return {
        "table_1_indicators": whole[whole["table"] == "1"][columns].reset_index(drop=True),
        "table_2_controls": whole[whole["table"] == "2"][
            [c for c in columns if c not in ("first_level", "second_level", "orientation")]
        ].reset_index(drop=True),
    }


def shown_scale(scale: Scale) -> str:
    """Name a scale so that simulated firms cannot be taken for real ones."""
    return "enterprise SIMULATED" if scale == "enterprise" else scale


def write_article_tables(study: Study) -> None:
    """Write Tables 1 and 2 as CSV, LaTeX and Word."""
    for name, frame in article_tables(study).items():
        write_csv(study.table(f"{name}.csv"), frame)
        write_text(study.table(f"{name}.tex"), as_latex(frame, TITLES[name]))
        write_bytes(study.table(f"{name}.docx"), as_word(frame, TITLES[name]))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    write_atomically(path, lambda place: place.write_bytes(content))


def as_latex(frame: pd.DataFrame, title: str) -> str:
    """Lay a frame out as a long table (packages booktabs, longtable, ctex for the Chinese)."""
    style = frame.style.format(escape="latex").hide(axis="index")
    style = style.format_index(escape="latex", axis=1)
    return style.to_latex(caption=title, environment="longtable", hrules=True)


def as_word(frame: pd.DataFrame, title: str) -> bytes:
    """Lay a frame out as a Word table; equal frames give equal bytes."""
    from docx import Document

    from econometrics.tables.formats import saved

    document = Document()
    document.add_paragraph(title)
    table = document.add_table(rows=1, cols=len(frame.columns), style="Light List")
    for cell, name in zip(table.rows[0].cells, frame.columns, strict=True):
        cell.text = str(name)
    for row in frame.itertuples(index=False):
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = "" if value is None else str(value)
    return saved(document)
