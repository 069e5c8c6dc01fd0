"""A TLS door in front of a node that checks an API key: what a secured Elasticsearch looks like."""

from __future__ import annotations

import http.client
import http.server
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DROPPED = {"transfer-encoding", "connection", "content-length"}


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1 and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


@contextmanager
def tls_door(port: int, certificate: tuple[Path, Path], authorization: str) -> Iterator[str]:
    """Serve https://127.0.0.1:PORT in front of a node's port; another key gets 401."""

    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Authorization") != authorization:
                answer = b'{"error":{"type":"security_exception","reason":"no"},"status":401}'
                self._answer(401, [("Content-Type", "application/json"), ("X-Elastic-Product", "Elasticsearch")], answer)  # fmt: skip
                return
            inner = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            kept = {
                k: v for k, v in self.headers.items() if k.lower() not in ("host", "authorization")
            }
            inner.request(self.command, self.path, body, kept)
            found = inner.getresponse()
            data = found.read()
            headers = [(k, v) for k, v in found.getheaders() if k.lower() not in _DROPPED]
            inner.close()
            self._answer(found.status, headers, data)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on

        def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
