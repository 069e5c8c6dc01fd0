"""The report in a real browser: no request leaves it, the language switches, links lead to text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import TinyStudy

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.browser


@pytest.fixture
def page(finished: TinyStudy) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.fail("no chromium: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        problems: list[str] = []
        page.on(
            "console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda e: problems.append(str(e)))
        requests: list[str] = []
        page.on("request", lambda r: requests.append(r.url))
        page.goto((finished.out / "report.html").as_uri())
        yield page
        browser.close()
        assert problems == []
        assert [url for url in requests if not url.startswith("file://")] == []


def test_language_switch(page: Page) -> None:
    assert page.locator("h1").inner_text() == "Three invented reports"
    page.click("#language")
    assert page.locator("h1").inner_text() == "三份虚构报告"
    assert page.locator("#coverage h2 span:visible").all_inner_texts() == ["覆盖：读入了哪些报告"]


def test_from_the_map_to_the_sentence_in_its_report(page: Page) -> None:
    # Click the shape itself, not a pixel: small provinces are small.
    page.locator("#intensity svg.map a[href='#r440000']").first.dispatch_event("click")
    page.wait_for_function("document.getElementById('r440000').open")
    link = page.locator("#r440000 .evidence a").first
    sentence = link.inner_text()
    link.click()
    target = link.get_attribute("href")
    assert target is not None
    page.wait_for_function("id => document.querySelector(id).closest('details').open", arg=target)
    found = page.locator(f"[id='{target[1:]}']")
    assert found.inner_text() == sentence
    page.wait_for_function(
        "id => { const b = document.getElementById(id).getBoundingClientRect();"
        " return b.top >= 0 && b.bottom <= innerHeight; }",
        arg=target[1:],
    )


def test_tables_sort(page: Page) -> None:
    head = page.locator("table.ranking").first.locator("thead th").nth(2)
    head.click()
    cells = (
        page.locator("table.ranking").first.locator("tbody tr td:nth-child(3)").all_inner_texts()
    )
    values = [float(c) for c in cells if c != "–"]
    assert values == sorted(values)


@pytest.mark.parametrize("width", [320, 768, 1440])
def test_no_sideways_scrolling(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
