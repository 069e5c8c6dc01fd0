"""A real Elasticsearch node for tests, from Maven Central jars: needs java >= 17 (a JDK) and mvn, no root switch."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = ("pom.xml", "lock.txt", "EsNode.java", "RootPlugin.java", "es_node.py")
MODULES = {"transport-netty4": ("transport-netty4-", "elasticsearch-ssl-config-", "netty-")}
LOG4J = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


class NodeError(RuntimeError):
    """The node could not be prepared, or did not become ready."""


def prepare(cache: Path) -> Path:
    """The Elasticsearch home (lib/, modules/) for these sources, built once per content hash."""
    digest = hashlib.sha256(b"\0".join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()[
        :16
    ]
    home = cache / f"es-{digest}"
    if home.exists():
        return home
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".es-", dir=cache))
    try:
        _build(work)
        work.rename(
            home
        )  # atomic; a second builder's non-empty target makes this fail, which is fine
    except OSError:
        if not home.exists():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return home


def _build(home: Path) -> None:
    lib = home / "lib"
    _call(
        "mvn",
        "-q",
        "-B",
        "-C",
        "-f",
        HERE / "pom.xml",
        "dependency:copy-dependencies",
        f"-DoutputDirectory={lib}",
    )
    _verify(lib)
    for module, prefixes in MODULES.items():
        folder = home / "modules" / module
        folder.mkdir(parents=True)
        for jar in [jar for jar in lib.iterdir() if jar.name.startswith(prefixes)]:
            jar.rename(folder / jar.name)
        with zipfile.ZipFile(next(folder.glob(f"{module}-*.jar"))) as jar:
            text = jar.read(f"META-INF/es-plugins/{module}/plugin-descriptor.properties").decode()
        (folder / "plugin-descriptor.properties").write_text(text)
        version = next(
            line for line in text.splitlines() if line.startswith("elasticsearch.version=")
        )
    classes = home / "classes"
    sources = [HERE / "EsNode.java", HERE / "RootPlugin.java"]
    _call("javac", "-d", classes, "-cp", f"{lib}/*", *sources)
    root = home / "modules" / "estest-root"
    root.mkdir()
    with zipfile.ZipFile(root / "estest-root.jar", "w") as jar:
        for file in sorted(classes.rglob("RootPlugin*.class")):
            jar.write(file, file.relative_to(classes))
            file.unlink()
    descriptor = f"name=estest-root\ndescription=GET /\nversion=1\n{version}\njava.version=17\nclassname=estest.RootPlugin\n"
    (root / "plugin-descriptor.properties").write_text(descriptor)


def _call(*command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise NodeError(f"{command[0]} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def _verify(lib: Path) -> None:
    lock = dict(reversed(line.split()) for line in (HERE / "lock.txt").read_text().splitlines())
    have = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in lib.iterdir()}
    if have != lock:
        raise NodeError(f"jars differ from lock.txt: {sorted(dict(have.items() ^ lock.items()))}")


class EsNode:
    """One node process; nodes that share one ``peers`` list form a cluster, the first one started bootstraps it."""

    def __init__(
        self,
        home: Path,
        work: Path,
        name: str = "n1",
        *,
        heap: str = "512m",
        peers: list[EsNode] | None = None,
        settings: dict[str, object] | None = None,
    ):
        self.home, self.work, self.name, self.heap = home, work / name, name, heap
        self.peers, self.settings = peers, settings or {}
        if peers is not None:
            peers.append(self)
        self.http_port = self.transport_port = (
            0  # 0: the node picks free ones and writes them to logs/*.ports
        )
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def log(self) -> Path:
        return self.work / "node.log"

    def start(self, timeout: float = 120) -> EsNode:
        for folder in ("config", "data", "logs", "tmp"):
            (self.work / folder).mkdir(parents=True, exist_ok=True)
        for ports in (self.work / "logs").glob("*.ports"):
            ports.unlink()
        (self.work / "config" / "log4j2.properties").write_text(LOG4J)
        # YAML is a superset of JSON, so one JSON object is a valid elasticsearch.yml
        (self.work / "config" / "elasticsearch.yml").write_text(
            json.dumps(self._settings(), indent=1)
        )
        command = [
            "java",
            f"-Xms{self.heap}",
            f"-Xmx{self.heap}",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xss1m",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dlog4j.shutdownHookEnabled=false",
            f"-Djava.io.tmpdir={self.work / 'tmp'}",
            f"-Djna.tmpdir={self.work / 'tmp'}",
            "--module-path",
            str(self.home / "lib"),
            "--add-modules=jdk.net,ALL-MODULE-PATH",
            "-cp",
            str(self.home / "classes"),
            "estest.EsNode",
            str(self.home),
            str(self.work / "config"),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.work,
                start_new_session=True,
            )
        self._wait(timeout)
        return self

    def _settings(self) -> dict[str, object]:
        settings: dict[str, object] = {
            "cluster.name": "estest",
            "node.name": self.name,
            "node.portsfile": True,
            "path.data": str(self.work / "data"),
            "path.logs": str(self.work / "logs"),
            "network.host": "127.0.0.1",
            "http.port": self.http_port,
            "transport.port": self.transport_port,
            "cluster.routing.allocation.disk.threshold_enabled": False,
        }
        if self.peers is None:
            settings["discovery.type"] = "single-node"
        else:
            seeds = [
                f"127.0.0.1:{node.transport_port}"
                for node in self.peers
                if node is not self and node.transport_port
            ]
            settings["discovery.seed_hosts"] = (
                seeds  # without them a restarted node never finds the others again
            )
            if not seeds:
                settings["cluster.initial_master_nodes"] = [self.name]
        return settings | self.settings

    def _wait(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                break
            try:
                self.http_port, self.transport_port = self._port("http"), self._port("transport")
                with urllib.request.urlopen(
                    f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s"
                ) as answer:
                    if answer.status == 200:
                        return
            except (OSError, IndexError):
                pass
            time.sleep(0.1)
        self.kill()
        raise NodeError(
            f"{self.name} not ready:\n"
            + "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-40:])
        )

    def _port(self, kind: str) -> int:
        return int(
            (self.work / "logs" / f"{kind}.ports").read_text().splitlines()[0].rsplit(":", 1)[1]
        )

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reap()

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        self._reap()

    def _reap(self) -> None:
        if self.process is not None:
            self.process.wait(20)
            if self.process.stdin is not None:
                self.process.stdin.close()
            self.process = None


def default_cache() -> Path:
    return Path(os.environ.get("ES_TEST_CACHE", Path.home() / ".cache" / "es-test"))
