"""Hide where and when a sentence comes from, to see whether a scorer leans on it.

A scorer that has learnt "this province promises much" instead of reading the promise would change
its levels when names are hidden. Only names go; every other number stays, as levels turn on numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from corpus.regions import NATIONAL_CODE, regions
from nlp_scoring.ngram import fit_labels, predict_ngram
from nlp_scoring.ordinal import Predictions
from nlp_scoring.validation import region_folds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from corpus.rubric import Rubric

PROVINCE, CITY, COUNTY, YEAR = "某省", "某市", "某县", "某年"
#: Short names that are ordinary words too (长治久安, 朝阳产业, 东方): only the full name is hidden.
_WORDS = (
    "阿里 安康 白山 白银 百色 朝阳 大理 大同 定安 东方 广安 海东 海西 河池 红河 怀化 吉安 开封 来宾 临高 "
    "内江 平凉 日照 三明 山南 双河 四平 天门 天水 通化 文山 新星 新乡 新余 兴安 白杨 运城 长治 中卫"
)
AMBIGUOUS = frozenset(_WORDS.split())
#: A year, alone or as a span; ``2030议程`` and other names without 年 stay.
_ONE = r"(?:(?:19|20)\d\d|[一二]\s*[〇○零九]\s*[〇○零一二三四五六七八九]{2})"
_YEAR = re.compile(rf"(?<!\d){_ONE}(?:\s*年?\s*[—－–\-~～至到]+\s*{_ONE})*\s*年代?")


def masked(texts: Sequence[str], *, extra: Sequence[str] = ()) -> list[str]:
    """Replace names of provinces, prefectures and years by 某省, 某市 and 某年.

    Parameters
    ----------
    extra : sequence of str
        Further place names, such as the counties of a labels file; they become 某县. Names of the
        nation are never hidden.

    Notes
    -----
    Names are those of ``data/statistics/divisions.csv``, full and short. Not hidden: one-character
    abbreviations (粤, 沪), zones (京津冀), rivers and mountains, and short names that are words too.

    Examples
    --------
    >>> masked(["到2027年，广州新建地铁100公里"])
    ['到某年，某市新建地铁100公里']
    """
    names, pattern = _places(tuple(sorted(set(extra))))
    return [_YEAR.sub(YEAR, pattern.sub(lambda m: names[m[0]], text)) for text in texts]


@lru_cache(maxsize=8)
def _places(extra: tuple[str, ...]) -> tuple[dict[str, str], re.Pattern[str]]:
    nation = regions()[NATIONAL_CODE].name
    names = {name: COUNTY for name in extra if name.strip() and name != nation}
    kinds = {"province": PROVINCE, "prefecture": CITY, "county_direct": CITY}
    # Provinces last: 海南 is a prefecture too, and 吉林 both.
    ranked = sorted(regions().values(), key=lambda r: r.level == "province")
    for region in ranked:
        if region.level not in kinds:
            continue
        for name in (region.name, region.short_name):
            if region.level == "province" or name not in AMBIGUOUS:
                names[name] = kinds[region.level]
    longest_first = sorted(names, key=lambda n: (-len(n), n))
    return names, re.compile("|".join(map(re.escape, longest_first)))


@dataclass(frozen=True, slots=True, eq=False)
class MaskedPair:
    """Predictions of the same sentences by the same models, as they stand and with names hidden."""

    plain: Predictions
    masked: Predictions


def cross_validate_masked(
    labels: pd.DataFrame,
    rubric: Rubric,
    *,
    n_folds: int,
    seed: int,
    advance: Callable[[], object] | None = None,
) -> MaskedPair:
    """Cross-validate the baseline and let it read the masked sentences too.

    ``plain`` is what `nlp_scoring.validation.cross_validate_ngram` gives, without training twice.
    """
    fold = region_folds(labels["region"].tolist(), n_folds, seed)
    hidden = masked(labels["text"].tolist(), extra=labels["region"].tolist())
    texts = [np.asarray(t, dtype=object) for t in (labels["text"], hidden)]
    places = labels["progress"].to_numpy(dtype=np.float64)
    exceed = np.zeros((2, len(labels), len(rubric.dimensions), rubric.max_level))
    for k in range(n_folds):
        model, here = fit_labels(labels[fold != k], rubric), fold == k
        for found, text in zip(exceed, texts, strict=True):
            found[here] = predict_ngram(model, text[here].tolist(), places[here]).exceed
        if advance is not None:
            advance()
    name = f"ngram-{n_folds}-folds-seed-{seed}"
    return MaskedPair(Predictions(exceed[0], name), Predictions(exceed[1], f"{name}-masked"))
