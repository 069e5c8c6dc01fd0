"""Who asks: the name and version that every request and every log entry carries."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    CRAWLER = f"zhengce/{version('zhengce')}"
except PackageNotFoundError:  # run from a bare checkout
    CRAWLER = "zhengce"
#: The product name that a robots.txt can address.
ROBOTS_NAME = "zhengce"


def user_agent(contact: str) -> str:
    """Make an honest User-Agent: what this is, and whom to ask about it."""
    return f"{CRAWLER} (crawler of government work reports for research; contact: {contact})"


def default_contact() -> str:
    """Name the person at this machine, as far as the machine knows."""
    import getpass
    import socket

    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "operator"
    return f"{user}@{socket.getfqdn()}"
