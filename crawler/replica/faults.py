"""Hostile and faulty behaviour, one fixed address each.

Every function answers one request; ``n`` counts the requests for the address, from 1.
"""

from __future__ import annotations

import gzip
import io
import time
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from crawler.replica.files import assemble, scanned_pdf

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.replica.model import Page

DOMAIN = "zhengce-replica.cn"
_STEP = b"<p>" + b"\xe5\x90\x84\xe4\xbd\x8d\xe4\xbb\xa3\xe8\xa1\xa8" * 1000 + b"</p>\n"

#: Where a portal could send a crawler that follows blindly: number 3 and 4 of the list.
TARGETS = (
    "http://127.0.0.1/secret", "http://127.0.0.1:{port}/secret", "http://localhost:{port}/secret", "http://[::1]:{port}/secret",
    "http://0.0.0.0:{port}/secret", "http://0:{port}/secret", "http://2130706433:{port}/secret", "http://0x7f000001:{port}/secret",
    "http://0177.0.0.1:{port}/secret", "http://127.1:{port}/secret", "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://[::ffff:127.0.0.1]:{port}/secret",
    "http://[::ffff:7f00:1]:{port}/secret", "http://[fe80::1]/", "http://[fd00::1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://224.0.0.1/", "http://255.255.255.255/", "file:///etc/passwd", "data:text/html,secret",
    "ftp://127.0.0.1/secret", "gopher://127.0.0.1:{port}/_secret", "javascript:alert(1)", "//canary.zhengce-replica.cn:{port}/secret",
    "http://canary.zhengce-replica.cn:{port}/secret", "http://faults.zhengce-replica.cn@canary.zhengce-replica.cn:{port}/secret",
    "http://canary.zhengce-replica.cn:{port}\\@faults.zhengce-replica.cn/", "http://faults.zhengce-replica.cn.:1/secret",
    "http://faults.zhengce-replica.cn:22/", "http://faults.zhengce-replica.cn:6379/secret", "http://private.zhengce-replica.cn/secret",
    "http://rebind.zhengce-replica.cn/secret", "http://mapped.zhengce-replica.cn/secret", "HTTP://LOCALHOST:{port}/secret",
    "http://localhost.:{port}/secret", "http:///127.0.0.1:{port}/secret", "http://127.0.0.1%2f@faults.zhengce-replica.cn:{port}/",
    "http://\u2460\u2461\u2466.0.0.1:{port}/secret", "http://127\u30020\u30020\u30021:{port}/secret",
)  # fmt: skip


