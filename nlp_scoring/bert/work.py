"""Score passages by one network or several, through the user's cache, all or a share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from configs.paths import user_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from corpus.rubric import Rubric
    from nlp_scoring.bert.passages import Passage
    from nlp_scoring.bert.runtime import BertModel, BertScores
    from nlp_scoring.calibration import LevelSets
    from nlp_scoring.ensembles import Ensemble

    Parts = Callable[[Iterable[list[Passage]]], Iterator[BertScores]]
    Work = Callable[[Sequence[Passage]], tuple[Ensemble, LevelSets | None] | None]


def open_models(
    folders: Sequence[Path], rubric: Rubric, share: tuple[int, int], scheduler: str | None,
    *, is_dask: bool,
) -> Work:  # fmt: skip
    """Open models, and give the function that scores passages by all of them.

    Parameters
    ----------
    share : (int, int)
        i and n: fill the cache with the i-th of n shares, of which the function returns None;
        (1, 1) scores all.
    scheduler : str, optional
        Address of a dask scheduler (`nlp_scoring.bert.executors`).

    Raises
    ------
    UserError
        A folder holds no model of this rubric, or two hold the same.
    """
    from nlp_scoring.bert.executors import dask_parts
    from nlp_scoring.bert.runtime import load_bert
    from nlp_scoring.ensembles import check_networks, combine

    opened = [load_bert(folder, rubric) for folder in folders]
    check_networks([one.model_id for one in opened])
    parts = [dask_parts(folder, scheduler) if is_dask else None for folder in folders]

    def work(passages: Sequence[Passage]) -> tuple[Ensemble, LevelSets | None] | None:
        found = [
            _score(one, where, passages, share) for one, where in zip(opened, parts, strict=True)
        ]
        scores = [one for one in found if one is not None]
        if not scores:
            return None
        # Level sets were learnt for one network's chances, not for a mean's.
        return combine(scores, rubric), opened[0].sets if len(opened) == 1 else None

    return work


def _score(
    opened: BertModel, parts: Parts | None, passages: Sequence[Passage], share: tuple[int, int]
) -> BertScores | None:
    from corpus.files import disk_errors
    from corpus.progress import bar
    from nlp_scoring.bert.cache import fill_share, score_with_cache

    place = user_cache() / "scores"
    with bar("score", len(passages)) as advance, disk_errors(place):
        options: dict[str, Any] = {"score_parts": parts, "advance": advance}
        if share[1] > 1:
            n = fill_share(opened, passages, place, share, **options)
            note = f"share {share[0]} of {share[1]}, {n} new: {place / opened.model_id}"
            typer.echo(note, err=True)
            return None
        found = score_with_cache(opened, passages, place, **options)
    typer.echo(f"{found.n_new} new, the rest from the cache", err=True)
    return found.scores
