"""Files in and out: byte-identical round trips, idempotent imports, mistakes with their line."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation_ui.labelling.drawing import draw_corpus
from annotation_ui.labelling.exporting import Exported, export
from annotation_ui.labelling.importing import import_file
from annotation_ui.labelling.pools import OVERLAP_SHARE
from annotation_ui.labelling.reading import FORMATS, Format
from annotation_ui.labelling.store import Store, open_store
from configs.errors import UserError
from configs.paths import LABELS
from corpus.rubric import load_rubric
from nlp_scoring.labels import read_labels
from tests.conftest import TinyStudy, zhengce
from tests.unit.annotation_ui.labelling_project import label_of, make_team, write_sentences

RUBRIC = load_rubric()


def exported(store: Store, fmt: Format, everything: bool = True) -> str:
    return "".join(export(store, RUBRIC, fmt, everything=everything, done=Exported()))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two hundred of the shipped labels as a project, some of them labelled by people."""
    folder = tmp_path_factory.mktemp("shipped")
    lines = LABELS.read_text("utf-8").splitlines(keepends=True)
    part = folder / "labels.csv"
    part.write_text("".join([*lines[:101], *lines[5001:5101]]), "utf-8")
    store = open_store(folder)
    import_file(store, RUBRIC, part, who="test")
    from fastapi.testclient import TestClient

    from annotation_ui.labelling.app import labelling_app

    client = TestClient(labelling_app(store), base_url="http://127.0.0.1")
    for i, item in enumerate(client.get("/api/next", params={"count": 40}).json()["items"]):
        form = label_of(item, [i % 4, 0, 1], flags=["discuss"], subs=["industrial_upgrading"])
        assert client.post("/api/labels", json=form | {"duration_ms": 900 + i}).status_code == 200
    return store


@pytest.mark.parametrize("fmt", FORMATS)
def test_export_import_export_is_byte_identical(
    shipped: Store, tmp_path: Path, fmt: Format
) -> None:
    first = exported(shipped, fmt)
    path = tmp_path / "file"
    path.write_text(first, "utf-8", newline="")
    other = open_store(tmp_path)
    done = import_file(other, RUBRIC, path, who="test")
    assert done.sentences == 200
    assert exported(other, fmt) == first
    again = import_file(other, RUBRIC, path, who="test")
    assert (again.sentences, again.labels, again.finals) == (0, 0, 0)
    assert exported(other, fmt) == first
    # Whatever way they went, they are the same records.
    assert exported(other, "jsonl") == exported(shipped, "jsonl")
    other.close()


