"""The report page: hostile text stays text, numbers are those of the tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from configs.paths import PROVINCE_GEOMETRY, SEA_LINE
from corpus.maps import INSET, MAIN_FRAME, read_outlines, view_box
from study.colours import LIGHT, MISSING, Scale
from study.page import _safe_link
from tests.conftest import TinyStudy, zhengce

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"


def test_text_from_the_web_is_escaped(tiny: TinyStudy) -> None:
    rows = [json.loads(line) for line in tiny.records.read_text("utf-8").splitlines()]
    rows[0]["text"] = rows[0]["text"].replace("做好民生保障工作。", HOSTILE + "做好民生保障工作。")
    rows[0]["title"] = HOSTILE
    rows[0]["source_url"] = "javascript:alert(1)"
    tiny.records.write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8"
    )
    done = tiny.run()
    assert done.returncode == 0, done.stderr
    page = (tiny.out / "report.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "javascript:" not in page
    assert "{{ 7 * 7 }}" in page
    assert "&lt;script&gt;alert" in page


def test_page_is_self_contained(finished: TinyStudy) -> None:
    page = (finished.out / "report.html").read_text("utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page)
    assert "default-src 'none'" in page
    assert "machine-coded" in page
    assert "标注由机器完成" in page


def test_page_shows_the_intensities_of_the_table(finished: TinyStudy) -> None:
    page = (finished.out / "report.html").read_text("utf-8")
    table = pd.read_csv(finished.out / "tables" / "intensity.csv")
    for value in table["intensity"]:
        assert f"{value:.3f}" in page


def test_equal_runs_give_equal_pages(finished: TinyStudy, tmp_path: Path) -> None:
    again = tmp_path / "again"
    done = zhengce("run", str(finished.study), "--out", str(again), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("report.html", "store/score.parquet", "figures/maps.svg", "tables/panel.csv"):
        assert (again / name).read_bytes() == (finished.out / name).read_bytes(), name


@pytest.mark.parametrize(
    "url", [None, "javascript:alert(1)", "data:text/html,x", "//x", 3, float("nan")]
)
def test_only_web_pages_are_linked(url: object) -> None:
    assert _safe_link(url) is None


def test_web_page_is_linked() -> None:
    assert _safe_link("https://www.gd.gov.cn/a") == "https://www.gd.gov.cn/a"


def test_colours() -> None:
    scale = Scale(0.0, 2.0, "#000000")
    assert scale.colour(0.0) == LIGHT
    assert scale.colour(2.0) == "#000000"
    assert scale.colour(99.0) == "#000000"
    assert scale.colour(None) == scale.colour(float("nan")) == MISSING
    assert Scale(1.0, 1.0, "#000000").colour(1.0) != MISSING


def test_map_is_equal_area() -> None:
    """Shoelace areas of the projected outlines against known areas in thousand km2."""
    outlines = {o.code: o for o in read_outlines(PROVINCE_GEOMETRY)}
    assert len(outlines) == 34
    for code, known in (
        ("440000", 179.7),
        ("540000", 1228.0),
        ("110000", 16.4),
        ("650000", 1664.9),
    ):
        area = abs(sum(_shoelace(ring) for ring in outlines[code].rings)) / 1000
        assert area == pytest.approx(known, rel=0.03)
    assert len(read_outlines(SEA_LINE)[0].rings) == 10
    assert view_box(MAIN_FRAME) == "-2650 -5950 4920 4820"


def test_the_inset_covers_no_land() -> None:
    x0, y0, x1, y1 = INSET
    for outline in read_outlines(PROVINCE_GEOMETRY):
        for ring in outline.rings:
            if outline.code == "460000" and ring[:, 1].max() < 1900:
                continue  # the islands that the inset itself shows
            inside = (ring[:, 0] > x0) & (ring[:, 0] < x1) & (ring[:, 1] > y0) & (ring[:, 1] < y1)
            assert not inside.any(), outline.code


def _shoelace(ring: object) -> float:
    import numpy as np

    x, y = np.asarray(ring).T
    return 0.5 * float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))
