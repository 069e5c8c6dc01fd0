"""Pages that are no article though the server answered 200: challenges, refusals, indexes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpus.readers.html_lines import Page

_CHALLENGE = re.compile(
    r"\$_ts\b|_\$[\w$]{2,8}\(\)|__jsl_clearance|acw_sc__v2|__cf_chl|challenge-platform|document\.cookie\s*="
    r"|_guard/|slidercaptcha|/_Incapsula|yunsuo_session|security_session_verify",
)
_REFUSED = re.compile(
    r"拒绝执行|云防护|访问被拒绝|请求被拦截|访问请求.{0,6}(?:拦截|阻断)|WAF|防火墙|安全防护|禁止访问"
    r"|您的(?:请求|访问).{0,12}(?:威胁|异常|攻击|拦截)|403 Forbidden|Access Denied|Request blocked|网站防护",
    re.IGNORECASE,
)
_CHECK = re.compile(
    r"安全验证|人机验证|验证码|拖动滑块|浏览器安全检查|请开启JavaScript|enable JavaScript"
    r"|正在(?:验证|检查|跳转)|访问验证|Just a moment",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"请.{0,4}登录|用户登录|统一身份认证|登录后(?:查看|浏览|访问)|读者证号|机构用户"
)
_MISSING = re.compile(
    r"页面不存在|找不到(?:该|您|此)?.{0,8}页面|页面.{0,6}(?:无法|不)(?:找到|访问|显示|存在)|(?:页面|内容|文章).{0,4}已(?:被)?删除"
    r"|404 Not Found|Page Not Found|您访问的(?:页面|内容|地址).{0,12}(?:不存在|已删除|错误)|404错误",
    re.IGNORECASE,
)


def blocked_reason(page: Page, size: int) -> str:
    """Return a reason code when a page is a challenge, refusal, login, or missing page.

    Parameters
    ----------
    page : Page
        The scanned page.
    size : int
        Its length in characters.

    Notes
    -----
    Judged by content only: a page with running text is an article whatever words it holds.
    """
    running = [line.text for line in page.lines if line.linked < 0.5 and len(line.text) >= 10]
    n_text = sum(map(len, running))
    if n_text > 1500:
        return ""
    shown = f"{page.title}\n" + "\n".join(line.text for line in page.lines[:80])
    scripts = "\n".join(script[:20_000] for script in page.scripts)
    if _REFUSED.search(shown):
        return "blocked_waf"
    if _CHECK.search(shown) or (n_text < 60 and _CHALLENGE.search(scripts)):
        return "blocked_challenge"
    if n_text < 30 and page.scripts and not page.title and size < 40_000:
        return "blocked_challenge"
    if _MISSING.search(shown):
        return "soft_404"
    return "login_required" if _LOGIN.search(shown) and n_text < 300 else ""
