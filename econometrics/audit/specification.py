"""Rules that need the equation and the text: absorbed regressors, windows, quoted numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from configs.audit_settings import STATED
from configs.errors import UserError, shown
from econometrics.audit.printed import read_printed
from econometrics.audit.rules import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from configs.audit_settings import Quoted, Specification, Window
    from econometrics.audit.printed import Printed
    from econometrics.audit.table import PublishedTable, Row

_BY = {"unit": "unit effects", "time": "period effects"}
_ASKED = {
    "errors": "the kind of standard error",
    "bias_correction": "whether the fixed-effects bias was corrected (Lee and Yu 2010)",
    "weights": "the weights and their normalisation",
    "impact_errors": "how the errors of the impacts were computed",
}


def specification_findings(s: Specification, table: PublishedTable) -> tuple[Finding, ...]:
    """Hold a specification against itself and against the table."""
    return (
        *absorbed_terms(s, table),
        *window_findings(s),
        *(f for q in s.quoted for f in quoted_findings(q, table)),
        *unstated(s),
    )


def absorbed_terms(s: Specification, table: PublishedTable) -> Iterator[Finding]:
    """Find terms that the fixed effects span: they have no coefficient to report."""
    rows = {row.name for row in table.rows}
    for term in s.terms:
        if term.row is not None:
            _row(table, term.row)
        if not term.varies or not set(term.varies) < {"unit", "time"}:
            by = [] if term.varies else sorted(s.effects)
        else:
            by = [axis for axis in term.varies if axis in s.effects]
        if not by:
            continue
        effects = " and ".join(_BY[axis] for axis in by)
        printed = term.row if term.row in rows else ""
        yield Finding(
            "absorbed_regressor", term.row or term.name, "", printed, "no coefficient",
            f"{term.name} varies over {' and '.join(term.varies) or 'nothing'} only and is absorbed by the {effects}",
            "its printed coefficient cannot be an estimate of this equation" if printed
            else f"leave {term.name} out of the equation and say that it is absorbed",
        )  # fmt: skip


def window_findings(s: Specification) -> Iterator[Finding]:
    """Find windows that hold the treatment date on the wrong side, or lie outside the sample."""
    if s.first > s.last:
        yield _window("sample", f"{s.first}-{s.last}", "the sample ends before it begins", "")
    if s.treated_from is None:
        return
    if not s.first < s.treated_from <= s.last:
        side = "before" if s.treated_from <= s.first else "after"
        yield _window(
            "sample", f"{s.first}-{s.last}",
            f"no period lies {side} the treatment of {s.treated_from}", "without both sides there is no difference in differences",
        )  # fmt: skip
    for window in s.windows:
        yield from _side(window, s, s.treated_from)


def _side(window: Window, s: Specification, treated: int) -> Iterator[Finding]:
    printed = f"{window.first}-{window.last}"
    if window.kind == "pre" and window.last >= treated:
        yield _window(
            window.name, printed, f"a window without treatment holds {treated}, when treatment starts",
            f"end it in {treated - 1}",
        )  # fmt: skip
    if window.kind == "post" and window.first < treated:
        yield _window(
            window.name, printed, f"a treated window begins before {treated}", f"begin it in {treated}"
        )  # fmt: skip
    if window.first < s.first or window.last > s.last:
        yield _window(
            window.name, printed, f"the window leaves the sample {s.first}-{s.last}", "name the sample it uses"
        )  # fmt: skip


def _window(name: str, printed: str, message: str, repair: str) -> Finding:
    return Finding("window", name, "", printed, "", message, repair)


def quoted_findings(q: Quoted, table: PublishedTable) -> Iterator[Finding]:
    """Find numbers of the text that the table does not give."""
    row = _row(table, q.row)
    if not row.has(q.column):
        raise UserError(
            f"the row {q.row} has no cell {shown(q.column)}", where="[[quoted]]",
            fix=f"its cells are {', '.join(row.cells)}",
        )  # fmt: skip
    cell = row[q.column]
    if q.value is not None:
        text = _number(q.value)
        if text.low > cell.high or text.high < cell.low:
            yield Finding(
                "quoted_number", q.row, q.column, cell.text, q.value,
                f"the text gives {q.value}, the table {cell.text}", "one of the two is a misprint",
            )  # fmt: skip
    error = f"{q.column}_se"
    if q.p_value is not None and row.has(error):
        low, high = _p_values(cell, row[error])
        text = _number(q.p_value)
        if text.low > high or text.high < low:
            yield Finding(
                "quoted_p_value", q.row, q.column, q.p_value, f"{low:.3f} to {high:.3f}",
                f"{cell.text} with error {row[error].text} gives a normal p-value between {low:.3f} and {high:.3f}",
                f"the text's p = {q.p_value} needs another error or estimate",
            )  # fmt: skip


def _p_values(estimate: Printed, error: Printed) -> tuple[float, float]:
    from scipy.stats import norm

    least = (
        0.0 if estimate.low <= 0 <= estimate.high else min(abs(estimate.low), abs(estimate.high))
    )
    most = max(abs(estimate.low), abs(estimate.high))
    smallest = error.low if error.low > 0 else 0.0
    strongest = most / smallest if smallest else float("inf")
    return float(2 * norm.sf(strongest)), float(2 * norm.sf(least / error.high))


def unstated(s: Specification) -> Iterator[Finding]:
    """Find what a reader needs and the paper does not say; only where ``stated`` is given."""
    if not s.stated:
        return
    for key in STATED:
        if not s.stated.get(key, "").strip():
            yield Finding(
                "not_stated", key, "", "", "", f"the paper does not state {_ASKED[key]}", "state it"
            )


def _row(table: PublishedTable, name: str) -> Row:
    rows = [*table.rows, *(r for r in (table.rho, table.variance) if r is not None)]
    found = next((row for row in rows if row.name == name), None)
    if found is None:
        raise UserError(
            f"the table has no row {shown(name)}", where="specification",
            fix=f"its rows are {', '.join(row.name for row in rows)}",
        )  # fmt: skip
    return found


def _number(text: str) -> Printed:
    found = read_printed(text)
    if found is None:
        raise UserError(
            f"{shown(text)} is not a number",
            where="[[quoted]]",
            fix="write it as the text prints it",
        )
    return found
