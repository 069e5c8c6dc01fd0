"""Shipped files are named as they are typed, so that results do not depend on where they lie."""

from pathlib import Path

from configs.paths import DATA, PROJECT_ROOT, shipped_name
from econometrics.spatial.weights import read_weights


def test_shipped_files_are_named_as_typed(tmp_path: Path) -> None:
    file = DATA / "weights" / "province_knn4.csv"
    assert shipped_name(file) == "data/weights/province_knn4.csv"
    assert shipped_name(PROJECT_ROOT / "configs" / "first.toml") == "configs/first.toml"
    assert shipped_name(tmp_path / "own.csv") is None
    assert read_weights(file).source == "data/weights/province_knn4.csv"


def test_an_own_file_keeps_its_name(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("focal,neighbor,weight\na,b,1\nb,a,1\n", "utf-8")
    assert read_weights(own).source == str(own)
