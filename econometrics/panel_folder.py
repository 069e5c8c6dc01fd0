"""Build the panel of a panel file and write its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.settings import settings_hash
from corpus.files import write_text
from corpus.schemas import PanelTable
from corpus.store import write_table
from econometrics.build import PanelBuild, build_panel
from econometrics.firms import FirmPanelTable
from econometrics.output import panel_frame, panel_tables, write_arrow_csv, write_settings
from econometrics.page import panel_page
from econometrics.panel import describe_panel

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from configs.panel_settings import PanelConfig


def write_panel_folder(
    config: PanelConfig, path: Path, out: Path, *, intensity: pd.DataFrame | None = None
) -> PanelBuild:
    """Build a panel and write it with its account, each file whole or not at all.

    Parameters
    ----------
    path : Path
        The panel file, whose hash is kept beside the results.
    intensity : DataFrame, optional
        See `econometrics.build.build_panel`.
    """
    made = build_panel(config, intensity=intensity)
    frame = panel_frame(made)
    tables = {**panel_tables(made), "panel_description.csv": describe_panel(frame)}
    table = FirmPanelTable if config.scale == "enterprise" else PanelTable
    write_table(table, frame, out / "panel.parquet", settings=settings_hash(config))
    write_arrow_csv(out / "panel.csv", frame)
    for name, content in tables.items():
        write_arrow_csv(out / name, content)
    if config.simulator:
        write_arrow_csv(out / "SIMULATED_firms.csv", _firm_table(made.loaded.tables[0].frame))
    write_text(out / "report.html", panel_page(made, tables))
    write_settings(out / "settings.json", made, path)
    return made


def _firm_table(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={"unit": "firm_code", "name": "firm_name"})
