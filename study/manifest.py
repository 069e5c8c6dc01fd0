"""What a run was made of: settings, hashes of inputs, versions, seeds, steps and their cost."""

from __future__ import annotations

import json
import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

from configs.paths import resolve
from configs.settings import settings_hash
from corpus.files import sha256_file, write_text
from study.runner import StepResult, past_results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from study.chain import Study

PACKAGES = (
    "zhengce",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "pandera",
    "matplotlib",
    "pyproj",
)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that numbers depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def input_hashes(study: Study) -> dict[str, str]:
    """SHA-256 of every file that came from outside the run."""
    s = study.settings
    paths = (
        s.corpus.reports,
        s.scoring.labels,
        s.scoring.rubric,
        s.panel.statistics,
        s.panel.national,
    )
    return {path.as_posix(): sha256_file(resolve(path)) for path in paths}


def provenance(study: Study) -> list[tuple[str, str]]:
    """Rows for the page; nothing that differs between two equal runs."""
    rows = [("study", study.settings.name), ("settings hash", settings_hash(study.settings))]
    rows += [(f"sha256 {name}", value) for name, value in input_hashes(study).items()]
    rows += [("rubric", f"{study.rubric.id} {study.rubric.version}")]
    rows += [("seed", str(study.settings.scoring.seed))]
    return rows + [(f"version {name}", value) for name, value in versions().items()]


def write_manifest(study: Study, results: Sequence[StepResult]) -> None:
    """Write ``manifest.json`` beside the results."""
    taken = past_results(study.folder)
    manifest: dict[str, Any] = {
        "study": study.settings.name,
        "settings": study.settings.as_json(),
        "settings_hash": settings_hash(study.settings),
        "inputs": input_hashes(study),
        "seeds": {"scoring": study.settings.scoring.seed},
        "versions": versions(),
        "platform": f"{platform.system()} {platform.machine()}",
        "command": sys.argv[1:],
        "steps": [
            {"name": r.name, "status": r.status, "reason": r.reason}
            | {k: taken.get(r.name, {}).get(k) for k in ("seconds", "peak_memory_mb")}
            for r in results
        ],
    }
    write_text(
        study.folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    )
