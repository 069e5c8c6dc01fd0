"""The shared table of firm panels."""

from __future__ import annotations

from typing import ClassVar

import pandera.pandas as pa
from pandera.typing.pandas import Series  # noqa: TC002  pandera reads annotations at run time

from corpus.schemas import YEARS, Table


class FirmPanelTable(Table):
    """Firm x year; the enterprise scale of `PanelTable`."""

    firm_code: Series[str] = pa.Field(str_length={"min_value": 1})
    firm: Series[str]
    city_code: Series[str] = pa.Field(description="GB/T 2260, or empty")
    year: Series[int] = pa.Field(**YEARS)

    class Config(Table.Config):
        """Statistics differ from study to study, so further columns are allowed."""

        name = "firm_panel"
        strict = False
        unique: ClassVar[list[str]] = ["firm_code", "year"]
