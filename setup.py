"""Put the shipped data and models into the wheel, as the folder ``zhengce_data`` of the installation.

Everything else is in pyproject.toml. setuptools can map a folder to a package of another name, but
then editable installations look for it in their own way; a copy at build time leaves them alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DATA = Path(__file__).resolve().parent / "data"
TARGET = "zhengce_data"


class BuildWithData(build_py):
    """The ordinary build with ``data/`` beside the packages."""

    def run(self) -> None:
        """Build, and copy the data afresh: what was deleted must not come out of an old build."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / TARGET
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(DATA, target, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.tmp"))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """List the copied files too, for installers that ask."""
        target = Path(self.build_lib) / TARGET
        copied = [str(path) for path in sorted(target.rglob("*")) if path.is_file()]
        return [*super().get_outputs(include_bytecode), *copied]


setup(cmdclass={"build_py": BuildWithData})
