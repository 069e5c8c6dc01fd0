"""The spaCy pipeline: jieba with the policy dictionary, the splitter, and the commitments.

spaCy and jieba are imported when the pipeline is built; `extract_commitments` needs neither.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from corpus.commitments.dictionary import load_dictionary
from corpus.commitments.extract import extract_commitments

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["SPAN_KEY", "Piece", "Splitter", "build_pipeline", "simple_split"]

SPAN_KEY = "commitments"
_CUT = re.compile(r"[^。！？；\n]*[。！？；]+[”’）》]*|[^。！？；\n]+")


class Piece(Protocol):
    """A sentence as offsets, like `corpus.sentences.Span`."""

    @property
    def start(self) -> int:
        """First code point."""

    @property
    def end(self) -> int:
        """Code point after the last."""


Splitter = Callable[[str], Iterable[Piece]]


@dataclass(frozen=True, slots=True)
class _Cut:
    start: int
    end: int


def simple_split(text: str) -> list[Piece]:
    """Cut at 。！？； only: for development, where `corpus.sentences` is not wanted."""
    return [_Cut(*match.span()) for match in _CUT.finditer(text)]


def build_pipeline(split: Splitter | None = None, *, section: str | None = None) -> Language:
    """Return a blank Chinese pipeline with the components ``splitter`` and ``commitments``.

    Parameters
    ----------
    split : callable, optional
        From text to objects with ``start`` and ``end``; by default `corpus.sentences.split_text`.
    section : str, optional
        Section assumed for all text; ``doc.user_data["section"]`` overrides it.

    Returns
    -------
    spacy.language.Language
        Its documents carry sentence starts and ``doc.spans["commitments"]``, labelled by kind;
        value, unit and the rest are in ``doc.user_data["commitments"]`` in the same order. A span
        is widened to whole tokens where jieba joins a numeral with its neighbour.
    """
    import jieba
    import spacy

    jieba.setLogLevel(logging.WARNING)  # before spaCy loads its dictionary
    if split is None:
        from corpus.sentences import split_text

        split = split_text
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
    _add_words(nlp)
    _register()
    nlp.add_pipe("zhengce_splitter", name="splitter")
    nlp.add_pipe("zhengce_commitments", name="commitments", config={"section": section})
    splitter: Any = nlp.get_pipe("splitter")
    splitter.split = split
    return nlp


def _add_words(nlp: Language) -> None:
    """Give this pipeline a jieba of its own, so that the dictionary changes no other user's."""
    import jieba

    own = jieba.Tokenizer()
    for word in load_dictionary():
        own.add_word(word.text, word.frequency)
    tokenizer: Any = nlp.tokenizer
    tokenizer.jieba_seg = own


class SplitterComponent:
    """Set sentence starts where the splitter cuts."""

    def __init__(self, split: Splitter = simple_split) -> None:
        self.split = split

    def __call__(self, doc: Doc) -> Doc:
        starts = {piece.start for piece in self.split(doc.text)}
        pending = True
        for token in doc:
            inside = any(token.idx <= s < token.idx + len(token) for s in starts)
            token.is_sent_start = pending or inside
            pending = False
        return doc


class CommitmentComponent:
    """Write the commitments of every sentence as spans."""

    def __init__(self, section: str | None = None) -> None:
        self.section = section

    def __call__(self, doc: Doc) -> Doc:
        section = doc.user_data.get("section", self.section)
        spans, details = [], []
        previous: str | None = None
        for sentence in doc.sents:
            offset = sentence.start_char
            for item in extract_commitments(sentence.text, section=section, previous=previous):
                span = doc.char_span(
                    offset + item.span_start,
                    offset + item.span_end,
                    label=item.kind,
                    alignment_mode="expand",
                )
                if span is not None:
                    spans.append(span)
                    details.append(item)
            previous = sentence.text
        doc.spans[SPAN_KEY] = spans
        doc.user_data[SPAN_KEY] = details
        return doc


def _register() -> None:
    from spacy.language import Language

    if not Language.has_factory("zhengce_splitter"):
        Language.factory("zhengce_splitter", func=_make_splitter)
        Language.factory(
            "zhengce_commitments", default_config={"section": None}, func=_make_commitments
        )


def _make_splitter(nlp: Language, name: str) -> SplitterComponent:
    return SplitterComponent()


def _make_commitments(nlp: Language, name: str, section: str | None) -> CommitmentComponent:
    return CommitmentComponent(section)
