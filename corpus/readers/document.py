"""Read one document of any kind: container, encoding, text, cleaning, verdict."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from corpus.acceptance import judge
from corpus.cleaning import clean
from corpus.readers.charset import Decoded, decode
from corpus.readers.errors import ReadError
from corpus.readers.html_containers import KNOWN
from corpus.readers.html_containers import Container as BodyContainer
from corpus.readers.pages import join_pages
from corpus.readers.result import Container, Document, Removed, Source, Status
from corpus.readers.sniff import sniff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.readers.html import Second

MAX_BYTES = 64 * 1024 * 1024
_UNSUPPORTED: frozenset[Container] = frozenset(
    ("doc", "wps", "ofd", "rtf", "xlsx", "image", "mhtml", "gzip", "binary")
)


def read_document(
    data: bytes,
    *,
    name: str = "",
    declared_charset: str | None = None,
    known: Sequence[BodyContainer] = KNOWN,
    second: Second = "auto",
    more: Sequence[bytes] = (),
) -> Document:
    """Read the bytes of one document.

    Parameters
    ----------
    data : bytes
        The document as published.
    name : str
        Kept with the result; nothing is read from it.
    declared_charset : str, optional
        Charset of the HTTP header.
    known : sequence of Container
        Rules for the body elements of HTML pages.
    second : {"auto", "always", "never"}
        When trafilatura is asked for a second opinion.
    more : sequence of bytes
        The further pages of an article that is spread over several, in order.

    Returns
    -------
    Document
        Never an exception: what cannot be read has a status and a reason code.

    Notes
    -----
    This function trusts the input's size only; for files of strangers use
    ``corpus.readers.limits.read_safely``, which adds limits of memory and time.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    blank = Document("error", "empty", name=name, container="empty", sha256=sha256)
    if len(data) + sum(map(len, more)) > MAX_BYTES:
        return replace(blank, reason="too_large", container="binary")
    try:
        kind = sniff(data)
        blank = replace(blank, container=kind.container)
        if kind.problem:
            return replace(blank, reason=kind.problem)
        if kind.container in _UNSUPPORTED:
            return replace(blank, status="unsupported_format", reason=kind.container)
        return _read(data, blank, declared_charset, known, second, more)
    except ReadError as error:
        return replace(blank, status=error.status, reason=error.reason)
    except MemoryError:
        return replace(blank, reason="too_large")
    except RecursionError:
        return replace(blank, reason="too_deep")
    except Exception as error:
        return replace(blank, reason=f"unreadable:{type(error).__name__}")


def _read(
    data: bytes,
    blank: Document,
    declared: str | None,
    known: Sequence[BodyContainer],
    second: Second,
    more: Sequence[bytes] = (),
) -> Document:
    if blank.container in ("html", "txt"):
        is_html = blank.container == "html"
        decoded = decode(data, declared=declared, meta=is_html)
        source = _from_text(decoded.text, is_html, known, second)
        if more:
            texts = [decode(page, declared=declared, meta=is_html).text for page in more]
            source = join_pages([source, *(_from_text(t, is_html, known, second) for t in texts)])
        return _finish(blank, source, decoded)
    if blank.container == "pdf":
        from corpus.readers.pdf import read_pdf

        return _finish(blank, read_pdf(data), None)
    if blank.container == "docx":
        from corpus.readers.docx import read_docx

        return _finish(blank, read_docx(data), None)
    # An archive is several documents: see corpus.readers.archive.
    return replace(blank, status="unsupported_format", reason="archive")


def _from_text(text: str, is_html: bool, known: Sequence[BodyContainer], second: Second) -> Source:
    if is_html:
        from corpus.readers.html import read_html

        return read_html(text, known=known, second=second)
    from corpus.readers.txt import read_txt

    return read_txt(text)


def _finish(blank: Document, source: Source, decoded: Decoded | None) -> Document:
    parts = clean(source)
    verdict = judge(source, parts)
    status: Status = "ok" if verdict.is_report else "quarantined"
    warnings = list(verdict.warnings)
    if decoded is not None and decoded.n_broken:
        warnings.append(f"{decoded.n_broken} broken bytes stand as U+FFFD")
    if source.agreement is not None and source.agreement < 0.8:
        warnings.append(f"two methods agree on {source.agreement:.2f} of the text only")
    blocked = bool(source.problem)
    # Nothing of a page that only stands in the way is kept, and that is said of all of it.
    refused = (Removed(0, len(source.raw), source.problem),) if source.raw else ()
    return replace(
        blank,
        status=status,
        reason=verdict.reason,
        encoding=decoded.label if decoded else "",
        title="" if blocked else verdict.title,
        publish_date="" if blocked else source.publish_date,
        session_date=verdict.identity.session_date,
        region_code=verdict.identity.region_code,
        region=verdict.identity.region,
        year=verdict.identity.year,
        text="" if blocked else parts.text,
        glossary="" if blocked else parts.glossary,
        annex="" if blocked else parts.annex,
        raw_text=source.raw,
        segments=() if blocked else parts.segments,
        removed=refused if blocked else parts.removed,
        agreement=source.agreement,
        template=source.template,
        n_parts=source.n_parts,
        glossary_url=source.glossary_url,
        warnings=tuple(warnings),
    )
