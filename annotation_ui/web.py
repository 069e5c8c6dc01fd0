"""What the pages of this package share: security headers, host names, the port, templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from pathlib import Path

HOSTS = ("127.0.0.1", "localhost")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def listen(port: int) -> socket.socket:
    """Take a port of this machine before anything slow is done.

    Raises
    ------
    UserError
        When the port is in use or not allowed.
    """
    import socket

    from configs.errors import UserError

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UserError(
            f"port {port} cannot be used ({error.strerror})", where="--port", fix="try --port 0"
        ) from error
    return listener


def open_when_ready(address: str) -> None:
    """Open the browser a moment later; the port is taken already, so the page waits for us."""
    import threading
    import webbrowser

    threading.Timer(0.2, webbrowser.open, (address,)).start()


def template_environment(folder: Path) -> Any:
    """Templates that escape everything and refuse names that were not given."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
