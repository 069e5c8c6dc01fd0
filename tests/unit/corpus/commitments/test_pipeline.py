"""The spaCy pipeline."""

import pytest

pytest.importorskip("spacy")
pytest.importorskip("jieba")

from typing import Any

from corpus.commitments.pipeline import SPAN_KEY, build_pipeline, simple_split

TEXT = (
    "到2027年新建高标准农田80万亩。实施城市更新行动，严禁新增隐性债务；研发投入强度达到2.6%以上。"
)


@pytest.fixture(scope="module", params=[None, simple_split], ids=["rules", "simple"])
def nlp(request: pytest.FixtureRequest) -> Any:
    return build_pipeline(request.param, section="plan")


@pytest.mark.filterwarnings("ignore")
def test_spans(nlp: Any) -> None:
    doc = nlp(TEXT)
    assert [(s.text, s.label_) for s in doc.spans[SPAN_KEY]] == [
        ("到2027年", "deadline"),
        ("80万亩", "quantity"),
        ("城市更新行动", "named"),
        ("严禁", "legal"),
        ("达到2.6%以上", "quantity"),
    ]
    assert [c.value for c in doc.user_data[SPAN_KEY]] == [None, 80.0, None, None, 2.6]
    assert len(list(doc.sents)) == 3


@pytest.mark.filterwarnings("ignore")
def test_components_and_words(nlp: Any) -> None:
    assert nlp.pipe_names == ["splitter", "commitments"]
    assert "高标准农田" in [t.text for t in nlp(TEXT)]


@pytest.mark.filterwarnings("ignore")
def test_section_of_the_document(nlp: Any) -> None:
    doc = nlp.make_doc("新增就业45万人。")
    doc.user_data["section"] = "review"
    for _, component in nlp.pipeline:
        doc = component(doc)
    assert doc.user_data[SPAN_KEY][0].direction == "back"


def test_simple_split_loses_nothing() -> None:
    assert "".join(TEXT[p.start : p.end] for p in simple_split(TEXT)) == TEXT


@pytest.mark.filterwarnings("ignore")
def test_empty_text(nlp: Any) -> None:
    assert len(nlp("").spans[SPAN_KEY]) == 0
