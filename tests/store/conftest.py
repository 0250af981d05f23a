"""Both stores, with a round of pending trials."""

from __future__ import annotations

import pytest

from memory_store import MemoryStore
from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.space import Float
from tunebook.domain.trial import Measurement, TrialRecord
from tunebook.store.sql import SqlStore

PLAN = Round(goal="q", nuisance={"x": Float(0, 1)}, trials=6, max_train_steps=10)


@pytest.fixture(params=["sql", "memory"])
def store(request, tmp_path):
    made = (
        SqlStore.open(tmp_path / "b.db") if request.param == "sql" else MemoryStore(tmp_path / "f")
    )
    filled(made)
    yield made
    made.close()


@pytest.fixture
def book(tmp_path):
    made = SqlStore.open(tmp_path / "b.db")
    filled(made)
    yield made
    made.close()


def filled(store):
    store.set_setting(Setting(name="test", chance=0.9), Objective("loss"))
    store.add_round(PLAN, 1.0)
    store.add_trials(
        [
            TrialRecord(
                round=1,
                number=n,
                study="",
                index=n,
                config={"x": n / 6},
                seed=n,
                max_train_steps=10,
            )
            for n in range(6)
        ]
    )


@pytest.fixture
def points():
    """Measurements of steps first to last."""

    def make(first, last, add=0.0, metric="loss"):
        return [
            Measurement(step=s, metric=metric, value=s + add, time_s=0.1 * s)
            for s in range(first, last)
        ]

    return make