def _redirect_loop(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(302, b"", "text/html", {"Location": h.path})


def _redirect_chain(h: Any, page: Page, n: int) -> None:
    del page
    h.send(302, b"", "text/html", {"Location": f"{h.path.split('?')[0]}?{n}"})


def _other_host(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(301, b"", "text/html", {"Location": "http://www.example-elsewhere.cn/a.html"})


def _private_name(h: Any, page: Page, n: int) -> None:
    """Send on to a name that resolves to a private address."""
    del page, n
    h.send(302, b"", "text/html", {"Location": f"http://private.{DOMAIN}/secret"})


def _rebind_name(h: Any, page: Page, n: int) -> None:
    """Send on to a name whose second answer is private."""
    del page, n
    h.send(302, b"", "text/html", {"Location": f"http://rebind.{DOMAIN}/secret"})


def _escape(h: Any, page: Page, n: int) -> None:
    """Send on to the target that the query numbers."""
    del page, n
    number = int(h.path.rpartition("?")[2] or 0)
    target = TARGETS[number].replace("{port}", str(h.owner.port))
    h.send(302, b"", "text/html", {"Location": target.encode("utf-8").decode("latin-1")})


def _escape_meta(h: Any, page: Page, n: int) -> None:
    del page, n
    number = int(h.path.rpartition("?")[2] or 0)
    target = TARGETS[number].replace("{port}", str(h.owner.port))
    text = f'<html><head><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={target}"></head><body><script>location.href="{target}"</script></body></html>'
    h.send(200, text.encode(), "text/html")


@cache
def _zeros(mebibytes: int, level: int = 9) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    block = b"<p>0</p>" * (1 << 17)
    out = [packer.compress(block) for _ in range(mebibytes)]
    return b"".join([*out, packer.flush()])


def _gzip_bomb(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(200, _zeros(1024), "text/html", {"Content-Encoding": "gzip"})


def _nested_gzip(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(
        200, gzip.compress(_zeros(1024), mtime=0), "text/html", {"Content-Encoding": "gzip, gzip"}
    )


def _br_bomb(h: Any, page: Page, n: int) -> None:
    del page, n
    try:
        import brotli

        data = brotli.compress(b"0" * (256 << 20), quality=3)
    except ImportError:
        data = b"\x00" * 100
    h.send(200, data, "text/html", {"Content-Encoding": "br"})


def _zstd_bomb(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(200, b"\x28\xb5\x2f\xfd" + b"\x00" * 64, "text/html", {"Content-Encoding": "zstd"})


def _endless(h: Any, page: Page, n: int) -> None:
    del page, n
    h.start(200, {"Content-Type": "text/html"})
    until = time.monotonic() + 90
    while time.monotonic() < until:
        h.wfile.write(_STEP * 20)


def _slow(h: Any, page: Page, n: int) -> None:
    del n
    h.start(200, {"Content-Type": "text/html"})
    for at in range(240):
        h.wfile.write(page.data[at : at + 1])
        h.wfile.flush()
        time.sleep(0.5)


def _length_long(h: Any, page: Page, n: int) -> None:
    del n
    h.start(200, {"Content-Type": "text/html", "Content-Length": str(len(page.data) + 1000)})
    h.wfile.write(page.data)


def _length_short(h: Any, page: Page, n: int) -> None:
    del n
    h.start(200, {"Content-Type": "text/html", "Content-Length": str(len(page.data) // 2)})
    h.wfile.write(page.data)


def _cut(h: Any, page: Page, n: int) -> None:
    del n
    data = page.data[: len(page.data) // 2]
    h.send(200, data[:-1] if data[-1] < 0x80 else data, "text/html")


def _soft_404(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(
        200,
        "<html><head><title>页面不存在</title></head><body>您访问的页面不存在</body></html>".encode(),
        "text/html; charset=utf-8",
    )


def _heals(h: Any, page: Page, n: int) -> None:
    if n < 3:
        h.send(404, b"404 Not Found", "text/html")
    else:
        h.send(200, page.data, "text/html")


def _retry_seconds(h: Any, page: Page, n: int) -> None:
    if n == 1:
        h.send(503, b"", "text/html", {"Retry-After": "5"})
    else:
        h.send(200, page.data, "text/html")


def _retry_date(h: Any, page: Page, n: int) -> None:
    if n == 1:
        when = datetime.now(UTC) + timedelta(seconds=5)
        h.send(503, b"", "text/html", {"Retry-After": format_datetime(when, usegmt=True)})
    else:
        h.send(200, page.data, "text/html")


def _too_many(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(429, b"", "text/html")


def _challenge_412(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(412, _CHALLENGE, "text/html")


_CHALLENGE = b"<html><head><script>$_ts=window['$_ts']||{};$_ts.cd='x';document.cookie='a=1';_$ab();</script></head><body></body></html>"


def _challenge_200(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(200, _CHALLENGE, "text/html")


def _waf_200(h: Any, page: Page, n: int) -> None:
    del page, n
    text = "<html><head><title>拒绝执行 | 云防护</title></head><body><h1>403</h1><p>服务器拒绝执行该请求</p><p>时间: 2026-02-12 客户端 IP: 1.2.3.4</p></body></html>"
    h.send(200, text.encode(), "text/html; charset=utf-8")


def _login(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(
        200,
        "<html><head><title>统一身份认证</title></head><body><form method=post>用户登录<input name=user><input type=password></form></body></html>".encode(),
        "text/html; charset=utf-8",
    )


def _calendar(h: Any, page: Page, n: int) -> None:
    del page, n
    number = int(h.path.rpartition("=")[2] or 1) if "=" in h.path else 1
    base = h.path.split("?")[0]
    h.send(
        200,
        f'<html><head><meta charset="utf-8"></head><body><a href="{base}?page={number + 1}">下一页</a><a href="{base}?page={number - 1}">上一页</a></body></html>'.encode(),
        "text/html",
    )


def _pdf_as_html(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(
        200,
        assemble([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>"]),
        "text/html",
    )


def _html_as_pdf(h: Any, page: Page, n: int) -> None:
    del n
    h.send(200, page.data, "application/pdf")


def _etag_changes(h: Any, page: Page, n: int) -> None:
    h.send(200, page.data, "text/html", {"ETag": f'"{n}"'})


def _future(h: Any, page: Page, n: int) -> None:
    del n
    if h.headers.get("If-Modified-Since"):
        h.send(304, b"", "")
    else:
        h.send(200, page.data, "text/html", {"Last-Modified": "Fri, 01 Jan 2100 00:00:00 GMT"})


def _bare_304(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(304, b"", "")


def _noise(h: Any, page: Page, n: int) -> None:
    counter = f'<div class="foot">浏览次数：{n}　<input type="hidden" name="csrf" value="{time.time_ns()}"></div></body>'
    h.send(200, page.data.replace(b"</body>", counter.encode()), "text/html")


def _deleted(h: Any, page: Page, n: int) -> None:
    if n == 1:
        h.send(200, page.data, "text/html")
    else:
        h.send(410, b"gone", "text/html")


def _pdf_pages(h: Any, page: Page, n: int) -> None:
    del page, n
    kids = [b"%d 0 R" % (i + 4) for i in range(10_000)]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 10000/Kids[%s]>>" % b" ".join(kids),
        b"<<>>",
    ]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"] * 10_000
    h.send(200, assemble(objects), "application/pdf")


def _scan(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(200, scanned_pdf(), "application/pdf")


def _pdf_stream(h: Any, page: Page, n: int) -> None:
    del page, n
    packed = zlib.compress(b"BT (0) Tj ET\n" * (20 << 20), 9)
    content = b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed)
    h.send(200, assemble([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[4 0 R]>>", content,
                          b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R>>"]), "application/pdf")  # fmt: skip


def _pdf_loop(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(
        200,
        assemble(
            [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[2 0 R]/Parent 2 0 R>>"]
        ),
        "application/pdf",
    )


@cache
def _docx(kind: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        if kind == "bomb":
            archive.writestr("word/document.xml", b"<w:p>0</w:p>" * (30 << 20))
        else:
            archive.writestr("word/document.xml", "<w:document/>")
            archive.writestr("../../../../tmp/zhengce_escape.txt", "secret")
    return buffer.getvalue()


def _docx_bomb(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(200, _docx("bomb"), "application/octet-stream")


def _docx_paths(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(200, _docx("paths"), "application/octet-stream")


def _entities(h: Any, page: Page, n: int) -> None:
    del page, n
    lines = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    text = f'<?xml version="1.0"?><!DOCTYPE datastore [<!ENTITY a0 "lol">{lines}]><datastore><recordset><record>&a11;</record></recordset></datastore>'
    h.send(200, text.encode(), "text/xml")


def _names(h: Any, page: Page, n: int) -> None:
    del n
    title = "../../../etc/passwd\x00\u202egpj" + "长" * 300
    h.send(200, page.data.replace(b"<title>", f"<title>{title}".encode()), "text/html",
           {"Content-Disposition": "attachment; filename=../../../../tmp/zhengce_escape.html"})  # fmt: skip


def _deep(h: Any, page: Page, n: int) -> None:
    del page, n
    h.send(200, b"<div>" * 1_500_000, "text/html")


FAULTS: dict[str, Callable[[Any, Page, int], None]] = {
    "redirect_loop": _redirect_loop, "redirect_chain": _redirect_chain, "redirect_other": _other_host,
    "private_name": _private_name, "rebind_name": _rebind_name, "escape_redirect": _escape,
    "escape_meta": _escape_meta, "bomb_gzip": _gzip_bomb, "bomb_nested": _nested_gzip, "bomb_br": _br_bomb, "bomb_zstd": _zstd_bomb,
    "bomb_endless": _endless, "bomb_slow": _slow, "bomb_pages": _pdf_pages, "bomb_stream": _pdf_stream, "bomb_tree": _pdf_loop,
    "bomb_docx": _docx_bomb, "bomb_entities": _entities, "bomb_deep": _deep, "length_long": _length_long, "length_short": _length_short,
    "body_cut": _cut, "soft_404": _soft_404, "heals_later": _heals, "retry_seconds": _retry_seconds, "retry_date": _retry_date,
    "storm_429": _too_many, "challenge_412": _challenge_412, "challenge_200": _challenge_200, "waf_200": _waf_200, "login_200": _login,
    "trap_calendar": _calendar, "kind_pdf": _pdf_as_html, "kind_html": _html_as_pdf, "scan_pdf": _scan, "etag_changes": _etag_changes,
    "future_date": _future, "bare_304": _bare_304, "noise_page": _noise, "deleted_page": _deleted, "paths_docx": _docx_paths,
    "names_page": _names,
}  # fmt: skip
