"""Every default of Scrapy that is unsafe here is set, and stays set when Scrapy changes."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.resolver import Network
from crawler.scrapy_settings import scrapy_settings

pytest.importorskip("scrapy")

OURS = scrapy_settings(agent="zhengce/0.1 (contact: a@b.cn)", delay=2.0, network=Network())
WANTED: dict[str, Any] = {
    "ROBOTSTXT_OBEY": True, "DOWNLOAD_MAXSIZE": 32 * 1024 * 1024, "DOWNLOAD_DELAY": 2.0, "DOWNLOAD_DELAY_JITTER": 0.0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "REDIRECT_ENABLED": False, "REDIRECT_MAX_TIMES": 5, "METAREFRESH_ENABLED": False,
    "COOKIES_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False, "HTTPPROXY_ENABLED": False,
    "DOWNLOAD_VERIFY_CERTIFICATES": True, "HTTPCACHE_ENABLED": False, "RETRY_ENABLED": False, "COMPRESSION_ENABLED": False,
    "DNSCACHE_ENABLED": False, "REFERER_ENABLED": False, "JOBDIR": None, "DOWNLOAD_FAIL_ON_DATALOSS": False, "AUTOTHROTTLE_ENABLED": False,
    "TWISTED_DNS_RESOLVER": "crawler.resolver.GuardedResolver",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WANTED))
def test_unsafe_defaults_are_set_by_name(name: str) -> None:
    assert OURS[name] == WANTED[name]


def test_they_reach_scrapy() -> None:
    from scrapy.settings import Settings

    settings = Settings(OURS)
    for name, value in WANTED.items():
        assert settings.get(name) == value
    assert settings.getfloat("DOWNLOAD_TIMEOUT") <= 60
    assert "zhengce" in settings["USER_AGENT"]
    assert "contact" in settings["USER_AGENT"]


def test_only_http_and_https_have_a_handler() -> None:
    from scrapy.settings import Settings

    base = Settings(OURS).getdict("DOWNLOAD_HANDLERS_BASE") | Settings(OURS).getdict(
        "DOWNLOAD_HANDLERS"
    )
    assert {scheme for scheme, handler in base.items() if handler} == {"http", "https"}


def test_no_middleware_or_extension_of_scrapy_is_on_that_we_did_not_choose() -> None:
    """A new one in a new release fails here until somebody has looked at it."""
    from scrapy.settings import Settings

    settings = Settings(OURS)
    for kind, chosen in (
        ("DOWNLOADER_MIDDLEWARES", {"downloadtimeout.DownloadTimeoutMiddleware", "defaultheaders.DefaultHeadersMiddleware",
                                    "useragent.UserAgentMiddleware", "stats.DownloaderStats"}),
        ("EXTENSIONS", {"corestats.CoreStats", "logcount.LogCount", "memdebug.MemoryDebugger", "closespider.CloseSpider",
                        "logstats.LogStats"}),
    ):  # fmt: skip
        on = settings.getdict(f"{kind}_BASE") | settings.getdict(kind)
        names = {
            ".".join(str(path).split(".")[-2:]) for path, order in on.items() if order is not None
        }
        assert names - {"guard.GuardMiddleware"} == chosen


def test_the_guard_drops_a_request_that_brings_no_gate() -> None:
    from scrapy import Request
    from scrapy.exceptions import IgnoreRequest

    from crawler.addresses import Gate
    from crawler.guard import GuardMiddleware

    guard, gate = GuardMiddleware(), Gate(frozenset({"a.gov.cn"}), {})
    guard.process_request(Request("http://a.gov.cn/", meta={"zhengce_gate": gate}))
    for request in (
        Request("http://a.gov.cn/"),
        Request("http://b.cn/", meta={"zhengce_gate": gate}, dont_filter=True),
    ):
        with pytest.raises(IgnoreRequest):
            guard.process_request(request)
