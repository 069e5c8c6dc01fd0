"""Run all rules over a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from configs.audit_settings import load_specification
from econometrics.audit import rules
from econometrics.audit.rules import Finding, Fingerprint, fingerprint
from econometrics.audit.specification import specification_findings
from econometrics.audit.table import PublishedTable, Row, read_published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    findings : tuple of Finding
    clean_rows : tuple of str
        Rows in which nothing was found.
    fingerprint : Fingerprint or None
        rho and tr(WS)/N as the table implies them.
    """

    findings: tuple[Finding, ...]
    clean_rows: tuple[str, ...]
    fingerprint: Fingerprint | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the keys of ``zhengce audit --format json``."""
        mark = asdict(self.fingerprint) if self.fingerprint else None
        return {
            "findings": [asdict(f) for f in self.findings],
            "clean_rows": list(self.clean_rows),
            "fingerprint": mark,
        }


def audit_table(table: PublishedTable) -> Audit:
    """Audit a table that has been read."""
    mark = fingerprint(table)
    findings = list(rules.misprints(table))
    for row in table.rows:
        findings += _row_findings(row, mark)
    findings += rules.duplicated_cells(table)
    findings += rules.error_ratios(table)
    if table.rho is not None:
        findings += rules.star_check(table.rho)
    if table.variance is not None:
        findings += rules.variance_row(table.variance)
    named = {f.row for f in findings}
    extra = [r for r in (table.rho, table.variance) if r is not None]
    clean = tuple(r.name for r in [*table.rows, *extra] if r.name not in named)
    return Audit(tuple(findings), clean, mark)


def _row_findings(row: Row, mark: Fingerprint | None) -> Iterator[Finding]:
    found = rules.total_identity(row)
    if found is not None:
        yield found
    if mark is not None:
        found = rules.multiplier_identity(row, mark)
        if found is not None:
            yield found
        yield from rules.direct_fingerprint(row, mark)
    yield from rules.star_check(row)
    yield from rules.zero_errors(row)


def audit_file(path: Path, specification: Path | None = None) -> Audit:
    """Audit a CSV with the columns of ``data/published/table3_sgdid.csv``.

    A specification (``data/published/table3_sgdid.toml``) adds what the paper says of the model.
    """
    table = read_published(path)
    found = audit_table(table)
    if specification is None:
        return found
    said = specification_findings(load_specification(specification), table)
    named = {f.row for f in said}
    clean = tuple(name for name in found.clean_rows if name not in named)
    return replace(found, findings=found.findings + said, clean_rows=clean)