def test_the_csv_is_what_training_reads(shipped: Store, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(exported(shipped, "csv", everything=False), "utf-8", newline="")
    frame = read_labels(path, RUBRIC)
    assert len(frame) == 200
    assert {"pool", "sci_tech_talent_a", "adjudicated", "sentence_hash"} <= set(frame.columns)
    people = frame[frame["source"] == "single"]
    assert len(people) == 40  # people's labels hold, those of machine passes stay beside them
    assert (frame["source"] == "imported").sum() + (
        frame["source"] == "machine-adjudicated"
    ).sum() == 160


def test_levels_corrected_in_another_tool_come_back(shipped: Store, tmp_path: Path) -> None:
    def corrected(fmt: Format) -> Any:
        rows = exported(shipped, fmt, everything=False)
        return (
            json.loads(rows) if rows.startswith("[") else [json.loads(r) for r in rows.splitlines()]
        )

    tasks = corrected("labelstudio")
    person = tasks[-1]["annotations"][-1]
    person["completed_by"] = 7
    for result in person["result"]:
        result["value"] = {"choices": ["3"]}
    records = corrected("argilla")
    for d in RUBRIC.dimension_ids:
        records[-1]["responses"][d][-1] = {"value": 3, "user_id": "carla"}
    documents = corrected("doccano")
    documents[-1]["label"] = [f"{d}=3" for d in RUBRIC.dimension_ids]
    names = {"label-studio-7": tasks, "carla": records, "doccano": documents}
    for who, rows in names.items():
        path = tmp_path / who
        path.write_text(
            json.dumps(rows) if who != "doccano" else "\n".join(map(json.dumps, rows)), "utf-8"
        )
        store = open_store(tmp_path / f"{who}-project")
        import_file(store, RUBRIC, path, who="test")
        with store.reading() as db:
            (row,) = db.execute("SELECT coding FROM label WHERE who = ?", (who,)).fetchall()
        assert json.loads(row[0])["levels"] == [3, 3, 3]
        store.close()


def test_an_import_never_overwrites_what_people_labelled_here(tmp_path: Path) -> None:
    team = make_team(tmp_path, n=3)
    client = team.client()
    (item,) = client.get("/api/next").json()["items"]
    client.post("/api/labels", json=label_of(item, [1, 0, 0]))
    row = {"text": item["text"], "report_id": item["report_id"], "index": "0", "annotations": [{"annotator": "local", "levels": [3, 3, 3]}]}  # fmt: skip
    with team.store.reading() as db:
        row["index"] = db.execute(
            "SELECT position FROM sentence WHERE id = ?", (item["sentence"],)
        ).fetchone()[0]
    path = tmp_path / "other.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    done = import_file(team.store, RUBRIC, path, who="test")
    assert (done.sentences, done.known, done.labels, done.kept) == (0, 1, 0, 1)
    assert client.get("/api/labels").json()["labels"][0]["levels"] == [1, 0, 0]


BAD = {
    "level.csv": ("text,sci_tech_talent,green_infrastructure,structural_transformation\n甲,0,0,0\n乙,0,7,0\n", "line 3", "level '7' is not on the scale"),
    "gap.csv": ("text,sci_tech_talent,green_infrastructure,structural_transformation\n甲,0,,0\n", "line 2", "is empty while others"),
    "cells.csv": ("text,region\n甲,乙,丙\n", "line 2", "3 cells"),
    "twice.csv": ("text,text\n甲,乙\n", "line 1", "twice"),
    "column.csv": ("sentence_\n甲\n", "column.csv", "'text'"),
    "quote.csv": ('text\n"甲\n', "quote.csv", "not CSV"),
    "empty.csv": ("", "empty.csv", "is empty"),
    "header.csv": ("text\n", "header.csv", "no sentence"),
    "text.jsonl": ('{"text": ""}\n', "line 1", "no text"),
    "json.jsonl": ('{"text": "甲"}\n{"text": \n', "line 2", "not JSON"),
    "deep.json": ("[" * 100_000, "deep.json", "not JSON"),
    "array.json": ("[1, 2]", "record 1", "not an object"),
    "who.jsonl": ('{"text": "甲", "annotations": [{"levels": [0, 0, 0]}]}', "line 1", "annotator"),
    "list.jsonl": ('{"text": "甲", "annotations": {"levels": [0, 0, 0]}}', "line 1", "not a list"),
    "levels.jsonl": ('{"text": "甲", "annotations": [{"annotator": "a", "levels": [0, true, 0]}]}', "line 1", "True"),
    "share.jsonl": ('{"text": "甲", "inclusion": 1.5}', "line 1", "no probability"),
    "studio.json": ('[{"data": {"text": "甲"}, "annotations": [{"result": [{"from_name": "sci_tech_talent", "value": {"choices": ["9"]}}]}]}]', "record 1", "level"),
    "shape.json": ('[{"data": {"text": "甲"}, "annotations": [{"result": ["x"]}]}]', "record 1", "malformed"),
    "doccano.jsonl": ('{"text": "甲", "label": ["nothing=1"]}', "nothing", "unknown dimension"),
    "nul.jsonl": ('{"text": "a\\u0000b"}', "line 1", "NUL"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_file_is_one_line_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    content, *words = BAD[name]
    path = tmp_path / name
    path.write_text(content, "utf-8")
    store = open_store(tmp_path)
    with pytest.raises(UserError) as caught:
        import_file(store, RUBRIC, path, who="test", name=name)
    for word in words:
        assert word in caught.value.line()
    with store.reading() as db:
        assert (
            db.execute(
                "SELECT (SELECT count(*) FROM sentence) + (SELECT count(*) FROM event)"
            ).fetchone()[0]
            == 0
        )
    store.close()


def test_other_bad_files(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    (tmp_path / "gbk.csv").write_bytes("text\n政府工作报告\n".encode("gbk"))
    for path, word in ((tmp_path / "gbk.csv", "not UTF-8"), (tmp_path, "not a file"), (tmp_path / "no", "no such file"), (Path("/dev/zero"), "not a file")):  # fmt: skip
        with pytest.raises(UserError, match=word):
            import_file(store, RUBRIC, path, who="test")
    big = tmp_path / "big.json"
    with big.open("wb") as file:
        file.write(b"[")
        file.truncate(200 * 2**20)
    with pytest.raises(UserError, match=r"JSON array of 200 MiB.*at most 128 MiB"):
        import_file(store, RUBRIC, big, who="test")
    (tmp_path / "not.sqlite").write_text("x" * 4096)
    with pytest.raises(UserError, match="cannot be opened"):
        Store(tmp_path / "not.sqlite")
    store.close()


def test_pools_are_a_design(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["report_id", "text"])
        writer.writerows([f"r{i % 20}", f"第{i}句"] for i in range(400))
    import_file(store, RUBRIC, path, who="test")
    with store.reading() as db:
        rows = [
            dict(r)
            for r in db.execute("SELECT role, report_id, inclusion, n_required FROM sentence")
        ]
    by = {
        role: [r for r in rows if r["role"] == role]
        for role in ("evaluation", "overlap", "training")
    }
    aside = {r["report_id"] for r in by["evaluation"]}
    assert len(aside) == 4  # a fifth of the reports, whole
    assert not aside & {r["report_id"] for r in by["overlap"] + by["training"]}
    assert len(by["overlap"]) >= OVERLAP_SHARE * 400
    assert {r["n_required"] for r in by["evaluation"] + by["overlap"]} == {2}
    # Weighted back, every pool stands for the whole.
    for pool in by.values():
        assert sum(1 / r["inclusion"] for r in pool) == pytest.approx(400)
    store.close()


def test_drawing_from_a_corpus(finished: TinyStudy, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    sizes = {"evaluation": 4, "overlap": 4, "training": 6}
    draw_corpus(store, RUBRIC, finished.out / "store", **sizes, seed=1, who="test")
    with store.reading() as db:
        rows = [dict(r) for r in db.execute("SELECT * FROM sentence")]
        assert {r["role"] for r in rows} == set(sizes)
    aside = {r["report_id"] for r in rows if r["role"] == "evaluation"}
    assert not aside & {r["report_id"] for r in rows if r["role"] != "evaluation"}
    assert all(0 < r["inclusion"] <= 1 for r in rows)
    assert all(r["section"] and r["heading"] is not None for r in rows)
    with pytest.raises(UserError, match="at least 20 %"):
        draw_corpus(store, RUBRIC, finished.out / "store", evaluation=0, overlap=1, training=99, seed=1, who="test")  # fmt: skip
    store.close()


def test_the_command_line(tmp_path: Path) -> None:
    write_sentences(tmp_path / "in.csv", 8)
    project = ("--project", str(tmp_path / "p"))
    assert (
        "8 new sentences"
        in zhengce("annotate", "import", str(tmp_path / "in.csv"), *project).stderr
    )
    out = tmp_path / "all.jsonl"
    assert zhengce("annotate", *project, "export", str(out), "--all").returncode == 0
    assert len(out.read_text("utf-8").splitlines()) == 8
    answer = zhengce("annotate", "agreement", "--format", "json", *project)
    assert json.loads(answer.stdout)["n_sentences"] == 0
    bad = zhengce("annotate", "import", str(tmp_path / "none.csv"), *project)
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)
    assert "no such file" in bad.stderr
    added = zhengce(
        "annotate", "user", "add", "anna", "--role", "admin", *project, stdin="long enough 1\n"
    )
    assert added.stdout == "anna (admin) may log in\n"
    short = zhengce("annotate", "user", "add", "ben", "--role", "admin", *project, stdin="short\n")
    assert short.returncode == 2
    assert "8 to 256" in short.stderr
    assert "short" not in short.stderr.replace("--", "")
    role = zhengce(
        "annotate", "user", "add", "ben", "--role", "king", *project, stdin="long enough 1\n"
    )
    assert "role 'king' is unknown" in role.stderr
    assert zhengce("annotate", "user", "close", "anna", *project).returncode == 0
    nobody = zhengce("annotate", "user", "close", "carl", *project)
    assert (nobody.returncode, "no account 'carl'" in nobody.stderr) == (2, True)


def test_a_table_that_is_not_its_log_is_told(tmp_path: Path) -> None:
    few = tmp_path / "labels.csv"
    few.write_text("\n".join(LABELS.read_text("utf-8").split("\n")[:30]) + "\n", "utf-8")
    project = ("--project", str(tmp_path / "p"))
    assert zhengce("annotate", "import", str(few), *project).returncode == 0
    well = zhengce("annotate", "check", *project)
    assert (well.returncode, well.stdout) == (0, "")
    with closing(sqlite3.connect(tmp_path / "p" / "annotation" / "annotation.sqlite")) as db:
        db.execute("DELETE FROM label WHERE sentence = 3")
        db.execute("UPDATE final SET decision = '{}' WHERE sentence = 5")
        db.commit()
    for _ in range(2):  # it mends nothing, so it says the same again
        told = zhengce("annotate", "check", *project)
        assert told.returncode == 1
        assert told.stdout.splitlines() == [
            "sentence 3: the label is not that of the log",
            "sentence 5: the decision is not that of the log",
        ]


def test_sampling_keeps_its_probabilities() -> None:
    from annotation_ui.labelling.sampling import draw_weighted, inclusion_probabilities

    weights = np.array([1.0, 2.0, 4.0, 8.0, 100.0, 0.5])
    pi = inclusion_probabilities(weights, 3)
    assert pi.sum() == pytest.approx(3)
    assert pi.max() == 1
    rng = np.random.default_rng(0)
    drawn = np.zeros(6)
    for _ in range(4000):
        found = draw_weighted(weights, 3, rng)
        assert len(found.chosen) == 3
        drawn[found.chosen] += 1
    np.testing.assert_allclose(drawn / 4000, pi, atol=0.03)
