"""The rubric file is the one source of dimensions, levels, caps and rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import UserError
from corpus.rubric import VARIABLE, Rubric, load_rubric

RUBRIC = load_rubric()


def test_shape() -> None:
    assert [d.short for d in RUBRIC.dimensions] == ["S", "G", "T"]
    assert [level.value for level in RUBRIC.levels] == [0, 1, 2, 3]
    assert [r.id for r in RUBRIC.rules] == [f"R{i}" for i in range(1, 18)]
    assert [r.id for r in RUBRIC.rulings] == [f"C{i}" for i in range(1, 17)]
    assert len(RUBRIC.examples) == 116


@pytest.mark.parametrize("example", RUBRIC.examples, ids=lambda e: e.id)
def test_examples_obey_the_caps(example: object) -> None:
    assert isinstance(RUBRIC, Rubric)
    ceiling = RUBRIC.ceiling(temporality=example.temporality, unit_type=example.unit_type)  # type: ignore[attr-defined]
    assert max(example.labels) <= ceiling  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("attributes", "ceiling"),
    [
        ({}, 3),
        ({"temporality": "past"}, 2),
        ({"temporality": "diagnosis"}, 1),
        ({"unit_type": "heading"}, 1),
        ({"unit_type": "ritual"}, 0),
        ({"unit_type": "heading", "temporality": "past"}, 1),
        ({"unit_type": "glossary", "temporality": "future"}, 0),
    ],
)
def test_ceiling(attributes: dict[str, str], ceiling: int) -> None:
    assert RUBRIC.ceiling(**attributes) == ceiling


def test_dimension_by_id_or_short_name() -> None:
    assert RUBRIC.dimension("G").id == RUBRIC.dimension("green_infrastructure").id
    with pytest.raises(UserError, match="unknown dimension 'Q'"):
        RUBRIC.dimension("Q")


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [", "is not YAML"), ("a: 1", "lacks the part"), (None, "cannot read")],
)
def test_bad_rubric(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "rubric.yaml"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(UserError, match=message):
        load_rubric(path)


def test_the_session_may_name_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "examples/digital_economy/rubric.yaml")
    assert [d.short for d in load_rubric().dimensions] == ["I", "N", "P"]
    assert "high" in load_rubric().attributes["confidence"]  # left out there
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("a: 1", "utf-8")
    monkeypatch.setenv(VARIABLE, "mine.yaml")
    with pytest.raises(UserError, match="lacks the part") as caught:
        load_rubric()
    assert str(tmp_path / "mine.yaml") in caught.value.line()
    for nothing in ("", "  "):
        monkeypatch.setenv(VARIABLE, nothing)
        assert load_rubric() == RUBRIC
