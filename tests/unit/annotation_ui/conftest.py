"""Passwords are hashed cheaply here: what argon2 costs is not what these tests are about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from annotation_ui.labelling import accounts


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", lambda: hasher)
        yield
