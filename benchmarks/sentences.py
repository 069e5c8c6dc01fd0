"""Sentences: boundaries on hand-made hard cases, unit type and tense against the labels, speed.

Peers on the same cases: pySBD's Chinese rules, and spaCy's sentencizer with its own marks and
with ； added, since the cases are cut there too.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, at_least, at_most
from configs.paths import LABELS, REPORTS

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "data" / "boundaries.txt"
N_REPORTS = 200

Cutter = Callable[[str], set[int]]


def read_cases(path: Path = CASES) -> list[str]:
    r"""Read the cases; ``|`` marks a boundary, ``\n`` a paragraph break."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.replace("\\n", "\n") for line in lines if line and not line.startswith("#")]


def boundaries(marked: str) -> tuple[str, set[int]]:
    """Split a marked case into its text and the offsets at which a new unit begins."""
    text, found = "", set()
    for piece in marked.split("|"):
        if text:
            found.add(_next_visible(text + piece, len(text)))
        text += piece
    return text, found


def _next_visible(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def boundary_f1(cases: list[str], cut: Cutter) -> tuple[float, int]:
    """Micro F1 of the boundaries, and how many cases are cut without any error."""
    right = wrong = missed = perfect = 0
    for marked in cases:
        text, truth = boundaries(marked)
        found = {_next_visible(text, b) for b in cut(text)}
        found -= {b for b in found if b == 0 or b >= len(text)}
        right += len(found & truth)
        wrong += len(found - truth)
        missed += len(truth - found)
        perfect += found == truth
    return 2 * right / max(2 * right + wrong + missed, 1), perfect


def ours(text: str) -> set[int]:
    """Boundaries of our splitter."""
    from corpus.sentences import split_text

    return {span.start for span in split_text(text)[1:]}


def pysbd_cutter() -> Cutter:
    """Boundaries of pySBD, paragraph by paragraph as it wants them."""
    import pysbd

    segmenter = pysbd.Segmenter(language="zh", clean=False)

    def cut(text: str) -> set[int]:
        found, place = set(), 0
        for piece in segmenter.segment(text):
            start = text.find(piece, place)
            if start >= 0:
                found.add(start)
                place = start + len(piece)
        return found

    return cut


def spacy_cutter(marks: list[str] | None) -> Cutter:
    """Boundaries of spaCy's sentencizer on single characters."""
    import spacy

    nlp = spacy.blank("zh")
    nlp.add_pipe("sentencizer", config={"punct_chars": marks} if marks else {})
    return lambda text: {sentence.start_char for sentence in nlp(text).sents}


def _boundary_rows() -> list[Figure]:
    cases = read_cases()
    f1, perfect = boundary_f1(cases, ours)
    peers = {
        "pySBD": pysbd_cutter(),
        "spaCy": spacy_cutter(None),
        "spaCy with ；": spacy_cutter(["。", "！", "？", "；", "!", "?"]),
    }
    scores = {name: boundary_f1(cases, cut)[0] for name, cut in peers.items()}
    told = ", ".join(f"{name} {score:.3f} ({f1 / score:.2f}x)" for name, score in scores.items())
    return [
        at_least("boundary F1, hand-made cases", 0.98, f1, "", told),
        at_least("hand-made boundary cases", 300, len(cases), "cases"),
        Figure("cases cut without any error", "", perfect / len(cases), "share"),
    ]


def _label_rows() -> list[Figure]:
    """Measure unit type and tense by rule against the labels of the shipped reports."""
    import pandas as pd

    from corpus.records import read_records, sentence_frame
    from nlp_scoring.tense import temporality_of

    sentences = sentence_frame(read_records(REPORTS)).drop_duplicates(["report_id", "text"])
    labels = pd.read_csv(LABELS, usecols=["report_id", "text", "temporality", "unit_type"])
    labels["report_id"] = labels["report_id"].str.split("-", n=1).str[1]
    both = labels.drop_duplicates(["report_id", "text"]).merge(
        sentences, on=["report_id", "text"], suffixes=("_label", "")
    )
    in_corpus = labels["report_id"].isin(sentences["report_id"])
    tense = [temporality_of(t, s) for t, s in zip(both["text"], both["section"], strict=True)]
    found, truth = both["unit_type"] == "heading", both["unit_type_label"] == "heading"
    f1 = 2 * (found & truth).sum() / (found.sum() + truth.sum())
    return [
        Figure(
            "labelled sentences found as cut", "", round(len(both) / in_corpus.sum(), 4), "share"
        ),
        Figure(
            "unit type equals the label",
            "",
            round((both["unit_type"] == both["unit_type_label"]).mean(), 4),
            "share",
        ),
        Figure("heading F1 against the label", "", round(float(f1), 4)),
        Figure(
            "tense equals the label",
            "",
            round((pd.Series(tense) == both["temporality"]).mean(), 4),
            "share",
        ),
    ]


def _speed_rows() -> list[Figure]:
    """Parse 200 real reports, written as pages, in the reader processes as a user would."""
    from corpus.parsing import parse_paths
    from corpus.records import read_records

    texts: list[Any] = read_records(REPORTS).sort_values("year")["text"].tolist()
    texts = (texts * 2)[-N_REPORTS:]
    with tempfile.TemporaryDirectory() as folder:
        for i, text in enumerate(texts):
            body = "".join(f"<p>{line}</p>" for line in text.split("\n"))
            page = f'<html><head><meta charset="utf-8"></head><body><div class="TRS_Editor">{body}</div></body></html>'
            (Path(folder) / f"{i}.html").write_text(page, "utf-8")
        begin = time.perf_counter()
        parsed = parse_paths([Path(folder)])
        seconds = time.perf_counter() - begin
    accepted = int((parsed.documents["status"] == "ok").sum())
    return [
        at_most("200 real reports parsed", 30, seconds, "s", f"{accepted} accepted"),
    ]


def rows() -> list[Figure]:
    """Return every figure of this benchmark."""
    return [*_boundary_rows(), *_label_rows(), *_speed_rows()]
