"""Crawls of a replica by real processes over real sockets: first, second, edited, killed, hostile."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("scrapy")

from crawler.replica.build import build
from crawler.replica.hostile import (
    ROBOTS,
    fault_site,
    host_of,
    page_text,
    robots_site,
    tls_site,
)
from crawler.replica.model import Page
from crawler.replica.trial import RESULTS, Trial, fingerprint
from tests.conftest import zhengce

CODES = ("110000", "140000", "370000", "440000", "520000")
YEARS = (2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Five provinces of five kinds, crawled once."""
    with Trial(build(seed=3, codes=CODES), tmp_path_factory.mktemp("crawl"), "2019-2026") as found:
        done = found.crawl()
        assert done.returncode == 0, done.stderr
        yield found


def test_every_cell_is_found_and_no_decoy(trial: Trial) -> None:
    truth = {t.url: t for t in trial.site.truth}
    cells = trial.rows("store", "coverage.csv")
    assert len(cells) == len(CODES) * len(YEARS)
    for cell in cells:
        true = truth[cell["url"]]
        assert true.is_report
        assert (true.region_code, str(true.year)) == (cell["region_code"], cell["year"])
        assert true.sha256 == cell["raw_sha256"]
        assert cell["state"] == ("pdf_only" if true.url.endswith(".pdf") else "ok_official")
    for row in trial.rows("store", "documents.csv"):
        if row["is_chosen"] == "1":
            assert row["canonical_sha256"] == truth[row["path"]].text_sha256
        assert row["status"] != "ok" or truth[row["path"]].is_report


def test_robots_spacing_and_one_connection(trial: Trial) -> None:
    first: dict[str, str] = {}
    for served in trial.replica.log:
        first.setdefault(served.host, served.path)
    assert set(first.values()) == {"/robots.txt"}
    assert trial.spacing() >= trial.delay
    assert set(trial.replica.connections.values()) == {1}
    assert all("contact" in served.agent for served in trial.replica.log)
    assert max(trial.asked().values()) == 1


def test_replay_is_byte_identical(trial: Trial) -> None:
    done = zhengce(
        "crawl",
        "replay",
        "--store",
        str(trial.folder / "store"),
        "--out",
        str(trial.folder / "again"),
    )
    assert done.returncode == 0, done.stderr
    for name in RESULTS:
        assert (trial.folder / "again" / name).read_bytes() == (
            trial.folder / "store" / name
        ).read_bytes()


def test_sentences_lead_to_bytes(trial: Trial) -> None:
    import pandas as pd

    from crawler.rawstore import RawStore

    reports = pd.read_parquet(trial.folder / "store" / "report.parquet").set_index("report_id")
    sentences = pd.read_parquet(trial.folder / "store" / "sentence.parquet")
    raw = RawStore(trial.folder / "store" / "raw")
    assert set(sentences["report_id"]) == set(reports.index)
    for row in sentences.groupby("report_id").head(3).itertuples():
        report = reports.loc[row.report_id]
        assert report.text[row.start : row.end] == row.text
        assert raw.get(report.source_path.removeprefix("sha256:"))


def test_warc_is_valid_and_holds_every_page(trial: Trial) -> None:
    archiveiterator = pytest.importorskip("warcio.archiveiterator")
    path = trial.folder / "reports.warc.gz"
    done = zhengce("crawl", "export", "--store", str(trial.folder / "store"), "--warc", str(path))
    assert done.returncode == 0, done.stderr
    bodies = {}
    with path.open("rb") as file:
        for record in archiveiterator.ArchiveIterator(file, check_digests="raise"):
            if record.rec_type == "response":
                bodies[record.rec_headers.get_header("WARC-Target-URI")] = (
                    record.content_stream().read()
                )
    import hashlib

    for cell in trial.rows("store", "coverage.csv"):
        assert hashlib.sha256(bodies[cell["url"]]).hexdigest() == cell["raw_sha256"]


