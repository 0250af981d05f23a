"""On a real PostgreSQL too, a trial and a round's table are found by an index."""

from __future__ import annotations

import re

import pytest

from store.conftest import filled
from store.plans import many_rounds, plans, reads
from tunebook.store.sql import SqlStore


@pytest.fixture(scope="module")
def large(server, tmp_path_factory):
    server.run("CREATE DATABASE plans")
    made = SqlStore.open(server.url("plans"), files=tmp_path_factory.mktemp("files"))
    filled(made)
    many_rounds(made, 40, 500)
    server.run("VACUUM ANALYZE", url=server.url("plans"))
    yield made
    made.close()


@pytest.mark.parametrize("what", reads(None))
def test_an_index_finds_it(large, what):
    for plan in plans(large, "EXPLAIN", what):
        assert re.search(r"Index (Only )?Scan", plan), plan
        assert not re.search(r"Seq Scan on (trial|chunk|attempt)\b", plan), plan
