"""What a paper says of its model, against the model and the table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from configs.audit_settings import Specification, load_specification
from configs.errors import UserError
from configs.paths import DATA
from econometrics.audit.audit import audit_file
from econometrics.audit.specification import specification_findings
from econometrics.audit.table import read_published
from tests.conftest import zhengce

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

TABLE3 = DATA / "published" / "table3_sgdid.csv"
SPECIFICATION = DATA / "published" / "table3_sgdid.toml"
PLAIN: dict[str, Any] = {
    "effects": ["unit", "time"],
    "first": 2018,
    "last": 2023,
    "treated_from": 2022,
}


def found(**changes: Any) -> list[tuple[str, str]]:
    said = Specification.model_validate({**PLAIN, **changes})
    return [(f.rule, f.row) for f in specification_findings(said, read_published(TABLE3))]


def test_what_the_papers_text_adds_to_its_table() -> None:
    plain, more = audit_file(TABLE3), audit_file(TABLE3, SPECIFICATION)
    added = more.findings[len(plain.findings) :]
    assert more.findings[: len(plain.findings)] == plain.findings
    assert [(f.rule, f.row) for f in added] == [
        ("absorbed_regressor", "Intensity_i"),
        ("window", "parallel trends"),  # 2018-2023 is called pre-treatment and holds 2023
        ("quoted_number", "Road"),  # the text gives the coefficient as the direct effect
        *(("not_stated", s) for s in ("errors", "bias_correction", "weights", "impact_errors")),
    ]
    assert more.clean_rows == plain.clean_rows


def test_a_specification_that_is_right_raises_no_alarm() -> None:
    assert not found(
        terms=[
            {"name": "Post x Intensity", "varies": ["unit", "time"], "row": "DID"},
            {"name": "NQP", "varies": ["time", "unit"]},
        ],
        windows=[
            {"name": "placebo", "kind": "pre", "first": 2018, "last": 2021},
            {"name": "effect", "kind": "post", "first": 2022, "last": 2023},
        ],
        quoted=[
            {"row": "DID", "column": "total", "value": "-2.34"},
            {"row": "rho", "value": "0.055", "p_value": "0.41"},
        ],
        stated={
            "errors": "sandwich",
            "bias_correction": "none",
            "weights": "queen, row-standardised",
            "impact_errors": "delta",
        },
    )


@pytest.mark.parametrize(
    ("effects", "varies", "is_absorbed"),
    [
        (["unit"], ["unit"], True),
        (["unit"], ["time"], False),
        (["time"], ["time"], True),
        (["time"], ["unit"], False),
        (["unit", "time"], ["unit", "time"], False),
        (["unit"], [], True),
        ([], ["unit"], False),
        ([], [], False),
    ],
)
def test_absorbed(effects: list[str], varies: list[str], is_absorbed: bool) -> None:
    terms = [{"name": "x", "varies": varies}]
    wanted = [("absorbed_regressor", "x")] if is_absorbed else []
    assert found(effects=effects, terms=terms) == wanted


def test_an_absorbed_regressor_with_a_printed_coefficient() -> None:
    said = Specification.model_validate(
        {**PLAIN, "terms": [{"name": "Edu_i", "varies": ["unit"], "row": "Edu"}]}
    )
    (finding,) = specification_findings(said, read_published(TABLE3))
    assert finding.row == "Edu"
    assert "cannot be an estimate" in finding.repair


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (
            {"name": "w", "kind": "pre", "first": 2018, "last": 2022},
            "holds 2022, when treatment starts",
        ),
        ({"name": "w", "kind": "post", "first": 2021, "last": 2023}, "begins before 2022"),
        ({"name": "w", "kind": "pre", "first": 2015, "last": 2021}, "leaves the sample 2018-2023"),
    ],
)
def test_windows(window: dict[str, Any], message: str) -> None:
    said = Specification.model_validate({**PLAIN, "windows": [window]})
    (finding,) = specification_findings(said, read_published(TABLE3))
    assert finding.rule == "window"
    assert message in finding.message


@pytest.mark.parametrize(("treated", "side"), [(2018, "before"), (2024, "after"), (2010, "before")])
def test_a_sample_on_one_side_of_the_treatment(treated: int, side: str) -> None:
    said = Specification.model_validate({**PLAIN, "treated_from": treated})
    (finding,) = specification_findings(said, read_published(TABLE3))
    assert f"no period lies {side}" in finding.message


def test_quoted_numbers_and_silence() -> None:
    assert found(quoted=[{"row": "DID", "column": "total", "value": "-2.431"}]) == [
        ("quoted_number", "DID")
    ]
    assert found(quoted=[{"row": "rho", "p_value": "0.04"}]) == [("quoted_p_value", "rho")]
    assert found(stated={"errors": "cluster", "weights": " "}) == [
        ("not_stated", "bias_correction"),
        ("not_stated", "weights"),
        ("not_stated", "impact_errors"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("effects = ['unit']\nfirst = 2018\n", "key last: is needed"),
        ("effects = ['firm']\nfirst = 2018\nlast = 2023\n", "key effects.0: 'firm'"),
        ("effects = []\nfirst = 2018\nlast = 2023\nbogus = 1\n", "unknown key 'bogus'"),
        ("effects = [\n", "is not TOML"),
        ("effects = []\nfirst = 1\nlast = 2\n[[quoted]]\nrow = 'XX'\n", "no row 'XX'"),
        (
            "effects = []\nfirst = 1\nlast = 2\n[[quoted]]\nrow = 'rho'\ncolumn = 'wx'\n",
            "has no cell 'wx'",
        ),
        (
            "effects = []\nfirst = 1\nlast = 2\n[[quoted]]\nrow = 'rho'\nvalue = 'x'\n",
            "'x' is not a number",
        ),
    ],
)
def test_bad_specifications(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as error:
        specification_findings(load_specification(path), read_published(TABLE3))
    assert message in error.value.line()


def test_the_command() -> None:
    answer = zhengce(
        "audit", str(TABLE3), "--specification", str(SPECIFICATION), "--format", "json"
    )
    assert answer.returncode == 1
    assert "absorbed_regressor" in {f["rule"] for f in json.loads(answer.stdout)["findings"]}
