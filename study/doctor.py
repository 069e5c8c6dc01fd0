"""Look at the installation: packages by extra, shipped data, project, index, Elasticsearch."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib import metadata, util
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from configs.errors import UserError
from configs.paths import (
    DIVISIONS,
    IS_WHEEL,
    LABELS,
    PROVINCE_GEOMETRY,
    PROVINCE_PANEL,
    REPORTS,
)

_RESTORE = (
    "pip install --force-reinstall --no-deps ." if IS_WHEEL else "git checkout -- data configs"
)
Mark = Literal["ok", "missing", "note"]
#: Import names whose distribution has another name.
_IMPORTS = {
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "xgboost-cpu": "xgboost",
    "python-docx": "docx",
    "import-linter": "importlinter",
    "pandas-stubs": "pandas",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination; ``needed`` findings that are missing stop the main job."""

    mark: Mark
    what: str
    detail: str
    needed: bool = False


def examine() -> list[Finding]:
    """Examine everything, cheapest first."""
    return [_python(), *_packages(), *_data(), _project(), _index(), _elasticsearch()]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fine = sys.version_info >= (3, 11)
    return Finding(
        "ok" if fine else "missing", "Python", f"{version} (3.11 or newer needed)", needed=True
    )


def _packages() -> list[Finding]:
    """Compare what the distribution declares, extra by extra, with what can be imported."""
    from packaging.requirements import Requirement

    by_extra: dict[str, list[str]] = {}
    try:
        declared = metadata.requires("zhengce") or []
    except metadata.PackageNotFoundError:
        return [Finding("missing", "zhengce itself", "run `make install`", needed=True)]
    for text in declared:
        requirement = Requirement(text)
        extra = str(requirement.marker).rsplit('"', 2)[-2] if requirement.marker else ""
        if requirement.name != "zhengce":
            by_extra.setdefault(extra, []).append(requirement.name)
    return [_extra(extra, names) for extra, names in sorted(by_extra.items()) if extra != "all"]


def _extra(extra: str, names: list[str]) -> Finding:
    absent = sorted(
        n
        for n in names
        if util.find_spec(_IMPORTS.get(n, n.replace("-", "_"))) is None and not _installed(n)
    )
    what = f"extra {extra}" if extra else "core packages"
    command = _install_command(extra)
    if absent:
        return Finding("missing", what, f"{', '.join(absent)}: run `{command}", needed=not extra)
    return Finding("ok", what, f"{len(names)} packages")


def _install_command(extra: str) -> str:
    if IS_WHEEL:
        return f"pip install '.[{extra}]'` in the clone" if extra else "pip install .` in the clone"
    return f"make install EXTRAS={extra}`" if extra else "make install`"


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _data() -> list[Finding]:
    from corpus.rubric import rubric_path

    files = {
        "reports": REPORTS,
        "labelled sentences": LABELS,
        "rubric": rubric_path(),
        "provincial panel": PROVINCE_PANEL,
        "divisions": DIVISIONS,
        "geometry": PROVINCE_GEOMETRY,
    }
    return [
        Finding("ok", what, f"{path} ({path.stat().st_size / 1e6:.1f} MB)", needed=True)
        if path.is_file()
        else Finding("missing", what, f"{path}: restore it with `{_RESTORE}`", needed=True)
        for what, path in files.items()
    ]


def _project() -> Finding:
    from corpus.project import find_store

    try:
        return Finding("ok", "project tables", str(find_store(None)))
    except UserError as error:
        return Finding("note", "project tables", error.line())


def _index() -> Finding:
    from corpus.project import find_store

    try:
        index = find_store(None) / "index"
    except UserError:
        return Finding("note", "text index", "none: no project yet")
    if index.is_dir():
        return Finding("ok", "text index", str(index))
    return Finding("note", "text index", f"none at {index}")


def _elasticsearch() -> Finding:
    """Ask the configured node whether it answers; never a node that was not configured."""
    url = urlsplit(os.environ.get("ZHENGCE_ES_URL", ""))
    if not url.geturl():
        return Finding("note", "Elasticsearch", "not configured (set ZHENGCE_ES_URL to use one)")
    if url.scheme not in ("http", "https") or not url.hostname:
        return Finding(
            "missing", "Elasticsearch", "ZHENGCE_ES_URL must be http://... or https://..."
        )
    try:
        status = _status(url)
    except (OSError, HTTPException, ValueError) as error:
        return Finding("missing", "Elasticsearch", f"{url.hostname} does not answer ({error})")
    return Finding("ok", "Elasticsearch", f"{url.hostname} answers with status {status}")


def _status(url: SplitResult) -> int:
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=3)
    try:
        connection.request("GET", url.path or "/")
        return connection.getresponse().status
    finally:
        connection.close()
