"""Who may do what over HTTP: forged requests, guessed passwords, hostile text, big files."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from annotation_ui.labelling.accounts import MAX_FAILURES
from annotation_ui.labelling.app import labelling_app
from corpus.rubric import load_rubric
from tests.unit.annotation_ui.labelling_project import (
    HOSTILE,
    PASSWORD,
    Team,
    label_of,
    make_team,
    refused,
    take,
)

RUBRIC = load_rubric()


def test_forged_requests_are_refused(team: Team) -> None:
    anna = team.client("anna")
    (item,) = take(anna)
    token = anna.headers.pop("X-CSRF-Token")
    refused(anna.post("/api/labels", json=label_of(item)), 403, "X-CSRF-Token")
    wrong = {"X-CSRF-Token": "0" * 43}
    refused(anna.post("/api/labels", json=label_of(item), headers=wrong), 403, "missing or wrong")
    right = {"X-CSRF-Token": token}
    refused(anna.post("/api/labels", json=label_of(item), headers=right | {"Origin": "http://evil.example"}), 403, "another site")  # fmt: skip
    refused(anna.post("/api/labels", json=label_of(item), headers=right | {"Sec-Fetch-Site": "cross-site"}), 403, "another site")  # fmt: skip
    assert anna.post("/api/labels", json=label_of(item), headers=right).status_code == 200


def test_forms_need_the_token_even_without_accounts(solo: TestClient) -> None:
    refused(solo.post("/admin/settings", data={"suggest": "on"}), 403, "missing or wrong")
    refused(solo.post("/api/import", files={"file": ("a.csv", b"text\nx\n")}), 403)
    refused(solo.post("/api/labels", content="{}", headers={"Content-Type": "text/plain"}), 403)


def test_nobody_gets_in_without_an_account(team: Team) -> None:
    client = team.client()
    for path in ("/api/next", "/api/codebook", "/api/labels", "/api/export"):
        refused(client.get(path), 401, "log in")
    assert client.get("/health").json()["team"] is True
    page = client.get("/", headers={"Accept": "text/html"}, follow_redirects=False)
    assert page.headers["location"] == "/login"
    cookie = team.client("anna").post("/login", data={"name": "anna", "password": "correct horse battery"}, follow_redirects=False).headers["set-cookie"]  # fmt: skip
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_log_in_is_limited(team: Team) -> None:
    client = team.client()
    for _ in range(MAX_FAILURES):
        answer = client.post("/login", data={"name": "anna", "password": "guess guess guess"})
        assert answer.status_code == 401
        assert "name or password is wrong" in answer.text
    good = {"name": "anna", "password": "correct horse battery"}
    answer = client.post("/login", data=good)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert team.client("ben").get("/api/me").json()["name"] == "ben"
    log = team.client("boss").get("/api/audit").json()
    assert sum(row["action"] == "log-in failed" for row in log) == MAX_FAILURES
    assert "guess" not in json.dumps(log)


def test_passwords_and_tokens_cannot_be_read_back(team: Team) -> None:
    team.client("anna")
    with team.store.reading() as db:
        stored = [
            tuple(r)
            for r in (*db.execute("SELECT * FROM account"), *db.execute("SELECT * FROM session"))
        ]
    assert "correct horse battery" not in str(stored)
    assert all(row[2].startswith("$argon2id$") for row in stored[:4])


def test_the_log_cannot_be_changed(solo: TestClient, tmp_path: Path) -> None:
    solo.post("/api/labels", json=label_of(take(solo)[0]))
    with sqlite3.connect(tmp_path / "annotation" / "annotation.sqlite") as db:
        for statement in ("UPDATE event SET who = 'x'", "DELETE FROM event"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                db.execute(statement)
    db.close()


def test_hostile_text_stays_text(solo: TestClient) -> None:
    for item in take(solo, 30):
        flags = ["discuss"] if item["text"] == HOSTILE else []
        solo.post("/api/labels", json=label_of(item, [1, 0, 0], flags=flags))
    for path in ("/", "/adjudicate", "/quality", "/progress", "/quiz", "/codebook?q=<script>x</script>", "/admin", "/%3Cscript%3E"):  # fmt: skip
        for lang in ("en", "zh"):
            answer = solo.get(
                path,
                params=None,
                headers={"Accept": "text/html", "Cookie": f"zhengce_language={lang}"},
            )
            assert "<script>alert" not in answer.text, path
            assert "<script>x" not in answer.text
            assert ">49<" not in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "style=" not in answer.text
            assert " onclick" not in answer.text
    assert "&lt;script&gt;alert" in solo.get("/adjudicate").text


def test_foreign_host_names_are_refused(solo: TestClient) -> None:
    assert solo.get("/health", headers={"Host": "evil.example"}).status_code == 400


def test_a_big_upload_is_refused_before_it_is_read(solo: TestClient) -> None:
    head = {"Content-Length": str(200 * 2**20), "Content-Type": "multipart/form-data; boundary=x"}
    answer = solo.post("/api/import", content=b"x", headers=head)
    refused(answer, 413, "more than 65 MiB", "zhengce annotate import")
    big = {"id": "12345678", "sentence": 1, "levels": [0, 0, 0], "temporality": "x" * 2**21}
    refused(solo.post("/api/labels", json=big), 413)


def test_behind_a_proxy_cookies_are_for_tls_and_other_hosts_are_refused(tmp_path: Path) -> None:
    team = make_team(tmp_path, {"anna": "annotator"}, n=3)
    app = labelling_app(team.store, public_host="annotate.example.org")
    form = {"name": "anna", "password": PASSWORD}
    for base, status in (("https://annotate.example.org", 303), ("http://evil.example", 400)):
        answer = TestClient(app, base_url=base).post("/login", data=form, follow_redirects=False)
        assert answer.status_code == status
        if status == 303:
            cookie = answer.headers["set-cookie"]
            assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite"))