def test_second_run_changes_nothing_and_finds_true_edits(trial: Trial) -> None:
    store = trial.folder / "second"
    shutil.copytree(trial.folder / "store", store)
    before = fingerprint(store)
    assert trial.crawl("second").returncode == 0
    assert fingerprint(store) == before
    with sqlite3.connect(store / "frontier.sqlite") as db:
        outcomes = dict(
            db.execute("SELECT outcome, COUNT(*) FROM fetch WHERE run = 2 GROUP BY outcome")
        )
    assert set(outcomes) <= {"unchanged_304", "unchanged_bytes", "gone"}
    edited = _edit(trial, n=6)
    done = trial.crawl("second")
    assert "6 revisions" in done.stderr
    diffs = {path.name[:11] for path in (store / "revisions").glob("*.diff")}
    assert diffs == edited
    assert trial.rows("second", "coverage.csv") != trial.rows("store", "coverage.csv")


def _edit(trial: Trial, n: int) -> set[str]:
    """Change a number in the text of some pages, and only a counter on others."""
    cells = [
        c
        for c in trial.rows("store", "coverage.csv")
        if c["url"].endswith("html") and c["region_code"] != "140000"
    ]
    rng = random.Random(0)
    edited = set()
    for cell in rng.sample(cells, len(cells)):
        page = trial.site.pages[cell["url"].removeprefix("http://")]
        if len(edited) < n and "增长".encode() in page.data:
            page.data = page.data.replace("增长".encode(), "减少".encode(), 1)
            edited.add(cell["report_id"])
        else:
            page.data = page.data.replace(b"<em>12</em>", b"<em>4711</em>")
    return edited


def test_killed_again_and_again_the_result_is_the_same(trial: Trial, tmp_path: Path) -> None:
    with Trial(
        build(seed=3, codes=CODES[:3], years=YEARS[:3]), tmp_path, "2019-2021", 0.02
    ) as fresh:
        assert fresh.crawl("unbroken").returncode == 0
        start = len(fresh.replica.log)
        rng = random.Random(1)
        kills = sum(fresh.crawl_and_kill("killed", rng.uniform(1.0, 2.4)) for _ in range(6))
        assert kills
        assert fresh.crawl("killed").returncode == 0
        assert fingerprint(tmp_path / "killed") == fingerprint(tmp_path / "unbroken")
        again = sum(n - 1 for n in fresh.asked(start).values())
        # One request at most was on its way to each host at each kill.
        assert again <= kills * len(CODES[:3])


def test_status_and_resume(trial: Trial) -> None:
    done = zhengce("crawl", "status", "--store", str(trial.folder / "store"))
    assert done.returncode == 0
    assert "finished" in done.stdout
    done = zhengce("crawl", "resume", "--store", str(trial.folder / "store"))
    assert done.returncode == 0
    assert "nothing to resume" in done.stderr


def test_hostile_hosts(tmp_path: Path) -> None:
    names = [
        "redirect_loop", "redirect_chain", "redirect_other", "escape_redirect", "escape_meta", "bomb_nested", "bomb_zstd", "bomb_tree",
        "bomb_entities", "length_long", "body_cut", "soft_404", "storm_429", "challenge_412", "challenge_200", "waf_200", "login_200",
        "trap_calendar", "kind_pdf", "kind_html", "bare_304", "paths_docx", "names_page", "private_name", "rebind_name",
    ]  # fmt: skip
    with Trial(fault_site(names), tmp_path, "2026", 0.01) as trial:
        done = trial.crawl()
        assert done.returncode in (0, 1), done.stderr
        with sqlite3.connect(tmp_path / "store" / "frontier.sqlite") as db:
            found = {
                host: (state, reason)
                for host, state, reason in db.execute(
                    "SELECT host, state, reason FROM item ORDER BY url DESC"
                )
            }
        secret = [
            s
            for s in trial.replica.log
            if s.path == "/secret" or s.host not in {host_of(n) for n in names}
        ]
        storm = [s for s in trial.replica.log if s.host == host_of("storm_429")]
    assert secret == []
    assert len(storm) <= 5
    for true in trial.site.truth:
        state, reason = found[true.host]
        assert (state, reason.startswith(true.expected_reason)) == (true.expected_state, True), true
        assert true.expected_reason or not reason
    assert not Path("/tmp/zhengce_escape.txt").exists()


