"""Names to addresses below Scrapy's scheduler: checked, then connected to as checked.

Scrapy's agent connects to exactly what this resolver gives it, so there is no second look-up
between check and connection that could answer otherwise (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from crawler.addresses import is_public
from crawler.hosts import Hosts

if TYPE_CHECKING:
    from collections.abc import Sequence

Lookup = Callable[[str], "list[str]"]


def system_lookup(host: str) -> list[str]:
    """Ask the system's resolver for all addresses of a name, v4 and v6."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(slots=True)
class Network:
    """How names become addresses in this crawl.

    Attributes
    ----------
    hosts : Hosts
        Names served from this machine; the only way to a loopback address.
    lookup : callable
        Name to addresses; tests inject one.
    refused : dict of str to str
        The last refusal of each name, for the log.
    """

    hosts: Hosts = field(default_factory=Hosts)
    lookup: Lookup = system_lookup
    refused: dict[str, str] = field(default_factory=dict)

    def addresses(self, host: str, port: int) -> list[tuple[str, int]]:
        """Addresses that may be connected to; none when any answer is not public.

        One private answer among public ones refuses the name: an honest portal has none, and a
        client that picks the next address on failure would reach it.
        """
        host = host.lower().rstrip(".")
        if host in self.hosts.places:
            return [self.hosts.places[host]]
        found = self.lookup(host)
        bad = [address for address in found if not is_public(address)]
        if bad:
            self.refused[host] = f"private_address:{bad[0]}"
            return []
        self.refused.pop(host, None)
        return [(address, port) for address in found]

    def slot(self, host: str) -> str:
        """Name under which a host is paced: twin names at one address share it.

        Names of a hosts file all live on this machine and stand for different servers.
        """
        if host in self.hosts.places:
            return host
        found = sorted(a for a in self.lookup(host) if is_public(a))
        return found[0] if found else host


class GuardedResolver:
    """Twisted name resolver over a `Network`; set as ``TWISTED_DNS_RESOLVER``."""

    def __init__(self, reactor: Any, network: Network) -> None:
        self.reactor = reactor
        self.network = network

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:
        """Take the network from the settings; without one nothing resolves to loopback."""
        return cls(reactor, crawler.settings.get("ZHENGCE_NETWORK") or Network())

    def install_on_reactor(self) -> None:
        """Replace the reactor's own resolver, the one that endpoints ask."""
        from twisted.internet.interfaces import IHostnameResolver
        from zope.interface import directlyProvides

        directlyProvides(self, IHostnameResolver)
        self.reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Resolve in a thread, check every answer, pass on only a name that is clean."""
        from twisted.internet.interfaces import IHostResolution
        from twisted.internet.threads import deferToThreadPool
        from zope.interface import directlyProvides

        resolution = _Resolution(hostName)
        directlyProvides(resolution, IHostResolution)
        resolutionReceiver.resolutionBegan(resolution)

        def found(addresses: list[tuple[str, int]]) -> None:
            for address, port in addresses:
                resolutionReceiver.addressResolved(_twisted_address(address, port))
            resolutionReceiver.resolutionComplete()

        def failed(_: object) -> None:
            resolutionReceiver.resolutionComplete()

        work = deferToThreadPool(
            self.reactor, self.reactor.getThreadPool(), self.network.addresses, hostName, portNumber
        )
        work.addCallbacks(found, failed)
        return resolution


class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        raise NotImplementedError


def _twisted_address(address: str, port: int) -> Any:
    from twisted.internet.address import IPv4Address, IPv6Address

    kind = IPv6Address if ipaddress.ip_address(address).version == 6 else IPv4Address
    return kind("TCP", address, port)
