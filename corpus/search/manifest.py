"""The manifest of an embedded index: what it was made from, and which generation serves.

``index/manifest.json`` names a generation folder beside it. A build fills a folder of its own and
then replaces the manifest in one rename, so whatever happens before leaves the old one serving.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from configs.errors import UserError
from corpus.files import sha256_file, write_text
from corpus.search.normal import VERSION

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 2
NAME = "manifest.json"
REBUILD = "run `zhengce index build`"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A table as it was when the index was built."""

    path: str
    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """See the module; ``codes`` gives the words of coded columns, ``files`` each sha256."""

    format: int
    normalisation: str
    generation: str
    sources: tuple[SourceFile, ...]
    scorer: str
    dimensions: tuple[str, ...]
    n_sentences: int
    checksum: str
    regions: dict[str, str]
    codes: dict[str, tuple[str, ...]]
    years: tuple[int, int] | None
    files: dict[str, str]


def describe_file(path: Path) -> SourceFile:
    """Describe a table's file as it is now."""
    state = path.stat()
    return SourceFile(str(path.resolve()), state.st_size, state.st_mtime_ns, sha256_file(path))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in force."""
    write_text(folder / NAME, json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest in force.

    Raises
    ------
    UserError
        When there is none, it is damaged, or another version of zhengce made it.
    """
    path = folder / NAME
    try:
        raw = json.loads(path.read_text("utf-8"))
        if (raw["format"], raw["normalisation"]) != (FORMAT, VERSION):
            raise UserError(
                "was made by another version of zhengce", where=str(folder), fix=REBUILD
            )
        years = raw["years"]
        return Manifest(
            **raw
            | {
                "sources": tuple(SourceFile(**source) for source in raw["sources"]),
                "dimensions": tuple(raw["dimensions"]),
                "codes": {k: tuple(v) for k, v in raw["codes"].items()},
                "years": (years[0], years[1]) if years else None,
            }
        )
    except FileNotFoundError as error:
        raise UserError("no index here", where=str(folder), fix=REBUILD) from error
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UserError("is damaged", where=str(path), fix=REBUILD) from error


def changed_source(sources: tuple[SourceFile, ...]) -> str:
    """Say which table is no longer what the index was made from, or nothing.

    A file that only carries another time is hashed, and is no change when the bytes are the same.
    """
    from pathlib import Path

    for source in sources:
        path = Path(source.path)
        if not path.is_file():
            return f"{path} is gone"
        state = path.stat()
        if (state.st_size, state.st_mtime_ns) == (source.size, source.mtime_ns):
            continue
        if state.st_size != source.size or sha256_file(path) != source.sha256:
            return f"{path} has changed since the index was built"
    scores = Path(sources[0].path).parent / "score.parquet"
    if len(sources) == 1 and scores.is_file():
        return f"{scores} was written after the index was built"
    return ""
