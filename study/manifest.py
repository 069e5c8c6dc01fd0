"""What a run was made of: settings, hashes of inputs, versions, seeds, steps and their cost."""

from __future__ import annotations

import json
import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

from configs.settings import settings_hash
from corpus.files import sha256_file, write_text
from study.runner import Step, StepResult, past_results, shown_name

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


def input_hashes(study: Study, steps: Sequence[Step]) -> dict[str, str]:
    """SHA-256 of every file from outside the run folder that a step reads."""
    found = {path for step in steps for path in step.inputs}
    outside = sorted(path for path in found if not path.is_relative_to(study.folder))
    return {shown_name(path): sha256_file(path) for path in outside}


def seeds(study: Study) -> dict[str, int]:
    """Give the seed of every part that draws."""
    s = study.settings
    parts = {"scoring": s.scoring, "sgdid": s.sgdid, "shap": s.shap, "ggpr": s.ggpr}
    return {name: part.seed for name, part in parts.items() if part is not None}


def provenance(study: Study, steps: Sequence[Step]) -> list[tuple[str, str]]:
    """Rows for the page; nothing that differs between two equal runs."""
    rows = [("study", study.settings.name), ("settings hash", settings_hash(study.settings))]
    rows += [(f"sha256 {name}", value) for name, value in input_hashes(study, steps).items()]
    rows += [("rubric", f"{study.rubric.id} {study.rubric.version}")]
    rows += [(f"seed {name}", str(value)) for name, value in seeds(study).items()]
    return rows + [(f"version {name}", value) for name, value in versions().items()]


def write_manifest(study: Study, steps: Sequence[Step], results: Sequence[StepResult]) -> None:
    """Write ``manifest.json`` beside the results."""
    taken = past_results(study.folder)
    manifest: dict[str, Any] = {
        "study": study.settings.name,
        "settings": study.settings.as_json(),
        "settings_hash": settings_hash(study.settings),
        "inputs": input_hashes(study, steps),
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
