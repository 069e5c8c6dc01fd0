"""Run every benchmark and print one table: figure, bar, measured, peer.

``python -m benchmarks [name ...]``; results also go to ``runs/benchmarks.json``.
Each module of this package that has ``rows()`` takes part.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from pathlib import Path

import benchmarks
from benchmarks.figure import Figure, table

RESULTS = Path("runs") / "benchmarks.json"


def main(names: list[str]) -> int:
    """Run the benchmarks named, or all; exit 1 when a bar is missed."""
    found: list[Figure] = []
    known = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name[0] != "_"]
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(
            f"benchmarks: no benchmark {unknown[0]!r}; there are {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    for name in names or known:
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "rows"):
            print(f"benchmarks: {name} ...", file=sys.stderr)
            found += [Figure.of(row) for row in module.rows()]
    print(table(found))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps([f.as_dict() for f in found], ensure_ascii=False, indent=1), "utf-8"
    )
    print(f"written: {RESULTS}", file=sys.stderr)
    return 0 if all(f.passed is not False for f in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
