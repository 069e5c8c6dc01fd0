"""What a response's status means for its item; bodies are judged elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.items import Exchange, Result

if TYPE_CHECKING:
    from crawler.items import Item

TRANSIENT = frozenset((408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524))
_BLOCKED = {401: "login_required", 403: "http_403", 407: "login_required", 412: "challenge_412",
            405: "http_405", 418: "http_418", 451: "http_451", 521: "challenge_521"}  # fmt: skip
#: Without a response; asked again.
_LOST = ("connect_failed", "connection_lost", "no_address")
MAX_ATTEMPTS = 4


def is_fault(exchange: Exchange) -> bool:
    """Whether the host is in trouble, or asks to be asked less."""
    return (exchange.status in TRANSIENT and not exchange.error) or exchange.error.startswith(
        (*_LOST, "too_slow")
    )


def judge_status(item: Item, exchange: Exchange) -> Result | None:
    """Settle an exchange by its status; None when there is a body to be read."""
    error, status = exchange.error, exchange.status or 0
    attempts = item.attempts + 1
    if error.startswith("robots_"):
        state = "failed" if error.startswith("robots_unreachable") else "blocked"
        return Result(state, error)  # type: ignore[arg-type]
    if error.startswith(("refused", "redirect_refused")):
        return Result("blocked", error)
    if error.startswith(_LOST):
        return Result("queued" if attempts < MAX_ATTEMPTS - 1 else "failed", error)
    if error:
        return Result("failed", error)
    if status in TRANSIENT:
        return Result("queued" if attempts < MAX_ATTEMPTS else "failed", f"http_{status}")
    if status in (404, 410):
        return Result("gone", f"http_{status}")
    if status in _BLOCKED:
        return Result("blocked", _BLOCKED[status])
    if status == 304:
        return None if item.sha256 else Result("failed", "unexpected_304")
    if not 200 <= status < 300:
        return Result("failed", f"http_{status}")
    if exchange.is_cut and attempts < 3:
        return Result("queued", "cut")
    return None if exchange.data else Result("failed", "empty")


def is_block(result: Result) -> bool:
    """Whether the host showed that it does not want this client."""
    return result.state == "blocked" and not result.reason.startswith(
        ("robots", "refused", "redirect", "move")
    )
