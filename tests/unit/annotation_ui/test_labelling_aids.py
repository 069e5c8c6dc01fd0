"""What helps people to code: the quiz, examples, suggestions, pages, files in and out."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from fastapi.testclient import TestClient

from annotation_ui.labelling import admin_api
from corpus.rubric import load_rubric
from tests.unit.annotation_ui.labelling_project import (
    Team,
    label_of,
    make_team,
    refused,
    take,
)

RUBRIC = load_rubric()


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
