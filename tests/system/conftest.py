"""One PostgreSQL server a process, a database of its own for each test."""

from __future__ import annotations

import itertools

import pytest

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    pytest.importorskip("psycopg")
    from system.postgres import BINARIES, Server

    if not BINARIES:
        pytest.skip("no PostgreSQL: tests/system/install.sh")
    made = Server()
    yield made
    made.remove()


@pytest.fixture
def url(server):
    """Of a fresh database."""
    name = f"book{next(_numbers)}"
    server.run(f"CREATE DATABASE {name}")
    return server.url(name)
