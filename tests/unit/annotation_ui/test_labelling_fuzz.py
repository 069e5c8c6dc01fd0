"""Whatever is sent to the described interface, the answer is one line or a described one, never a crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.unit.annotation_ui.labelling_project import make_team

#: Those that start other programs have tests of their own.
LEFT_OUT = ("/api/models", "/api/suggest", "/api/draw", "/api/users")
CALM = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_no_request_crashes_it(tmp_path: Path) -> None:
    team = make_team(tmp_path, n=20)
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", team.app, headers={"Host": "127.0.0.1"}
    )
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.startswith(LEFT_OUT):
            continue
        tried += 1
        CALM(given(case=operation.as_strategy())(_answers))()
    assert tried >= 15
    team.store.close()


def _answers(case: Any) -> None:
    answer = case.call(headers={"Host": "127.0.0.1"})
    assert answer.status_code < 500, (case.method, case.path, answer.text)
    if answer.status_code >= 400 and answer.headers.get("content-type") == ["application/json"]:
        assert "\n" not in answer.json()["error"]
