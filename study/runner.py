"""Steps with memory: a step reruns when its inputs, settings or code change, else it is reused.

Each step names its files. Its key hashes the settings it reads, the bytes of its inputs and the
source of the packages it calls; the key and the hashes of its outputs are kept in ``steps.json``,
replaced whole after every step, so a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from configs.errors import UserError
from configs.paths import PROJECT_ROOT, shipped_name
from corpus.files import disk_errors, sha256_file, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from study.helper import Helper

Status = Literal["done", "reused", "would run", "would reuse", "may run", "skipped"]
Advance = Callable[[int], object]
RECORD = "steps.json"
PARTS = ("store", "tables", "figures", "models")
#: Names that tempfile makes for `corpus.files.write_atomically`.
TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}\.tmp")
_writing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a study.

    Attributes
    ----------
    name, title : str
    settings : str
        JSON of the settings that the step reads.
    inputs, outputs : tuple of Path
        Every file it reads or writes.
    code : tuple of str
        Packages or modules whose source decides the result.
    run : callable
        Receives a function that a progress bar listens to.
    total : int
        Units of work, for the bar; 0 when unknown.
    apart : bool
        Heavy, and needs nothing of its neighbours but files: another process may do it.
    """

    name: str
    title: str
    settings: str
    inputs: tuple[Path, ...]
    outputs: tuple[Path, ...]
    code: tuple[str, ...]
    run: Callable[[Advance], object]
    total: int = 0
    apart: bool = False


def make_step(
    name: str, title: str, run: Callable[[Advance], object], *, reads: Iterable[Path],
    writes: Iterable[Path], code: tuple[str, ...], settings: Any = "", total: int = 0,
    apart: bool = False,
) -> Step:  # fmt: skip
    """Make a step; ``settings`` are plain values that JSON can hold."""
    text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
    return Step(name, title, text, tuple(reads), tuple(writes), code, run, total, apart)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of a step."""

    name: str
    status: Status
    reason: str
    seconds: float
    peak_memory_mb: float


@contextmanager
def no_bar(step: Step) -> Iterator[Advance]:
    """Show nothing."""
    yield lambda _: None


def run_steps(
    steps: Sequence[Step],
    folder: Path,
    *,
    start_at: str | None = None,
    only: str | None = None,
    dry_run: bool = False,
    tell: Callable[[str], object] = lambda _: None,
    progress: Callable[[Step], Any] = no_bar,
    helpers: Sequence[Helper] = (),
) -> list[StepResult]:
    """Bring a run folder up to date.

    Parameters
    ----------
    start_at : str, optional
        Run this step and all after it, changed or not.
    only : str, optional
        Run this step alone, changed or not.
    dry_run : bool
        Say what would happen and touch nothing.
    tell : callable
        Receives one line a step.
    progress : callable
        From a step to a context manager that yields its ``advance`` function.
    helpers : sequence of Helper
        Processes that do heavy steps beside this one.

    Raises
    ------
    UserError
        Unknown step, missing input, or another run at work in the folder.
    """
    from study.together import Group, neighbours

    _check_names(steps, start_at, only)
    if dry_run:
        return _plan(steps, folder, start_at, only, tell)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    names = [step.name for step in steps]
    forced = frozenset(names[names.index(start_at) :] if start_at else [only] if only else [])
    work = Work(folder, forced, only, progress)
    with _locked(folder), tidy(folder, helpers):
        return [
            result
            for group in neighbours(steps)
            for result in Group(group, work, tell).bring_up_to_date(helpers)
        ]


@contextmanager
def tidy(folder: Path, helpers: Sequence[Helper]) -> Iterator[None]:
    """Stop the helpers, however the block ends; leave no half-written file, of a killed run either."""
    try:
        _remove_temporary(folder)
        yield
    finally:
        for helper in helpers:
            helper.close()
        _remove_temporary(folder)


def _remove_temporary(folder: Path) -> None:
    """Remove what `corpus.files.write_atomically` began, in the places of a run folder only."""
    inside = [p for part in PARTS for p in (folder / part).rglob(".*.tmp")]
    for path in (*folder.glob(".*.tmp"), *inside):
        if TEMPORARY.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _check_names(steps: Sequence[Step], *wanted: str | None) -> None:
    names = [step.name for step in steps]
    for name in wanted:
        if name is not None and name not in names:
            raise UserError(f"there is no step {name!r}", fix=f"the steps are {', '.join(names)}")


@dataclass(frozen=True, slots=True)
class Work:
    """A run folder and what was asked for in it.

    Attributes
    ----------
    forced : set of str
        Steps that run whether anything has changed or not.
    only : str or None
        The one step that was asked for.
    """

    folder: Path
    forced: frozenset[str]
    only: str | None
    progress: Callable[[Step], Any]

    def bring_up_to_date(self, step: Step, helper: Helper | None = None) -> StepResult:
        """Run a step if it has to, here or in a helper."""
        if self.only is not None and step.name != self.only:
            return StepResult(step.name, "skipped", "not asked for", 0.0, 0.0)
        key = step_key(step)
        reason = "asked for" if step.name in self.forced else _why_rerun(step, key, self.folder)
        if not reason:
            return StepResult(step.name, "reused", "nothing has changed", 0.0, 0.0)
        begin, peak = time.perf_counter(), 0.0
        if helper is None:
            with self.progress(step) as advance, one_thread_of_algebra(step):
                step.run(advance)
        else:
            peak = helper.run(step.name)
        seconds = round(time.perf_counter() - begin, 2)
        result = StepResult(step.name, "done", reason, seconds, peak or peak_memory_mb())
        _remember(step, key, self.folder, result)
        return result


@contextmanager
def one_thread_of_algebra(step: Step) -> Iterator[None]:
    """Keep BLAS to one thread in a heavy step: sums then do not depend on cores or neighbours."""
    if not step.apart:
        yield
        return
    import scipy.linalg  # noqa: F401  # its BLAS must be loaded to be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


def step_key(step: Step) -> dict[str, str]:
    """Hash of settings, of code, and of each input, so that a change can be named."""
    missing = [path for path in step.inputs if not path.is_file()]
    if missing:
        raise UserError(
            "no such file", where=str(missing[0]), fix=f"the step {step.name!r} needs it"
        )
    inputs = {f"input {shown_name(path)}": sha256_file(path) for path in step.inputs}
    settings = hashlib.sha256(step.settings.encode()).hexdigest()
    return {"settings": settings, "code": code_hash(step.code), **inputs}


def shown_name(path: Path) -> str:
    """Name a shipped file as it is typed, another by its last part."""
    return shipped_name(path) or path.name


def code_hash(names: Sequence[str]) -> str:
    """Hash the source of packages (``corpus``) or modules (``corpus.sentences``)."""
    digest = hashlib.sha256()
    for name in names:
        place = PROJECT_ROOT / name.replace(".", "/")
        files = sorted(place.rglob("*")) if place.is_dir() else [place.with_suffix(".py")]
        for path in files:
            if path.is_file() and path.suffix in {".py", ".html", ".css", ".js", ".txt"}:
                digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _why_rerun(step: Step, key: dict[str, str], folder: Path) -> str:
    """Name the first reason to run the step again; empty when there is none."""
    past = _record(folder).get(step.name)
    if past is None:
        return "not done yet"
    for part in dict.fromkeys([*key, *past["key"]]):
        if key.get(part) != past["key"].get(part):
            return f"{part} changed"
    for path in step.outputs:
        known = past["outputs"].get(path.relative_to(folder).as_posix())
        if not path.is_file():
            return f"{path.name} is missing"
        if sha256_file(path) != known:
            return f"{path.name} was changed by hand"
    return ""


def _record(folder: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _remember(step: Step, key: dict[str, str], folder: Path, result: StepResult) -> None:
    unwritten = [path for path in step.outputs if not path.is_file()]
    if unwritten:
        raise RuntimeError(f"step {step.name} promised {unwritten[0]} and did not write it")
    outputs = {p.relative_to(folder).as_posix(): sha256_file(p) for p in step.outputs}
    entry = {"key": key, "outputs": outputs, "result": asdict(result)}
    with _writing:
        record = {**_record(folder), step.name: entry}
        write_text(folder / RECORD, json.dumps(record, ensure_ascii=False, indent=1))


def past_results(folder: Path) -> dict[str, Any]:
    """Tell what each step's last true run took, for the manifest."""
    return {name: entry["result"] for name, entry in _record(folder).items()}


