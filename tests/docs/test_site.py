"""The documentation: it builds offline and asks nothing of the outside; formulas; command reference."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.command_reference import PAGE, command_reference
from tools.mathml import mathml

#: Attributes by which a page makes the browser fetch something; a link that is clicked is none.
FETCHING = {
    ("link", "href"),
    ("img", "src"),
    ("script", "src"),
    ("iframe", "src"),
    ("source", "src"),
}


class Fetches(HTMLParser):
    """Addresses that a page fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [v or "" for k, v in attrs if (tag, k) in FETCHING]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site strictly; a proxy that does not exist stands before the network."""
    out = tmp_path_factory.mktemp("site")
    dead = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**dead, "PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1", "HOME": str(out)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


def test_pages_fetch_nothing_from_outside(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        parser = Fetches()
        parser.feed(page.read_text("utf-8"))
        outside = [a for a in parser.found if re.match(r"(https?:)?//", a)]
        assert not outside, (page.name, outside)
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", style.read_text("utf-8")), style


def test_pages_hold_formulas_api_and_both_languages(site: Path) -> None:
    def page(name: str) -> str:
        return (site / name).read_text("utf-8")

    for name in ("text", "spatial", "learning"):
        assert page(f"methods/{name}.html").count("<math") > 15
    for page_file in site.rglob("*.html"):
        text = page_file.read_text("utf-8")
        assert "FORMULA" not in text, page_file
        assert ":math:" not in text, page_file
        assert ".. math::" not in text, page_file
    api = page("api.html")
    for name in (
        "SpatialPanel",
        "open_index",
        "explain_gp",
        "explain_trees",
        "ScoreTable",
        "follow_frame",
    ):
        assert name in api
    english, chinese = ({p.name for p in (site / d).glob("*.html")} for d in ("en", "zh"))
    assert english == chinese
    words = json.loads((site / "search" / "search_index.json").read_text("utf-8"))["docs"]
    assert any("十分钟" in d["title"].replace("\u200b", "") for d in words)


def test_command_reference_is_up_to_date() -> None:
    app = import_module("zhengce").app
    assert PAGE.read_text("utf-8") == command_reference(app), "python -m tools.command_reference"


@pytest.mark.parametrize(
    ("latex", "holds"),
    [
        (r"\rho^2", "<msup><mi>ρ</mi><mn>2</mn></msup>"),
        (r"\frac{a}{b}", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"),
        (r"x_i'", "<msubsup><mi>x</mi><mi>i</mi><mo>′</mo></msubsup>"),
        (r"a < b", "<mo>&lt;</mo>"),
        (r"\hat\mu", '<mover accent="true"><mi>μ</mi><mo>^</mo></mover>'),
    ],
)
def test_formulas(latex: str, holds: str) -> None:
    assert holds in mathml(latex)


@pytest.mark.parametrize("latex", [r"\unknown", "{a", "a}", r"\frac{a}", "x_"])
def test_a_broken_formula_stops_the_build(latex: str) -> None:
    with pytest.raises(ValueError, match="formula"):
        mathml(latex)
