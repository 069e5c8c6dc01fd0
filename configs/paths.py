"""Where the shipped files lie, whatever the working directory is."""

from __future__ import annotations

import os
from pathlib import Path

#: The checkout, or the folder that the wheel was installed into: packages and ``configs`` lie in it.
PROJECT_ROOT = Path(__file__).resolve().parent.parent
#: The wheel names its data so that they are nobody else's ``data`` in an environment.
_INSTALLED = PROJECT_ROOT / "zhengce_data"
IS_WHEEL = _INSTALLED.is_dir()
DATA = _INSTALLED if IS_WHEEL else PROJECT_ROOT / "data"
RUBRIC = PROJECT_ROOT / "configs" / "rubric" / "rubric.yaml"
REPORTS = DATA / "corpus" / "reports.jsonl.gz"
BERT_BASE = DATA / "models" / "bge-small-zh-v1.5-trimmed"
BERT_MODEL = DATA / "models" / "zhengce-bert"
LABELS = DATA / "gold" / "labels.csv"
DIVISIONS = DATA / "statistics" / "divisions.csv"
PROVINCE_PANEL = DATA / "statistics" / "province_panel.csv"
NATIONAL_SERIES = DATA / "statistics" / "national_series.csv"
PROVINCE_GEOMETRY = DATA / "geo" / "province.geojson"
SEA_LINE = DATA / "geo" / "south_china_sea_line.geojson"


def resolve(path: Path) -> Path:
    """Find a path named in a settings file: beside the user first, then in the installation.

    A relative path that exists below the working directory wins, so that a user's own data
    shadow the shipped ones; otherwise ``data/...`` and ``configs/...`` are those that came with
    the program, be it a checkout or a wheel.
    """
    if path.is_absolute() or path.exists():
        return path
    shipped = PROJECT_ROOT / path
    if path.parts[:1] == ("data",):
        shipped = DATA.joinpath(*path.parts[1:])
    return shipped if shipped.exists() else path


def shipped_name(path: Path) -> str | None:
    """Name a shipped file as it is typed, ``data/...``, wherever it was installed; None for others."""
    whole = path.resolve()
    for place, name in ((DATA, "data"), (PROJECT_ROOT, "")):
        if whole.is_relative_to(place):
            return (Path(name) / whole.relative_to(place)).as_posix()
    return None


def user_cache() -> Path:
    """Folder for things that can be made again (trained baselines), never for results."""
    base = os.environ.get("ZHENGCE_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "zhengce"
