"""Scrapy's settings for a crawl: every default that is unsafe here is set by name.

A test goes through this list and through Scrapy's own, so a new release cannot slip one in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.bodies import MAX_BODY

if TYPE_CHECKING:
    from crawler.resolver import Network

#: Seconds for one response in all, slow bodies included.
TIMEOUT = 50.0
_OFF = "scrapy.downloadermiddlewares."


def scrapy_settings(
    *, agent: str, delay: float, network: Network, timeout: float = TIMEOUT
) -> dict[str, Any]:
    """Make the settings.

    Parameters
    ----------
    agent : str
        The User-Agent.
    delay : float
        Least seconds between two requests to a host.
    network : Network
        What names may resolve to.
    """
    return {
        "ZHENGCE_NETWORK": network,
        "BOT_NAME": "zhengce",
        "USER_AGENT": agent,
        # Politeness. The spacing is kept by crawler.pacing, which also waits for Retry-After and
        # 429; Scrapy's own delay stands below it as a second lock on the same door.
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": "zhengce",
        "DOWNLOAD_DELAY": delay,
        "DOWNLOAD_DELAY_JITTER": 0.0,  # ours only ever adds
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "CONCURRENT_REQUESTS": 64,
        "AUTOTHROTTLE_ENABLED": False,  # it never slows for a fast 429
        "RETRY_ENABLED": False,  # it does not read Retry-After; the frontier asks again
        "DOWNLOADER_MIDDLEWARES": {
            _OFF
            + "robotstxt.RobotsTxtMiddleware": None,  # ours reads robots.txt in the host's slot
            _OFF + "retry.RetryMiddleware": None,
            _OFF + "redirect.MetaRefreshMiddleware": None,
            _OFF + "redirect.RedirectMiddleware": None,
            _OFF + "cookies.CookiesMiddleware": None,
            _OFF + "httpproxy.HttpProxyMiddleware": None,
            _OFF + "httpcache.HttpCacheMiddleware": None,
            _OFF + "httpauth.HttpAuthMiddleware": None,
            _OFF + "httpcompression.HttpCompressionMiddleware": None,
            _OFF + "offsite.OffsiteMiddleware": None,  # skips dont_filter; ours skips nothing
            "crawler.guard.GuardMiddleware": 10,
        },
        # Network: only http and https, names through the guarded resolver, certificates checked.
        "DOWNLOAD_HANDLERS": {"file": None, "data": None, "ftp": None, "s3": None},
        "TWISTED_DNS_RESOLVER": "crawler.resolver.GuardedResolver",
        "DNSCACHE_ENABLED": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_TLS_MIN_VERSION": "TLSv1.2",
        "HTTPPROXY_ENABLED": False,  # an environment's proxy would connect for us, unchecked
        "REDIRECT_ENABLED": False,  # each hop is checked and paced by crawler.fetcher
        "REDIRECT_MAX_TIMES": 5,
        "METAREFRESH_ENABLED": False,
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "HTTPAUTH_USER": "",
        "HTTPCACHE_ENABLED": False,
        "COMPRESSION_ENABLED": False,  # crawler.bodies unpacks with a bound on the ratio too
        # Limits.
        "DOWNLOAD_MAXSIZE": MAX_BODY,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": timeout,
        "DOWNLOAD_FAIL_ON_DATALOSS": False,  # flagged, asked again, and judged by its text
        "URLLENGTH_LIMIT": 2_000,
        "DEPTH_LIMIT": 6,
        "MEMUSAGE_ENABLED": False,
        "REACTOR_THREADPOOL_MAXSIZE": 32,
        # Nothing listens, nothing is pickled, nothing is sent.
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "JOBDIR": None,
        "FEEDS": {},
        "EXTENSIONS": {
            "scrapy.extensions.telnet.TelnetConsole": None,
            "scrapy.extensions.remote_control.RemoteControl": None,
            "scrapy.extensions.memusage.MemoryUsage": None,
            "scrapy.extensions.spiderstate.SpiderState": None,
            "scrapy.extensions.throttle.AutoThrottle": None,
            "scrapy.extensions.feedexport.FeedExporter": None,
        },
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.8,*/*;q=0.5",
            "Accept-Language": "zh-CN,zh;q=0.9",
            "Accept-Encoding": "gzip, deflate",
        },
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "LOG_LEVEL": "ERROR",
        "STATS_DUMP": False,
    }
