"""A server for the replica: one port, hosts by name, a log line for every request."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.replica.faults import FAULTS
from crawler.replica.tls import AUTHORITY, make_contexts

if TYPE_CHECKING:
    import ssl

    from crawler.replica.model import Page, Site


@dataclass(frozen=True, slots=True)
class Served:
    """A request that the server saw.

    Attributes
    ----------
    at, until : float
        Monotonic time of its arrival and of the end of the answer.
    """

    at: float
    until: float
    host: str
    path: str
    method: str
    status: int
    agent: str


@dataclass(slots=True)
class Replica:
    """A running server; use it as a context manager.

    Attributes
    ----------
    log : list of Served
        What was asked, in order of the answers.
    connections : dict of str to int
        Most connections open at once that asked for a host.
    tls_ports : dict of str to int
        Ports of the hosts that speak TLS.
    authority : Path or None
        Certificate that a client has to trust to accept the right one among them.
    """

    site: Site
    port: int = 0
    log: list[Served] = field(default_factory=list)
    connections: dict[str, int] = field(default_factory=dict)
    log_file: Path | None = None
    tls_ports: dict[str, int] = field(default_factory=dict)
    authority: Path | None = None
    _open: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _servers: list[ThreadingHTTPServer] = field(default_factory=list)
    _folder: TemporaryDirectory[str] | None = None
    _counter: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Replica:
        replica = self

        class Handler(_Handler):
            owner = replica

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients hang up; that is what some pages are for."""

        self.port = self._listen(Server(("127.0.0.1", self.port), Handler))
        if self.site.tls:
            self._folder = TemporaryDirectory(prefix="zhengce-tls-")
            folder = Path(self._folder.name)
            ports: dict[ssl.SSLContext, int] = {}
            for host, context in make_contexts(folder, self.site.tls).items():
                if context not in ports:
                    secure = Server(("127.0.0.1", 0), Handler)
                    # The handshake waits for the first read, in the connection's own thread.
                    secure.socket = context.wrap_socket(
                        secure.socket, server_side=True, do_handshake_on_connect=False
                    )
                    ports[context] = self._listen(secure)
                self.tls_ports[host] = ports[context]
            self.authority = folder / AUTHORITY
        return self

    def _listen(self, server: ThreadingHTTPServer) -> int:
        self._servers.append(server)
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return int(server.server_address[1])

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        if self._folder is not None:
            self._folder.cleanup()

    def port_of(self, host: str) -> int:
        """Port at which a host is served."""
        return self.tls_ports.get(host, self.port)

    def page(self, host: str, target: str) -> Page | None:
        """Find the page of an address, with its query first, then without."""
        path = urlsplit(target).path or "/"
        for key in (f"{host}{target}", f"{host}{path}"):
            if key in self.site.pages:
                return self.site.pages[key]
        if path.endswith("/"):
            return None
        return self.site.pages.get(f"{host}{path}/")

    def times_asked(self, key: str) -> int:
        """Count a request for a key and say which one it is, from 1."""
        with self._lock:
            self._counter[key] = self._counter.get(key, 0) + 1
            return self._counter[key]

    def note(self, served: Served) -> None:
        """Log a request."""
        with self._lock:
            self.log.append(served)
            if self.log_file is not None:
                with self.log_file.open("a", encoding="utf-8") as file:
                    file.write(
                        f"{time.time():.3f} {served.host} {served.method} {served.path} {served.status}\n"
                    )

    def connected(self, host: str, change: int) -> None:
        """Count the connections that ask for a host."""
        with self._lock:
            self._open[host] = self._open.get(host, 0) + change
            self.connections[host] = max(self.connections.get(host, 0), self._open[host])


def _changed_at(data: bytes) -> str:
    """Day of the last change: another one whenever the bytes are others."""
    seconds = int.from_bytes(hashlib.sha256(data).digest()[:3], "big") % (25 * 86400)
    return format_datetime(
        datetime(2026, 2, 2, tzinfo=UTC) + timedelta(seconds=seconds), usegmt=True
    )


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    owner: Replica
    timeout = 120

    def setup(self) -> None:
        super().setup()
        self.seen_host = ""

    def finish(self) -> None:
        if self.seen_host:
            self.owner.connected(self.seen_host, -1)
        try:
            super().finish()
        except OSError:
            return

    def do_GET(self) -> None:
        """Answer a request."""
        begun = time.monotonic()
        host = (self.headers.get("Host") or "").split(":")[0].lower()
        if not self.seen_host:
            self.seen_host = host
            self.owner.connected(host, 1)
        length = int(self.headers.get("Content-Length") or 0)
        if length:
            self.rfile.read(min(length, 1 << 20))
        self.status_sent = 0
        page = self.owner.page(host, self.path)
        try:
            self._answer(host, page)
        finally:
            agent = self.headers.get("User-Agent") or ""
            self.owner.note(
                Served(
                    begun, time.monotonic(), host, self.path, self.command, self.status_sent, agent
                )
            )

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def _answer(self, host: str, page: Page | None) -> None:
        if page is None:
            self.send(
                404,
                b"<html><title>404 Not Found</title><body>404 Not Found</body></html>",
                "text/html",
            )
        elif page.behaviour and page.behaviour != "gzip":
            FAULTS[page.behaviour](self, page, self.owner.times_asked(f"{host}{self.path}"))
        else:
            self._serve(host, page)

    def _serve(self, host: str, page: Page) -> None:
        etag = f'"{hashlib.sha256(page.data).hexdigest()[:20]}"'
        kind = hashlib.sha256(host.encode()).digest()[0] % 3
        # A third of the hosts each: ETag, Last-Modified, neither.
        headers = [{"ETag": etag}, {"Last-Modified": _changed_at(page.data)}, {}][kind]
        same = (
            self.headers.get("If-None-Match") == etag
            if kind == 0
            else (kind == 1 and self.headers.get("If-Modified-Since") == headers["Last-Modified"])
        )
        if same and page.status == 200:
            self.send(304, b"", "", headers)
            return
        data = page.data
        if page.behaviour == "gzip":
            data, headers = gzip.compress(data, mtime=0), {**headers, "Content-Encoding": "gzip"}
        self.send(page.status, data, page.content_type, {**headers, **page.headers})

    def send(
        self, status: int, data: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        """Send a whole answer."""
        self.status_sent = status
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(data)

    def start(self, status: int, headers: dict[str, str]) -> None:
        """Send only the head of an answer; the connection ends with it."""
        self.status_sent = status
        self.close_connection = True
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; the log is our own."""
