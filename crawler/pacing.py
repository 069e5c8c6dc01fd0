"""How often a host may be asked: one request at a time, spaced, slower when it asks for it."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MAX_WAIT = 900.0  # a host that wants to be left alone for longer is left to the next run
MAX_BACK_OFF = 300.0


@dataclass(slots=True)
class Slot:
    """One host, or the hosts that share an address.

    Attributes
    ----------
    ready_at : float
        Monotonic time before which nothing may be sent.
    n_faults, n_blocks : int
        In a row, for the circuit breaker and for stopping at a challenge.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready_at: float = 0.0
    n_faults: int = 0
    n_blocks: int = 0
    delay: float = 0.0


class Pacer:
    """Slots by name.

    Parameters
    ----------
    delay : float
        Seconds between the end of one request to a host and the begin of the next. Counting from
        the end keeps the spacing seen at the server above the setting whatever the connection does.
    jitter : float
        Up to this share of ``delay`` is added at random.
    """

    def __init__(self, delay: float, jitter: float = 0.2) -> None:
        self.delay = delay
        self.jitter = jitter
        self.slots: dict[str, Slot] = {}

    def slot(self, name: str) -> Slot:
        """Return the slot of a name."""
        return self.slots.setdefault(name, Slot(delay=self.delay))

    def restore(self, name: str, *, last_at: float, ready_at: float) -> None:
        """Take over what an earlier process knew of a host, in clock time."""
        slot = self.slot(name)
        wait = max(last_at + self.delay, ready_at) - time.time()
        if wait > 0:
            slot.ready_at = max(slot.ready_at, time.monotonic() + min(wait, MAX_WAIT))

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[Slot]:
        """Wait for the host's turn; the next one comes no sooner than the delay after this ends."""
        slot = self.slot(name)
        async with slot.lock:
            while (wait := slot.ready_at - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            try:
                yield slot
            finally:
                pause = slot.delay * (1 + random.uniform(0, self.jitter))  # noqa: S311 - no secret
                slot.ready_at = max(slot.ready_at, time.monotonic() + pause)

    def slow_down(self, name: str, seconds: float) -> float:
        """Leave a host alone for a time; the clock time until when is returned."""
        slot = self.slot(name)
        slot.ready_at = max(slot.ready_at, time.monotonic() + seconds)
        return time.time() + seconds


def retry_after(value: str) -> float | None:
    """Read Retry-After in either form, as seconds from now.

    Examples
    --------
    >>> retry_after("120")
    120.0
    >>> retry_after("soon") is None
    True
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:8])
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)


def back_off(delay: float, n_faults: int) -> float:
    """Wait before asking a host again that answered 429, 5xx or not at all."""
    return min(max(delay, 0.05) * 2.0 ** min(n_faults + 1, 12), MAX_BACK_OFF)
