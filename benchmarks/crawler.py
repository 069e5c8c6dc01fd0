"""The crawler on its replica: recall, kills, second runs, politeness, escapes, bombs, speed.

``ZHENGCE_KILLS`` sets the number of kills (100), ``ZHENGCE_SPACING`` the seconds between two
requests to a host of the speed run (2).
"""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, at_least, at_most
from crawler.replica.build import build
from crawler.replica.faults import TARGETS
from crawler.replica.hostile import ROBOTS, fault_site, host_of, robots_site
from crawler.replica.model import Page, Site
from crawler.replica.trial import RESULTS, Trial, fingerprint

SEED = int(os.environ.get("ZHENGCE_SEED", "20260127"))
KILLS = int(os.environ.get("ZHENGCE_KILLS", "100"))
SPACING = float(os.environ.get("ZHENGCE_SPACING", "2"))
YEARS = tuple(range(2019, 2027))
SMALL = ("110000", "140000", "370000", "440000", "520000")
BOMBS = ("bomb_gzip", "bomb_nested", "bomb_br", "bomb_zstd", "bomb_endless", "bomb_slow", "bomb_pages", "bomb_stream",
         "bomb_tree", "bomb_docx", "bomb_entities", "bomb_deep")  # fmt: skip


def rows() -> Iterator[Figure]:
    """Measure everything; about a quarter of an hour."""
    for part in (_whole, _second, _kills, _politeness, _escapes, _bombs, _drift):
        with tempfile.TemporaryDirectory() as name:
            yield from part(Path(name))


def _whole(folder: Path) -> Iterator[Figure]:
    site = build(seed=SEED, years=YEARS)
    truth = {t.url: t for t in site.truth}
    with Trial(site, folder, "2019-2026", SPACING) as trial:
        begun = time.monotonic()
        done = trial.crawl()
        wall = time.monotonic() - begun
        cells = [c for c in trial.rows("store", "coverage.csv") if c["region_code"] != "000000"]
        documents = trial.rows("store", "documents.csv")
        found = [c for c in cells if c["report_id"]]
        accepted = [d for d in documents if d["status"] == "ok"]
        decoys = [d for d in accepted if not truth[d["path"]].is_report]
        right = [
            d
            for d in accepted
            if f"{truth[d['path']].region_code}-{truth[d['path']].year}" == d["report_id"]
        ]
        exact = [c for c in found if c["raw_sha256"] == truth[c["url"]].sha256]
        with sqlite3.connect(folder / "store" / "frontier.sqlite") as db:
            (cpu,), (n,) = (
                db.execute("SELECT cpu_seconds FROM run").fetchone(),
                db.execute("SELECT COUNT(*) FROM fetch").fetchone(),
            )
        yield at_least("crawl: hosts of the replica", 32, len(site.hosts))
        yield at_least("crawl: cells found", 248, len(found), f"of {len(cells)}")
        yield at_most(
            "crawl: decoys accepted",
            0,
            len(decoys),
            f"of {sum(not t.is_report for t in site.truth)}",
        )
        yield at_least("crawl: year and region right", 1.0, len(right) / len(accepted), "share")
        yield at_least("crawl: raw bytes of cells exact", 1.0, len(exact) / len(found), "share")
        yield at_most(f"crawl: {len(cells)} cells at {SPACING:g} s spacing", 300, wall, "s")
        yield at_least("crawl: least spacing seen at the server", SPACING, trial.spacing(), "s")
        yield at_most(
            "crawl: connections to a host at once", 1, max(trial.replica.connections.values())
        )
        yield at_most(
            "crawl: processor time a request, without the readers", 15, 1000 * cpu / n, "ms"
        )
        subprocess.run(
            [
                sys.executable,
                "zhengce.py",
                "crawl",
                "replay",
                "--store",
                str(folder / "store"),
                "--out",
                str(folder / "again"),
            ],
            check=False,
            capture_output=True,
        )
        same = sum(
            (folder / "again" / f).read_bytes() == (folder / "store" / f).read_bytes()
            for f in RESULTS
        )
        yield at_least(
            "crawl: files of the offline rebuild that are byte-identical", len(RESULTS), same
        )
        if done.returncode:
            print(done.stderr[-2000:], file=sys.stderr)


