"""CSV twins of the answers: the same rows, flat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Response

from annotation_ui.explorer.models import CellSentence, Compared, Intensity
from corpus.search.model import key_columns
from corpus.search.output import as_csv, columns_of, flat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotation_ui.explorer.models import Cell, Comparison, Counts, Hits, Intensities, Report
    from corpus.index import Key


class Csv(Response):
    """A CSV file: UTF-8, commas, Unix line ends."""

    media_type = "text/csv; charset=utf-8"


def _csv(records: list[dict[str, Any]], columns: Sequence[str], name: str) -> Csv:
    head = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Csv(as_csv(records, columns), headers=head)


def intensities_csv(answer: Intensities) -> Csv:
    """One row a report and dimension."""
    return _csv([r.model_dump() for r in answer.rows], list(Intensity.model_fields), "intensity")


def hits_csv(answer: Hits, dimensions: Sequence[str]) -> Csv:
    """One row a hit, its scores as columns."""
    records = flat(hit.model_dump() for hit in answer.hits)
    return _csv(records, columns_of(dimensions, context=True), "sentences")


def counts_csv(answer: Counts, dimensions: Sequence[str], by: Sequence[Key]) -> Csv:
    """One row a group."""
    columns = columns_of(dimensions, by=by)
    kept = {*key_columns(by), "n_hits", "n_sentences", "share", "scores"}
    records = flat(group.model_dump(include=kept) for group in answer.groups)
    return _csv(records, columns, "counts")


def cell_csv(answer: Cell) -> Csv:
    """One row a sentence."""
    records = [s.model_dump() for s in answer.sentences]
    return _csv(records, list(CellSentence.model_fields), f"{answer.report_id}-{answer.dimension}")


def report_csv(answer: Report, dimensions: Sequence[str]) -> Csv:
    """One row a sentence of the report; level, score and probabilities by dimension."""
    values = ("level", "score", "p0", "p1", "p2", "p3")
    words = ("sentence_id", "position", "text", "section", "unit_type", "is_annex", "counts")
    records = []
    for paragraph in answer.paragraphs:
        for sentence in paragraph.sentences:
            record = {"paragraph": paragraph.number, **sentence.model_dump(include=set(words))}
            for d in dimensions:
                score = sentence.scores.get(d)
                record |= {f"{d}_{v}": getattr(score, v, None) for v in values}
            records.append(record)
    columns = ["paragraph", *words, *(f"{d}_{v}" for d in dimensions for v in values)]
    return _csv(records, columns, answer.report_id)


def comparison_csv(answer: Comparison) -> Csv:
    """One row a year and dimension."""
    records = [r.model_dump() for r in answer.rows]
    return _csv(records, list(Compared.model_fields), f"{answer.a}-{answer.b}")
