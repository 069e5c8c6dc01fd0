"""The explorer in a real browser: from the map to the source, by mouse and by keyboard."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT, TinyStudy

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.browser
START = "import sys; from pathlib import Path; from annotation_ui.explorer.cli import explore; explore(Path(sys.argv[1]), 0, True)"


@pytest.fixture(scope="module")
def address(finished: TinyStudy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running explorer on a free port, over a copy of the finished study."""
    folder = tmp_path_factory.mktemp("explored") / "run"
    shutil.copytree(finished.out, folder)
    command = [sys.executable, "-c", START, str(folder)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert found is not None
        yield found[0]
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.fail("no chromium: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=address, viewport={"width": 1280, "height": 900})
        problems: list[str] = []
        page.on(
            "console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda e: problems.append(str(e)))
        requests: list[str] = []
        page.on("request", lambda r: requests.append(r.url))
        yield page
        browser.close()
        assert problems == []
        assert [url for url in requests if not url.startswith(address)] == []


@pytest.mark.parametrize(("lang", "title"), [("en", "Guangdong 2026"), ("zh", "广东 2026")])
def test_from_the_map_to_the_source(page: Page, lang: str, title: str) -> None:
    page.goto(f"/?dimension=green_infrastructure&lang={lang}")
    page.locator("svg.map > a[href^='/cell/440000/2026']").click()
    assert page.locator("h1").inner_text() == title
    link = page.locator(".sentences a.text").first
    sentence = link.inner_text()
    link.click()
    focused = page.locator(".report .focus")
    assert focused.inner_text() == sentence
    box = focused.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= 900
    assert re.fullmatch("[0-9a-f]{64}", page.locator("#sha256").inner_text())
    assert "tests/conftest.py" in page.locator(".origin").inner_text()
    # The address holds everything: opened anew it shows the same.
    page.goto(page.url)
    assert page.locator(".report .focus").inner_text() == sentence


def test_the_language_switch_keeps_the_view(page: Page) -> None:
    page.goto("/ranking?dimension=structural_transformation&year=2025")
    page.click("#language")
    assert page.locator("h1").inner_text() == "排名"
    assert "year=2025" in page.url
    assert "较2024年" in page.locator("thead").inner_text()
    page.click("#language")
    assert page.locator("h1").inner_text() == "Ranking"


def test_the_year_slides_without_leaving_the_page(page: Page) -> None:
    page.goto("/")
    slider = page.locator("input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("svg.map > a[href^='/cell/440000/2025']")
    assert "year=2025" in page.url
    assert page.evaluate("document.activeElement.type") == "range"
    assert page.locator("output").inner_text() == "2025"
    page.click("#language")
    assert page.locator("svg.map > a[href^='/cell/440000/2025']").count() == 1


def test_arrow_keys_walk_over_the_heat_map(page: Page) -> None:
    page.goto("/heat?years=2025-2026")
    page.locator("[data-grid] td a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cell/330000/2026**")


def test_the_map_is_reached_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("svg.map > a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cell/**")


def test_keywords_and_comparison(page: Page) -> None:
    page.goto("/keywords")
    page.locator("input[name=expr]").first.fill("实验室 NOT 会议")
    page.locator("input[name=expr]").nth(1).fill("5G")
    page.keyboard.press("Enter")
    page.wait_for_selector(".trend")
    assert page.locator(".trend path").count() == 2
    assert page.locator(".sentences mark").first.inner_text() == "实验室"
    page.goto("/compare?a=440000&b=330000")
    assert page.locator("section.pair").count() == 3
    page.locator("select[name=b]").select_option("130000")
    page.click("form button")
    page.wait_for_url("**b=130000**")


def test_readable_without_scripts(address: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=address, java_script_enabled=False)
        page.goto("/")
        page.click("a[rel=prev]")
        page.locator("svg.map > a[href^='/cell/440000/2025']").click()
        page.locator(".sentences a.text").first.click()
        assert page.locator(".report .focus").count() == 1
        browser.close()


PATHS = ("/", "/ranking", "/heat", "/trends", "/keywords?expr=实验室", "/compare", "/cell/440000/2026", "/report/440000-2026")  # fmt: skip


def test_schemathesis_finds_no_request_that_breaks_the_server(address: str, tmp_path: Path) -> None:
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json",
               "--checks", checks, "--max-examples", "10", "--seed", "20261126",
               "--phases", "examples,coverage,fuzzing", "--generation-database", "none"]  # fmt: skip
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert found.returncode == 0, found.stdout[-3000:]


@pytest.mark.parametrize("width", [320, 1440])
def test_no_sideways_scrolling(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in PATHS:
        for lang in ("en", "zh"):
            page.goto(path + ("&" if "?" in path else "?") + f"lang={lang}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
