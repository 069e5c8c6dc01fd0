"""Indicator systems: Tables 1 and 2 of the article as configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from configs.errors import UserError
from configs.tomlfiles import read_toml, validated
from econometrics.expressions import evaluate, inputs

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from econometrics.grid import Array, Grid

Status = Literal["measured", "proxy", "joint", "missing"]
Direction = Literal["positive", "negative"]


class Indicator(BaseModel):
    """A row of Table 1: what is meant, in which direction, and from which columns it is computed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    dimension: Literal["technological_industrial", "institutional"]
    first_level: str
    first_level_zh: str
    second_level: str
    second_level_zh: str
    definition: str
    definition_zh: str
    unit: str
    direction: Direction
    orientation: Literal["adaptability", "recoverability", "transformability"]
    status: Status
    formula: str = Field(alias="from")
    note: str = ""


class Variable(BaseModel):
    """A row of Table 2, or a component of the resilience of firms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    definition: str
    definition_zh: str
    unit: str
    direction: Direction = "positive"
    status: Status = "measured"
    formula: str = Field(alias="from")
    note: str = ""


class IndicatorSystem(BaseModel):
    """The indicators and controls of one scale."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    indicators: tuple[Indicator, ...] = Field(alias="indicator")
    controls: tuple[Variable, ...] = Field(alias="control", default=())
    resilience: tuple[Variable, ...] = ()

    @property
    def composite(self) -> tuple[Indicator, ...]:
        """Indicators of the technological and industrial foundation: those of the composite."""
        return tuple(i for i in self.indicators if i.dimension == "technological_industrial")

    @property
    def variables(self) -> tuple[Indicator | Variable, ...]:
        """All rows that have a formula over columns of statistics."""
        rows: list[Indicator | Variable] = [*self.composite, *self.controls, *self.resilience]
        return tuple(row for row in rows if row.formula)

    @property
    def rows(self) -> tuple[Indicator | Variable, ...]:
        """All rows of both tables, with or without a formula."""
        return (*self.indicators, *self.controls, *self.resilience)


@dataclass(frozen=True, slots=True)
class Lacking:
    """A variable that cannot be computed because a table lacks columns."""

    variable: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Variables:
    """Indicators and controls on the grid.

    Attributes
    ----------
    values : dict
        Id to array; only what could be computed.
    lacking : tuple of Lacking
        What the tables have no columns for.
    """

    values: dict[str, Array]
    lacking: tuple[Lacking, ...]


def load_indicators(path: Path) -> IndicatorSystem:
    """Read an indicator system.

    Raises
    ------
    UserError
        Broken file, unknown key, a formula that is none, a missing series with a formula, an id
        that occurs twice.
    """
    system = validated(IndicatorSystem, read_toml(path), str(path))
    seen: set[str] = set()
    for row in system.rows:
        if row.id in seen:
            raise UserError(f"the id {row.id!r} occurs twice", where=str(path))
        seen.add(row.id)
        if bool(row.formula) != (row.status in ("measured", "proxy")):
            raise UserError(
                f"{row.id!r}: status {row.status!r} does not go with from = {row.formula!r}",
                where=str(path),
                fix="measured and proxy have a formula, joint and missing have none",
            )
        if row.formula:
            inputs(row.formula)
    return system


def compute_variables(system: IndicatorSystem, grid: Grid) -> Variables:
    """Compute what the tables have columns for; nothing is invented for the rest."""
    values: dict[str, Array] = {}
    lacking = []
    for row in system.variables:
        absent = tuple(i.column for i in inputs(row.formula) if i.column not in grid.columns)
        if absent:
            lacking.append(Lacking(row.id, absent))
        else:
            values[row.id] = evaluate(row.formula, grid)
    return Variables(values=values, lacking=tuple(lacking))


def coverage_frame(
    system: IndicatorSystem, grid: Grid, used: tuple[str, ...], interpolated: dict[str, Array]
) -> pd.DataFrame:
    """Tell for every row of Tables 1 and 2 what there is of it.

    Returns
    -------
    DataFrame
        ``id, table, status, in_composite, n_filled, n_interpolated, n_cells, first_year,
        last_year`` and the definitions.
    """
    import numpy as np
    import pandas as pd

    rows = []
    tables: tuple[tuple[str, tuple[Indicator | Variable, ...]], ...] = (
        ("1", system.indicators),
        ("2", system.controls),
        ("SER", system.resilience),
    )
    for table, found in tables:
        for row in found:
            there = row.id if row.id in grid.columns else row.formula
            values = grid.columns.get(there, grid.empty())
            years = np.array(grid.years)[np.isfinite(values).any(axis=0)]
            status = row.status if len(years) or row.status == "joint" else "missing"
            rows.append(
                {
                    "id": row.id, "table": table, "status": status, "in_composite": row.id in used,
                    "n_filled": int(np.isfinite(values).sum()),
                    "n_interpolated": int(np.isfinite(interpolated.get(row.id, grid.empty())).sum()),
                    "n_cells": values.size,
                    "first_year": int(years[0]) if len(years) else None,
                    "last_year": int(years[-1]) if len(years) else None,
                    "first_level": getattr(row, "first_level", ""),
                    "second_level": getattr(row, "second_level", ""),
                    "orientation": getattr(row, "orientation", ""),
                    "direction": row.direction, "unit": row.unit, "definition": row.definition,
                    "definition_zh": row.definition_zh, "from": row.formula, "note": row.note,
                }
            )  # fmt: skip
    return pd.DataFrame(rows).astype({"first_year": "Int64", "last_year": "Int64"})
