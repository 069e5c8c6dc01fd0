"""The lexical baseline: character n-grams, marks of commitment, ordinal logistic thresholds.

Three logistic regressions a dimension, one a threshold (Frank and Hall 2001, "A simple approach
to ordinal classification"), on tf-idf of character 1-3-grams and the place in the report. It is
kept for good: any better scorer has to show by how much it beats it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from corpus.files import write_atomically
from nlp_scoring.lexical import mark_features, normalise
from nlp_scoring.ordinal import Predictions, monotone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray
    from sklearn.feature_extraction.text import TfidfVectorizer

    from corpus.rubric import Rubric

NGRAMS = (1, 3)
MIN_DOCUMENTS = 2
#: Inverse penalty; 8, 20 and 50 gave mean kappa .771, .785, .803 in folds over regions.
INVERSE_PENALTY = 50.0
FORMAT = 1
CHUNK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class NgramModel:
    """A fitted baseline.

    Attributes
    ----------
    terms : tuple of str
        Character n-grams, in column order.
    idf : (v,) array
    coef : (d * k, v + m) array
        One row a dimension and threshold; the last m columns belong to the marks.
    intercept : (d * k,) array
    dimensions : tuple of str
    rubric_version : str
    """

    terms: tuple[str, ...]
    idf: NDArray[np.float32]
    coef: NDArray[np.float32]
    intercept: NDArray[np.float32]
    dimensions: tuple[str, ...]
    rubric_version: str

    @property
    def model_id(self) -> str:
        """Name of the scorer with a hash of its parameters."""
        digest = hashlib.sha256("\0".join(self.terms).encode())
        for array in (self.idf, self.coef, self.intercept):
            digest.update(np.ascontiguousarray(array).tobytes())
        return f"ngram-{digest.hexdigest()[:12]}"


def fit_ngram(
    texts: Sequence[str],
    progress: NDArray[np.float64],
    levels: NDArray[np.int64],
    *,
    dimensions: Sequence[str],
    max_level: int,
    rubric_version: str,
) -> NgramModel:
    """Fit the baseline.

    Parameters
    ----------
    texts : sequence of n str
    progress : (n,) array
        Place in the report (0-1), NaN when unknown.
    levels : (n, d) array
        Levels 0..max_level, one column a dimension.
    """
    from joblib import Parallel, delayed

    vectorizer = _vectorizer()
    tfidf = vectorizer.fit_transform([normalise(t) for t in texts])
    X = _join(tfidf, mark_features(texts, progress))
    targets = [(levels[:, i], k) for i in range(levels.shape[1]) for k in range(max_level)]
    # Threads suffice: liblinear works without the interpreter lock.
    fits = Parallel(n_jobs=-1, prefer="threads")(
        delayed(_fit_threshold)(X, y, k) for y, k in targets
    )
    return NgramModel(
        terms=tuple(vectorizer.get_feature_names_out()),
        idf=vectorizer.idf_.astype(np.float32),
        coef=np.vstack([coef for coef, _ in fits]).astype(np.float32),
        intercept=np.array([b for _, b in fits], dtype=np.float32),
        dimensions=tuple(dimensions),
        rubric_version=rubric_version,
    )


def fit_labels(labels: pd.DataFrame, rubric: Rubric) -> NgramModel:
    """Fit the baseline on a frame that `nlp_scoring.labels.read_labels` gave."""
    return fit_ngram(
        labels["text"].tolist(),
        labels["progress"].to_numpy(dtype=np.float64),
        labels[list(rubric.dimension_ids)].to_numpy(dtype=np.int64),
        dimensions=rubric.dimension_ids,
        max_level=rubric.max_level,
        rubric_version=rubric.version,
    )


def _fit_threshold(X: Any, y: NDArray[np.int64], k: int) -> tuple[NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    above = y > k
    if above.all() or not above.any():
        # A level that nobody used: the threshold is a constant, with one pseudo-observation.
        share = (above.sum() + 0.5) / (len(above) + 1.0)
        return np.zeros(X.shape[1]), float(np.log(share / (1 - share)))
    # Newton: a tenth of the time of liblinear, and its threads do not stall on a busy machine.
    model = LogisticRegression(C=INVERSE_PENALTY, solver="newton-cg", max_iter=300)
    model.fit(X, above)
    return model.coef_[0], float(model.intercept_[0])


def _vectorizer(**options: Any) -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    options = {"min_df": MIN_DOCUMENTS, **options}
    return TfidfVectorizer(
        analyzer="char",
        ngram_range=NGRAMS,
        sublinear_tf=True,
        lowercase=False,
        dtype=np.float32,
        **options,
    )


def _join(tfidf: Any, marks: NDArray[np.float32]) -> Any:
    from scipy.sparse import csr_matrix, hstack

    joined = hstack([tfidf, csr_matrix(marks)]).tocsr()
    joined.sort_indices()  # in place, so before threads share it
    return joined


def predict_ngram(
    model: NgramModel,
    texts: Sequence[str],
    progress: NDArray[np.float64],
    *,
    advance: Callable[[int], object] | None = None,
) -> Predictions:
    """Score sentences; each result depends on its own sentence only."""
    vectorizer = _vectorizer(vocabulary=list(model.terms))
    vectorizer.idf_ = model.idf
    d = len(model.dimensions)
    rows = []
    for begin in range(0, len(texts), CHUNK):
        part = list(texts[begin : begin + CHUNK])
        tfidf = vectorizer.transform([normalise(t) for t in part])
        X = _join(tfidf, mark_features(part, progress[begin : begin + CHUNK]))
        logit = np.asarray(X @ model.coef.T.astype(np.float64)) + model.intercept
        rows.append(1.0 / (1.0 + np.exp(-logit)))
        if advance is not None:
            advance(len(part))
    flat = np.concatenate(rows) if rows else np.zeros((0, len(model.intercept)))
    exceed = monotone(flat.reshape(len(flat), d, len(model.intercept) // d))
    return Predictions(exceed=exceed, model_id=model.model_id)


def save_ngram(model: NgramModel, path: Path) -> None:
    """Write the model as plain arrays (``.npz``, nothing executable), reproducibly."""
    arrays = {
        "format": np.array([FORMAT]),
        "terms": np.frombuffer("\n".join(model.terms).encode(), dtype=np.uint8),
        "idf": model.idf,
        "coef": model.coef,
        "intercept": model.intercept,
        "dimensions": np.frombuffer("\n".join(model.dimensions).encode(), dtype=np.uint8),
        "rubric_version": np.frombuffer(model.rubric_version.encode(), dtype=np.uint8),
    }
    write_atomically(path, lambda temporary: _write_npz(temporary, arrays))


def _write_npz(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    # numpy.savez stamps the current time; equal models must give equal bytes.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)),
                buffer.getvalue(),
                zipfile.ZIP_DEFLATED,
            )


def load_ngram(path: Path) -> NgramModel:
    """Read a model written by `save_ngram`.

    Raises
    ------
    UserError
        When the file is no such model or of another format.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            "is not a readable n-gram model", where=str(path), fix="run `zhengce train`"
        ) from error
    if "format" not in arrays or int(arrays["format"][0]) != FORMAT:
        raise UserError(
            f"is no n-gram model of format {FORMAT}", where=str(path), fix="run `zhengce train`"
        )
    text = {k: arrays[k].tobytes().decode() for k in ("terms", "dimensions", "rubric_version")}
    return NgramModel(
        terms=tuple(text["terms"].split("\n")),
        idf=arrays["idf"],
        coef=arrays["coef"],
        intercept=arrays["intercept"],
        dimensions=tuple(text["dimensions"].split("\n")),
        rubric_version=text["rubric_version"],
    )
