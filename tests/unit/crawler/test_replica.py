"""The replica against the corpus package: what its truth file says, the readers find."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from configs.errors import UserError
from corpus.dedup import canonical_sha256
from corpus.readers.document import read_document
from crawler.replica import texts
from crawler.replica.build import SPECIAL, build
from crawler.replica.model import Site
from crawler.replica.real import FORMS, REFUSALS

REAL = {kind.removeprefix("real_"): at for at, kind in SPECIAL.items() if kind.startswith("real_")}


@pytest.fixture(scope="module")
def site() -> Site:
    """The provinces with pages after real ones, and those with refusals."""
    return build(seed=5, codes=[*(code for code, _ in REAL.values()), "620000", "150000"])


@pytest.mark.parametrize("form", FORMS)
def test_pages_after_real_ones_are_read_exactly(site: Site, form: str) -> None:
    (true,) = [t for t in site.truth if t.template == f"real_{form}"]
    data = site.pages[true.url.removeprefix("http://")].data
    document = read_document(data, name=true.url)
    assert document.status == "ok", document.reason
    assert (document.region_code, document.year) == (true.region_code, true.year)
    assert len(document.paragraphs) == true.n_paragraphs
    assert canonical_sha256(document.text) == true.text_sha256
    if form == "GD":
        assert "民生实事" in document.annex
        assert "两重" in document.glossary


@pytest.mark.parametrize("form", REFUSALS)
def test_refusals_are_told_from_reports(site: Site, form: str) -> None:
    reason = REFUSALS[form][0]
    (true,) = [t for t in site.truth if t.expected_reason == reason]
    data = site.pages[true.url.removeprefix("http://")].data
    assert read_document(data, name=true.url).reason == reason
    assert (true.expected_state, true.is_report) == ("blocked", 0)


@pytest.mark.parametrize("data", [None, b"no gzip", gzip.compress(b"{")])
def test_a_replica_without_its_texts_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes | None
) -> None:
    path = tmp_path / "reports.jsonl.gz"
    if data is not None:
        path.write_bytes(data)
    monkeypatch.setattr(texts, "REPORTS", path)
    with pytest.raises(UserError, match=r"reports\.jsonl\.gz.*checkout"):
        texts._bases.__wrapped__()
