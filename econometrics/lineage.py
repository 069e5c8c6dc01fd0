"""Trace a cell of a panel back to the cells of files it was made of, and make it again from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError
from econometrics.build import first_levels
from econometrics.counterfactuals import COUNTERFACTUALS
from econometrics.expressions import inputs
from econometrics.places import Place
from econometrics.weighting import METHODS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from econometrics.build import PanelBuild
    from econometrics.composite import Composite
    from econometrics.counterfactuals import Counterfactual
    from econometrics.grid import Grid
    from econometrics.weighting import Method

Operation = Literal[
    "cell", "absent", "formula", "midpoint", "minmax", "weighted_sum", "coverage", "ser", "same", "mean",
    "weighted_mean", "bartik",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A cell and how it was made.

    Attributes
    ----------
    column, unit, year
        Key of the cell.
    value : float
        NaN where there is no figure.
    operation : str
        What makes the value from the inputs; see `econometrics.replay`.
    how : str
        The same in words.
    inputs : tuple of Node
    constants : tuple of float
        Weights, or a count.
    formula : str
    place : Place or None
        Of a cell that was read.
    """

    column: str
    unit: str
    year: int
    value: float
    operation: Operation
    how: str
    inputs: tuple[Node, ...] = ()
    constants: tuple[float, ...] = ()
    formula: str = ""
    place: Place | None = None

    def leaves(self) -> list[Node]:
        """List the cells that were read, each once."""
        if not self.inputs:
            return [self]
        return list({id(x): x for node in self.inputs for x in node.leaves()}.values())


