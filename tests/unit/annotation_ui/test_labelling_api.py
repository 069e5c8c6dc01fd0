"""Labels over HTTP: nothing lost, nothing doubled, nobody sees what others said."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from annotation_ui.labelling import adjudicating, admin_api, events
from annotation_ui.labelling.accounts import MAX_FAILURES
from annotation_ui.labelling.app import labelling_app
from corpus.rubric import load_rubric
from tests.unit.annotation_ui.labelling_project import HOSTILE, PASSWORD, Team, label_of, make_team

RUBRIC = load_rubric()


@pytest.fixture
def solo(tmp_path: Path) -> Iterator[TestClient]:
    team = make_team(tmp_path)
    with team.client() as client:
        yield client
    team.store.close()


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Two coders, an adjudicator and an administrator; every sentence is coded twice."""
    people = {"anna": "annotator", "ben": "annotator", "judge": "adjudicator", "boss": "admin"}
    found = make_team(tmp_path, people, n=12, pool="overlap")
    yield found
    found.store.close()


def take(client: TestClient, count: int = 1) -> list[dict[str, Any]]:
    answer = client.get("/api/next", params={"count": count})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def refused(answer: Any, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    line = answer.json()["error"]
    assert "\n" not in line
    for word in words:
        assert word in line


def test_label_undo_label(solo: TestClient) -> None:
    (item,) = take(solo)
    first = label_of(item, [2, 0, 1])
    noted = solo.post("/api/labels", json=first).json()
    assert noted["replayed"] is False
    again = solo.post("/api/labels", json=first).json()
    assert again["replayed"] is True
    assert again["seq"] == noted["seq"]
    undo = {"id": str(uuid.uuid4())}
    back = solo.post("/api/undo", json=undo).json()
    assert back["item"]["sentence"] == item["sentence"]
    assert back["item"]["mine"] is None
    assert solo.post("/api/undo", json=undo).json()["replayed"] is True
    assert solo.post("/api/labels", json=label_of(item, [1, 0, 0])).status_code == 200
    shown = solo.get(f"/api/sentences/{item['sentence']}").json()
    assert shown["mine"]["levels"] == [1, 0, 0]


def test_undo_is_unlimited_and_restores_what_was_replaced(solo: TestClient) -> None:
    items = take(solo, 5)
    for item in items:
        assert solo.post("/api/labels", json=label_of(item)).status_code == 200
    mine = solo.get(f"/api/sentences/{items[0]['sentence']}").json()
    assert solo.post("/api/labels", json=label_of(mine, [3, 0, 0])).status_code == 200
    back = solo.post("/api/undo", json={"id": str(uuid.uuid4())}).json()
    assert back["item"]["mine"]["levels"] == [0, 0, 0]
    for _ in range(5):
        assert solo.post("/api/undo", json={"id": str(uuid.uuid4())}).status_code == 200
    refused(solo.post("/api/undo", json={"id": str(uuid.uuid4())}), 404, "no label of yours")
    assert solo.get("/api/labels").json()["labels"] == []


def test_caps_warn_with_their_rule(solo: TestClient) -> None:
    for cap in RUBRIC.caps:
        (item,) = take(solo)
        value = sorted(cap.values)[0]
        form = label_of(item, [cap.max_level + 1, 0, 0], **{cap.attribute: value})
        answer = solo.post("/api/labels", json=form)
        assert answer.status_code == 200
        assert [w["rule"] for w in answer.json()["warnings"]] == [cap.rule]
        mine = solo.get(f"/api/sentences/{item['sentence']}").json()["mine"]
        assert mine["overrode"] == [cap.rule]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"levels": [4, 0, 0]}, 422, ("level 4 is not on the scale", "0, 1, 2, 3")),
        ({"levels": [-1, 0, 0]}, 422, ("not on the scale",)),
        ({"levels": [0, 0]}, 422, ("one level a dimension",)),
        ({"levels": {"unknown": 1}}, 422, ("unknown dimension",)),
        ({"levels": "high"}, 422, ("levels",)),
        ({"temporality": "soon"}, 422, ("temporality 'soon' is unknown", "future")),
        ({"flags": ["nice"]}, 422, ("flags 'nice' is unknown",)),
        ({"subs": ["nothing"]}, 422, ("sub-indicator",)),
        ({"sentence": 10**6}, 404, ("no sentence 1000000",)),
        ({"sentence": "one"}, 422, ("sentence",)),
        ({"hash": "0" * 32}, 409, ("another text", "load the page again")),
        ({"rubric_version": "0.9.0"}, 409, ("codebook 0.9.0",)),
        ({"replaces": "something-else"}, 409, ("load the page again",)),
        ({"id": "short"}, 422, ("id 'short' cannot be used",)),
        ({"id": "../../etc/passwd"}, 422, ("cannot be used",)),
        ({"who": "boss"}, 422, ("who",)),
        ({"suggestion": {"model": "x"}}, 422, ("suggestion",)),
    ],
)
def test_bad_labels_are_refused_and_change_nothing(
    solo: TestClient, change: dict[str, Any], status: int, words: tuple[str, ...]
) -> None:
    (item,) = take(solo)
    refused(solo.post("/api/labels", json=label_of(item) | change), status, *words)
    assert solo.get("/api/labels").json()["labels"] == []
    assert solo.get("/health").json()["n_events"] == 0


