"""Every test of the contract of stores, on a real PostgreSQL."""

from __future__ import annotations

import pytest

from store.conftest import filled, points  # noqa: F401 - a fixture of the contract
from store.test_contract import *  # noqa: F403 - the suite
from tunebook.store.sql import SqlStore


@pytest.fixture
def store(url, tmp_path):
    made = SqlStore.open(url, files=tmp_path / "files")
    filled(made)
    yield made
    made.close()
