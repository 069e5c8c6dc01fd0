"""Statistics to panel: weights, times, injected faults, and whether every cell leads to its inputs."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from decimal import Decimal, getcontext
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.panel_faults import Fault, faults
from configs.panel_settings import load_panel
from configs.paths import PROJECT_ROOT
from econometrics.build import PanelBuild, build_panel
from econometrics.checks.tables import check_file
from econometrics.findings import Finding
from econometrics.lineage import Lineage
from econometrics.replay import replay

CONFIGS = PROJECT_ROOT / "configs"
PANELS = ("panel_province", "panel_province_2018_2023", "panel_city", "panel_enterprise_SIMULATED")
#: Cells of the larger panels that are traced, evenly spread; the provincial panels are traced whole.
SAMPLE_UNITS = 40


def rows() -> list[Figure]:
    """Measure everything; about two minutes on two slow cores."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_weights(), *_times(Path(folder)), *_faults(Path(folder)), *_clean(), *_traces()]


def decimal_entropy(z: np.ndarray) -> list[float]:
    """Entropy weights in decimals of 50 digits, written from the formula without numpy."""
    getcontext().prec = 50
    n, k = z.shape
    parts = []
    for j in range(k):
        column = [Decimal(repr(float(x))) for x in z[:, j]]
        total = sum(column)
        shares = [x / total for x in column]
        entropy = -sum((p * p.ln() for p in shares if p > 0), Decimal(0)) / Decimal(n).ln()
        parts.append(1 - entropy)
    return [float(p / sum(parts)) for p in parts]


def _weights() -> list[Figure]:
    found = []
    for name in PANELS[:2]:
        build = build_panel(load_panel(CONFIGS / f"{name}.toml"))
        z = build.composite.z
        complete = z[:, np.isfinite(z).all(axis=0)].T
        gap = np.abs(build.composite.weights["entropy"][0] - decimal_entropy(complete)).max()
        found.append(
            Figure(
                f"entropy weights against 50-digit decimals: {name}",
                "<= 1e-12",
                float(gap),
                "",
                bool(gap <= 1e-12),
            )
        )
    return found


def _times(folder: Path) -> list[Figure]:
    big = (CONFIGS / f"{PANELS[3]}.toml").read_text("utf-8").replace("firms = 400", "firms = 5000")
    (folder / "big.toml").write_text(big, "utf-8")
    province = min(_seconds(CONFIGS / "panel_province.toml", folder / "p") for _ in range(5))
    firms = min(_seconds(folder / "big.toml", folder / "f") for _ in range(3))
    return [
        at_most(
            "zhengce panel build, provinces 2011-2024",
            2,
            province[0],
            "s",
            f"whole command, best of 5; CPU {province[1]:.2f} s",
        ),
        at_most(
            "zhengce panel build, 5,000 firms x 10 years",
            5,
            firms[0],
            "s",
            f"whole command, best of 3; CPU {firms[1]:.2f} s",
        ),
    ]


def _seconds(config: Path, out: Path) -> tuple[float, float]:
    """Wall and processor seconds of a whole command."""
    begin = time.perf_counter()
    command = [sys.executable, "zhengce.py", "panel", "build", str(config), "--out", str(out)]
    process = subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime


def is_reported(fault: Fault, findings: list[Finding]) -> bool:
    """Whether a finding names the fault's rule, column and unit."""
    return any(
        f.rule in fault.rules
        and (not fault.column or f.column in (fault.column, ""))
        and (not fault.unit or f.unit in (fault.unit, ""))
        for f in findings
    )


def _faults(folder: Path) -> list[Figure]:
    cases = list(faults())
    reported = alone = 0
    for i, fault in enumerate(cases):
        path = folder / f"{i}.csv"
        fault.table.to_csv(path, index=False)
        found = check_file(path)
        if is_reported(fault, found):
            reported += 1
        else:
            print(f"not reported: {fault.name}", file=sys.stderr)
        alone += is_reported(fault, check_file(path, with_reference=False))
    return [
        at_least("injected faults: cases", 60, len(cases)),
        at_least("injected faults: share reported", 1.0, reported / len(cases)),
        Figure("... without the shipped panels as reference", "", round(alone / len(cases), 3)),
    ]


def _clean() -> list[Figure]:
    figures = []
    for name in ("province_panel", "city_panel", "national_series"):
        found = [
            f
            for f in check_file(PROJECT_ROOT / "data" / "statistics" / f"{name}.csv")
            if f.rule != "note"
        ]
        kinds = ", ".join(f"{n} {rule}" for rule, n in Counter(f.rule for f in found).most_common())
        figures.append(Figure(f"findings on the shipped {name}", "", len(found), "", None, kinds))
    return figures


def _traces() -> list[Figure]:
    figures = []
    for name in PANELS:
        build = build_panel(load_panel(CONFIGS / f"{name}.toml"))
        n, good = traced(build)
        figures.append(
            at_least(
                f"derived cells that replay from their files: {name}",
                1.0,
                good / n,
                "",
                f"{n} cells",
            )
        )
    return figures


def traced(build: PanelBuild) -> tuple[int, int]:
    """Trace derived cells and make them again from the files: how many, and how many agree."""
    lineage = Lineage(build)
    step = max(1, len(build.grid.units) // SAMPLE_UNITS)
    n = good = 0
    for column in build.derived:
        for unit in build.grid.units[::step]:
            for year in build.grid.years:
                node = lineage.trace(unit, year, column)
                again = replay(node)
                same = math.isclose(again, node.value, rel_tol=1e-9, abs_tol=1e-12)
                good += same or (math.isnan(again) and math.isnan(node.value))
                n += 1
    return n, good
