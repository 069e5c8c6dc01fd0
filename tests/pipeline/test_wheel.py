"""The wheel: everything shipped is in it, and the command works from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from configs.paths import DATA, PROJECT_ROOT, resolve

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "annotation_ui", "configs", "corpus", "crawler", "econometrics", "ml", "nlp_scoring", "study",
)  # fmt: skip
SHIPPED = (*PACKAGES, "data", "zhengce.py", "setup.py", "pyproject.toml", "README.md", "LICENSE")
MEGABYTES = 60


def packages_of_this_python() -> str:
    """Folder of the dependencies: that of this environment, or the cache that it sees."""
    own = Path(sysconfig.get_path("purelib"))
    linked = own / "zhengce_cached.pth"
    if linked.is_file():
        return linked.read_text().split("'")[1]
    return str(own)


def python_with_pip() -> str:
    for python in (sys.executable, str(Path(packages_of_this_python()).parents[2] / "bin/python")):
        if subprocess.run([python, "-m", "pip", "-V"], capture_output=True).returncode == 0:
            return python
    pytest.skip("no pip in this environment")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy: a build leaves its folder behind."""
    clone, out = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("wheel")
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, clone / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, clone / name)
    build = ["-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q", "-w", str(out)]
    done = subprocess.run([python_with_pip(), *build], cwd=clone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it into an environment that has the dependencies and nothing of the checkout."""
    home = tmp_path_factory.mktemp("venv") / "v"
    base = python_with_pip()
    subprocess.run([base, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    (own,) = home.glob("lib/python*/site-packages")
    link = f"import site; site.addsitedir({packages_of_this_python()!r})\n"
    (own / "cached.pth").write_text(link)
    pip = [base, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", str(wheel)]
    done = subprocess.run(pip, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return home / "bin" / "zhengce"


def test_every_shipped_file_is_inside(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"zhengce_data/{p.relative_to(ROOT / 'data').as_posix()}"
              for p in (ROOT / "data").rglob("*") if p.is_file()}  # fmt: skip
    for package in PACKAGES:
        files = [p for p in (ROOT / package).rglob("*") if p.is_file()]
        wanted |= {p.relative_to(ROOT).as_posix() for p in files if "__pycache__" not in p.parts}
    assert wanted <= inside
    assert {n.split("/")[0] for n in inside if ".dist-info" not in n} == {
        *PACKAGES, "zhengce.py", "zhengce_data",
    }  # fmt: skip
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in inside)
    assert sum(name.endswith("PROVENANCE.md") for name in inside) >= 7
    assert wheel.stat().st_size < MEGABYTES * 1e6


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["doctor"], 0, "zhengce_data"),
        (["run", "configs/first.toml", "--dry-run"], 0, "parse      would run"),
        (["score", "in.csv", "--scorer", "cues", "--out", "out.csv"], 0, "1 sentences scored"),
        (["audit", "data/published/table3_sgdid.csv"], 1, "misprint"),
        (["audit", "data/published/table3_sgdid.csv", "--specification",
          "data/published/table3_sgdid.toml"], 1, "absorbed_regressor"),
        (["panel", "build", "configs/panel_province_2018_2023.toml", "--out", "p"], 0, "186 rows"),
        (["panel", "trace", "110000", "2020", "gdp_100m"], 0, "110000"),
        (["run", "configs/none.toml"], 2, "configs/none.toml"),
    ],
)  # fmt: skip
def test_commands_from_an_empty_folder(
    command: Path, tmp_path: Path, arguments: list[str], code: int, says: str
) -> None:
    (tmp_path / "in.csv").write_text("text\n新建5G基站300个。\n", encoding="utf-8")
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(command), *arguments], cwd=tmp_path, capture_output=True, text=True, env=clean
    )
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr
    assert str(PROJECT_ROOT) not in done.stdout + done.stderr


@pytest.mark.slow
def test_first_study_from_an_empty_folder(command: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(command), "run", "configs/first.toml"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "report: runs/first/report.html"
    assert (tmp_path / "runs/first/report.html").is_file()


def test_shipped_names_give_way_to_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = Path("data/gold/labels.csv")
    assert resolve(shipped) == DATA / "gold" / "labels.csv"
    assert resolve(Path("data/none.csv")) == Path("data/none.csv")
    shipped.parent.mkdir(parents=True)
    shipped.write_text("mine")
    assert resolve(shipped) == shipped
