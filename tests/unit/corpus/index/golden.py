"""The shipped sentences, a small scored table, and the plain scan that every engine must equal."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from configs.paths import REPORTS
from corpus.records import read_records, sentence_frame
from corpus.rubric import load_rubric
from corpus.search.syntax import And, Node, Not, Phrase

QUERIES = Path(__file__).resolve().parents[3] / "data" / "queries.txt"
DIMENSIONS = load_rubric().dimension_ids


def read_queries() -> list[str]:
    return [q for q in QUERIES.read_text("utf-8").splitlines() if not q.startswith("#")]


def plainly(text: str) -> str:
    """The stated normalisation, written a second time and in another way."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c)[0] != "C")


def scan(node: Node, texts: list[str]) -> frozenset[int]:
    """Places of the texts that match, by substring search and set algebra."""
    if isinstance(node, Phrase):
        wanted = plainly(node.typed)
        return frozenset(i for i, text in enumerate(texts) if wanted in text)
    if isinstance(node, Not):
        return frozenset(range(len(texts))) - scan(node.part, texts)
    found = [scan(part, texts) for part in node.parts]
    return frozenset.intersection(*found) if isinstance(node, And) else frozenset.union(*found)


@cache
def shipped() -> pd.DataFrame:
    return sentence_frame(read_records(REPORTS)).reset_index(drop=True)


def invented_scores(sentences: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Scores of two scorers; one in nine sentences has none."""
    rng = np.random.default_rng(seed)
    frames = []
    for scorer in ("cues", "ngram"):
        for dimension in DIMENSIONS:
            score = rng.random(len(sentences)) * 3
            data: dict[str, Any] = {
                "sentence_id": sentences["sentence_id"], "dimension": dimension, "scorer": scorer,
                "level": score.round().astype(int), "score": score,
            }  # fmt: skip
            data |= dict.fromkeys(("p0", "p1", "p2", "p3"), 0.25)
            data["temporality"] = np.where(np.arange(len(sentences)) % 3 == 0, "past", "future")
            frames.append(pd.DataFrame(data | {"model_id": "invented", "rubric_version": "1"})[::9])
            frames.append(
                pd.DataFrame(data | {"model_id": "invented", "rubric_version": "1"})[1::3]
            )
    return pd.concat(frames, ignore_index=True).drop_duplicates(
        ["sentence_id", "dimension", "scorer"]
    )


def write_store(folder: Path, sentences: pd.DataFrame, scores: pd.DataFrame | None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    sentences.to_parquet(folder / "sentence.parquet", index=False)
    if scores is not None:
        scores.to_parquet(folder / "score.parquet", index=False)
    return folder
