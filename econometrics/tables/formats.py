"""A model table as text, CSV, HTML, LaTeX and Word; numbers only from the results."""

from __future__ import annotations

import csv
import html
import io
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from econometrics.tables.layout import ModelTable, TableCell

_DIGITS = 4


def show(cell: TableCell | None, digits: int = _DIGITS) -> tuple[str, str]:
    """Estimate with stars, and error in parentheses; a number that would print as zero gets more digits."""
    if cell is None:
        return "", ""
    return (
        f"{_number(cell.estimate, digits)}{'*' * cell.stars}",
        f"({_number(cell.std_error, digits)})",
    )


def _number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return f"{value:.3e}" if value and float(text) == 0 else text


def as_text(table: ModelTable) -> str:
    """Plain text with aligned columns."""
    width = max(14, *(len(h) + 2 for h in table.heads))
    first = max(22, *(len(term) + 3 for _, term, _ in table.rows))
    lines, section = [" " * first + "".join(h.rjust(width) for h in table.heads)], ""
    for name, term, cells in table.rows:
        if name != section:
            lines.append(name)
            section = name
        shown = [show(c) for c in cells]
        lines.append(f"  {term}".ljust(first) + "".join(a.rjust(width) for a, _ in shown))
        lines.append(" " * first + "".join(b.rjust(width) for _, b in shown))
    return "\n".join([*lines, *table.notes]) + "\n"


def as_csv(table: ModelTable) -> str:
    """Long CSV with full precision: ``model, section, term, estimate, std_error, stars``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["model", "section", "term", "estimate", "std_error", "stars"])
    for section, term, cells in table.rows:
        for head, cell in zip(table.heads, cells, strict=True):
            if cell is not None:
                writer.writerow(
                    [head, section, term, repr(cell.estimate), repr(cell.std_error), cell.stars]
                )
    return out.getvalue()


def as_published_csv(table: ModelTable, column: int = 0) -> str:
    """One model in the columns that ``zhengce audit`` reads, printed with seven digits."""
    parts = {
        "Main": "main",
        "Wx": "wx",
        "Total": "total",
        "Direct": "direct",
        "Indirect": "indirect",
    }
    rows: dict[str, dict[str, str]] = {}
    for section, term, cells in table.rows:
        estimate, error = show(cells[column], 7)
        key = parts.get(section, "main")
        rows.setdefault(term, {})[key] = estimate
        rows[term][f"{key}_se"] = error.strip("()")
    columns = [
        "variable",
        *(f"{p}{s}" for p in ("main", "wx", "total", "direct", "indirect") for s in ("", "_se")),
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({"variable": term, **cells} for term, cells in rows.items())
    return out.getvalue()


def as_html(table: ModelTable) -> str:
    """Write an HTML table, escaped."""
    head = "".join(f"<th>{html.escape(h)}</th>" for h in table.heads)
    body, section = [], ""
    for name, term, cells in table.rows:
        if name != section:
            body.append(f'<tr><th colspan="{len(table.heads) + 1}">{name}</th></tr>')
            section = name
        shown = "".join(f"<td>{a}<br><small>{b}</small></td>" for a, b in map(show, cells))
        body.append(f"<tr><td>{html.escape(term)}</td>{shown}</tr>")
    notes = "".join(f"<p><small>{html.escape(n)}</small></p>" for n in table.notes)
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{notes}\n"


_LATEX = str.maketrans(
    {
        "_": r"\_",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "$": r"\$",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
        "<": r"$<$",
        ">": r"$>$",
    }
)


def as_latex(table: ModelTable) -> str:
    """Write a booktabs table."""
    lines = [rf"\begin{{tabular}}{{l{'r' * len(table.heads)}}}", r"\toprule"]
    lines.append(" & ".join(["", *(h.translate(_LATEX) for h in table.heads)]) + r" \\ \midrule")
    section = ""
    for name, term, cells in table.rows:
        if name != section:
            lines.append(rf"\multicolumn{{{len(table.heads) + 1}}}{{l}}{{\textit{{{name}}}}} \\")
            section = name
        shown = [show(c) for c in cells]
        lines.append(
            " & ".join([term.translate(_LATEX), *(a.replace("*", r"$^{*}$") for a, _ in shown)])
            + r" \\"
        )
        lines.append(" & ".join(["", *(b for _, b in shown)]) + r" \\")
    notes = [rf"% {n}" for n in table.notes]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", *notes]) + "\n"


def as_docx(table: ModelTable) -> bytes:
    """Write a Word document with the table and its notes."""
    from docx import Document

    document = Document()
    grid = document.add_table(rows=1, cols=len(table.heads) + 1)
    for cell, head in zip(grid.rows[0].cells[1:], table.heads, strict=True):
        cell.text = head
    section = ""
    for name, term, cells in table.rows:
        if name != section:
            grid.add_row().cells[0].text = name
            section = name
        row = grid.add_row().cells
        row[0].text = term
        for place, cell in zip(row[1:], cells, strict=True):
            place.text = "\n".join(part for part in show(cell) if part)
    for note in table.notes:
        document.add_paragraph(note)
    return saved(document)


def saved(document: Any) -> bytes:
    """Give a Word document as bytes without the time of day: equal documents give equal bytes."""
    written, out = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for part in parts.infolist():
            copy.writestr(zipfile.ZipInfo(part.filename), parts.read(part), zipfile.ZIP_DEFLATED)
    return out.getvalue()
