"""A very small encoder for the tests of training."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from configs.paths import BERT_MODEL

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder of random weights: it shows that the parts fit, never how good a model is."""
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("encoder")
    data = (BERT_MODEL / "tokenizer.json").read_bytes()
    (folder / "tokenizer.json").write_bytes(data)
    n_pieces = len(json.loads(data)["model"]["vocab"])
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=n_pieces, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder
