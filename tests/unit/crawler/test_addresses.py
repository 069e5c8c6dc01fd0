"""Addresses: which may be asked, which network addresses may be reached, one spelling for one page."""

from __future__ import annotations

import pytest

from crawler.addresses import Gate, RefusedError, is_public, normalise
from crawler.hosts import Hosts
from crawler.resolver import Network

GATE = Gate(frozenset({"www.a.gov.cn", "b.gov.cn"}), {"b.gov.cn": 8100})

REFUSED = [
    "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0/", "http://2130706433/",
    "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://169.254.169.254/latest/", "http://10.0.0.1/", "http://192.168.0.1/",
    "file:///etc/passwd", "data:text/html,x", "ftp://www.a.gov.cn/", "gopher://www.a.gov.cn/", "javascript:alert(1)", "about:blank",
    "ws://www.a.gov.cn/", "http://evil.cn/", "http://www.a.gov.cn.evil.cn/", "http://evilwww.a.gov.cn/", "http://x.www.a.gov.cn/",
    "http://a.gov.cn/", "http://www.a.gov.cn@evil.cn/", "http://evil.cn#www.a.gov.cn/", "http://evil.cn?www.a.gov.cn/",
    "http://user:pw@www.a.gov.cn/", "http://www.a.gov.cn:22/", "http://www.a.gov.cn:8100/", "https://www.a.gov.cn:80/",
    "http://www.a.gov.cn:99999/", "http://www.a.gov.cn\\@evil.cn/", "http://evil.cn\\.www.a.gov.cn/", "http:///etc", "//www.a.gov.cn/",
    "http://www.a.gov.cn/ x", "http://www.a.gov.cn/\r\nHost: evil.cn", "http://www.a.gov.cn/\x00", "http://[::ffff:7f00:1]/",
    "http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://www.a.gov.cn/" + "a" * 2100, "", "www.a.gov.cn", "http://[www.a.gov.cn/",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_no_exact_host_of_the_row_is_refused(url: str) -> None:
    assert len(REFUSED) >= 40
    with pytest.raises(RefusedError):
        GATE.check(url)


@pytest.mark.parametrize(
    "url",
    ["http://www.a.gov.cn/", "https://www.a.gov.cn/zw/t.html?x=1", "http://WWW.A.GOV.CN/", "http://www.a.gov.cn:80/", "http://b.gov.cn:8100/", "http://www.a.gov.cn./"],
)  # fmt: skip
def test_hosts_of_the_row_pass(url: str) -> None:
    assert GATE.check(url) in GATE.hosts


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("203.119.25.1", True), ("2400:3200::1", True), ("127.0.0.1", False), ("127.8.8.8", False), ("0.0.0.0", False), ("10.1.2.3", False),
        ("172.31.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("198.18.0.1", False),
        ("224.0.0.1", False), ("240.0.0.1", False), ("255.255.255.255", False), ("192.0.0.8", False), ("::1", False), ("::", False),
        ("fe80::1%eth0", False), ("fc00::1", False), ("fec0::1", False), ("ff02::1", False), ("::ffff:127.0.0.1", False),
        ("::ffff:203.119.25.1", True), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("2001::1", False), ("::127.0.0.1", False),
        ("2001:db8::1", False), ("no address", False),
    ],
)  # fmt: skip
def test_network_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "base", "wanted"),
    [
        ("./202501/t1.html", "http://a.gov.cn/zw/", "http://a.gov.cn/zw/202501/t1.html"),
        ("../../x.html", "http://a.gov.cn/a/b/c.html", "http://a.gov.cn/x.html"),
        ("//b.gov.cn/x", "https://a.gov.cn/", "https://b.gov.cn/x"),
        ("t.html;jsessionid=1A?from_source=w&id=3#top", "http://a.gov.cn/", "http://a.gov.cn/t.html?id=3"),
        ("/报告.html", "http://a.gov.cn/", "http://a.gov.cn/%E6%8A%A5%E5%91%8A.html"),
        ("HTTP://A.GOV.CN:80/x", "", "http://a.gov.cn/x"),
        ("\thttp://a.gov.cn/\u200bx\n", "", "http://a.gov.cn/x"),
        ("javascript:void(0)", "http://a.gov.cn/", ""),
        ("http://u@a.gov.cn/", "", ""),
        ("http://a.gov.cn:x/", "", ""),
    ],
)  # fmt: skip
def test_one_spelling(url: str, base: str, wanted: str) -> None:
    assert normalise(url, base) == wanted
    if wanted:
        assert normalise(wanted) == wanted


class Rebinding:
    """A name server whose second answer is another."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    def __call__(self, host: str) -> list[str]:
        del host
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    "answer", [["127.0.0.1"], ["203.119.25.1", "127.0.0.1"], ["::1"], ["::ffff:10.0.0.1"], ["169.254.169.254"], []]
)  # fmt: skip
def test_a_name_with_any_private_answer_is_not_connected_to(answer: list[str]) -> None:
    network = Network(Hosts(), lambda _: answer)
    assert network.addresses("www.a.gov.cn", 80) == []


def test_every_look_up_is_checked() -> None:
    network = Network(Hosts(), Rebinding(["203.119.25.1"], ["127.0.0.1"]))
    assert network.addresses("www.a.gov.cn", 80) == [("203.119.25.1", 80)]
    assert network.addresses("www.a.gov.cn", 80) == []
    assert network.refused["www.a.gov.cn"].startswith("private_address")


def test_loopback_only_for_names_of_the_hosts_file() -> None:
    network = Network(Hosts({"www.a.gov.cn": ("127.0.0.1", 8100)}), lambda _: ["127.0.0.1"])
    assert network.addresses("www.a.gov.cn", 80) == [("127.0.0.1", 8100)]
    assert network.addresses("localhost", 80) == []


def test_twin_names_share_a_slot_by_address() -> None:
    network = Network(Hosts(), lambda _: ["203.119.25.1"])
    assert network.slot("www.fujian.gov.cn") == network.slot("www.fj.gov.cn")
