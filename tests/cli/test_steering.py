"""D6: pause, resume, drain, cancel and priority at the command line."""

from __future__ import annotations

import json

import pytest

import tunebook as tb
from tunebook.book.running import add_search_trials


@pytest.fixture
def tell(tmp_path, tunebook):
    book = tb.Book(tmp_path / "b.db", objective=tb.minimize("loss"))
    asked = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=4, max_train_steps=1)
    add_search_trials(book._store, asked.plan, asked.number)

    def run(*args, code=0):
        return tunebook(*args, "--book", str(tmp_path / "b.db"), code=code).stdout

    yield run, book
    book.close()


def test_what_is_asked_is_said_and_stands(tell):
    run, book = tell
    assert "Round 1 is paused" in run("pause")
    assert book._store.asked(1).paused
    assert "Round 1 goes on" in run("resume")
    assert "was not paused" in run("resume")
    assert "end with the trials that are under way" in run("drain", "--round", "1")
    assert json.loads(run("pause", "--json")) == {"schema": 2, "round": 1, "asked": "pause"}


def test_trials_are_cancelled_by_name_or_by_round(tell):
    run, book = tell
    assert "2 trials cancelled: 1.1, 1.2." in run("cancel", "1.1", "1.2")
    assert "1 trial cancelled: 1.0. 1 trial had ended already." in run("cancel", "1.0", "1.1")
    assert json.loads(run("cancel", "--round", "1", "--json"))["cancelled"] == ["1.3"]
    assert {str(t.cause) for t in book.rounds[0].trials} == {"cancelled"}
    assert "0 trials cancelled." in run("cancel", "--round", "1")


def test_levels_are_set_by_name(tell):
    run, book = tell
    assert "2 trials at level 3." in run("priority", "1.2", "1.3", "--level", "3")
    run("priority", "1.0", "--level", "-2")
    assert [c.trial.number for c in book._store.claim(1, "h", 60, 4)] == [2, 3, 1, 0]


def test_wrong_use_is_told(tell):
    run, _ = tell
    run("cancel", code=2)
    run("cancel", "1.0", "--round", "1", code=2)
    run("pause", "--round", "7", code=2)
