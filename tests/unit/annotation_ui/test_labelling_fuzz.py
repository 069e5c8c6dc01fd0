"""Whatever is sent to the described interface, the answer is a described one and never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.unit.annotation_ui.labelling_project import make_team

schemathesis = pytest.importorskip("schemathesis")


@pytest.fixture(scope="module")
def app_schema(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    team = make_team(folder, n=20)
    yield schemathesis.openapi.from_asgi("/openapi.json", team.app)
    team.store.close()


schema = schemathesis.pytest.from_fixture("app_schema")


@schema.exclude(path_regex="/api/(models|suggest|draw)").parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_crashes_it(case) -> None:  # type: ignore[no-untyped-def]
    answer = case.call(headers={"Host": "127.0.0.1"})
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert "\n" not in answer.json()["error"]
