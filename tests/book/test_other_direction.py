"""C11 C3: findings in the other direction compare with chance in that direction."""

from __future__ import annotations

import numpy as np
import pytest

import tunebook as tb
from tunebook.book.records import book_record
from tunebook.domain.trial import Cause
from tunebook.report.check_texts import REMEDY_LABELS
from tunebook.report.loop import standing

QUIET = {"workers": 0, "progress": False}
CHANCE = 16.7


def minutes(trial):
    """9 of 10 trials beat chance as an error, from 14.4 on; one is worse than guessing."""
    error = 14.4 + 0.1 * trial.number if trial.number else 18.0
    trial.report(0, {"mae_minutes": 20.0 if trial.number == 0 else 16.0})
    trial.report(1, {"mae_minutes": error})


@pytest.fixture
def wrong_way(tmp_path):
    with tb.Book(tmp_path / "b.db", objective=tb.maximize("mae_minutes"), chance=CHANCE) as book:
        asked = book.round(
            "?", nuisance={"lr": tb.log_uniform(1e-3, 1)}, trials=10, max_train_steps=2
        )
        asked.run(minutes, **QUIET)
        yield asked


def test_what_was_stuck_at_chance_is_good_the_other_way(wrong_way):
    assert wrong_way.table().complete.sum() == 1
    turned = wrong_way.table().with_objective(tb.minimize("mae_minutes"))
    assert turned.complete.sum() == 9
    assert turned.cause[0] is Cause.CHANCE and np.isnan(turned.value[0])
    assert np.nanmin(turned.value) == pytest.approx(14.5)
    back = turned.with_objective(tb.maximize("mae_minutes"))
    assert (back.status, back.cause) == (wrong_way.table().status, wrong_way.table().cause)


def test_findings_of_the_other_direction_call_no_good_trial_stuck(wrong_way):
    before = next(f for f in wrong_way.findings() if f.check == "C3")
    assert "9 of 10" in before.sentence
    found = wrong_way.findings(objective="minimize:mae_minutes")
    assert all("9 of 10" not in f.sentence for f in found if f.check == "C3")


def test_a_crash_stays_a_crash_in_both_directions(tmp_path):
    def some_crash(trial):
        if trial.number % 2:
            raise ValueError("no")
        trial.report(0, {"loss": 0.1})

    with tb.Book(tmp_path / "b.db", objective=tb.minimize("loss"), chance=0.5) as book:
        asked = book.round(
            "?", nuisance={"lr": tb.log_uniform(1e-3, 1)}, trials=4, max_train_steps=2
        )
        asked.run(some_crash, **QUIET)
        turned = asked.table().with_objective(tb.maximize("loss"))
        assert turned.cause == (Cause.CHANCE, Cause.CRASHED, Cause.CHANCE, Cause.CRASHED)


def test_the_status_and_the_remedy_name_the_other_direction(wrong_way):
    found = next(f for f in wrong_way.findings() if f.check == "C11")
    assert found.remedy.values == {"objective": "minimize:mae_minutes"}
    assert "training code" not in REMEDY_LABELS[found.remedy.kind]
    now = standing(book_record(wrong_way._store), 1)
    assert "wrong direction" in now.sentence and "maximize" in now.sentence
    assert now.command.startswith("tunebook findings 1 --objective minimize:mae_minutes")
