"""What every store must do; see the Protocol in store/__init__.py."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from tunebook.domain.decision import Decision, Launch, RerunPlan, Setting, Verdict
from tunebook.domain.design import Direction, Objective
from tunebook.domain.environment import Environment
from tunebook.domain.errors import BookBusyError, StoreError
from tunebook.domain.finding import Interval
from tunebook.domain.record import TrainingSource
from tunebook.domain.sealing import Look, Seal
from tunebook.domain.trial import (
    RERUN_FROM,
    Cause,
    Measurement,
    Outcome,
    Purpose,
    Status,
    TrialKey,
    TrialRecord,
)
from tunebook.store import Logged
from tunebook.store.curves.chunks import Points
from tunebook.store.table import table

KEY = TrialKey(1, 0)
DONE = Outcome(status=Status.COMPLETE, seconds=2.0, ended_at=5.0, unread=("x",), output_tail="end")


def claim(store, n=1, host="a", lease_s=60.0, **more):
    return [c.trial for c in store.claim(1, host, lease_s, n, **more)]


def test_a_setting_is_written_once(store):
    assert store.setting() == (Setting(name="test", chance=0.9), Objective("loss"))
    store.set_setting(Setting(name="test", chance=0.9), Objective("loss"))
    with pytest.raises(StoreError, match="keeps its setting"):
        store.set_setting(Setting(name="other"), Objective("loss"))


def test_what_a_setting_left_open_is_said_later_once(store):
    said = Setting(name="test", chance=0.9, training_objective="train/loss")
    store.set_setting(said, Objective("loss"))
    assert store.setting() == (said, Objective("loss"))
    with pytest.raises(StoreError, match="keeps its setting"):
        store.set_setting(Setting(name="test", chance=0.5), Objective("loss"))


PLANNED = RerunPlan(
    number=1, round=1, candidates=("a",), configs=({"x": 0.5, "kind": "b"},), looks=(3, 4),
    adopt=(math.inf, 2.4), drop=(-0.5, 0.1), outer=(math.inf, 3.0), level=0.05, confidence=0.94,
    excess=1.5, planned_at=1.0,
)  # fmt: skip
UNREPORTED = Outcome(status=Status.INFEASIBLE, cause=Cause.NOT_REPORTED, seconds=1.0, ended_at=5.0)
RIGHT = Objective("accuracy", Direction.MAXIMIZE)


def test_an_objective_that_no_trial_reported_is_corrected(store, points):
    assert not store.correct_objective(RIGHT)  # no trial has ended
    first, second = claim(store, 2)
    store.append(first.key, first.attempt, 0, points(0, 2, metric="accuracy"), 2)
    store.finish(first.key, first.attempt, UNREPORTED)
    assert not store.correct_objective(RIGHT)  # one runs
    store.finish(second.key, second.attempt, UNREPORTED)
    assert store.correct_objective(RIGHT)
    assert store.setting() == (Setting(name="test", chance=0.9), RIGHT)
    assert len(store.measurements(first.key)) == 2


@pytest.mark.parametrize("rests", ["reported", "complete", "decided", "sealed"])
def test_an_objective_that_something_rests_on_stays(store, points, rests):
    (trial,) = claim(store)
    if rests == "reported":
        store.append(trial.key, trial.attempt, 0, points(0, 2), 2)
    store.finish(trial.key, trial.attempt, DONE if rests == "complete" else UNREPORTED)
    if rests == "decided":
        store.add(PLANNED)
    if rests == "sealed":
        store.add(Seal(number=1, metric="accuracy", rounds=0, sealed_at=1.0))
    assert not store.correct_objective(RIGHT)
    assert store.setting()[1] == Objective("loss")


def test_rounds_are_numbered_extended_and_remember_their_code(store):
    (first,) = store.rounds()
    assert store.add_round(replace(first.plan, goal="again"), 2.0).number == 2
    store.extend_round(1, replace(first.plan, trials=9))
    store.set_source(1, TrainingSource(path="train:train", text="def train", sha256="0" * 64))
    store.add_spent_twice(1, 1.5)
    store.add_spent_twice(1, 1.0)
    one, two = store.rounds()
    assert (one.plan.trials, one.source.path, one.spent_twice_s) == (9, "train:train", 2.5)
    assert (two.plan.goal, two.source, two.created_at) == ("again", None, 2.0)
    assert (store.round(1), store.round(2)) == (one, two)
    with pytest.raises(StoreError, match="no round 3"):
        store.round(3)
    with pytest.raises(StoreError, match="no round 7"):
        store.extend_round(7, first.plan)


def test_trials_that_are_there_are_left_as_they_are(store):
    (claimed,) = claim(store)
    fresh = TrialRecord(round=1, number=6, study="s", index=0, config={"x": True, "y": "é"}, seed=2**31 - 1,
                        max_train_steps=10)  # fmt: skip
    store.add_trials([replace(claimed, status=Status.PENDING, attempt=0), fresh])
    trials = store.trials(1)
    assert trials[0].status is Status.RUNNING
    assert trials[6] == fresh
    assert trials[6].config["x"] is True


def test_claims_are_lowest_first_and_raise_the_attempt(store):
    assert [t.number for t in claim(store, 2)] == [0, 1]
    assert [(t.number, t.attempt, t.status) for t in claim(store, 9, "b")] == [
        (n, 1, Status.RUNNING) for n in (2, 3, 4, 5)
    ]
    assert claim(store, 9, "c") == []
    assert store.hosts(1)[TrialKey(1, 1)] == "a"
    assert len(store.held(1)) == 6


def test_claims_may_ask_for_one_purpose(store):
    rerun = TrialRecord(round=1, number=RERUN_FROM, study="", rerun_of="best", index=0, config={}, seed=1,
                        max_train_steps=10, purpose=Purpose.RERUN)  # fmt: skip
    store.add_trials([rerun])
    assert [t.name for t in claim(store, 9, purpose=Purpose.RERUN)] == ["1.r0"]


def test_a_lease_that_ended_may_be_claimed_by_another(store):
    claim(store, lease_s=60.0)
    assert 0 not in [t.number for t in claim(store, 9, "b")]
    assert store.renew("a", [KEY], 0.05) == ()
    time.sleep(0.1)
    (again,) = claim(store, 9, "c")
    assert (again.number, again.attempt) == (0, 2)


def test_renewing_keeps_it_and_tells_what_was_lost(store):
    claim(store, 2, lease_s=0.4)
    assert store.renew("a", [KEY], 60.0) == ()
    time.sleep(0.5)
    assert [t.number for t in claim(store, 1, "b")] == [1]
    assert store.renew("a", [KEY, TrialKey(1, 1)], 60.0) == (TrialKey(1, 1),)


def test_release_gives_back_and_counts_what_was_spent(store):
    claim(store)
    store.release(KEY, 1, seconds=3.0)
    assert store.trials(1)[0].status is Status.PENDING
    (again,) = claim(store)
    assert (again.attempt, again.seconds) == (2, 3.0)
    store.release(KEY, 1)
    assert store.trials(1)[0].status is Status.RUNNING, "an old attempt releases nothing"


def test_an_attempt_ends_once(store):
    claim(store)
    assert store.finish(KEY, 1, DONE)
    assert not store.finish(KEY, 1, replace(DONE, status=Status.INFEASIBLE, cause=Cause.CRASHED))
    trial = store.trials(1)[0]
    assert (trial.status, trial.seconds, trial.unread, trial.output_tail) == (
        Status.COMPLETE, 2.0, ("x",), "end",
    )  # fmt: skip
    assert claim(store, 9)[0].number == 1


def test_a_trial_that_has_ended_is_trained_again(store, points):
    (one, two) = claim(store, 2)
    store.append(one.key, 1, 0, points(0, 5), 5)
    crashed = replace(DONE, status=Status.INFEASIBLE, cause=Cause.CRASHED, detail="no")
    store.cancel([one.key])  # asked of its host while it ran, and too late
    assert store.finish(one.key, 1, crashed)
    assert store.again([one.key, two.key, TrialKey(1, 99)]) == (one.key,)
    known = store.trial(one.key)
    assert (known.status, known.cause, known.detail, known.output_tail) == (
        Status.PENDING,
        None,
        "",
        "",
    )
    assert (known.attempt, known.unread, known.ended_at) == (1, (), None)
    assert known.config == one.config and known.seed == one.seed
    assert store.measurements(one.key) == () and not store.asked(1).cancelled
    assert [t.attempt for t in claim(store, host="b")] == [2]


def test_what_is_done_together_is_all_there_or_not_at_all(store, points):
    claim(store, 2)
    other = TrialKey(1, 1)
    with store.together():
        store.append(KEY, 1, 0, points(0, 3), 3)
        with pytest.raises(BookBusyError, match="superseded"):
            store.append(KEY, 7, 0, points(0, 3), 3)
        store.append(other, 1, 0, points(0, 2), 2)
        assert len(store.measurements(KEY)) == 3
    assert (len(store.measurements(KEY)), len(store.measurements(other))) == (3, 2)

    def half():
        with store.together():
            store.append(KEY, 1, 0, points(3, 5), 5)
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        half()
    assert len(store.measurements(KEY)) == 3
    assert store.ingested_lines(KEY, 1) == 3
    store.append(KEY, 1, 0, points(3, 5), 5)
    assert len(store.measurements(KEY)) == 5


def test_a_block_within_another_is_a_part_of_it(store, points):
    claim(store, 2)
    other = TrialKey(1, 1)

    def outer():
        with store.together():
            with store.together():
                store.append(KEY, 1, 0, points(0, 3), 3)
            store.append(other, 1, 0, points(0, 2), 2)
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        outer()
    assert (store.measurements(KEY), store.measurements(other)) == ((), ())


def test_a_clock_that_jumps_takes_no_trial_from_the_host_that_holds_it(store):
    claim(store, 2, lease_s=-3600.0)
    kept = store.claim(1, "a", 60.0, 6, holding=(0, 1))
    assert [c.trial.number for c in kept] == [2, 3, 4, 5]
    assert [c.trial.number for c in store.claim(1, "b", 60.0, 6)] == [0, 1]


def test_a_superseded_attempt_neither_reports_nor_ends(store, points):
    claim(store, lease_s=0.0)
    time.sleep(0.05)
    claim(store, 1, "b")
    with pytest.raises(
        BookBusyError, match=r"attempt 1 at trial 1\.0 was superseded by attempt 2"
    ):
        store.append(KEY, 1, 0, points(0, 3), 3)
    assert not store.finish(KEY, 1, DONE)
    assert not store.measurements(KEY)


def test_lines_delivered_twice_are_stored_once(store, points):
    claim(store)
    store.append(KEY, 1, 0, points(0, 3), 3)
    store.append(KEY, 1, 0, points(0, 3), 3)
    store.append(KEY, 1, 0, points(3, 5), 5)
    assert store.ingested_lines(KEY, 1) == 5
    assert [m.step for m in store.measurements(KEY)] == [0, 1, 2, 3, 4]


def columns(first, last):
    steps = np.arange(first, last)
    return {"loss": Points(steps, steps / 7, steps / 10)}


def test_many_logs_are_taken_in_together_and_a_superseded_one_spoils_no_other(store, points):
    claim(store, 4, lease_s=60.0)
    store.append(KEY, 1, 0, points(0, 2), 2)
    store.release(TrialKey(1, 1), 1)
    claim(store, 1, "b")
    keys = [TrialKey(1, n) for n in range(4)]
    logged = [
        Logged(key=keys[0], attempt=1, first_step=0, lines=4, points=columns(2, 4), outcome=DONE),
        Logged(key=keys[1], attempt=1, first_step=0, lines=3, points=columns(0, 3), outcome=DONE),
        Logged(key=keys[2], attempt=1, first_step=0, lines=3, points=columns(0, 3)),
        Logged(key=keys[3], attempt=1, first_step=0, lines=0, points={}, outcome=DONE),
        Logged(key=TrialKey(7, 0), attempt=1, first_step=0, lines=1, points={}, outcome=DONE),
    ]
    fates = [(t.stored, t.finished) for t in store.take_in(logged)]
    assert fates == [(True, True), (False, False), (True, False), (True, True), (False, False)]
    assert [len(store.measurements(key)) for key in keys] == [4, 0, 3, 0]
    assert [store.trial(key).status.ended for key in keys] == [True, False, False, True]
    assert store.trial(keys[0]).seconds == 2.0
    asked = [(key, 1) for key in keys]
    assert store.lines_of(asked) == {(keys[0], 1): 4, (keys[2], 1): 3}
    again = [(t.stored, t.finished) for t in store.take_in(logged)]
    assert again == [(True, False), (False, False), (True, False), (True, False), (False, False)]
    assert [len(store.measurements(key)) for key in keys] == [4, 0, 3, 0], "stored once"
    assert store.take_in([]) == ()


def test_one_trial_is_read_by_its_key(store):
    claim(store, 2)
    assert store.trial(TrialKey(1, 1)) == store.trials(1)[1]
    assert store.trial(TrialKey(1, 6)) is None
    assert store.trial(TrialKey(2, 0)) is None


def test_attempts_are_merged_the_later_one_standing(store, points):
    claim(store)
    store.append(KEY, 1, 0, points(0, 6), 6)
    store.release(KEY, 1)
    claim(store)
    store.append(KEY, 2, 4, points(4, 5, add=100.0), 1)
    values = {m.step: m.value for m in store.measurements(KEY)}
    assert values == {0: 0, 1: 1, 2: 2, 3: 3, 4: 104.0, 5: 5}, (
        "nothing acknowledged is out of sight"
    )
    store.finish(KEY, 2, DONE)
    values = {m.step: m.value for m in store.measurements(KEY)}
    assert values == {0: 0, 1: 1, 2: 2, 3: 3, 4: 104.0}, "once complete, no mixture of runs"


def test_curves_of_some_trials_as_columns(store, points):
    claim(store, 4)
    store.append(KEY, 1, 0, [*points(0, 3), *points(0, 2, metric="acc")], 3)
    store.append(TrialKey(1, 2), 1, 0, points(0, 2), 2)
    store.append(TrialKey(1, 2), 1, 0, points(2, 4), 4)
    store.append(TrialKey(1, 3), 1, 0, points(0, 6), 6)
    store.release(TrialKey(1, 3), 1)
    store.claim(1, "a", 60.0, 1, holding=(0, 1, 2))
    store.append(TrialKey(1, 3), 2, 4, points(4, 5, add=100.0), 1)
    found = store.curves_of(1, [1, 2, 3])
    assert list(found) == ["loss"], "acc was reported by another trial"
    assert found["loss"].offsets.tolist() == [0, 0, 4, 10]
    assert found["loss"].of(1)[0].tolist() == [0, 1, 2, 3]
    assert found["loss"].of(2)[1].tolist() == [0, 1, 2, 3, 104, 5]
    store.finish(TrialKey(1, 3), 2, DONE)
    assert store.curves_of(1, [3])["loss"].of(0)[1].tolist() == [0, 1, 2, 3, 104]
    assert store.curves_of(1, [0])["acc"].of(0)[1].tolist() == [0, 1]
    assert store.curves_of(1, []) == {}


def decision(number):
    return Decision(number=number, round=1, verdict=Verdict.ADOPT, sentence="s", config={"x": 0.5},
                    sides=(), least_improvement=0.0, error_rate=0.05, max_train_steps=10,
                    decided_at=1.0)  # fmt: skip


def test_decisions_and_launches_are_only_added_in_order(store):
    store.add(decision(1))
    with pytest.raises(StoreError, match="next number, 2; got 1"):
        store.add(decision(1))
    store.add(decision(2))
    assert [d.number for d in store.decisions()] == [1, 2]
    launch = Launch(number=0, decision=1, parent=None, config={"x": 0.5}, who="w", why="y",
                    expected=Interval(0.1, 0.0, 0.2), max_train_steps=10, launched_at=1.0)  # fmt: skip
    with pytest.raises(StoreError, match="next number, 0; got 1"):
        store.add(replace(launch, number=1))
    store.add(launch)
    assert store.launches() == (launch,)


def test_a_plan_of_reruns_comes_back_as_it_was(store):
    plan = PLANNED
    store.add(plan)
    assert store.rerun_plans() == (plan,)
    with pytest.raises(StoreError, match="next number, 2; got 1"):
        store.add(plan)


def test_closing_twice_is_fine(store):
    store.close()
    store.close()


def test_environments_seals_and_looks_are_only_added_in_order(store):
    environment = Environment(
        number=1, round=1, reruns=False, began_at=1.0, code="t.py:t", sha256="a",
        versions={"python": "3.12"}, hardware={"cpu": "x"},
    )  # fmt: skip
    seal = Seal(number=1, metric="test/error", rounds=1, sealed_at=1.0)
    look = Look(number=1, metric="test/error", rounds=1, who="ada", why="end", looked_at=2.0)
    for read, noun in (
        (store.environments, environment),
        (store.seals, seal),
        (store.looks, look),
    ):
        store.add(noun)
        assert read() == (noun,)
        with pytest.raises(StoreError, match="next number, 2; got 1"):
            store.add(noun)


def test_a_sealed_metric_has_no_curve_in_the_table(store, points):
    claimed = store.claim(1, "host", 60.0, 1)[0].trial
    measured = [Measurement(step=1, metric=m, value=0.1) for m in ("loss", "test/error")]
    store.append(claimed.key, claimed.attempt, 0, measured, lines=1)
    assert set(table(store, 1).curves) == {"loss", "test/error"}
    store.add(Seal(number=1, metric="test/error", rounds=0, sealed_at=1.0))
    assert set(table(store, 1).curves) == {"loss"}
    assert set(store.curves_of(1, [0])) == {"loss", "test/error"}, "it is stored all the same"
    store.add(Look(number=1, metric="test/error", rounds=1, who="", why="end", looked_at=2.0))
    assert set(table(store, 1).curves) == {"loss", "test/error"}
