"""Draw sentences of a project's corpus into the pools, and let the accepted model suggest levels."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling.importing import Imported, take_in
from annotation_ui.labelling.native import record_of
from annotation_ui.labelling.retraining import ACCEPTED, accepted_model
from annotation_ui.labelling.store import note
from configs.errors import UserError
from configs.paths import PROJECT_ROOT

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from annotation_ui.labelling.records import Record
    from annotation_ui.labelling.store import Store
    from corpus.rubric import Rubric

#: Reports that an evaluation of quality is drawn from, at most.
EVALUATION_REPORTS = 30


def draw_corpus(
    store: Store,
    rubric: Rubric,
    tables: Path,
    *,
    evaluation: int,
    overlap: int,
    training: int,
    seed: int,
    who: str,
) -> Imported:
    """Draw from the body sentences of a project that are not here yet.

    Parameters
    ----------
    tables : Path
        Folder with ``sentence.parquet``, and ``score.parquet`` for the training pool: without
        scores it is drawn at random, and the inclusion probabilities say so.
    """
    import numpy as np

    from corpus.schemas import SentenceTable
    from corpus.store import read_table

    every = read_table(SentenceTable, tables / "sentence.parquet")
    groups = every.groupby("report_id", sort=False)["text"]
    every = every.assign(previous=groups.shift(1).fillna(""), next=groups.shift(-1).fillna(""))
    frame = every[(every["unit_type"] == "body") & ~every["is_annex"]].reset_index(drop=True)
    with store.reading() as db:
        here = {row[0] for row in db.execute("SELECT text FROM sentence")}
    frame = frame[~frame["text"].isin(here)].drop_duplicates("text").reset_index(drop=True)
    if frame.empty:
        raise UserError("holds no sentence that is not here already", where=str(tables))
    if overlap < 0.2 * (overlap + training):
        raise UserError(
            f"{overlap} of {overlap + training} sentences would be coded twice",
            fix="the overlap pool needs at least 20 % of overlap and training together",
        )
    rng = np.random.default_rng(seed)
    rows = _design(frame, tables, rubric, (evaluation, overlap, training), rng, seed)
    done = take_in(store, rows, who=who, name=str(tables))
    with store.writing() as db:
        note(
            db,
            who,
            "draw",
            f"evaluation {evaluation}, overlap {overlap}, training {training}, seed {seed}",
        )
    return done


def _design(
    frame: pd.DataFrame, tables: Path, rubric: Rubric, sizes: tuple[int, int, int],
    rng: np.random.Generator, seed: int,
) -> list[Record]:  # fmt: skip
    from annotation_ui.labelling.sampling import draw_by_report, draw_random, draw_weighted

    evaluation, overlap, training = sizes
    reports = frame["report_id"].tolist()
    limit = min(EVALUATION_REPORTS, max(1, frame["report_id"].nunique() // 5))
    first, aside = draw_by_report(reports, evaluation, n_reports=limit, rng=rng)
    rows = _records(frame.iloc[first.chosen], "evaluation", first.inclusion, rubric)
    rest = frame[~frame["report_id"].isin(aside)].reset_index(drop=True)
    free = 1 - len(aside) / frame["report_id"].nunique()
    second = draw_random(len(rest), overlap, rng)
    rows += _records(rest.iloc[second.chosen], "overlap", second.inclusion * free, rubric)
    share = 1 - len(second.chosen) / max(len(rest), 1)
    rest = rest.drop(index=second.chosen).reset_index(drop=True)
    third = draw_weighted(_weights(rest, tables, rubric, seed), training, rng)
    return rows + _records(
        rest.iloc[third.chosen], "training", third.inclusion * free * share, rubric
    )


def _weights(rest: pd.DataFrame, tables: Path, rubric: Rubric, seed: int) -> NDArray[np.float64]:
    """Weights of the training pool: from scores of the project, or equal where there are none."""
    import numpy as np

    from annotation_ui.labelling.sampling import clusters_of, training_weights

    if not (tables / "score.parquet").is_file() or rest.empty:
        return np.ones(len(rest))
    from corpus.schemas import ScoreTable
    from corpus.store import read_table

    scores = read_table(ScoreTable, tables / "score.parquet")
    scores = scores[scores["sentence_id"].isin(rest["sentence_id"])]
    by_scorer = [
        _wide(scores[scores["scorer"] == s], rest, rubric) for s in sorted(set(scores["scorer"]))
    ]
    known = [p for p in by_scorer if p is not None]
    if not known:
        return np.ones(len(rest))
    other = known[1].argmax(axis=2) if len(known) > 1 else None
    return training_weights(known[0], other, clusters_of(rest["text"].tolist(), seed))


def _wide(scores: pd.DataFrame, rest: pd.DataFrame, rubric: Rubric) -> NDArray[np.float64] | None:
    import numpy as np

    parts = []
    for d in rubric.dimension_ids:
        own = scores[scores["dimension"] == d].set_index("sentence_id")
        if not rest["sentence_id"].isin(own.index).all():
            return None
        parts.append(own.loc[rest["sentence_id"], ["p0", "p1", "p2", "p3"]].to_numpy(dtype=float))
    return np.stack(parts, axis=1)


def _records(
    frame: pd.DataFrame, pool: str, inclusion: NDArray[np.float64], rubric: Rubric
) -> list[Record]:
    names = {"report_id": "report_id", "position": "index", "region": "region", "year": "year", "section": "section", "heading_path": "heading", "previous": "previous", "next": "next", "text": "text", "sentence_id": "sentence_id"}  # fmt: skip
    rows = frame[list(names)].rename(columns=names).to_dict("records")
    return [
        record_of({**row, "pool": pool, "inclusion": float(p)}, rubric, str(row["sentence_id"]))
        for row, p in zip(rows, inclusion, strict=True)
    ]


def suggest(store: Store, rubric: Rubric, *, who: str) -> int:
    """Score the open sentences of the training pool, in a process of its own; returns how many.

    Other pools never get suggestions: they measure people and models.
    """
    with store.reading() as db:
        rows = db.execute(
            "SELECT id, text, previous, next, heading, section FROM sentence"
            " WHERE role = 'training' AND n_labels < n_required"
        ).fetchall()
    if not rows:
        return 0
    accepted = accepted_model(store)
    model = [] if not accepted else ["--model", str(store.path.parent / ACCEPTED)]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        with source.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(rows[0].keys())
            writer.writerows([_section(row) for row in rows])
        command = [
            sys.executable,
            str(PROJECT_ROOT / "zhengce.py"),
            "score",
            str(source),
            "--out",
            str(target),
            *model,
        ]
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            command, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise UserError(
                f"scoring ended with code {done.returncode}",
                where=(done.stderr.splitlines() or [""])[-1],
            )
        with target.open(encoding="utf-8", newline="") as file:
            scored = list(csv.DictReader(file))
    values = [
        (int(row["id"]), accepted or "shipped", json.dumps([int(row[f"{d}_level"]) for d in rubric.dimension_ids]))
        for row in scored
    ]  # fmt: skip
    with store.writing() as db:
        db.executemany("REPLACE INTO suggestion VALUES (?, ?, ?)", values)
        note(db, who, "suggest", f"{len(values)} sentences by {accepted or 'the shipped model'}")
    return len(values)


def _section(row: Any) -> list[str]:
    """Lay a row out for the scorer, which knows its own names of sections only."""
    values = [str(v) for v in row]
    known = ("review", "plan", "governance", "other")
    values[-1] = values[-1] if values[-1] in known else ""
    return values
