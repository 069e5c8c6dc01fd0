"""A smaller vocabulary: keep the word pieces that official Chinese needs, drop the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_scoring.bert.passages import CLS, MARKS, SEP, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SPECIAL = ("[PAD]", "[UNK]", CLS, SEP, "[MASK]", *MARKS)


def common_characters() -> set[str]:
    """Single Han characters of GB 2312 (6,763), and printable ASCII."""
    han = set()
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                han.add(bytes([high, low]).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return han | {chr(code) for code in range(33, 127)}


def pieces_seen(texts: Iterable[str], tokenizer: Any) -> set[int]:
    """Numbers of the word pieces that texts use."""
    seen: set[int] = set()
    for encoding in tokenizer.encode_batch([plain(t) for t in texts], add_special_tokens=False):
        seen.update(encoding.ids)
    return seen


def trimmed_vocabulary(vocabulary: dict[str, int], seen: set[int]) -> list[str]:
    """Choose the pieces to keep, in their old order, [PAD] first as number 0.

    Parameters
    ----------
    vocabulary : dict
        Piece to number.
    seen : set of int
        Pieces met in text; single characters of `common_characters` and their continuations
        (``##x``) stay whether met or not.
    """
    common = common_characters()
    singles = common | {f"##{c.lower()}" for c in common if c.isascii()}
    kept = [
        piece
        for piece, number in sorted(vocabulary.items(), key=lambda item: item[1])
        if number in seen or piece in singles or piece in SPECIAL
    ]
    return ["[PAD]", *(piece for piece in kept if piece != "[PAD]")]


def trim_tokenizer(raw: dict[str, Any], kept: list[str]) -> dict[str, Any]:
    """Rewrite ``tokenizer.json`` for the kept pieces; capitals are lowered."""
    number = {piece: i for i, piece in enumerate(kept)}
    trimmed: dict[str, Any] = json.loads(json.dumps(raw))
    trimmed["model"]["vocab"] = number
    trimmed["normalizer"]["lowercase"] = True
    trimmed["added_tokens"] = [
        {**token, "id": number[token["content"]]}
        for token in raw["added_tokens"]
        if token["content"] in number
    ]
    processor = trimmed.get("post_processor") or {}
    for key in ("sep", "cls"):
        if key in processor:
            processor[key] = [processor[key][0], number[processor[key][0]]]
    for name, token in (processor.get("special_tokens") or {}).items():
        token["ids"] = [number[name]]
    return trimmed


def trim_encoder(source: Path, out: Path, texts: Iterable[str]) -> int:
    """Write a trimmed copy of an encoder folder, weights in float16; give its vocabulary size.

    Other pieces become [UNK]; the vectors of kept pieces do not change.
    """
    from safetensors.numpy import load_file, save_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    raw = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    raw["normalizer"]["lowercase"] = True
    tokenizer = Tokenizer.from_str(json.dumps(raw))
    vocabulary = tokenizer.get_vocab()
    kept = trimmed_vocabulary(vocabulary, pieces_seen(texts, tokenizer))
    weights = load_file(str(source / "model.safetensors"))
    name = next(n for n in weights if n.endswith("word_embeddings.weight"))
    weights[name] = weights[name][[vocabulary[piece] for piece in kept]]
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    config |= {"vocab_size": len(kept), "pad_token_id": 0}
    out.mkdir(parents=True, exist_ok=True)
    save_file({k: v.astype(np.float16) for k, v in weights.items()},
              str(out / "model.safetensors"), metadata={"format": "pt"})  # fmt: skip
    trimmed = json.dumps(trim_tokenizer(raw, kept), ensure_ascii=False)
    (out / "tokenizer.json").write_text(trimmed + "\n", encoding="utf-8")
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    return len(kept)
