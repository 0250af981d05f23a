"""The contract of executors, on a real Ray."""

from __future__ import annotations

import pytest

from execution.contract import *  # noqa: F403 - the suite's tests
from execution.contract import faults, play_out, round_of
from tunebook.execution.ray.executor import RayExecutor


@pytest.fixture(scope="module")
def book(ray, tmp_path_factory, new_book):
    names = list(faults.FAULTS)
    store = new_book(tmp_path_factory.mktemp("book") / "book", kind="sql", **round_of(names))
    played = play_out(store, RayExecutor(4, address=ray.address), "ray", names)
    yield {**played, "ray": ray}
    store.close()


def test_no_process_and_no_log_is_left(book):
    assert book["ray"].processes() == []
    left = [p for p in book["store"].files.rglob("*") if p.is_file()]
    assert left == []
