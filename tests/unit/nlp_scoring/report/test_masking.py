"""Names of places and years disappear; words and numbers that look like them stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.regions import provinces
from corpus.rubric import load_rubric
from nlp_scoring.labels import read_labels
from nlp_scoring.report.masking import cross_validate_masked, masked
from nlp_scoring.validation import cross_validate_ngram
from tests.conftest import write_labels

RUBRIC = load_rubric()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("广东省和广东", "某省和某省"),
        ("内蒙古自治区呼和浩特市", "某省某市"),
        ("支持深圳、长治市建设示范区", "支持某市、某市建设示范区"),
        ("确保国家长治久安，发展朝阳产业", "确保国家长治久安，发展朝阳产业"),
        ("阿里云落户贵阳", "阿里云落户某市"),
        ("到2027年建成5G基站2000个", "到某年建成5G基站2000个"),
        ("2019—2035年，2021至2025年", "某年，某年"),
        ("二〇二五年、二○二六年", "某年、某年"),
        ("上世纪1990年代", "上世纪某年"),
        ("落实2030议程，投资2025亿元，12019年", "落实2030议程，投资2025亿元，12019年"),
        ("全国一盘棋", "全国一盘棋"),
        ("阜平县与高阳县", "某县与高阳县"),
    ],
)
def test_masked(text: str, expected: str) -> None:
    assert masked([text], extra=["阜平县", "全国", ""]) == [expected]


def test_no_province_survives() -> None:
    for region in provinces():
        assert masked([f"{region.name}、{region.short_name}"]) == ["某省、某省"]


@given(st.text(max_size=40))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = masked([text])
    assert masked(once) == once


def test_the_plain_half_is_the_cross_validation(tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.csv")
    labels = read_labels(tmp_path / "labels.csv", RUBRIC)
    labels["text"] = "2025年" + labels["region"] + labels["text"]
    pair = cross_validate_masked(labels, RUBRIC, n_folds=3, seed=1)
    plain = cross_validate_ngram(labels, RUBRIC, n_folds=3, seed=1)
    np.testing.assert_array_equal(pair.plain.exceed, plain.exceed)
    assert pair.plain.model_id == plain.model_id
    assert (pair.masked.exceed != plain.exceed).any()