def test_a_replayed_id_with_other_content_is_refused(solo: TestClient) -> None:
    (item,) = take(solo)
    form = label_of(item, [1, 0, 0])
    assert solo.post("/api/labels", json=form).status_code == 200
    refused(solo.post("/api/labels", json=form | {"levels": [2, 0, 0]}), 409, "another event")
    assert solo.get("/api/labels").json()["labels"][0]["levels"] == [1, 0, 0]


def test_a_stale_second_window_is_refused(solo: TestClient) -> None:
    (item,) = take(solo)
    assert solo.post("/api/labels", json=label_of(item, [1, 0, 0])).status_code == 200
    refused(
        solo.post("/api/labels", json=label_of(item, [2, 0, 0])), 409, "since this form was opened"
    )


def test_a_lease_keeps_others_out(tmp_path: Path) -> None:
    team = make_team(tmp_path, {"anna": "annotator", "ben": "annotator"}, n=4)
    anna, ben = team.client("anna"), team.client("ben")
    hers, his = take(anna, 2), take(ben, 4)
    assert not {i["sentence"] for i in hers} & {i["sentence"] for i in his}
    refused(ben.post("/api/labels", json=label_of(hers[0])), 409, "leased to another person")
    assert anna.post("/api/labels", json=label_of(hers[0])).status_code == 200
    refused(ben.post("/api/labels", json=label_of(hers[0])), 409, "all its coders")


def test_what_was_coded_after_the_lease_is_not_lost(tmp_path: Path) -> None:
    team = make_team(tmp_path, {"anna": "annotator", "ben": "annotator"}, n=1)
    anna, ben = team.client("anna"), team.client("ben")
    (hers,) = take(anna)
    with team.store.writing() as db:
        db.execute("UPDATE lease SET expires = 0")
    (his,) = take(ben)
    assert his["sentence"] == hers["sentence"]
    assert ben.post("/api/labels", json=label_of(his)).status_code == 200
    assert anna.post("/api/labels", json=label_of(hers, [1, 0, 0])).status_code == 200


def test_overlap_goes_to_two_coders_and_no_more(team: Team) -> None:
    anna, ben, boss = team.client("anna"), team.client("ben"), team.client("boss")
    assert {i["sentence"] for i in take(anna, 12)} == {i["sentence"] for i in take(ben, 12)}
    assert take(boss, 12) == []


def test_blind_until_adjudicated(team: Team) -> None:
    anna, ben, judge = team.client("anna"), team.client("ben"), team.client("judge")
    (item,) = take(anna)
    assert anna.post("/api/labels", json=label_of(item, [3, 0, 0])).status_code == 200
    number = item["sentence"]
    # Nothing that Ben can ask tells what Anna said.
    refused(ben.get("/api/labels", params={"annotator": "anna"}), 403, "before they are decided")
    for path in ("/api/agreement", "/api/adjudication", "/api/export", "/api/users", "/api/audit", "/api/models", "/quality", "/adjudicate", "/admin"):  # fmt: skip
        assert ben.get(path).status_code == 403, path
    assert ben.get(f"/api/sentences/{number}").json()["mine"] is None
    assert [p["name"] for p in ben.get("/api/progress").json()["people"]] in ([], ["ben"])
    # Nor the adjudicator, before both have coded.
    assert judge.get("/api/adjudication").json()["waiting"] == 0
    assert judge.get("/api/labels", params={"annotator": "anna"}).json()["labels"] == []
    early = {"id": str(uuid.uuid4()), "sentence": number, "levels": [3, 0, 0], "rule": "R4"}
    refused(judge.post("/api/adjudication", json=early), 409, "1 of 2 coders")
    his = next(i for i in take(ben, 12) if i["sentence"] == number)
    assert ben.post("/api/labels", json=label_of(his, [1, 0, 0])).status_code == 200
    (case,) = judge.get("/api/adjudication").json()["cases"]
    assert [c["coder"] for c in case["codings"]] == ["A", "B"]
    assert "anna" not in json.dumps(case)
    refused(judge.post("/api/adjudication", json=early | {"rule": "R99"}), 422, "R99", "R17")
    refused(anna.post("/api/adjudication", json=early), 403, "adjudicator")
    decision = early | {"id": str(uuid.uuid4()), "levels": [2, 0, 0]}
    assert judge.post("/api/adjudication", json=decision).json()["replayed"] is False
    assert judge.post("/api/adjudication", json=decision).json()["replayed"] is True
    assert judge.get("/api/adjudication").json()["waiting"] == 0
    shown = ben.get(f"/api/sentences/{number}").json()
    assert shown["decision"]["levels"] == [2, 0, 0]
    assert shown["decision"]["rule"] == "R4"


