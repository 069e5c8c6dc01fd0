"""The rules: each finds cells that cannot be what the others say, and proposes what they should be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from econometrics.audit.printed import Printed, format_like, possible_stars, stars_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from econometrics.audit.table import PublishedTable, Row

#: Beyond rounding: tables computed from more digits than they print may miss by a little more.
_SLACK = 1.5
_RATIO = 1.5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit.

    Attributes
    ----------
    rule, row, column : str
    printed, expected : str
        The cell, and what the rest of the table implies.
    message, repair : str
    """

    rule: str
    row: str
    column: str
    printed: str
    expected: str
    message: str
    repair: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the whole table says of the weights: rho, and a1 = tr(WS)/N in every direct effect.

    Attributes
    ----------
    is_exact : bool
        Totals are those of the point estimates, up to rounding, in most rows; otherwise they are
        means of draws, which may stray by a part of their error.
    """

    rho: float
    rho_half: float
    a1: float | None
    is_exact: bool = False


def fingerprint(table: PublishedTable) -> Fingerprint | None:
    """Take rho from the table and a1 from the rows that agree on it.

    ``direct = beta (1 + rho a1) + theta a1``, so every row gives ``a1 = (direct - beta) /
    (rho beta + theta)``; the consensus is the median, weighted towards rows with many digits.
    """
    if table.rho is None or not table.rho.has("main"):
        return None
    rho = table.rho["main"]
    found: list[tuple[float, float]] = []
    for row in table.rows:
        if row.has("main", "wx", "direct"):
            slope = rho.value * row["main"].value + row["wx"].value
            noise = row["direct"].half + row["main"].half
            if abs(slope) > 20 * noise:
                found.append(
                    ((row["direct"].value - row["main"].value) / slope, noise / abs(slope))
                )
    mark = Fingerprint(rho.value, rho.half, None)
    exact = [_is_exact(row, mark) for row in table.rows if row.has("main", "wx", "total")]
    mark = replace(mark, is_exact=sum(exact) > 0.6 * len(exact))
    if len(found) < 2:
        return mark
    sharp = sorted(found, key=lambda pair: pair[1])[: max(3, (len(found) + 1) // 2)]
    centre = median(a for a, _ in found)
    near = [a for a, noise in sharp if abs(a - centre) <= 3 * noise + 0.05 * abs(centre) + 1e-4]
    return replace(mark, a1=median(near or [a for a, _ in sharp]))


def misprints(table: PublishedTable) -> Iterator[Finding]:
    """Cells that are no number."""
    for row in [*table.rows, *(r for r in (table.rho, table.variance) if r is not None)]:
        for cell in row.cells.values():
            if cell.printed.repaired:
                fixed = format_like(cell.printed.value, cell.printed)
                yield Finding(
                    "misprint",
                    row.name,
                    cell.column,
                    cell.printed.text,
                    fixed,
                    "the cell is not a number",
                    f"read it as {fixed}",
                )
    for name, column, text in table.unreadable:
        yield Finding(
            "misprint", name, column, text, "", "the cell is not a number", "ask the authors"
        )


def total_identity(row: Row) -> Finding | None:
    """Total = direct + indirect, exactly, whatever the method."""
    if not row.has("total", "direct", "indirect"):
        return None
    implied = row["direct"].value + row["indirect"].value
    room = _SLACK * (row["total"].half + row["direct"].half + row["indirect"].half)
    if abs(row["total"].value - implied) <= room:
        return None
    fixed = format_like(implied, row["total"], stars=0)
    return Finding(
        "total_identity", row.name, "total", row["total"].text, fixed,
        f"direct + indirect = {fixed}, printed total is {row['total'].text}",
        "one of the three cells is wrong; see the other findings of this row for which",
    )  # fmt: skip


def multiplier_identity(row: Row, mark: Fingerprint) -> Finding | None:
    """Total = (beta + theta) / (1 - rho) with row-standardised weights."""
    if not row.has("main", "wx", "total"):
        return None
    implied, room = _implied_total(row, mark)
    if row.has("total_se") and not mark.is_exact:
        room = max(room, 0.1 * row["total_se"].value)
    if abs(row["total"].value - implied) <= room:
        return None
    fixed = format_like(implied, row["total"], stars=_stars(implied, row, "total"))
    return Finding(
        "multiplier_identity", row.name, "total", row["total"].text, fixed,
        f"(main + Wx) / (1 - rho) = {fixed} with rho = {mark.rho:g}", f"total {fixed}",
    )  # fmt: skip


def _implied_total(row: Row, mark: Fingerprint) -> tuple[float, float]:
    both = row["main"].value + row["wx"].value
    implied = both / (1 - mark.rho)
    room = (row["main"].half + row["wx"].half) / (1 - mark.rho) + abs(both) * mark.rho_half / (
        1 - mark.rho
    ) ** 2
    return implied, _SLACK * (room + row["total"].half)


def _is_exact(row: Row, mark: Fingerprint) -> bool:
    implied, room = _implied_total(row, mark)
    return abs(row["total"].value - implied) <= room


def _stars(value: float, row: Row, part: str) -> int:
    error = row[f"{part}_se"].value if row.has(f"{part}_se") else 0.0
    return stars_of(value / error) if error > 0 else 0


def direct_fingerprint(row: Row, mark: Fingerprint) -> Iterator[Finding]:
    """Direct = beta (1 + rho a1) + theta a1 with the a1 of the whole table; indirect is the rest."""
    if mark.a1 is None or not row.has("main", "wx", "direct"):
        return
    slope = mark.rho * row["main"].value + row["wx"].value
    implied = row["main"].value + mark.a1 * slope
    room = _SLACK * (row["direct"].half + row["main"].half) + 0.25 * abs(mark.a1 * slope)
    if row.has("direct_se") and not mark.is_exact:
        room = max(room, 0.1 * row["direct_se"].value)
    if abs(row["direct"].value - implied) <= room:
        return
    yield _impact_finding(
        row, "direct", implied, f"every other row implies tr(WS)/N = {mark.a1:.4f}"
    )
    if row.has("indirect"):
        rest = _implied_total(row, mark)[0] - implied
        if abs(row["indirect"].value - rest) > _SLACK * 3 * row["indirect"].half:
            yield _impact_finding(row, "indirect", rest, "total minus the implied direct impact")


def _impact_finding(row: Row, part: str, implied: float, why: str) -> Finding:
    fixed = format_like(implied, row[part], stars=_stars(implied, row, part))
    z = (
        f", z = {implied / row[f'{part}_se'].value:.2f}"
        if row.has(f"{part}_se") and row[f"{part}_se"].value > 0
        else ""
    )
    return Finding(
        "direct_fingerprint", row.name, part, row[part].text, fixed,
        f"the {part} impact should be {fixed}{z}: {why}", f"{part} {fixed}",
    )  # fmt: skip


def star_check(row: Row) -> Iterator[Finding]:
    """Stars against estimate and error, as far as the printed digits tell."""
    for part, estimate, error in row.pairs():
        if error.value <= 0 or error.value < 3 * error.half or abs(estimate.value) <= estimate.half:
            continue
        least, most = possible_stars(estimate, error)
        if not least <= estimate.stars <= most:
            z = estimate.value / error.value
            fixed = format_like(estimate.value, estimate, stars=stars_of(z))
            yield Finding(
                "stars", row.name, part, estimate.text, fixed,
                f"z = {z:.2f} earns {stars_of(z) or 'no'} star(s), {estimate.stars} printed", f"{part} {fixed}",
            )  # fmt: skip


def zero_errors(row: Row) -> Iterator[Finding]:
    """Find errors printed as zero, which tell nothing: the column needs another unit or more digits."""
    for part, estimate, error in row.pairs():
        if error.value > 0:
            continue
        both = abs(estimate.value) <= estimate.half
        other = _error_from_impact(row, part) if not both else None
        fixed = format_like(other, error, stars=0) if other else ""
        repair = (
            f"{part}_se about {fixed} (from the error of the direct impact), z = {estimate.value / other:.2f}"
            if other
            else "rescale the variable (its coefficient and error round to zero)"
        )
        yield Finding(
            "rescale" if both else "zero_error", row.name, f"{part}_se", error.text, fixed,
            "coefficient and error both round to zero" if both else "a standard error cannot be zero", repair,
        )  # fmt: skip


def _error_from_impact(row: Row, part: str) -> float | None:
    twin = {"main": "direct_se", "direct": "main_se", "wx": "indirect_se", "indirect": "wx_se"}.get(
        part, ""
    )
    return row[twin].value if twin in row.cells and row[twin].value > 0 else None


def duplicated_cells(table: PublishedTable) -> Iterator[Finding]:
    """Find the same estimates in two rows: two or more equal cells in the same columns, digits enough."""
    for i, row in enumerate(table.rows):
        for other in table.rows[:i]:
            same = [
                part for part in ("main", "wx", "total", "direct", "indirect")
                if row.has(part) and other.has(part) and row[part].value == other[part].value and abs(row[part].value) > 20 * row[part].half
            ]  # fmt: skip
            if len(same) >= 2:
                for part in same:
                    yield Finding(
                        "duplicated",
                        row.name,
                        part,
                        row[part].text,
                        "",
                        f"the same value stands in row {other.name}: copied",
                        "take the value that the identities imply",
                    )


def error_ratios(table: PublishedTable) -> Iterator[Finding]:
    """Errors of Wx and indirect, main and direct, keep one ratio through a table; outliers are misprints."""
    for part, twin in (("wx", "indirect"), ("main", "direct")):
        ratios = {
            row.name: row[f"{twin}_se"].value / row[f"{part}_se"].value
            for row in table.rows
            if row.has(f"{part}_se", f"{twin}_se")
            and row[f"{part}_se"].value > 10 * row[f"{part}_se"].half
            and row[f"{twin}_se"].value > 0
        }
        if len(ratios) < 4:
            continue
        usual = median(ratios.values())
        spread = median(abs(r - usual) for r in ratios.values())
        for row in table.rows:
            ratio = ratios.get(row.name)
            if (
                ratio is None
                or max(ratio / usual, usual / ratio) < _RATIO
                or abs(ratio - usual) < 6 * spread
            ):
                continue
            implied = row[f"{twin}_se"].value / usual
            fixed = format_like(implied, row[f"{part}_se"], stars=0)
            z = row[part].value / implied if row.has(part) else float("nan")
            yield Finding(
                "error_ratio", row.name, f"{part}_se", row[f"{part}_se"].text, fixed,
                f"{twin}_se / {part}_se is {ratio:.2f} here and about {usual:.2f} in the other rows",
                f"{part}_se about {fixed}, z = {z:.2f}",
            )  # fmt: skip


def variance_row(row: Row) -> Iterator[Finding]:
    """Stars on a variance test the edge of its space; without an error they rest on nothing."""
    if not row.has("main"):
        return
    value: Printed = row["main"]
    if value.stars:
        why = (
            "and no error is printed"
            if not row.has("main_se")
            else "whose null is the edge of the parameter space"
        )
        yield Finding(
            "variance_stars",
            row.name,
            "main",
            value.text,
            format_like(value.value, value, stars=0),
            f"stars on a variance, {why}",
            "leave the stars out",
        )
    if value.value <= 0:
        yield Finding(
            "variance_sign",
            row.name,
            "main",
            value.text,
            "",
            "a variance must be positive",
            "ask the authors",
        )
