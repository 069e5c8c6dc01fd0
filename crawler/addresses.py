"""Web addresses: one spelling for one page, and which network addresses may be reached."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MAX_LENGTH = 2_000
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})+\.?")
# Parts of an address that name the visitor, not the page.
_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
_SESSION_KEY = re.compile(
    r"jsessionid|phpsessid|aspsessionid\w*|session_?id|sessid|spm|utm_\w+|from_?source|timestamp|_t",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x20\x7f\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff]+")
# Networks that `is_global` counts as global or leaves open, and tunnels that carry v4 in v6.
_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/4",
        "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16",
        "3fff::/20", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


class RefusedError(Exception):
    """An address that must not be asked; the message is a reason code."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What addresses a crawl may ask.

    Attributes
    ----------
    hosts : collection of str
        Exact host names, lower case.
    ports : mapping of str to int
        Further port of a host, of a hosts file.
    """

    hosts: Collection[str]
    ports: Mapping[str, int]

    def check(self, url: str) -> str:
        """Return the host of an address, or refuse.

        Raises
        ------
        RefusedError
            ``bad_address``, ``scheme:<name>``, ``host:<name>``, ``port:<number>``, ``userinfo``.
        """
        host, port, scheme = split_host(url)
        if host not in self.hosts:
            raise RefusedError(f"host:{host[:80]}")
        if port is not None and port not in (_PORTS[scheme], self.ports.get(host)):
            raise RefusedError(f"port:{port}")
        return host


def split_host(url: str) -> tuple[str, int | None, str]:
    """Take host, port and scheme of an address; everything odd is refused."""
    if len(url) > MAX_LENGTH or _CONTROL.search(url) or "\\" in url:
        raise RefusedError("bad_address")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError as error:
        raise RefusedError("bad_address") from error
    if parts.scheme not in _PORTS:
        raise RefusedError(f"scheme:{parts.scheme[:20]}")
    if parts.username is not None or parts.password is not None:
        raise RefusedError("userinfo")
    if not _HOST.fullmatch(host) or re.fullmatch(r"[\d.]+", host):
        raise RefusedError(f"host:{host[:80]}")
    return host.rstrip("."), port, parts.scheme


def normalise(url: str, base: str = "") -> str:
    """Join an address to its page and give it one spelling; empty when it is none.

    Examples
    --------
    >>> normalise("./202501/t1.html;jsessionid=A1?utm_source=x#top", "http://a.gov.cn/zw/")
    'http://a.gov.cn/zw/202501/t1.html'
    """
    url = _CONTROL.sub("", url.strip())
    try:
        parts = urlsplit(urljoin(base, url))
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host:
        return ""
    if parts.username is not None:
        return ""
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return ""
    place = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    path = quote(_SESSION_PATH.sub("", parts.path) or "/", safe="/%:@!$&'()*+,;=~-._")
    query = _without_session(parts.query)
    found = urlunsplit((scheme, f"[{host}]" if ":" in host else place, path, query, ""))
    return found if len(found) <= MAX_LENGTH else ""


def _without_session(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    if not pairs or not any(_SESSION_KEY.fullmatch(key) for key, _ in pairs):
        return quote(query, safe="/%:@!$&'()*+,;=~-._?")
    return urlencode([(k, v) for k, v in pairs if not _SESSION_KEY.fullmatch(k)])


def is_public(address: str) -> bool:
    """Tell whether a network address belongs to the open internet.

    Examples
    --------
    >>> is_public("203.119.25.1"), is_public("::ffff:127.0.0.1"), is_public("169.254.169.254")
    (True, False, False)
    """
    try:
        ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(str(mapped))
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    return not any(ip.version == net.version and ip in net for net in _REFUSED)
