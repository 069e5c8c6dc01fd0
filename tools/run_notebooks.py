"""Execute the notebooks of ``examples/`` and save their outputs: ``python tools/run_notebooks.py [FILE ...]``."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
nbformat: Any = importlib.import_module("nbformat")  # untyped


def notebooks() -> list[Path]:
    """List the notebooks that are shipped."""
    return sorted((ROOT / "examples").glob("*.ipynb"))


def execute(path: Path) -> Any:
    """Run a notebook beside its file, by the interpreter of this process; give it with its outputs."""
    from nbclient import NotebookClient

    path_variable = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # The kernel's alone: what else runs in this process keeps its own.
    environment = os.environ | {"PATH": path_variable, "OMP_NUM_THREADS": "1"}
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(env=environment)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of the day: they differ from run to run
    notebook.metadata.pop("language_info", None)
    return notebook


def main() -> None:
    """Execute and save."""
    for path in [Path(name) for name in sys.argv[1:]] or notebooks():
        done = execute(path)
        nbformat.write(done, path)
        print(path.name, f"{path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
