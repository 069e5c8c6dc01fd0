"""Lists of suspicious labels in the queue, and pages under another rubric."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotation_ui.labelling.reviewing import review
from configs.errors import UserError
from corpus.rubric import VARIABLE, load_rubric
from tests.unit.annotation_ui.labelling_project import Team, label_of, make_team, take

RUBRIC = load_rubric()


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    found = make_team(tmp_path)
    yield found
    found.store.close()


def test_another_rubric_has_pages_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example leaves out what this rubric has: anchors, flags, confidence, defaults, caps."""
    monkeypatch.setenv(VARIABLE, "examples/digital_economy/rubric.yaml")
    team = make_team(tmp_path)
    with team.client() as client:
        for path in ("/", "/adjudicate", "/quality", "/progress", "/quiz", "/codebook", "/admin"):
            assert client.get(path).status_code == 200, path
        book = client.get("/api/codebook").json()
        assert [d["short"] for d in book["dimensions"]] == ["I", "N", "P"]
        assert book["attributes"]["temporality"]["default"] == "future"
        assert book["attributes"]["confidence"]["default"] == "normal"
        (item,) = take(client)
        given = label_of(item, [2, 0, 1]) | {"rubric_version": book["version"]}
        sent = given | {"confidence": "low", "flags": ["discuss"]}
        assert client.post("/api/labels", json=sent).status_code == 200
    team.store.close()


def test_suspicious_labels_come_first_and_do_not_tell_why(team: Team, tmp_path: Path) -> None:
    solo = team.client()
    mine, *_ = take(solo, 3)
    assert solo.post("/api/labels", json=label_of(mine, [0, 3, 0])).status_code == 200
    take(solo, 3)  # the queue has gone on
    store = team.store
    with store.reading() as db:
        late = db.execute("SELECT * FROM sentence ORDER BY priority DESC LIMIT 1").fetchone()
        coded = db.execute("SELECT * FROM sentence WHERE id = ?", (mine["sentence"],)).fetchone()
    head = "report_id,index,text,dimension,old,suggested,probability,status"
    rows = [
        f"{late['report_id']},{late['position']},{late['text']},green_infrastructure,0,2,0.01,open",
        f'{coded["report_id"]},{coded["position"]},"{coded["text"]}",green_infrastructure,3,0,0.02,open',
        f'{coded["report_id"]},{coded["position"]},"{coded["text"]}",sci_tech_talent,3,0,0.02,open',
        "r9,1,全新的一句话。,green_infrastructure,0,1,0.03,open",
        "r9,2,已经看过的一句话。,green_infrastructure,0,1,0.03,kept",
    ]
    path = tmp_path / "suspicious.csv"
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    done = review(store, RUBRIC, path, who="judge")
    assert (done.sentences, done.again) == (3, 1)  # the label's S is 0, not the doubted 3
    (again,) = take(solo)
    assert again["sentence"] == mine["sentence"]
    assert again["relabel"] == "look again: G"
    assert again["suggestion"] is None
    assert solo.post("/api/labels", json=label_of(again, [0, 0, 0])).status_code == 200
    with store.writing() as db:
        db.execute("DELETE FROM lease")
    texts = [item["text"] for item in take(solo, 2)]
    assert texts == [late["text"], "全新的一句话。"]
    assert (
        review(store, RUBRIC, path, who="judge").again == 0
    )  # the level is not the doubted one now


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text,dimension\n一句话。,G\n", "lacks the column 'old'"),
        ("text,dimension,old,probability,status\n一句话。,Q,0,0.1,open\n", "unknown dimension 'Q'"),
        ("text,dimension,old,probability,status\n一句话。,G,7,0.1,open\n", "line 2: old '7' is no number"),
        ("text,dimension,old,probability,status\n一句话。,G,1,1e9,open\n", "probability '1e9' is no number"),
        ("text,dimension,old,probability,status\n一句话。,G,1,nan,open\n", "probability 'nan' is no number"),
        ("text,dimension,old,probability,status\n一句话。,G,1,0.1,kept\n", "holds no open row"),
        ("text,dimension,old,probability,status\n,G,1,0.1,open\n", "has no text"),
    ],
)  # fmt: skip
def test_lists_that_are_refused(team: Team, tmp_path: Path, text: str, message: str) -> None:
    store = team.store
    path = tmp_path / "suspicious.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as caught:
        review(store, RUBRIC, path, who="judge")
    assert message in caught.value.line()
    with store.reading() as db:
        assert db.execute("SELECT min(priority) FROM sentence").fetchone()[0] >= 0
