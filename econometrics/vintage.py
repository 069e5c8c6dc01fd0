"""Vintages of growth: first published or revised, and never the two in one ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from econometrics.expressions import inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from configs.panel_settings import Vintage
    from econometrics.grid import Array

#: Figures are published with one decimal: closer than this is the same figure.
_SAME = 0.0501


@dataclass(frozen=True, slots=True, eq=False)
class VintageEvidence:
    """Which vintage the cells of a growth column agree with.

    Attributes
    ----------
    is_revised, is_first : array of bool
        Cells that agree with one vintage and not with the other. All other cells say nothing.
    """

    is_revised: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    is_first: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    @property
    def is_mixed(self) -> bool:
        """Some cells are certainly revised and others certainly first published."""
        return bool(self.is_revised.any() and self.is_first.any())


def vintage_evidence(growth_pct: Array, revised_pct: Array, first_pct: Array) -> VintageEvidence:
    """Compare a growth column with both published vintages, cell by cell.

    Parameters
    ----------
    growth_pct, revised_pct, first_pct : array
        Of one shape; NaN where unknown.
    """
    near_revised = np.abs(growth_pct - revised_pct) < _SAME
    near_first = np.abs(growth_pct - first_pct) < _SAME
    both_known = np.isfinite(revised_pct) & np.isfinite(first_pct)
    return VintageEvidence(
        is_revised=both_known & near_revised & ~near_first,
        is_first=both_known & near_first & ~near_revised,
    )


def require_vintage(
    vintage: Vintage, column: str, declared: Mapping[str, Vintage], *, role: str
) -> None:
    """Refuse a growth column of another or of an undeclared vintage.

    Raises
    ------
    UserError
        Names the column, its vintage and the one asked for.
    """
    found = declared.get(column)
    if found == vintage:
        return
    if found is None:
        problem = f"the vintage of {column!r} ({role}) is not declared"
        fix = f'add to its table: vintages = {{ {column} = "revised" }} or "first_published"'
    else:
        problem = f"{column!r} ({role}) is {found}, the panel asks for {vintage}"
        fix = "take growth and national growth of one vintage; the two are never mixed"
    raise UserError(problem, where="[resilience]", fix=fix)


def of_vintage(formulas: Iterable[str], vintage: Vintage, declared: Mapping[str, Vintage]) -> bool:
    """Tell whether every column of some formulas is declared to be of one vintage."""
    columns = [i.column for formula in formulas for i in inputs(formula)]
    return bool(columns) and all(declared.get(c) == vintage for c in columns)