def test_wrong_certificates_are_refused_and_the_right_one_is_not(tmp_path: Path) -> None:
    """The crawl trusts the replica's authority: each certificate fails for its own fault."""
    with Trial(tls_site(), tmp_path, "2026", 0.01) as trial:
        trial.crawl()
        asked = {s.host for s in trial.replica.log}
        # Without that trust the right one is refused too.
        trial.replica.authority = None
        trial.crawl("untrusted")
        again = len(trial.replica.log)
    with sqlite3.connect(tmp_path / "store" / "frontier.sqlite") as db:
        found = {
            url: (state, reason)
            for url, state, reason in db.execute("SELECT url, state, reason FROM item")
        }
        tls = dict(db.execute("SELECT url, tls FROM fetch WHERE status = 200 AND outcome = 'new'"))
    for true in trial.site.truth:
        assert found[true.url] == (true.expected_state, true.expected_reason)
    assert asked == {host_of("tls_right")}
    assert again == 2, "robots.txt and the page of the right host, once"
    assert set(tls.values()) == {"verified"}
    with sqlite3.connect(tmp_path / "untrusted" / "frontier.sqlite") as db:
        reasons = {reason for (reason,) in db.execute("SELECT reason FROM item")}
    assert reasons == {"robots_unreachable:tls_failed"}


def test_a_host_that_is_given_up_on_does_not_end_the_region(tmp_path: Path) -> None:
    """After three refusals a host is left alone; what waits on another host is still asked for."""
    site = fault_site(["challenge_412"])
    refusal = site.pages[f"{host_of('challenge_412')}/a/challenge_412.html"]
    spare = f"http://{host_of('spare')}"
    for number in range(4):
        url = f"http://{host_of('challenge_412')}/b/{number}.html"
        site.put(url, replace(refusal))
        site.source("110000", "北京市", url, kind="article", year="2026")
    site.put(f"{spare}/zw/t1.html", Page(page_text().encode()))
    locations = f"<urlset><url><loc>{spare}/zw/t1.html</loc></url></urlset>"
    site.put(f"{spare}/sitemap.xml", Page(locations.encode(), "application/xml"))
    site.source("110000", "北京市", f"{spare}/sitemap.xml", kind="sitemap")
    with Trial(site, tmp_path, "2026", 0.01) as trial:
        done = trial.crawl()
        asked = [s.path for s in trial.replica.log if s.host == host_of("challenge_412")]
    assert len([path for path in asked if path != "/robots.txt"]) == 3
    (cell,) = trial.rows("store", "coverage.csv")
    assert (cell["url"], cell["state"]) == (f"{spare}/zw/t1.html", "ok_official"), done.stderr


def test_robots_are_obeyed_in_every_form(tmp_path: Path) -> None:
    with Trial(robots_site(), tmp_path, "2026", 0.01) as trial:
        trial.crawl()
        asked = {s.host for s in trial.replica.log if s.path.startswith("/open/")}
    with sqlite3.connect(tmp_path / "store" / "frontier.sqlite") as db:
        for true in trial.site.truth:
            query = "SELECT state, reason FROM item WHERE url = ?"
            ((state, reason),) = db.execute(query, (true.url,))
            assert state == true.expected_state
            assert reason.startswith(true.expected_reason)
    assert asked == {
        host_of(f"robots_{name}") for name, (_, _, allowed) in ROBOTS.items() if allowed
    }


