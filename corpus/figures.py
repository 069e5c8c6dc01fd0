"""Save a matplotlib figure as PNG and SVG, reproducibly and whole."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from corpus.files import write_atomically, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure


def save_figure(figure: Figure, stem: Path) -> None:
    """Write ``stem.png`` and ``stem.svg``; equal figures give equal bytes."""
    import matplotlib as mpl

    png, svg = io.BytesIO(), io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "zhengce"}):
        figure.savefig(png, format="png", dpi=150, metadata={"Software": None})
        figure.set_layout_engine("none")  # the layout that the first drawing has found stays
        # dpi: of the parts that are pictures in the drawing (thousands of points or outlines).
        figure.savefig(svg, format="svg", dpi=200, metadata={"Date": None})
    write_atomically(stem.with_suffix(".png"), lambda place: place.write_bytes(png.getvalue()))
    write_text(stem.with_suffix(".svg"), svg.getvalue())
