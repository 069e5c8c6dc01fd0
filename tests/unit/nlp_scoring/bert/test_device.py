"""Precision of training by processor."""

from __future__ import annotations

import pytest
import torch

from nlp_scoring.bert.device import has_bfloat16


@pytest.mark.parametrize(
    ("able", "expected"),
    [
        ({}, False),
        ({"avx512_bf16": True}, True),
        ({"avx512_bf16": True, "cpu_name": "AMD EPYC"}, True),
        ({"avx512_bf16": True, "cpu_name": "Intel Xeon"}, False),  # there it is slower than float32
        ({"avx512_bf16": True, "amx_bf16": True, "cpu_name": "Intel Xeon"}, True),
    ],
)
def test_half_precision_only_where_it_is_faster(
    monkeypatch: pytest.MonkeyPatch, able: dict[str, object], expected: bool
) -> None:
    assert has_bfloat16("cuda")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert has_bfloat16("cpu") is expected
