"""A hosts file: names that tests and demonstrations serve from this machine."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from configs.errors import UserError, shown

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = ("host", "address", "port")


@dataclass(frozen=True, slots=True)
class Hosts:
    """Host names that stand for a loopback address and port.

    Attributes
    ----------
    places : dict of str to (str, int)
        Address and port of each name; empty in a real crawl.
    """

    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    _plain: dict[str, bool] = field(default_factory=dict)

    @property
    def ports(self) -> dict[str, int]:
        """The port of each name."""
        return {host: port for host, (_, port) in self.places.items()}

    def wire(self, url: str) -> str:
        """Address to send: ``https`` becomes ``http`` where the mapped port speaks no TLS.

        Only for mapped names: a replica serves the real addresses, many of them https, and need
        not own a certificate for them.
        """
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if parts.scheme != "https" or host not in self.places:
            return url
        if host not in self._plain:
            self._plain[host] = not _speaks_tls(*self.places[host])
        if not self._plain[host]:
            return url
        return urlunsplit(("http", host, parts.path, parts.query, ""))


def _speaks_tls(address: str, port: int) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((address, port), timeout=3) as raw:
            raw.settimeout(3)
            with context.wrap_socket(raw):
                return True
    except ssl.SSLError as error:
        return "WRONG_VERSION_NUMBER" not in str(error) and "HTTP_REQUEST" not in str(error)
    except OSError:
        return False


def read_hosts(path: Path | None, *, allowed: bool) -> Hosts:
    """Read a hosts file; only loopback addresses, and only when loopback was allowed.

    Raises
    ------
    UserError
        The file without ``--allow-loopback``, a missing column, an address that is not of this
        machine, a port that is none.
    """
    from corpus.csvfiles import read_csv

    if path is None:
        return Hosts()
    if not allowed:
        raise UserError(
            "--hosts maps names to this machine and is for tests and demonstrations",
            where=str(path), fix="add --allow-loopback if that is what you want",
        )  # fmt: skip
    frame = read_csv(path)
    missing = [name for name in _COLUMNS if name not in frame.columns]
    if missing:
        raise UserError(
            f"lacks the column {missing[0]!r}",
            where=str(path),
            fix=f"needed: {', '.join(_COLUMNS)}",
        )
    places: dict[str, tuple[str, int]] = {}
    for line, row in enumerate(frame.to_dict("records"), start=2):
        host, place = _place(row, where=f"{path} line {line}")
        places[host] = place
    if not places:
        raise UserError("names no host", where=str(path))
    return Hosts(places)


def _place(row: dict[str, str], *, where: str) -> tuple[str, tuple[str, int]]:
    host, address, port = (row[name].strip() for name in _COLUMNS)
    try:
        is_own = ipaddress.ip_address(address).is_loopback
    except ValueError:
        is_own = False
    if not is_own:
        raise UserError(
            f"address {shown(address)} is not of this machine", where=where,
            fix="use 127.0.0.1 or another loopback address",
        )  # fmt: skip
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise UserError(f"port {shown(port)} is none", where=where, fix="use 1 to 65535")
    if not host:
        raise UserError("an empty host", where=where)
    return host.lower(), (address, int(port))
