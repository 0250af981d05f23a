"""The contract of executors, for processes on this machine and for the caller's own process."""

from __future__ import annotations

import pytest

from execution.contract import *  # noqa: F403 - the suite's tests
from execution.contract import faults, play_out, round_of
from tunebook.execution.inline import InlineExecutor
from tunebook.execution.local import LocalExecutor


@pytest.fixture(scope="module", params=["local sql", "local memory", "inline sql"])
def book(request, tmp_path_factory, new_book):
    where, kind = request.param.split()
    names = [f for f in faults.FAULTS if where == "local" or f in faults.HERE]
    if kind == "memory":  # the second store is there for what is stored, not for its processes
        names = [f for f in names if f in faults.HERE]
    place = tmp_path_factory.mktemp("book") / "book"
    store = new_book(place, kind=kind, **round_of(names))
    executor = LocalExecutor(4, threads=1) if where == "local" else InlineExecutor()
    yield play_out(store, executor, where, names)
    store.close()