def test_shipped_default_refuses_this_machine(tmp_path: Path) -> None:
    """A row whose name resolves to loopback: without a hosts file nothing is connected to."""
    with Trial(fault_site(["kind_html"]), tmp_path, "2026") as trial:
        sources = (
            (tmp_path / "sources.csv")
            .read_text("utf-8")
            .replace(host_of("kind_html"), "localhost.localdomain")
        )
        (tmp_path / "local.csv").write_text(sources, "utf-8")
        hosts = Path("/etc/hosts").read_text()
        done = zhengce(
            "crawl",
            "--year",
            "2026",
            "--sources",
            str(tmp_path / "local.csv"),
            "--store",
            str(tmp_path / "store"),
            "--delay",
            "2",
        )
        assert done.returncode == 1, done.stderr + hosts
        assert trial.replica.log == []
    with sqlite3.connect(tmp_path / "store" / "frontier.sqlite") as db:
        reasons = [
            reason for (reason,) in db.execute("SELECT reason FROM item WHERE role = 'article'")
        ]
    assert all("private_address" in reason or "no_address" in reason for reason in reasons)


def test_a_name_server_that_lies(tmp_path: Path) -> None:
    """Names of the row that resolve to this machine, at once or the second time: never connected."""
    script = tmp_path / "lies.py"
    script.write_text(_LIES, "utf-8")
    with Trial(fault_site(["kind_html"]), tmp_path, "2026") as trial:
        done = subprocess.run(
            [sys.executable, str(script), str(tmp_path), str(trial.replica.port)], capture_output=True, text=True, timeout=120,
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert trial.replica.log == []
    assert set(json.loads(done.stdout)) == {"robots_unreachable:refused:private_address:127.0.0.1"}


_LIES = """
import json, sys
from pathlib import Path
from crawler.addresses import Gate
from crawler.hosts import Hosts
from crawler.job import Order, crawl
from crawler.registry import read_registry
from crawler.resolver import Network

folder = Path(sys.argv[1])
text = (folder / "sources.csv").read_text("utf-8")
head, row = text.strip().split("\\n")
rows = [row.replace("kind-html", f"lie{i}") for i in range(3)]
(folder / "lies.csv").write_text("\\n".join([head, *rows]) + "\\n", "utf-8")
Gate.check = lambda self, url: __import__("urllib.parse").parse.urlsplit(url).hostname  # the resolver alone must hold
answers = {}
def lookup(host):
    n = answers[host] = answers.get(host, 0) + 1
    if host.startswith("lie0"): return ["127.0.0.1"]
    if host.startswith("lie1"): return ["203.119.25.1", "127.0.0.1"]
    return ["203.119.25.1"] if n < 2 else ["127.0.0.1"]
order = Order((2026,), ("110000",), folder / "lies.csv", folder / "lied", delay=0.01, network=Network(Hosts(), lookup))
seen = []
crawl(order, read_registry(folder / "lies.csv"), report=lambda item, exchange, result: seen.append(result.reason))
print(json.dumps(seen))
"""


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["crawl", "--year", "26"], "--year"), (["crawl", "--year", "2026", "--region", "某省"], "--region"),
        (["crawl", "--year", "2026", "--sources", "none.csv"], "none.csv"), (["crawl", "--year", "2026", "--hosts", "h.csv"], "--allow-loopback"),
        (["crawl", "--year", "2026", "--delay", "0.1"], "--delay"), (["crawl", "status", "--store", "none"], "holds no crawl"),
        (["crawl", "resume", "--store", "none"], "holds no crawl"), (["crawl", "replay", "--store", "none", "--out", "o"], "holds no crawl"),
        (["crawl", "export", "--store", "none", "--warc", "w.warc.gz"], "holds no crawl"), (["crawl", "--region", "广东省"], "--year"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(tmp_path: Path, words: list[str], part: str) -> None:
    done = zhengce(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().split("\n")) == 1
    assert part in done.stderr
    assert list(tmp_path.iterdir()) == []