def test_suggestions_only_in_the_training_pool_and_kept_when_shown(tmp_path: Path) -> None:
    for pool, seen in (("training", True), ("overlap", False), ("evaluation", False)):
        team = make_team(tmp_path / pool, n=2, pool=pool)
        with team.store.writing() as db:
            db.execute("INSERT INTO suggestion SELECT id, 'm1', '[2,0,0]' FROM sentence")
        client = team.client()
        (item,) = take(client)
        assert (item["suggestion"] is not None) is seen
        client.post("/api/labels", json=label_of(item))
        (label,) = client.get("/api/labels").json()["labels"]
        assert label.get("suggestion") == ({"model": "m1", "levels": [2, 0, 0]} if seen else None)
        team.store.close()


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


def test_labels_are_what_the_log_adds_up_to(team: Team) -> None:
    anna, ben, judge = team.client("anna"), team.client("ben"), team.client("judge")
    for client, level in ((anna, 1), (ben, 2)):
        for item in take(client, 12):
            client.post("/api/labels", json=label_of(item, [level, 0, 0]))
        client.post("/api/undo", json={"id": str(uuid.uuid4())})
    (case,) = judge.get("/api/adjudication").json()["cases"]
    judge.post("/api/adjudication", json={"id": str(uuid.uuid4()), "sentence": case["sentence"], "levels": [1, 0, 0], "rule": "R17"})  # fmt: skip
    tables = (
        "SELECT * FROM label ORDER BY 1, 2",
        "SELECT * FROM final",
        "SELECT id, n_labels FROM sentence",
    )
    with team.store.writing() as db:
        before = [[tuple(r) for r in db.execute(q)] for q in tables]
        events.rebuild(db)
        adjudicating.rebuild_finals(db)
        assert [[tuple(r) for r in db.execute(q)] for q in tables] == before


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


def test_upload_and_export_over_http(team: Team, tmp_path: Path) -> None:
    boss = team.client("boss")
    evil = {"file": ("../../../etc/passwd.csv", "text,report_id\n甲。,../../x\n".encode())}
    assert boss.post("/api/import", files=evil).json()["sentences"] == 1
    assert not (tmp_path / "etc").exists()
    refused(
        boss.post("/api/import", files={"file": ("x.csv", b"no,columns\n1,2\n")}), 422, "'text'"
    )
    lines = boss.get(
        "/api/export", params={"format": "jsonl", "everything": True}
    ).text.splitlines()
    assert len(lines) == 13
    assert json.loads(lines[-1])["report_id"] == "../../x"
    assert boss.get("/api/export", params={"format": "xml"}).status_code == 422
    assert admin_api.MAX_UPLOAD < 200 * 2**20


def test_quiz_passes_who_knows_and_fails_who_guesses(solo: TestClient) -> None:
    from annotation_ui.labelling.codebook import load_codebook, quiz_items

    right = {i["id"]: i["labels"] for i in quiz_items(load_codebook(), 30, 5)}
    assert {i["id"] for i in solo.get("/api/quiz", params={"seed": 5}).json()["items"]} == set(
        right
    )
    assert "labels" not in solo.get("/api/quiz", params={"seed": 5}).text
    solo.app.state.desk.store.put("quiz_required", "on")  # type: ignore[attr-defined]
    refused(solo.get("/api/next"), 403, "quiz")
    guess = {"id": str(uuid.uuid4()), "seed": 5, "answers": {i: [0, 0, 0] for i in right}}
    found = solo.post("/api/quiz", json=guess).json()
    assert found["passed"] is False
    assert found["missed"]
    known = {"id": str(uuid.uuid4()), "seed": 5, "answers": right}
    assert solo.post("/api/quiz", json=known).json()["passed"] is True
    assert solo.get("/api/next").status_code == 200
    refused(
        solo.post("/api/quiz", json={**known, "id": str(uuid.uuid4()), "answers": {}}),
        422,
        "30 items",
    )


