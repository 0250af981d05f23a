"""A trial and a round are found by an index, and nothing is sorted, in a book of any size."""

from __future__ import annotations

import re

import pytest

from store.plans import many_rounds, plans, reads


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    from store.conftest import filled
    from tunebook.store.sql import SqlStore

    made = SqlStore.open(tmp_path_factory.mktemp("large") / "b.db")
    filled(made)
    many_rounds(made, 12, 200)
    yield made
    made.close()


@pytest.mark.parametrize("what", reads(None))
def test_an_index_finds_it(large, what):
    for plan in plans(large, "EXPLAIN QUERY PLAN", what):
        tables = r"SEARCH (trial|chunk|attempt)\b.* USING (COVERING )?INDEX"
        assert re.search(tables, plan), plan
        assert not re.search(r"SCAN (trial|chunk|attempt)\b", plan), plan
        assert "TEMP B-TREE" not in plan, plan
