"""Make ``.venv`` from a cached environment; standard library only, so that any Python can run it.

The dependencies lie outside the checkout, in a folder named by the hash of ``constraints.txt`` and
the Python version, and are shared by all checkouts. ``.venv`` is a thin environment that sees them
and holds this checkout's own ``zhengce`` command. Asking again for what is there takes a moment.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
LINK = ROOT / ".venv"
STAMP = "zhengce-requirements.json"


def main() -> int:
    """Bring ``.venv`` up to date with the extras asked for."""
    parser = argparse.ArgumentParser(description="Make .venv from a cached environment.")
    parser.add_argument("--extras", default="", help="comma-separated extras of pyproject.toml")
    asked = [name.strip() for name in parser.parse_args().extras.split(",") if name.strip()]
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    try:
        wanted = requirements(declared, asked)
        cached = cache_folder()
        cached.mkdir(parents=True, exist_ok=True)
        with locked(cached / "lock"):
            fill(cached, wanted)
            link(cached)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"environment: {error}", file=sys.stderr)
        return 2
    except KeyError as error:
        known = ", ".join(sorted(declared["optional-dependencies"]))
        print(f"environment: no extra {error}; the extras are {known}", file=sys.stderr)
        return 2
    return 0


def requirements(declared: dict[str, object], asked: list[str]) -> list[str]:
    """List requirements of the core and of the extras asked for, ``zhengce[...]`` resolved."""
    extras: dict[str, list[str]] = declared["optional-dependencies"]  # type: ignore[assignment]
    found: list[str] = list(declared["dependencies"])  # type: ignore[call-overload]
    todo = list(asked)
    while todo:
        for requirement in extras[todo.pop(0)]:
            if requirement.startswith("zhengce["):
                todo += requirement[len("zhengce[") : -1].split(",")
            else:
                found.append(requirement)
    # pip, setuptools: the thin environment installs this checkout without a network.
    return sorted({*found, "setuptools"})


def cache_folder() -> Path:
    """Folder of the cached environment for these constraints and this Python."""
    base = os.environ.get("ZHENGCE_CACHE") or os.environ.get("XDG_CACHE_HOME")
    root = (Path(base) if base else Path.home() / ".cache") / "zhengce" / "env"
    seed = CONSTRAINTS.read_bytes() + repr(sys.version_info[:2]).encode() + sys.platform.encode()
    return root / hashlib.sha256(seed).hexdigest()[:16]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time fill the cache."""
    with path.open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        except ImportError:
            pass
        yield


def python_of(environment: Path) -> Path:
    """Interpreter of an environment."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return environment / folder / ("python.exe" if os.name == "nt" else "python")


def fill(cached: Path, wanted: list[str]) -> None:
    """Install what is not there yet, at the tested versions."""
    environment, stamp = cached / "env", cached / STAMP
    if not python_of(environment).exists():
        print(f"environment: making {environment}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        stamp.unlink(missing_ok=True)
    have = set(json.loads(stamp.read_text())) if stamp.exists() else set()
    if set(wanted) <= have:
        return
    print(
        f"environment: installing {len(set(wanted) - have)} packages (some minutes)",
        file=sys.stderr,
    )
    install = ["install", "--quiet", "--disable-pip-version-check", "-c", str(CONSTRAINTS), *wanted]
    subprocess.run([str(python_of(environment)), "-m", "pip", *install], check=True)
    stamp.write_text(json.dumps(sorted(have | set(wanted))))


def link(cached: Path) -> None:
    """Make ``.venv`` see the cached packages and this checkout, if it does not yet."""
    seed = (ROOT / "pyproject.toml").read_bytes() + str(cached).encode() + str(ROOT).encode()
    mark = hashlib.sha256(seed).hexdigest()
    stamp = LINK / "zhengce-mark"
    if stamp.exists() and stamp.read_text() == mark and python_of(LINK).exists():
        return
    base = python_of(cached / "env")
    subprocess.run([str(base), "-m", "venv", "--clear", "--without-pip", str(LINK)], check=True)
    packages, own = (site_packages(python_of(e)) for e in (cached / "env", LINK))
    (own / "zhengce_cached.pth").write_text(f"import site; site.addsitedir({str(packages)!r})\n")
    install = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
    ]
    pip = [str(base), "-m", "pip", "--python", str(python_of(LINK))]
    subprocess.run([*pip, *install, "-e", str(ROOT)], check=True)
    stamp.write_text(mark)


def site_packages(python: Path) -> Path:
    """Folder that an interpreter installs to."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True)
    return Path(answer.stdout.strip())


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        print(
            f"environment: Python 3.11 or newer is needed, this is {sys.version.split()[0]}",
            file=sys.stderr,
        )
        sys.exit(2)
    sys.exit(main())