@dataclass(slots=True, eq=False)
class Lineage:
    """Answers where cells of one panel come from; remembers what it has answered."""

    build: PanelBuild
    _rows: dict[tuple[int, str, int], int] = field(default_factory=dict)
    _known: dict[tuple[str, str, int], Node] = field(default_factory=dict)

    def trace(self, unit: str, year: int, column: str) -> Node:
        """Trace one cell.

        Raises
        ------
        UserError
            No such unit, year or column.
        """
        self.build.grid.place(unit, year)
        key = (column, unit, year)
        if key not in self._known:
            self._known[key] = self._trace(unit, year, column)
        return self._known[key]

    def _trace(self, unit: str, year: int, column: str) -> Node:
        build, how = self.build, self.build.config.resilience
        if column in build.computed:
            return self._variable(unit, year, column)
        if column.startswith("z_"):
            return self._normalised(unit, year, column.removeprefix("z_"))
        if column == "nqp_coverage_share":
            return self._coverage(unit, year)
        sums = self._sums()
        if column in sums:
            return self._weighted(unit, year, column, *sums[column])
        if column == "growth_pct":
            source = self.trace(unit, year, how.growth)
            return self._node(column, unit, year, "same", f"is {how.growth}", (source,))
        if column == "expected_growth_pct":
            source = self.trace(unit, year, f"expected_{how.counterfactual}_pct")
            return self._node(
                column, unit, year, "same", f"counterfactual {how.counterfactual}", (source,)
            )
        for name in COUNTERFACTUALS:
            if column == f"expected_{name}_pct" and column in build.grid.columns:
                return self._expected(unit, year, name)
            if column in ("ser", f"ser_{name}") and column in build.grid.columns:
                chosen = how.counterfactual if column == "ser" else name
                parts = (
                    self.trace(unit, year, "growth_pct"),
                    self.trace(unit, year, f"expected_{chosen}_pct"),
                )
                return self._node(
                    column, unit, year, "ser", "(growth - expected) / |expected|", parts
                )
        if column in build.loaded.owner:
            return self._cell(unit, year, column)
        if column in build.intensity_columns:
            return self._report(unit, year, column)
        known = ", ".join([*build.derived, *build.intensity_columns])
        raise UserError(
            f"no column {column!r}", fix=f"derived columns: {known}; or a column of a table"
        )

    def _sums(self) -> dict[str, tuple[Composite, Method, tuple[str, ...]]]:
        build, composite = self.build, self.build.composite
        method = composite.conventions.method
        sums: dict[str, tuple[Composite, Method, tuple[str, ...]]] = {
            f"nqp_{m}": (composite, m, composite.ids) for m in METHODS
        }
        sums["nqp"] = (composite, method, composite.ids)
        for level, ids in first_levels(build.system, composite.ids).items():
            sums[level] = (composite, method, tuple(ids))
        if build.firm_resilience is not None:
            firm = build.firm_resilience
            sums["ser"] = (firm, firm.conventions.method, firm.ids)
        return sums

    def _node(
        self, column: str, unit: str, year: int, operation: Operation, how: str, parts: Sequence[Node],
        constants: Sequence[float] = (), formula: str = "",
    ) -> Node:  # fmt: skip
        value = np.nan
        if column in self.build.grid.columns:
            i, t = self.build.grid.place(unit, year)
            value = float(self.build.grid[column][i, t])
        return Node(
            column, unit, year, value, operation, how, tuple(parts), tuple(constants), formula
        )

    def _variable(self, unit: str, year: int, column: str) -> Node:
        i, t = self.build.grid.place(unit, year)
        if np.isfinite(self.build.filled[column].added[i, t]):
            ends = [self.trace(unit, y, column) for y in self._ends(column, i, t)]
            back, ahead = year - ends[0].year, ends[1].year - year
            total = back + ahead
            how = "interpolated between the years before and after the gap"
            return self._node(
                column, unit, year, "midpoint", how, ends, (ahead / total, back / total)
            )
        formula = next(v.formula for v in self.build.system.variables if v.id == column)
        first = self.build.grid.years[0]
        parts = [
            self.trace(unit, year - x.lag, x.column) if year - x.lag >= first
            else Node(x.column, unit, year - x.lag, np.nan, "absent", f"the panel begins in {first}")
            for x in inputs(formula)
        ]  # fmt: skip
        return self._node(column, unit, year, "formula", formula, parts, formula=formula)

    def _ends(self, column: str, i: int, t: int) -> tuple[int, int]:
        there = np.flatnonzero(np.isfinite(self.build.computed[column][i]))
        years = self.build.grid.years
        return years[there[there < t].max()], years[there[there > t].min()]

    def _composite_of(self, name: str) -> tuple[Composite, slice]:
        firm = self.build.firm_resilience
        if name in self.build.composite.ids:
            return self.build.composite, self.build.window
        if firm is not None and name in firm.ids:
            return firm, slice(0, len(self.build.grid.years))
        raise UserError(f"{name!r} is in no composite", fix=", ".join(self.build.composite.ids))

    def _normalised(self, unit: str, year: int, name: str) -> Node:
        composite, window = self._composite_of(name)
        grid, j = self.build.grid, composite.ids.index(name)
        i, t = grid.place(unit, year)
        if not window.start <= t < window.stop:
            return Node(f"z_{name}", unit, year, np.nan, "absent", "outside the years of the index")
        values = grid[name][:, window]
        scope = (
            values if composite.conventions.normalise == "pooled" else values[:, [t - window.start]]
        )
        shift = 0 if composite.conventions.normalise == "pooled" else t - window.start
        ends = []
        for pick in (np.nanargmin, np.nanargmax):
            a, b = np.unravel_index(pick(scope), scope.shape)
            ends.append(self.trace(grid.units[a], grid.years[window.start + shift + int(b)], name))
        direction = composite.directions[j]
        how = "(x - min) / (max - min)" if direction == "positive" else "(max - x) / (max - min)"
        value = float(composite.normalised[j].z[i, t - window.start])
        parts = (self.trace(unit, year, name), *ends)
        sign = 1.0 if direction == "positive" else -1.0
        return Node(
            f"z_{name}",
            unit,
            year,
            value,
            "minmax",
            f"{how}, {composite.conventions.normalise}",
            parts,
            (sign,),
        )

    def _weighted(
        self,
        unit: str,
        year: int,
        column: str,
        composite: Composite,
        method: Method,
        ids: tuple[str, ...],
    ) -> Node:
        _, window = self._composite_of(ids[0])
        t = self.build.grid.years.index(year) - window.start
        if not 0 <= t < window.stop - window.start:
            return self._node(column, unit, year, "absent", "outside the years of the index", ())
        weights = composite.weights[method][t]
        parts = [self.trace(unit, year, f"z_{name}") for name in composite.ids]
        own = [
            float(w) if name in ids else 0.0 for name, w in zip(composite.ids, weights, strict=True)
        ]
        there = [float(np.isfinite(p.value)) for p in parts]
        total = float(sum(w * x for w, x in zip(weights, there, strict=True)))
        if composite.conventions.rows == "complete" or all(there):
            total = 1.0 if all(there) else np.nan
        scope = (
            f"{composite.conventions.weights} weights from {int(composite.n_obs[t])} complete rows"
        )
        how = f"sum of weight x normalised indicator: {method}, {scope} (weights.csv)"
        return self._node(column, unit, year, "weighted_sum", how, parts, (total, *own))

    def _coverage(self, unit: str, year: int) -> Node:
        composite = self.build.composite
        n = len(self.build.system.composite)
        parts = [self.trace(unit, year, f"z_{name}") for name in composite.ids]
        need = float(composite.conventions.rows == "complete")
        how = f"indicators present of the {n} of Table 1"
        return self._node("nqp_coverage_share", unit, year, "coverage", how, parts, (n, need))

    def _expected(self, unit: str, year: int, name: Counterfactual) -> Node:
        how, column = self.build.config.resilience, f"expected_{name}_pct"
        if name == "national":
            return self._node(
                column,
                unit,
                year,
                "same",
                "the nation's growth",
                (self._nation(year, how.national),),
            )
        if name == "own_trend":
            years = range(year - how.trend_years, year)
            parts = [self._or_absent(unit, y, how.growth) for y in years]
            return self._node(
                column, unit, year, "mean", f"mean growth of {years[0]}-{years[-1]}", parts
            )
        if name == "leave_one_out":
            return self._leave_one_out(unit, year, column)
        parts = [self._or_absent(unit, year - 1, x) for x in _names(how.sectors)]
        nation = [
            self._nation(y, x) for y in (year, year - 1) for x in _names(how.national_sectors)
        ]
        words = "sector shares of the year before x national real growth of each sector"
        formula = "|".join([*how.sectors, "", *how.national_sectors])
        return self._node(
            column,
            unit,
            year,
            "bartik",
            words,
            [*parts, *nation, self._nation(year, how.national)],
            formula=formula,
        )

    def _leave_one_out(self, unit: str, year: int, column: str) -> Node:
        how, units = self.build.config.resilience, self.build.grid.units
        weighted = how.leave_one_out == "gdp_weighted"
        parts = []
        for other in units:
            if other != unit:
                parts.append(self.trace(other, year, how.growth))
                if weighted:
                    parts.append(self._or_absent(other, year - 1, how.gdp))
        words = "mean growth of all other places" + (", by GDP of the year before" * weighted)
        return self._node(column, unit, year, "weighted_mean", words, parts, (float(weighted),))

    def _or_absent(self, unit: str, year: int, column: str) -> Node:
        first = self.build.grid.years[0]
        if year < first:
            return Node(column, unit, year, np.nan, "absent", f"the panel begins in {first}")
        return self.trace(unit, year, column)

    def _nation(self, year: int, column: str) -> Node:
        nation, _ = self.build.loaded.national()
        if year < nation.years[0]:
            return Node(
                column,
                nation.units[0],
                year,
                np.nan,
                "absent",
                f"the panel begins in {nation.years[0]}",
            )
        return self._read(nation, -1, nation.units[0], year, column)

    def _cell(self, unit: str, year: int, column: str) -> Node:
        return self._read(
            self.build.loaded.grid, self.build.loaded.owner[column], unit, year, column
        )

    def _read(self, grid: Grid, position: int, unit: str, year: int, column: str) -> Node:
        loaded = self.build.loaded
        table = loaded.table(position)
        i, t = grid.place(unit, year)
        value = float(grid[column][i, t])
        place = table.cells.get((unit, year, column)) or self._place(position, unit, year, column)
        if place is None:
            return Node(column, unit, year, value, "absent", f"{table.file} has no row for it")
        emptied = next(
            (e for e in loaded.emptied if (e.unit, e.year, e.column) == (unit, year, column)), None
        )
        how = "read" if np.isfinite(value) else "empty in the file"
        if emptied and not np.isfinite(value):
            how = f"emptied: {emptied.value:g}: {emptied.reason}"
        return Node(column, unit, year, value, "cell", how, place=place)

    def _place(self, position: int, unit: str, year: int, column: str) -> Place | None:
        loaded = self.build.loaded
        table = loaded.table(position)
        if (position, "", 0) not in self._rows:
            keys = zip(table.frame["unit"], table.frame["year"], table.rows, strict=True)
            self._rows.update({(position, str(u), int(y)): int(r) for u, y, r in keys})
            self._rows[(position, "", 0)] = 0
        row = self._rows.get((position, unit, year))
        return (
            Place(table.file, table.sheet, row, table.headers.get(column, column)) if row else None
        )

    def _report(self, unit: str, year: int, column: str) -> Node:
        frame, lag = self.build.intensity, self.build.config.intensity.lag
        if frame is None:
            raise UserError("the panel has no intensities", where="[intensity]")
        found = frame[(frame["region_code"] == unit) & (frame["year"] == year - lag)]
        if found.empty:
            return self._node(column, unit, year, "absent", f"no report of {year - lag}", ())
        i, t = self.build.grid.place(unit, year)
        value = float(self.build.grid[column][i, t])
        report = str(found["report_id"].iloc[0])
        how = f"report of {year - lag}, joined to {year}"
        return Node(
            column, unit, year, value, "cell", how, place=Place("report_score", report, 0, column)
        )


def _names(formulas: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(x.column for formula in formulas for x in inputs(formula)))
