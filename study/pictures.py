"""Pictures inside the page: figures with fewer colours, and files as data addresses."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Larger vector drawings stay files beside the page, so that the page keeps within mail limits.
LARGEST_INLINE = 60_000
TYPES = {
    ".csv": "text/csv", ".tex": "application/x-tex", ".svg": "image/svg+xml",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip


def picture(path: Path, *, width: int = 1400) -> str:
    """Give a PNG as a data address: at most ``width`` pixels wide, 256 colours.

    Charts and maps have few colours: a quarter of the bytes for no difference that is seen.
    """
    from PIL import Image

    with Image.open(path) as opened:
        image = opened.convert("RGB")
    if image.width > width:
        image = image.resize(
            (width, round(image.height * width / image.width)), Image.Resampling.LANCZOS
        )
    out = io.BytesIO()
    image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        out, format="PNG"
    )
    return _address("image/png", out.getvalue())


def download(path: Path, folder: Path) -> str:
    """Give a file as a data address, or its place beside the page when it is large."""
    content = path.read_bytes()
    if len(content) > LARGEST_INLINE:
        return path.relative_to(folder).as_posix()
    return _address(TYPES[path.suffix], content)


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
