"""The labelling page in a real browser: by keyboard, without network, in both languages and themes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from annotation_ui.labelling.importing import import_file
from annotation_ui.labelling.store import open_store
from corpus.rubric import load_rubric
from tests.conftest import ROOT
from tests.unit.annotation_ui.labelling_project import write_sentences

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.browser
PATHS = ("/", "/adjudicate", "/quality", "/progress", "/quiz", "/codebook", "/admin", "/nothing")


@dataclass
class Served:
    """A served project that can be stopped and started again on the same port."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "zhengce.py", "annotate", "--project", str(self.folder), "--port", str(self.port), "--no-browser"]  # fmt: skip
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)  # fmt: skip
        assert self.process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.process.stdout.readline())
        assert found is not None
        self.port = int(found[1])

    def stop(self, sign: int = signal.SIGINT) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.send_signal(sign)
        code = self.process.wait(20)
        self.process.stdout.close()
        return code

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def labels(self) -> list[dict[str, Any]]:
        with sqlite3.connect(self.folder / "annotation" / "annotation.sqlite") as db:
            rows = db.execute("SELECT coding FROM label ORDER BY sentence").fetchall()
        db.close()
        return [json.loads(row[0]) for row in rows]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    store = open_store(tmp_path)
    import_file(store, load_rubric(), write_sentences(tmp_path / "in.csv", 60), who="test")
    store.close()
    found = Served(tmp_path)
    found.start()
    yield found
    assert found.stop() == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("no chromium: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    found = browser.new_page(base_url=served.address, viewport={"width": 1280, "height": 900})
    problems: list[str] = []
    found.on(
        "console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None
    )
    found.on("pageerror", lambda e: problems.append(str(e)))
    requests: list[str] = []
    found.on("request", lambda r: requests.append(r.url))
    yield found
    found.close()
    # Failed requests are the point of some tests; anything else is a mistake of ours.
    assert [p for p in problems if "Failed to load resource" not in p] == []
    assert [url for url in requests if not url.startswith(served.address)] == []


def until(condition: Callable[[], object], page: Page, limit: float = 20) -> None:
    """Poll; the policy of the page forbids wait_for_function."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        page.wait_for_timeout(20)


def begin(page: Page) -> None:
    page.goto("/")
    page.wait_for_selector("body[data-sentence]")


def saved(page: Page) -> None:
    page.wait_for_selector('body[data-pending="0"]')


def current(page: Page) -> str:
    return str(page.get_attribute("body", "data-sentence"))


def test_three_keys_a_sentence_one_for_zeros(page: Page, served: Served) -> None:
    begin(page)
    first = current(page)
    for key in ("2", "0", "1"):
        page.keyboard.press(key)
    until(lambda: current(page) != first, page)
    page.keyboard.press("Space")
    saved(page)
    labels = served.labels()
    assert sorted(label["levels"] for label in labels) == [[0, 0, 0], [2, 0, 1]]
    assert all(label["duration_ms"] >= 0 for label in labels)


def test_every_key(page: Page, served: Served) -> None:
    begin(page)
    for key in ("u", "b", "d", "y", "w", "s"):
        page.keyboard.press(key)
    assert page.locator(".row.focused").get_attribute("aria-labelledby") == "name-1"
    page.keyboard.press("1")
    page.keyboard.press("q")
    page.keyboard.press("1")
    page.keyboard.press("e")
    assert page.locator(".row.focused").get_attribute("aria-labelledby") == "name-2"
    page.keyboard.press("0")
    saved(page)
    (label,) = served.labels()
    assert label["levels"] == [1, 1, 0]
    assert label["confidence"] == "low"
    assert label["flags"] == ["bad_split", "discuss"]
    assert label["unit_type"] == "heading"
    assert label["subs"] == ["environmental_governance"]
    assert label["defaulted"] == ["temporality"]
    page.keyboard.press("Shift+Slash")
    assert page.locator("#help").is_visible()
    page.keyboard.press("1")  # keys do not reach the sentence behind a dialog
    page.keyboard.press("Escape")
    page.keyboard.press("Slash")
    page.keyboard.type("R11")
    assert "标题" in page.locator("#search-list li").first.inner_text()
    page.keyboard.press("Escape")
    assert page.locator("button[aria-pressed=true]").count() == 0


def test_caps_hold_until_confirmed(page: Page, served: Served) -> None:
    begin(page)
    first = current(page)
    while page.locator("#value-t").inner_text() != "past":
        page.keyboard.press("t")
    page.keyboard.press("3")
    assert "R4" in page.locator("#warning").inner_text()
    page.keyboard.press("0")
    page.keyboard.press("0")
    assert current(page) == first
    assert "Enter" in page.locator("#warning").inner_text()
    page.keyboard.press("Enter")
    until(lambda: current(page) != first, page)
    saved(page)
    assert served.labels()[0]["overrode"] == ["R4"]
    # Mended instead of confirmed, it saves by itself.
    second = current(page)
    while page.locator("#value-t").inner_text() != "diagnosis":
        page.keyboard.press("t")
    for key in ("2", "0", "0"):
        page.keyboard.press(key)
    assert "R15" in page.locator("#warning").inner_text()
    page.keyboard.press("q")
    page.keyboard.press("1")
    until(lambda: current(page) != second, page)


def test_undo_goes_all_the_way_back_and_survives_a_reload(page: Page, served: Served) -> None:
    begin(page)
    first = current(page)
    for _ in range(4):
        page.keyboard.press("Space")
    saved(page)
    page.reload()
    page.wait_for_selector("body[data-sentence]")
    page.keyboard.press("Space")
    for left in (4, 3, 2, 1, 0):
        page.keyboard.press("z")
        until(lambda left=left: len(served.labels()) == left, page)  # type: ignore[misc]
    saved(page)
    until(lambda: current(page) == first, page)
    page.keyboard.press("z")
    until(lambda: "no label of yours" in page.locator("#message").inner_text(), page)


def test_an_input_method_types_no_labels(page: Page, served: Served) -> None:
    begin(page)
    page.evaluate(
        """() => { for (const composing of [{isComposing: true}, {keyCode: 229}])
        document.body.dispatchEvent(new KeyboardEvent("keydown", {code: "Space", key: "Process", bubbles: true, ...composing})); }"""
    )
    page.keyboard.press("Control+Digit1")
    assert page.locator("button[aria-pressed=true]").count() == 0
    # A pinyin layout sends other characters with the same codes.
    page.evaluate(
        """() => document.body.dispatchEvent(new KeyboardEvent("keydown", {code: "Digit2", key: "２", bubbles: true}))"""
    )
    assert page.locator(".row button[aria-pressed=true]").inner_text() == "2"


def test_without_network_nothing_is_lost(page: Page, served: Served) -> None:
    begin(page)
    page.keyboard.press("Space")
    saved(page)
    page.context.set_offline(True)
    for i in range(12):
        page.keyboard.press("Space" if i % 2 else "1")
        if not i % 2:
            page.keyboard.press("0")
            page.keyboard.press("0")
    page.keyboard.press("z")
    until(lambda: "offline" in page.locator("#state").inner_text(), page)
    assert len(served.labels()) == 1
    page.context.set_offline(False)
    saved(page)
    assert len(served.labels()) == 12
    assert page.locator("#message").is_hidden()


def test_a_killed_server_loses_and_doubles_nothing(page: Page, served: Served) -> None:
    begin(page)
    for _ in range(10):
        page.keyboard.press("Space")
    served.stop(signal.SIGKILL)
    page.keyboard.press("Space")
    served.start()
    saved(page)
    assert len(served.labels()) == 11


def test_by_mouse_and_by_tab(page: Page, served: Served) -> None:
    begin(page)
    first = current(page)
    for i, level in enumerate((1, 0, 0)):
        page.locator(".row").nth(i).locator("button").nth(level).click()
    until(lambda: current(page) != first, page)
    page.keyboard.press("Space")  # the clicked button does not keep the key
    saved(page)
    assert len(served.labels()) == 2
    page.locator("#key-help").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert page.locator("#help").is_visible()


def test_adjudication_and_quality_by_form(page: Page, served: Served) -> None:
    begin(page)
    page.keyboard.press("d")
    page.keyboard.press("Space")
    saved(page)
    page.goto("/adjudicate")
    assert "1 waiting" in page.locator("h1").inner_text()
    page.locator("select[name=rule]").select_option("R17")
    page.keyboard.press("Tab")
    page.locator("button.main").press("Enter")
    assert "0 waiting" in page.locator("h1").inner_text()


SLOW = (
    pytest.mark.slow
)  # colours go with the scheme, words with the language: two of four tell both


@pytest.mark.parametrize(
    ("lang", "scheme"),
    [
        ("en", "light"),
        ("zh", "dark"),
        pytest.param("zh", "light", marks=SLOW),
        pytest.param("en", "dark", marks=SLOW),
    ],
)
def test_accessible_and_narrow(page: Page, lang: str, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=scheme)
    begin(page)
    page.keyboard.press("d")
    page.keyboard.press("1")
    page.keyboard.press("Space")
    saved(page)
    for path in PATHS:
        page.goto(f"{path}?lang={lang}")
        if path == "/":
            page.wait_for_selector("body[data-sentence]")
            page.keyboard.press("1")
        assert page.get_attribute("html", "lang") == ("zh-CN" if lang == "zh" else "en")
        found = Axe().run(page).response["violations"]
        bad = [
            (v["id"], v["nodes"][0]["html"])
            for v in found
            if v["impact"] in ("serious", "critical")
        ]
        assert bad == [], path
        for width in (320, 768, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        page.set_viewport_size({"width": 1280, "height": 900})
