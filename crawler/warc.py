"""A store as a WARC file: every response kept, in the order it was fetched, revisits as such."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from crawler.database import connect, rows
from crawler.rawstore import RawStore
from crawler.version import CRAWLER

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

_DROPPED = frozenset(("content-encoding", "transfer-encoding", "content-length", "connection"))


def export_warc(store: Path, path: Path) -> int:
    """Write the fetch log with its bytes; returns the number of records.

    Notes
    -----
    The store keeps bodies as decoded from the transfer; headers that spoke of the encoding are
    left out, so that length and digest of a record are those of its body. Answers that brought
    the bytes known already are ``revisit`` records with the digest they refer to.

    Raises
    ------
    UserError
        There is no crawl in the store, warcio is missing, or the file cannot be written.
    """
    from configs.errors import UserError
    from corpus.files import write_atomically

    try:
        from warcio.warcwriter import WARCWriter
    except ImportError as error:
        raise UserError(
            "warcio is not installed", where="crawl export", fix="pip install 'zhengce[crawl]'"
        ) from error
    db = connect(store)
    count = 0

    def write(temporary: Path) -> None:
        nonlocal count
        with temporary.open("wb") as file:
            writer = WARCWriter(file, gzip=path.name.endswith(".gz"), warc_version="WARC/1.1")
            info = {"software": CRAWLER, "format": "WARC File Format 1.1", "robots": "obey"}
            writer.write_record(writer.create_warcinfo_record(path.name, info))
            count = 1 + _responses(db, RawStore(store / "raw"), writer)

    try:
        write_atomically(path, write)
    finally:
        db.close()
    return count


def _responses(db: sqlite3.Connection, raw: RawStore, writer: Any) -> int:
    from warcio.statusandheaders import StatusAndHeaders

    n = 0
    first: dict[str, tuple[str, str]] = {}
    query = "SELECT * FROM fetch WHERE status IS NOT NULL AND sha256 <> '' ORDER BY id"
    for row in rows(db, query):
        headers = [(k, v) for k, v in json.loads(row["headers"]) if k.lower() not in _DROPPED]
        status = 200 if row["outcome"] == "unchanged_304" else row["status"]
        extra = {"WARC-Date": row["fetched_at"], "WARC-Payload-Digest": f"sha256:{row['sha256']}"}
        if row["address"]:
            extra["WARC-IP-Address"] = row["address"]
        if row["sha256"] in first and row["outcome"].startswith("unchanged"):
            url, date = first[row["sha256"]]
            head = StatusAndHeaders(f"{status} OK", headers, protocol="HTTP/1.1")
            record = writer.create_revisit_record(
                row["final_url"], f"sha256:{row['sha256']}", url, date, http_headers=head,
                warc_headers_dict={"WARC-Date": extra["WARC-Date"]},
            )  # fmt: skip
        elif raw.path(row["sha256"]).exists():
            data = raw.get(row["sha256"])
            headers.append(("Content-Length", str(len(data))))
            head = StatusAndHeaders(f"{status} OK", headers, protocol="HTTP/1.1")
            record = writer.create_warc_record(
                row["final_url"], "response", payload=io.BytesIO(data), length=len(data), http_headers=head,
                warc_headers_dict=extra,
            )  # fmt: skip
            first.setdefault(row["sha256"], (row["final_url"], row["fetched_at"]))
        else:
            continue  # bytes that differed in noise only are logged, not kept
        writer.write_record(record)
        n += 1
    return n