def _second(folder: Path) -> Iterator[Figure]:
    site = build(seed=SEED, years=YEARS)
    for page in site.pages.values():
        page.behaviour = page.behaviour or ""
    with Trial(site, folder, "2019-2026", 0.05) as trial:
        trial.crawl()
        before = fingerprint(folder / "store")
        trial.crawl()
        after = fingerprint(folder / "store")
        share = _outcomes(folder / "store", run=2)
        quiet = sum(share.get(k, 0) for k in ("unchanged_304", "unchanged_bytes", "unchanged_text"))
        asked = sum(n for k, n in share.items() if k != "robots")
        yield at_most(
            "second run: results that changed",
            0,
            sum(before[k] != after[k] for k in before),
            f"of {len(before)}",
        )
        yield at_least("second run: answered by 304 or hash", 0.95, quiet / asked, "share")
        edited, noisy = _edit(trial, 40)
        trial.crawl()
        with sqlite3.connect(folder / "store" / "frontier.sqlite") as db:
            revised = {url for (url,) in db.execute("SELECT url FROM revision WHERE number > 1")}
        yield at_least("edits: true changes found", 40, len(edited & revised), f"of {len(edited)}")
        yield at_most(
            "edits: revisions of pages with another counter only",
            0,
            len(noisy & revised),
            f"of {len(noisy)}",
        )
        yield at_least(
            "edits: diffs written", 40, len(list((folder / "store" / "revisions").glob("*.diff")))
        )


def _edit(trial: Trial, n: int) -> tuple[set[str], set[str]]:
    """Change a word in some texts, and only the counter of the others."""
    rng = random.Random(SEED)
    cells = [
        c
        for c in trial.rows("store", "coverage.csv")
        if c["url"].endswith(("html", "shtml", "htm"))
    ]
    edited: set[str] = set()
    noisy: set[str] = set()
    for cell in rng.sample(cells, len(cells)):
        page = trial.site.pages[cell["url"].removeprefix("http://")]
        charset = "gb18030" if "增长".encode("gb18030") in page.data else "utf-8"
        if len(edited) < n and page.data.count("增长".encode(charset)) > 3:
            page.data = page.data.replace("增长".encode(charset), "下降".encode(charset))
            edited.add(cell["url"])
        elif b"<em>12</em>" in page.data:
            page.data = page.data.replace(b"<em>12</em>", b"<em>4711</em>")
            noisy.add(cell["url"])
    return edited, noisy


def _outcomes(store: Path, run: int) -> dict[str, int]:
    with sqlite3.connect(store / "frontier.sqlite") as db:
        return dict(
            db.execute("SELECT outcome, COUNT(*) FROM fetch WHERE run = ? GROUP BY outcome", (run,))
        )


def _kills(folder: Path) -> Iterator[Figure]:
    """Crawl a store, killing it ten times at random moments, until there were enough kills."""
    rng = random.Random(SEED)
    kills = stores = differing = again = allowed = torn = 0
    with Trial(build(seed=SEED, years=YEARS[:4], codes=SMALL), folder, "2019-2022", 0.1) as trial:
        trial.crawl("unbroken")
        wanted = fingerprint(folder / "unbroken")
        while kills < KILLS:
            stores += 1
            store, mark, here = f"killed{stores}", len(trial.replica.log), 0
            while (
                here < 12 and kills < KILLS and trial.crawl_and_kill(store, rng.uniform(0.9, 2.6))
            ):
                kills, here = kills + 1, here + 1
            trial.crawl(store)
            differing += fingerprint(folder / store) != wanted
            torn += sum(1 for _ in (folder / store / "raw").glob("??/.new.*"))
            again += sum(n - 1 for n in trial.asked(mark).values())
            allowed += here * len(SMALL)
        yield at_least("kill -9: kills", KILLS, kills)
        yield at_most(
            f"kill -9: of {stores} stores, not byte-identical to the unbroken one",
            0,
            differing,
            peer=_peer_kills(trial),
        )
        yield at_most("kill -9: requests made again (at most those in flight)", allowed, again)
        yield at_most("kill -9: torn objects", 0, torn)


