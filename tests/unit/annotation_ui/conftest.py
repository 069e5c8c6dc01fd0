"""Small projects over HTTP. Passwords are hashed cheaply: what argon2 costs is not what is tested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from annotation_ui.labelling import accounts
from tests.unit.annotation_ui.labelling_project import Team, make_team


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", lambda: hasher)
        yield


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
