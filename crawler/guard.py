"""The last check before a request leaves: exact host, scheme and port, whatever asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.addresses import Gate, RefusedError

if TYPE_CHECKING:
    from scrapy import Request


class GuardMiddleware:
    """Scrapy downloader middleware that drops every request its gate does not know.

    A request carries its gate in ``meta["zhengce_gate"]``; one without a gate is dropped too, so
    nothing that Scrapy or an extension sends by itself passes.
    """

    def process_request(self, request: Request, spider: Any = None) -> None:
        """Let a request pass, or raise IgnoreRequest."""
        from scrapy.exceptions import IgnoreRequest

        gate = request.meta.get("zhengce_gate")
        if not isinstance(gate, Gate):
            raise IgnoreRequest("refused:no_gate")
        try:
            gate.check(request.url)
        except RefusedError as error:
            raise IgnoreRequest(f"refused:{error}") from error
