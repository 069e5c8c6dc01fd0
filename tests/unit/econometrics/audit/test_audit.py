"""The audit: the paper's own table, tables made to be right, and faults put into them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.errors import UserError
from configs.paths import DATA
from econometrics.audit.audit import Audit, audit_file
from econometrics.audit.printed import read_printed, stars_of
from tests.conftest import zhengce

TABLE3 = DATA / "published" / "table3_sgdid.csv"
COLUMNS = [
    "variable",
    *(f"{p}{s}" for p in ("main", "wx", "total", "direct", "indirect") for s in ("", "_se")),
]


@pytest.mark.parametrize(
    ("text", "value", "stars", "repaired"),
    [
        ("0.802", 0.802, 0, False), ("-0.802***", -0.802, 3, False), ("−1.5*", -1.5, 1, False), ("(0.189)", 0.189, 0, False),
        ("0–1.089***", -1.089, 3, True), ("0,231**", 0.231, 2, True), ("1..5", 1.5, 0, True), (".5", 0.5, 0, False),
    ],
)  # fmt: skip
def test_printed_numbers(text: str, value: float, stars: int, repaired: bool) -> None:
    found = read_printed(text)
    assert found is not None
    assert (found.value, found.stars, found.repaired) == (value, stars, repaired)


@pytest.mark.parametrize("text", ["", "n/a", "***", "abc"])
def test_no_number(text: str) -> None:
    assert read_printed(text) is None


def found(result: Audit) -> set[tuple[str, str, str]]:
    return {(f.rule, f.row, f.column) for f in result.findings}


def test_the_articles_table() -> None:
    result = audit_file(TABLE3)
    assert found(result) >= {
        ("misprint", "NQP", "total"), ("total_identity", "IS", "total"), ("direct_fingerprint", "IS", "direct"),
        ("direct_fingerprint", "IS", "indirect"), ("stars", "IS", "direct"), ("stars", "IS", "indirect"),
        ("duplicated", "IS", "direct"), ("duplicated", "IS", "indirect"), ("error_ratio", "IS", "wx_se"),
        ("zero_error", "Road", "main_se"), ("rescale", "Prec", "main_se"), ("variance_stars", "sigma2_e", "main"),
    }  # fmt: skip
    assert set(result.clean_rows) == {"DID", "Edu", "Fin", "Cons", "Temp", "rho"}
    repairs = {
        (f.row, f.column): f.expected for f in result.findings if f.rule == "direct_fingerprint"
    }
    assert repairs[("IS", "direct")] == "-0.311"
    assert repairs[("IS", "indirect")] == "-1.797***"


@dataclass
class Made:
    """A table computed from known parameters and printed with three decimals."""

    rows: list[dict[str, str]]

    def write(self, path: Path) -> Path:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        return path


def made(seed: int, *, rho: float = 0.3, a1: float = 0.09, k: int = 7) -> Made:
    rng = np.random.default_rng(seed)
    rows = []
    for j in range(k):
        beta, theta = rng.normal(size=2) * rng.choice([0.3, 1.0, 3.0])
        errors = np.abs(rng.normal(size=5)) * 0.05 + np.array(
            [0.1, 0.2, 0.32, 0.102, 0.216]
        ) * rng.uniform(0.8, 1.2)
        errors[3:] = errors[0] * 1.01, errors[1] * 1.09
        direct = beta * (1 + rho * a1) + theta * a1
        total = (beta + theta) / (1 - rho)
        values = [beta, theta, total, direct, total - direct]
        row = {"variable": f"x{j}"}
        for part, value, error in zip(
            ("main", "wx", "total", "direct", "indirect"), values, errors, strict=True
        ):
            row[part] = f"{value:.3f}" + "*" * stars_of(value / error)
            row[f"{part}_se"] = f"{error:.3f}"
        rows.append(row)
    blank = dict.fromkeys(COLUMNS, "")
    rows.append(
        {
            **blank,
            "variable": "rho",
            "main": f"{rho:.3f}" + "*" * stars_of(rho / 0.05),
            "main_se": "0.050",
        }
    )
    rows.append({**blank, "variable": "sigma2_e", "main": "0.737", "main_se": "0.040"})
    return Made(rows)


@pytest.mark.parametrize("seed", range(40))
def test_no_false_alarm_on_right_tables(tmp_path: Path, seed: int) -> None:
    table = made(seed, rho=[0.05, 0.3, 0.6, -0.2][seed % 4], a1=[0.012, 0.09, 0.2, 0.05][seed % 4])
    assert audit_file(table.write(tmp_path / "t.csv")).findings == ()


def shift(text: str, by: float) -> str:
    found_number = read_printed(text)
    assert found_number is not None
    return f"{found_number.value + by:.3f}" + "*" * found_number.stars


FAULTS: dict[str, tuple[Any, set[str]]] = {
    "total off": (
        lambda r: r[2].update(total=shift(r[2]["total"], 0.4)),
        {"total_identity", "multiplier_identity"},
    ),
    "direct off": (
        lambda r: r[3].update(direct=shift(r[3]["direct"], 0.4)),
        {"total_identity", "direct_fingerprint"},
    ),
    "sign lost": (
        lambda r: r[1].update(
            wx=r[1]["wx"].lstrip("-") if r[1]["wx"][0] == "-" else "-" + r[1]["wx"]
        ),
        {"multiplier_identity"},
    ),
    "stars added": (
        lambda r: r[0].update(main=r[0]["main"].rstrip("*"), main_se="9.000"),
        {"error_ratio"},
    ),
    "stars wrong": (
        lambda r: r[4].update(wx="0.010***", wx_se="0.200"),
        {"stars", "multiplier_identity"},
    ),
    "copied impacts": (
        lambda r: r[5].update({c: r[0][c] for c in ("direct", "indirect")}),
        {"duplicated", "total_identity"},
    ),
    "zero error": (lambda r: r[2].update(main_se="0.000"), {"zero_error"}),
    "misprint": (lambda r: r[6].update(total="0–" + r[6]["total"].lstrip("-")), {"misprint"}),
    "variance stars": (lambda r: r[8].update(main="0.737**", main_se=""), {"variance_stars"}),
    "error slipped": (
        lambda r: r[3].update(indirect_se=shift(r[3]["indirect_se"], 0.9)),
        {"error_ratio"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_are_found_and_the_other_rows_stay_clean(
    tmp_path: Path, fault: str, seed: int
) -> None:
    table = made(seed)
    change, rules = FAULTS[fault]
    touched = [dict(row) for row in table.rows]
    change(table.rows)
    names = {row["variable"] for row, old in zip(table.rows, touched, strict=True) if row != old}
    result = audit_file(table.write(tmp_path / "t.csv"))
    assert {f.rule for f in result.findings} & rules, result.findings
    assert {f.row for f in result.findings} == names


def test_bad_tables(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("variable,main\nx,1\n", "utf-8")
    with pytest.raises(UserError, match="lacks the column 'main_se'"):
        audit_file(path)
    path.write_text(",".join(COLUMNS) + "\n", "utf-8")
    with pytest.raises(UserError, match="holds no regressor"):
        audit_file(path)


def test_the_command() -> None:
    answer = zhengce("audit", str(TABLE3), "--format", "json")
    assert answer.returncode == 1
    data = json.loads(answer.stdout)
    assert {"rule", "row", "column", "printed", "expected", "message", "repair"} <= set(
        data["findings"][0]
    )
    assert "DID" in data["clean_rows"]
