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
from study.texts import source_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from study.folder import Study

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
    "onnxruntime",
    "xgboost-cpu",
    "torch",
    "gpytorch",
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
    labels = s.scoring.label_file
    paths = [*source_files(s.corpus.reports), *([labels] if labels else []), s.scoring.rubric]
    paths += [s.panel.statistics, s.panel.national]
    paths += [scale.panel for scale in s.scales.given().values()]
    if s.sgdid is not None:
        paths += [s.sgdid.weights.main, *s.sgdid.weights.alternatives.values()]
    return {path.as_posix(): sha256_file(resolve(path)) for path in paths}


def seeds(study: Study) -> dict[str, int]:
    """Give the seed of every part that draws."""
    s = study.settings
    parts = {"scoring": s.scoring, "sgdid": s.sgdid, "shap": s.shap, "ggpr": s.ggpr}
    return {name: part.seed for name, part in parts.items() if part is not None}


def provenance(study: Study) -> list[tuple[str, str]]:
    """Rows for the page; nothing that differs between two equal runs."""
    rows = [("study", study.settings.name), ("settings hash", settings_hash(study.settings))]
    rows += [(f"sha256 {name}", value) for name, value in input_hashes(study).items()]
    rows += [("rubric", f"{study.rubric.id} {study.rubric.version}")]
    rows += [(f"seed {name}", str(value)) for name, value in seeds(study).items()]
    return rows + [(f"version {name}", value) for name, value in versions().items()]


def write_manifest(study: Study, results: Sequence[StepResult]) -> None:
    """Write ``manifest.json`` beside the results."""
    taken = past_results(study.folder)
    manifest: dict[str, Any] = {
        "study": study.settings.name,
        "settings": study.settings.as_json(),
        "settings_hash": settings_hash(study.settings),
        "inputs": input_hashes(study),
        "seeds": seeds(study),
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
