"""From a trained network to what scoring needs: an int8 ONNX file, no torch."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from corpus.files import write_atomically

if TYPE_CHECKING:
    from nlp_scoring.bert.network import SentenceScorer

OPSET = 17
INPUTS, OUTPUTS = ("ids", "n_text", "n_all"), ("ordinal", "temporality", "unit_type")


def export_onnx(network: SentenceScorer, path: Path, *, int8: bool = True) -> None:
    """Write the network as ONNX, weights as int8 by default (dynamic quantisation).

    Parameters
    ----------
    network : SentenceScorer
        Its encoder must have been loaded with ``attn_implementation="eager"`` or "sdpa"; it is
        put in evaluation mode, or dropout would be traced too.
    """
    network.eval().cpu()
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "fp32.onnx"
        _trace(network, plain)
        if not int8:
            write_atomically(path, lambda temporary: temporary.write_bytes(plain.read_bytes()))
            return
        small = Path(folder) / "int8.onnx"
        _quantise(plain, small)
        write_atomically(path, lambda temporary: temporary.write_bytes(small.read_bytes()))


def _trace(network: SentenceScorer, path: Path) -> None:
    import warnings

    ids = torch.from_numpy(np.full((2, 16), 20, dtype=np.int64))
    example = (ids, torch.tensor([9, 12]), torch.tensor([16, 16]))
    axes = {"ids": {0: "rows", 1: "pieces"}, "n_text": {0: "rows"}, "n_all": {0: "rows"}}
    axes |= {name: {0: "rows"} for name in OUTPUTS}
    network.encoder.set_attn_implementation("eager")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, example, str(path), input_names=list(INPUTS), output_names=list(OUTPUTS),
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip


def _quantise(source: Path, target: Path) -> None:
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)  # it advises a step that static models need
    try:
        quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)
    finally:
        root.setLevel(before)