def _peer_kills(trial: Trial) -> str:
    """Plain Scrapy with a JOBDIR, killed six times and then left to end: pages lost and fetched again."""
    start = ",".join(s["start_url"] for s in trial.site.sources if s["kind"] == "list")
    counts = []
    for kills in (0, 6):
        job, seen = trial.folder / f"job{kills}", trial.folder / f"seen{kills}.txt"
        command = [
            sys.executable,
            "-m",
            "benchmarks.crawler_peer",
            start,
            str(job),
            str(trial.replica.port),
            str(seen),
        ]
        for _ in range(kills):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            try:
                process.wait(1.6)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        subprocess.run(command, stderr=subprocess.DEVNULL, timeout=300, check=False)
        lines = seen.read_text("utf-8").split() if seen.exists() else []
        counts.append((len(set(lines)), len(lines) - len(set(lines))))
    (whole, _), (left, twice) = counts
    return f"Scrapy JOBDIR, 6 kills: {whole - left} of {whole} pages lost, {twice} fetched again"


def _politeness(folder: Path) -> Iterator[Figure]:
    with Trial(robots_site(), folder / "robots", "2026", 0.02) as trial:
        trial.crawl()
        asked = {s.host for s in trial.replica.log if s.path.startswith("/open/")}
        right = sum(
            (host_of(f"robots_{name}") in asked) == allowed
            for name, (_, _, allowed) in ROBOTS.items()
        )
        yield at_least(
            "robots.txt: kinds obeyed",
            len(ROBOTS),
            right,
            f"of {len(ROBOTS)}",
            peer=_peer_defaults(trial),
        )
    names = ("retry_seconds", "retry_date", "storm_429", "challenge_412")
    site = fault_site(names)
    for i in range(6):
        url = f"http://{host_of('challenge_412')}/b/{i}.html"
        site.put(url, replace(site.pages[f"{host_of('challenge_412')}/a/challenge_412.html"]))
        site.source("110000", "北京市", url, kind="article", year="2026")
    with Trial(site, folder / "waits", "2026", 0.2) as trial:
        trial.crawl()
        waits = {}
        for name in names:
            times = [
                s.until
                for s in trial.replica.log
                if s.host == host_of(name) and s.path != "/robots.txt"
            ]
            begins = [
                s.at
                for s in trial.replica.log
                if s.host == host_of(name) and s.path != "/robots.txt"
            ]
            waits[name] = [b - a for a, b in zip(times, begins[1:], strict=False)]
        yield at_most("Retry-After in seconds: off by", 1, abs(waits["retry_seconds"][0] - 5), "s")
        # An HTTP date names a whole second: 5 s from a moment within one are 4 to 5.
        yield at_most(
            "Retry-After as a date: off by",
            1,
            max(4 - waits["retry_date"][0], waits["retry_date"][0] - 5.2, 0),
            "s",
        )
        storm = waits["storm_429"]
        yield at_least(
            "429 storm: every wait at least so many times the last",
            1.5,
            min(b / a for a, b in itertools.pairwise(storm)),
        )
        yield at_most("412: requests after the first", 3, len(waits["challenge_412"]))


def _peer_defaults(trial: Trial) -> str:
    mark = len(trial.replica.log)
    start = ",".join(s["start_url"] for s in trial.site.sources)
    seen = trial.folder / "peer.txt"
    subprocess.run([sys.executable, "-m", "benchmarks.crawler_peer", start, "", str(trial.replica.port), str(seen)],
                   timeout=120, check=False, stderr=subprocess.DEVNULL)  # fmt: skip
    asked = {s.host for s in trial.replica.log[mark:] if s.path.startswith("/open/")}
    right = sum(
        (host_of(f"robots_{name}") in asked) == allowed for name, (_, _, allowed) in ROBOTS.items()
    )
    return f"Scrapy defaults: {right} of {len(ROBOTS)}"


def _escapes(folder: Path) -> Iterator[Figure]:
    site = fault_site(["escape_redirect", "escape_meta"])
    own = {host_of("escape_redirect"), host_of("escape_meta")}
    with Trial(site, folder, "2026", 0.02) as trial:
        trial.crawl()
        escaped = [
            s
            for s in trial.replica.log
            if s.path.endswith("secret") and (s.host not in own or s.path == "/secret")
        ]
        asked = {s.path for s in trial.replica.log if "?" in s.path}
        mark = len(trial.replica.log)
        start = ",".join(s["start_url"] for s in site.sources)
        subprocess.run([sys.executable, "-m", "benchmarks.crawler_peer", start, "", str(trial.replica.port), str(folder / "peer.txt")],
                       timeout=200, check=False, stderr=subprocess.DEVNULL)  # fmt: skip
        peer = len([s for s in trial.replica.log[mark:] if s.path == "/secret"])
        read = (
            len(
                [
                    x
                    for x in (folder / "peer.txt").read_text("utf-8").split()
                    if x.startswith("file:")
                ]
            )
            if (folder / "peer.txt").exists()
            else 0
        )
    yield at_least("escapes: vectors tried", 40, min(len(asked), 2 * len(TARGETS)))
    yield at_most(
        "escapes: requests that left the hosts of the row",
        0,
        len(escaped),
        peer=f"Scrapy defaults: {peer} requests, {read} local files read",
    )


