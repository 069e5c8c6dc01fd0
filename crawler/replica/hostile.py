"""A replica of hosts that misbehave: one host a behaviour, so that none hides another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crawler.replica.articles import article
from crawler.replica.faults import DOMAIN, FAULTS, TARGETS
from crawler.replica.model import Page, Site, Truth
from crawler.replica.texts import report
from crawler.replica.tls import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

REGION = ("110000", "北京市")
YEAR = 2026
#: robots.txt of a host, and whether its page under ``/open/`` may be asked for.
ROBOTS = {
    "disallow": (200, b"User-agent: *\nDisallow: /\n", False),
    "named": (200, b"User-agent: zhengce\nDisallow: /open/\n\nUser-agent: *\nDisallow:\n", False),
    "absent": (404, b"", True),
    "forbidden": (403, b"", True),
    "failing": (500, b"", False),
    "long": (
        200,
        b"# filler filler filler\n" * 20_000
        + b"User-agent: *\nDisallow: /shut/\n"
        + b"# filler\n" * 200_000,
        True,
    ),
    "bom": (200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /open/\n", False),
    "gbk": (200, "# 禁止访问\nUser-agent: *\nDisallow: /open/\n".encode("gb18030"), False),
    "wildcard": (200, b"User-agent: *\nAllow: /\nDisallow: /open/*.html$\n", False),
    "challenge": (200, b"<html><script>$_ts={}</script></html>", True),
}

#: State and beginning of the reason that a crawl must record, by behaviour.
EXPECTED = {
    "redirect_loop": ("failed", "redirect_loop"), "redirect_chain": ("failed", "redirect_loop"),
    "redirect_other": ("blocked", "redirect_refused:host"), "escape_redirect": ("blocked", "redirect_refused"),
    "private_name": ("blocked", "redirect_refused:host"), "rebind_name": ("blocked", "redirect_refused:host"),
    "bomb_nested": ("failed", "nested_encoding"), "bomb_zstd": ("failed", "bad_encoding:zstd"), "soft_404": ("gone", "soft_404"),
    "storm_429": ("failed", "http_429"), "challenge_412": ("blocked", "challenge_412"), "challenge_200": ("blocked", "blocked_challenge"),
    "waf_200": ("blocked", "blocked_waf"), "login_200": ("blocked", "login_required"), "bare_304": ("failed", "unexpected_304"),
    "kind_html": ("done", ""), "scan_pdf": ("done", "needs_ocr"), "length_long": ("done", ""), "body_cut": ("done", "truncated"), "bomb_tree": ("done", "broken_pdf"),
    "names_page": ("done", ""),
}  # fmt: skip
#: The same by what is wrong with a host's TLS; robots.txt is asked for first and fails first.
TLS_EXPECTED = {"right": ("done", "")} | {
    kind: ("failed", "robots_unreachable:tls_failed") for kind in KINDS if kind != "right"
}


def host_of(name: str) -> str:
    """Host name of a behaviour."""
    return f"{name.replace('_', '-')}.{DOMAIN}"


def page_text(seed: int = 0) -> str:
    """Make the report page that well-behaved answers carry."""
    text = article("T01", report(REGION[0], YEAR, seed=seed), np.random.default_rng(seed))
    return text.replace("@CHARSET@", "utf-8")


def fault_site(names: Sequence[str] = (), *, seed: int = 0) -> Site:
    """Make a site with a host for each behaviour; all of `faults` when no name is given."""
    site, data = Site(), page_text(seed).encode()
    for name in names or FAULTS:
        url = f"http://{host_of(name)}/a/{name}.html"
        site.put(url, Page(data, behaviour=name))
        if name.startswith("escape"):
            for number in range(len(TARGETS)):
                _row(site, f"{url}?{number}")
        else:
            _row(site, url, kind="list" if name.startswith("trap") else "article")
        if name in EXPECTED:
            _true(site, url, name, *EXPECTED[name])
    canary = Page(b"secret")
    for host in (f"canary.{DOMAIN}", "localhost", "127.0.0.1", "[::1]"):
        site.put(f"http://{host}/secret", canary)
    return site


def tls_site(*, seed: int = 0) -> Site:
    """Make a site with a host for each fault of TLS, and one without; the same page on all."""
    site, data = Site(), page_text(seed).encode()
    for kind in KINDS:
        host = host_of(f"tls_{kind}")
        url = f"https://{host}/a/{kind}.html"
        site.put(url, Page(data))
        site.tls[host] = kind
        _row(site, url)
        _true(site, url, f"tls_{kind}", *TLS_EXPECTED[kind])
    return site


def robots_site(*, seed: int = 0) -> Site:
    """Make a site with a host for each kind of robots.txt; a redirected one among them."""
    site, data = Site(), page_text(seed).encode()
    for name, (status, text, allowed) in ROBOTS.items():
        host = host_of(f"robots_{name}")
        site.put(f"http://{host}/robots.txt", Page(text, "text/plain", status))
        site.put(f"http://{host}/open/a.html", Page(data))
        _row(site, f"http://{host}/open/a.html")
        refusal = (
            ("failed", "robots_unreachable") if status >= 500 else ("blocked", "robots_disallowed")
        )
        wanted = ("done", "") if allowed else refusal
        _true(site, f"http://{host}/open/a.html", f"robots_{name}", *wanted)
    return site


def _true(site: Site, url: str, name: str, state: str, reason: str) -> None:
    status = 200 if state == "done" and not reason else 0
    site.truth.append(
        Truth(
            url, REGION[0], YEAR, int(status == 200), f"fault_{name}", expected_status=status,
            expected_state=state, expected_reason=reason,
        )
    )  # fmt: skip


def _row(site: Site, url: str, kind: str = "article") -> None:
    site.source(*REGION, url, kind=kind, year="" if kind == "list" else str(YEAR))