def test_labels_of_an_older_codebook_come_again(solo: TestClient) -> None:
    for item in take(solo, 3):
        solo.post("/api/labels", json=label_of(item, [1, 0, 0]))
    store = solo.app.state.desk.store  # type: ignore[attr-defined]
    with store.writing() as db:
        db.execute("UPDATE label SET coding = json_set(coding, '$.rubric_version', '1.0.0')")
    assert solo.post("/api/relabel", json={"version": "1.0.0"}).json() == {"waiting": 3}
    (item,) = take(solo)
    assert item["relabel"] == f"codebook {RUBRIC.version}"
    assert item["mine"]["levels"] == [1, 0, 0]
    assert solo.post("/api/labels", json=label_of(item, [2, 0, 0])).status_code == 200
    assert solo.get("/api/progress").json()["relabel"] == 2
    refused(solo.post("/api/relabel", json={"dimension": "S", "level": 7}), 422, "level 7")


def test_nearest_examples_never_show_the_sentence_itself(team: Team) -> None:
    anna, judge = team.client("anna"), team.client("judge")
    item, other = [i for i in take(anna, 12) if "实验室" in i["text"]][:2]
    with team.store.writing() as db:
        decision = json.dumps({"levels": [2, 0, 0], "source": "adjudicated", "rule": "R4"})
        db.execute(
            "INSERT INTO final VALUES (?, 'x', 'adjudicated', ?)", (item["sentence"], decision)
        )
    ask = {"dimension": "S"}
    assert anna.get("/api/examples", params={**ask, "sentence": item["sentence"]}).json() == []
    (found,) = judge.get("/api/examples", params={**ask, "sentence": other["sentence"]}).json()
    assert found["levels"] == [2, 0, 0]
    assert (
        anna.get("/api/examples", params={**ask, "sentence": other["sentence"], "level": 1}).json()
        == []
    )
    refused(
        anna.get("/api/examples", params={"sentence": other["sentence"], "dimension": "X"}),
        422,
        "X",
    )


def test_pages_for_people(solo: TestClient) -> None:
    token = solo.get("/api/me").json()["csrf"]
    for item in take(solo, 3):
        solo.post("/api/labels", json=label_of(item, [1, 0, 0], flags=["discuss"]))
    page = solo.get("/adjudicate").text
    assert "3 waiting" in page
    number = solo.get("/api/adjudication").json()["cases"][0]["sentence"]
    form = {"csrf": token, "id": str(uuid.uuid4()), "sentence": number, "rule": "R4"} | {f"level_{d}": "1" for d in RUBRIC.dimension_ids}  # fmt: skip
    assert "2 waiting" in solo.post("/adjudicate", data=form).text
    bad = solo.post("/adjudicate", data=form | {"id": str(uuid.uuid4()), "rule": ""})
    assert bad.status_code == 422
    assert "is not in the codebook" in bad.text
    done = solo.post("/admin/shipped", data={"csrf": "x"})
    assert done.status_code == 403
    first = solo.post("/admin/users", data={"csrf": token, "name": "x", "role": "annotator", "password": "long enough 1"})  # fmt: skip
    assert "first account must be an administrator" in first.text
    assert solo.post("/admin/settings", data={"csrf": token}).status_code == 200
    assert solo.app.state.desk.store.get("suggest") == "off"  # type: ignore[attr-defined]


def test_the_shipped_model_suggests_for_the_training_pool_alone(tmp_path: Path) -> None:
    team = make_team(tmp_path / "p", {"ada": "admin"}, n=8)
    admin = team.client("ada")
    assert admin.post("/api/suggest").json() == {"suggested": 8}
    (item,) = take(admin, 1)
    assert item["suggestion"]["model"] == "shipped"
    assert [level in range(4) for level in item["suggestion"]["levels"]] == [True] * 3
    admin.post("/api/labels", json=label_of(item))
    (mine,) = admin.get("/api/labels").json()["labels"]
    assert mine["suggestion"] == item["suggestion"]
    measured = make_team(tmp_path / "q", {"ada": "admin"}, n=8, pool="evaluation")
    other = measured.client("ada")
    assert other.post("/api/suggest").json() == {"suggested": 0}
    assert take(other, 1)[0]["suggestion"] is None


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