def _plan(
    steps: Sequence[Step],
    folder: Path,
    start_at: str | None,
    only: str | None,
    tell: Callable[[str], object],
) -> list[StepResult]:
    results: list[StepResult] = []
    changing: set[Path] = set()
    forced = False
    for step in steps:
        forced = forced or step.name == start_at
        status, reason = _foresee(step, folder, changing, forced or step.name == only)
        if only is not None and step.name != only:
            status, reason = "skipped", "not asked for"
        if status in ("would run", "may run"):
            changing |= set(step.outputs)
        results.append(StepResult(step.name, status, reason, 0.0, 0.0))
        tell(describe(step, results[-1]))
    return results


def _foresee(step: Step, folder: Path, changing: set[Path], forced: bool) -> tuple[Status, str]:
    if forced:
        return "would run", "asked for"
    waiting = [path.name for path in step.inputs if path in changing]
    if waiting:
        return "may run", f"when {waiting[0]} comes out different"
    reason = _why_rerun(step, step_key(step), folder)
    return ("would run", reason) if reason else ("would reuse", "nothing has changed")


def describe(step: Step, result: StepResult) -> str:
    """One line on a step for the terminal."""
    took = f"  {result.seconds:.1f} s" if result.status == "done" else ""
    return f"{step.name:<10} {result.status:<11} {result.reason}{took}"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep a second run out of the folder; the lock dies with the process that holds it."""
    with disk_errors(folder):
        file = (folder / ".lock").open("w")
    with file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows: without a lock, atomic writes still keep files whole.
            pass
        except OSError as error:
            fix = "wait for it, or choose another --out"
            raise UserError("another run is at work here", where=str(folder), fix=fix) from error
        yield


def peak_memory_mb() -> float:
    """Peak resident memory of this process so far, in MB."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
