"""Score frames of sentences, whichever scorer is chosen, and lay the result out as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from configs.errors import UserError, shown
from corpus.structure import unit_type_of
from nlp_scoring.ngram import NgramModel, predict_ngram
from nlp_scoring.ordinal import Predictions, apply_caps
from nlp_scoring.tense import temporality_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric

Scorer = Literal["ngram"]


def score_sentences(
    texts: Sequence[str],
    progress: Sequence[float],
    unit_types: Sequence[str],
    *,
    model: NgramModel,
    rubric: Rubric,
    advance: Callable[[int], object] | None = None,
) -> Predictions:
    """Score sentences and apply the rubric's caps for headings, greetings, notes and furniture.

    Raises
    ------
    UserError
        When the model was trained for another rubric.
    """
    if model.dimensions != rubric.dimension_ids or model.rubric_version != rubric.version:
        raise UserError(
            f"the model was trained for rubric {model.rubric_version} "
            f"({', '.join(model.dimensions)}), the rubric here is {rubric.version} "
            f"({', '.join(rubric.dimension_ids)})",
            fix="train again with `zhengce train`",
        )
    places = np.asarray(progress, dtype=np.float64)
    predictions = predict_ngram(model, texts, places, advance=advance)
    return apply_caps(predictions, rubric, unit_types)


def score_frame(
    sentence_ids: Sequence[str],
    predictions: Predictions,
    rubric: Rubric,
    *,
    scorer: str,
    temporality: Sequence[str] | None = None,
    spread: NDArray[np.float64] | None = None,
    capped_by: NDArray[Any] | None = None,
) -> pd.DataFrame:
    """Lay predictions out as the score table: one row a sentence and dimension.

    Parameters
    ----------
    temporality : sequence of str, optional
        Tense of each sentence, when the scorer tells it.
    spread : (n, d) array, optional
        Standard deviation of the score between networks, when there are several.
    capped_by : (n, d) array of str, optional
        Rules whose ceiling lowered the level (`nlp_scoring.caps`).
    """
    import pandas as pd

    n, d, _ = predictions.exceed.shape
    p = predictions.probabilities
    frame = pd.DataFrame(
        {
            "sentence_id": np.repeat(np.asarray(sentence_ids, dtype=object), d),
            "dimension": np.tile(np.asarray(rubric.dimension_ids, dtype=object), n),
            "scorer": scorer,
            "level": predictions.level.reshape(-1),
            "score": predictions.score.reshape(-1),
            **{f"p{k}": p[..., k].reshape(-1) for k in range(p.shape[2])},
            "temporality": np.repeat(
                np.asarray([""] * n if temporality is None else temporality, dtype=object), d
            ),
            "model_id": predictions.model_id,
            "rubric_version": rubric.version,
            **({} if capped_by is None else {"capped_by": capped_by.reshape(-1)}),
            **({} if spread is None else {"spread": spread.reshape(-1)}),
        }
    )
    texts = ("sentence_id", "dimension", "scorer", "temporality", "model_id", "capped_by")
    return frame.astype({c: "str" for c in texts if c in frame})


def wide_scores(predictions: Predictions, rubric: Rubric) -> pd.DataFrame:
    """Lay predictions out one row a sentence: ``d_level, d_score, d_p0, ...`` for each dimension."""
    import pandas as pd

    p, columns = predictions.probabilities, dict[str, Any]()
    for i, d in enumerate(rubric.dimension_ids):
        columns[f"{d}_level"] = predictions.level[:, i]
        columns[f"{d}_score"] = predictions.score[:, i]
        columns |= {f"{d}_p{k}": p[:, i, k] for k in range(p.shape[2])}
    return pd.DataFrame(columns)


def score_rows(
    frame: pd.DataFrame, *, model: NgramModel, rubric: Rubric, where: str
) -> pd.DataFrame:
    """Score the rows of a user's CSV; ``progress`` is used when present.

    Returns
    -------
    DataFrame
        Row by row: for each dimension ``d_level, d_score, d_p0, ...``, then ``temporality`` and
        ``unit_type``.

    Raises
    ------
    UserError
        When ``progress`` holds something else than a number from 0 to 1.
    """
    texts = frame["text"].tolist()
    units = [unit_type_of(text) for text in texts]
    progress = progress_of(frame, where).tolist()
    predictions = score_sentences(texts, progress, units, model=model, rubric=rubric)
    return with_attributes(frame, predictions, rubric=rubric, where=where)


def with_attributes(
    frame: pd.DataFrame, predictions: Predictions, *, rubric: Rubric, where: str
) -> pd.DataFrame:
    """Lay predictions of a user's rows out, with tense and unit type by rule."""
    texts, progress = frame["text"].tolist(), progress_of(frame, where)
    units = [unit_type_of(text) for text in texts]
    sections = frame["section"].tolist() if "section" in frame.columns else [""] * len(frame)
    times = [temporality_of(t, s, p) for t, s, p in zip(texts, sections, progress, strict=True)]
    return wide_scores(predictions, rubric).assign(temporality=times, unit_type=units)


def progress_of(frame: pd.DataFrame, where: str) -> NDArray[np.float64]:
    """Place of each row in its report, 0-1; NaN where the file does not tell.

    Without ``progress`` it follows from ``index`` and ``n_sentences``, as labels files have them.
    """
    import pandas as pd

    if "progress" not in frame.columns:
        if not {"index", "n_sentences"} <= set(frame.columns):
            return np.full(len(frame), np.nan)
        place, total = (
            pd.to_numeric(frame[c], errors="coerce").to_numpy(dtype=np.float64)
            for c in ("index", "n_sentences")
        )
        known = (total >= 1) & (place >= 0) & (place <= total)
        return np.where(known, np.clip((place + 0.5) / np.where(known, total, 1), 0, 1), np.nan)
    text = frame["progress"].str.strip()
    values = pd.to_numeric(text, errors="coerce")
    wrong = frame.index[(values.isna() & (text != "")) | (values < 0) | (values > 1)]
    if len(wrong):
        raise UserError(
            f"progress {shown(frame['progress'][wrong[0]])} is not a number from 0 to 1",
            where=f"{where} row {wrong[0] + 1}",
        )
    return values.to_numpy(dtype=np.float64)
