"""The contract of executors, on a real SLURM of one node."""

from __future__ import annotations

import pytest

from execution.contract import *  # noqa: F403 - the suite's tests
from execution.contract import faults, play_out, round_of
from tunebook.execution.slurm.executor import SlurmExecutor


@pytest.fixture(scope="module")
def book(slurm, tmp_path_factory, new_book):
    names = list(faults.FAULTS)
    store = new_book(tmp_path_factory.mktemp("book") / "book", kind="sql", **round_of(names))
    played = play_out(store, SlurmExecutor(6, cpus=1), "slurm", names)
    yield {**played, "slurm": slurm}
    store.close()


def test_no_process_and_no_log_is_left(book):
    assert book["slurm"].processes() == []
    assert book["slurm"].jobs() == []
    left = [p for p in book["store"].files.rglob("*") if p.is_file()]
    assert left == []
