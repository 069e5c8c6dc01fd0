"""What training needs beyond scoring, told before any work: the last of it would come an hour late."""

from __future__ import annotations

from importlib.util import find_spec

from configs.errors import UserError

#: Import names of the extra ``bert`` (pyproject.toml).
PACKAGES = ("onnx", "onnxruntime", "safetensors", "tokenizers", "torch", "transformers")


def check_packages(what: str, *others: str, extras: str = "bert") -> None:
    """Refuse to begin without a package.

    Parameters
    ----------
    what : str
        What needs them, as the message begins.
    others : str
        Import names beyond the extra ``bert``.
    extras : str
        Those that bring them all.

    Raises
    ------
    UserError
        Naming every package that is missing.
    """
    absent = [name for name in (*PACKAGES, *others) if find_spec(name) is None]
    if absent:
        raise UserError(
            f"{what} needs {', '.join(absent)}",
            fix=f"python3 tools/environment.py --extras {extras}",
        )
