"""Labels over HTTP: nothing lost, nothing doubled, nobody sees what others said."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from annotation_ui.labelling import adjudicating, events
from corpus.rubric import load_rubric
from tests.unit.annotation_ui.labelling_project import (
    Team,
    label_of,
    make_team,
    refused,
    take,
)

RUBRIC = load_rubric()


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
