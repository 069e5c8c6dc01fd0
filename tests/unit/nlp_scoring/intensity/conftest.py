"""Invented score and sentence tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

DIMENSIONS = ("s", "g", "t")


@dataclass(frozen=True)
class Tables:
    scores: pd.DataFrame
    sentences: pd.DataFrame


def sentence_table(n_reports: int, n: int, rng: np.random.Generator) -> pd.DataFrame:
    parts = []
    for r in range(n_reports):
        code, year = f"{(r % 3 + 1) * 110000}", 2020 + r // 3
        parts.append(
            pd.DataFrame(
                {
                    "sentence_id": [f"{code}-{year}-{i:04d}" for i in range(1, n + 1)],
                    "report_id": f"{code}-{year}",
                    "region_code": code,
                    "region": f"省{code[:2]}",
                    "year": year,
                    "level": "province",
                    "position": np.arange(1, n + 1),
                    "paragraph": np.arange(n) // 3,
                    "text": ["字" * int(k) + "5G。" for k in rng.integers(1, 30, n)],
                    "section": np.where(np.arange(n) < n // 3, "review", "plan"),
                    "unit_type": np.where(np.arange(n) % 7 == 6, "heading", "body"),
                    "is_annex": np.arange(n) >= n - 2,
                    "progress": np.arange(n) / n,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def score_table(sentences: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    n, d = len(sentences), len(DIMENSIONS)
    common = rng.random(n)[:, None]
    score = np.clip(2 * common + rng.normal(0, 0.5, (n, d)), 0, 3)
    return pd.DataFrame(
        {
            "sentence_id": np.repeat(sentences["sentence_id"].to_numpy(), d),
            "dimension": np.tile(DIMENSIONS, n),
            "scorer": "x",
            "level": np.rint(score).astype(int).reshape(-1),
            "score": score.reshape(-1),
            "model_id": "x-1",
            "temporality": "",
            "rubric_version": "1",
        }
    )


def make_tables(n_reports: int = 6, n: int = 30, seed: int = 0) -> Tables:
    rng = np.random.default_rng(seed)
    sentences = sentence_table(n_reports, n, rng)
    return Tables(score_table(sentences, rng), sentences)


@pytest.fixture
def tables() -> Tables:
    return make_tables()
