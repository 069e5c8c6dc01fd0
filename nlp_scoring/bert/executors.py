"""Where parts are scored: in this process, or on the workers of a dask cluster."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nlp_scoring.bert.passages import Passage
    from nlp_scoring.bert.runtime import BertModel, BertScores

#: Parts in flight at a time for each worker: enough to keep it busy, few enough to hold in memory.
AHEAD = 2


def dask_parts(
    folder: Path, scheduler: str | None
) -> Callable[[Iterable[list[Passage]]], Iterator[BertScores]]:
    """Score parts on a dask cluster.

    Parameters
    ----------
    folder : Path
        Model folder, at the same place for every worker.
    scheduler : str, optional
        Address as ``tcp://host:8786``; a local cluster of two processes without it.

    Raises
    ------
    UserError
        When dask is not installed or the scheduler does not answer.
    """
    try:
        import distributed
    except ImportError as error:
        raise UserError(
            "--executor dask needs the extra cluster",
            fix="python3 tools/environment.py --extras onnx,cluster",
        ) from error

    library: Any = distributed

    def run(parts: Iterable[list[Passage]]) -> Iterator[BertScores]:
        if scheduler is None:
            cluster = library.LocalCluster(
                n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
            )
            with cluster, library.Client(cluster) as client:
                yield from _in_turn(client, folder, parts)
            return
        try:
            client = library.Client(scheduler, timeout=10)
        except (OSError, TimeoutError, ValueError) as error:
            raise UserError(
                "no dask scheduler answers", where=scheduler, fix="start one with `dask scheduler`"
            ) from error
        with client:
            yield from _in_turn(client, folder, parts)

    return run


def _in_turn(pool: Any, folder: Path, parts: Iterable[list[Passage]]) -> Iterator[BertScores]:
    from collections import deque

    waiting: deque[Any] = deque()
    limit = AHEAD * max(1, len(pool.scheduler_info(n_workers=-1)["workers"]))
    for part in parts:
        waiting.append(pool.submit(score_part, str(folder.resolve()), part, pure=False))
        if len(waiting) >= limit:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def score_part(folder: str, passages: list[Passage]) -> BertScores:
    """Score one part in a worker, which opens the model once."""
    from nlp_scoring.bert.runtime import score_passages

    return score_passages(_opened(folder), passages, threads=1)


@cache
def _opened(folder: str) -> BertModel:
    from corpus.rubric import load_rubric
    from nlp_scoring.bert.runtime import load_bert

    return load_bert(Path(folder), load_rubric())