def _bombs(folder: Path) -> Iterator[Figure]:
    import psutil

    worst, most, unknown = 0.0, 0, 0
    for name in BOMBS:
        with Trial(fault_site([name]), folder / name, "2026", 0.01) as trial:
            begun = time.monotonic()
            process = subprocess.Popen(
                trial.command("store"),
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": "."},
            )
            peak = _watch(psutil.Process(process.pid))
            process.wait()
            wall = time.monotonic() - begun
            with sqlite3.connect(folder / name / "store" / "frontier.sqlite") as db:
                ((state, reason),) = db.execute(
                    "SELECT state, reason FROM item WHERE role = 'article'"
                )
            unknown += state in ("queued", "leased") or not reason
            worst, most = max(worst, wall), max(most, peak)
            print(
                f"benchmarks: {name}: {state} {reason} {wall:.1f} s, {peak >> 20} MiB",
                file=sys.stderr,
            )
    yield at_most(f"bombs: {len(BOMBS)} bombs, the longest whole crawl with one", 60, worst, "s")
    yield at_most("bombs: largest memory of one process", 512, most / 2**20, "MiB")
    yield at_most("bombs: without a reason on record", 0, unknown)


def _watch(process: Any) -> int:
    """Largest resident memory of a process or one of its children, sampled until it ends."""
    import psutil

    peak = 0
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        for one in [process, *_children(process)]:
            try:
                peak = max(peak, one.memory_info().rss)
            except psutil.Error:
                continue
        time.sleep(0.02)
    return peak


def _children(process: Any) -> list[Any]:
    import psutil

    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def _drift(folder: Path) -> Iterator[Figure]:
    """Ten ways in which a list stops yielding; each must raise an alarm."""
    codes = (
        "110000",
        "120000",
        "150000",
        "220000",
        "330000",
        "340000",
        "350000",
        "440000",
        "500000",
        "610000",
    )
    site = build(seed=SEED, years=YEARS[5:], codes=codes)
    with Trial(site, folder, "2024-2026", 0.02) as trial:
        trial.crawl()
        changed = [
            _spoil(site, row["start_url"], i)
            for i, row in enumerate(r for r in site.sources if r["kind"] == "list")
        ]
        done = trial.crawl()
    alarms = {
        line.split()[1].rstrip(":")
        for line in done.stderr.split("\n")
        if line.startswith("alarm: ")
    }
    yield at_least(
        "drift: planted changes that raised an alarm",
        len(changed),
        sum(url in alarms for url in changed),
        f"of {len(changed)}",
    )
    yield at_least("drift: exit code", 1, done.returncode)


def _spoil(site: Site, url: str, kind: int) -> str:
    """Change a list so that it yields nothing, or less."""
    host = url.split("/")[2]
    folder = url.split("?")[0].rsplit("/", 1)[0].removeprefix("http://") + "/"
    lists = [
        k
        for k in site.pages
        if (
            k.startswith((folder + "index", folder + "list", folder + "?"))
            or k == url.removeprefix("http://")
            or "api/all" in k
            or "jpage" in k
        )
        and k.startswith(host)
    ]
    pages = [
        Page(b"<html><body><p>under construction</p></body></html>"), Page(b"", status=404), Page(b"<html><body><ul></ul></body></html>"),
        Page(b"<html><script>$_ts=1;document.cookie='a'</script></html>"), Page(b"x", status=403), Page(b"x", status=410),
        Page("<html><title>拒绝执行</title><h1>403 云防护</h1></html>".encode()), Page(b'{"articles":[]}', "application/json"),
        Page("<html><title>页面不存在</title>您访问的页面不存在</html>".encode()), Page(b"<html><div id=app></div><script>load()</script></html>"),
    ]  # fmt: skip
    for key in lists:
        site.pages[key] = replace(pages[kind % len(pages)])
    return url
