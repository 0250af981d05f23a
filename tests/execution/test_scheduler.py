"""The loop: claims, losses, takeovers, interruptions, a disk that fails."""

from __future__ import annotations

import os
import signal
import time

import pytest

from execution.trainings import quick
from tunebook.domain.errors import StoreError, TrainingCodeError
from tunebook.domain.trial import Cause, Outcome, Status, TrialKey
from tunebook.execution import Ended, RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.endings import RETRIES
from tunebook.execution.host import gone, host_identity
from tunebook.execution.scheduler import run_trials
from tunebook.store.ingest import follow_all
from tunebook.training.log import TrialLog, attempt_files, read_log

FIRST = TrialKey(1, 0)


def numbers(n):
    return [{"x": float(i)} for i in range(n)]


def statuses(store):
    return [t.status for t in store.trials(1)]


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_round_runs_to_its_end_whatever_the_number_of_workers(make_book, workers):
    store = make_book(numbers(7))
    summary = run_trials(store, 1, training_code(quick), RunOptions(workers=workers))
    assert (summary.ran, summary.complete, summary.stopped) == (7, 7, "")
    for n, trial in enumerate(store.trials(1)):
        values = [m.value for m in store.measurements(trial.key)]
        assert values == [n + 1 / (step + 1) for step in range(10)]


def test_a_round_that_has_ended_runs_nothing(make_book):
    store = make_book(numbers(2))
    run_trials(store, 1, training_code(quick), RunOptions(workers=0))
    assert run_trials(store, 1, training_code(quick), RunOptions(workers=1)).ran == 0


def test_progress_says_what_is_known(make_book):
    store = make_book([*numbers(4), {"x": "a text"}])
    seen = []

    def train(trial):
        time.sleep(0.05)
        if trial.config["x"] == "a text":
            raise ValueError("no number")
        quick(trial)

    run_trials(store, 1, training_code(train), RunOptions(workers=2), on_progress=seen.append)
    assert (seen[0].total, seen[0].done, seen[0].best) == (5, 0, None)
    last = seen[-1]
    assert (last.done, last.running, last.infeasible) == (5, 0, 1)
    assert (last.best, last.best_trial) == (0.1, "1.0")
    assert (last.last_cause, last.last_trial) == ("crashed", "1.4")
    again = []
    run_trials(store, 1, training_code(train), RunOptions(workers=2), on_progress=again.append)
    assert (again[-1].done, again[-1].best, again[-1].infeasible) == (5, 0.1, 1)


def test_code_that_can_not_be_loaded_uses_up_no_trial(make_book, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "late.py"
    file.write_text("import no_such_framework\ndef train(trial): return 0.5\n")
    store = make_book(numbers(6))
    with pytest.raises(TrainingCodeError, match="no_such_framework"):
        run_trials(store, 1, training_code("late.py:train"), RunOptions(workers=2))
    assert set(statuses(store)) == {Status.PENDING}
    file.write_text("def train(trial): return 0.5\n")
    assert (
        run_trials(store, 1, training_code("late.py:train"), RunOptions(workers=2)).complete == 6
    )


def test_code_that_dies_while_it_loads_uses_up_no_trial(make_book, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deadly.py").write_text(
        "import os\nprint('going down', flush=True)\nos._exit(7)\ndef train(trial): ...\n"
    )
    store = make_book(numbers(3))
    with pytest.raises(TrainingCodeError) as caught:
        run_trials(store, 1, training_code("deadly.py:train"), RunOptions(workers=2))
    assert "going down" in str(caught.value)
    assert "exit code 7" in str(caught.value)
    assert set(statuses(store)) == {Status.PENDING}


def test_a_time_budget_lets_trials_under_way_end(make_book, tmp_path):
    store = make_book(numbers(8))
    begun = tmp_path / "begun"
    begun.mkdir()

    def train(trial):
        (begun / str(trial.number)).touch()
        time.sleep(1.0)
        quick(trial)

    summary = run_trials(store, 1, training_code(train), RunOptions(workers=2, time_budget_s=2.5))
    assert summary.stopped == "time budget"
    assert summary.complete == len(list(begun.iterdir())) <= 6
    assert summary.complete == statuses(store).count(Status.COMPLETE)
    rest = run_trials(store, 1, training_code(train), RunOptions(workers=2))
    assert rest.complete == 8 - summary.complete
    # Trials that were claimed ahead and given back were not trained twice.
    assert (summary.spent_twice_s, rest.spent_twice_s) == (0, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_was_acknowledged(make_book, number):
    store = make_book(numbers(3))

    def interrupted(trial):
        trial.report(0, {"valid/error": 0.5})
        if trial.number == 1:
            os.kill(os.getpid(), number)
            time.sleep(5)
        trial.report(1, {"valid/error": 0.4})

    before = signal.getsignal(number)
    summary = run_trials(store, 1, training_code(interrupted), RunOptions(workers=0))
    assert signal.getsignal(number) is before
    assert (summary.stopped, summary.complete) == ("interrupted", 1)
    assert statuses(store) == [Status.COMPLETE, Status.PENDING, Status.PENDING]
    assert [m.value for m in store.measurements(TrialKey(1, 1))] == [0.5]
    assert run_trials(store, 1, training_code(quick), RunOptions(workers=0)).complete == 2


class Loser:
    """An executor that loses every attempt, all of them at once."""

    workers = 2

    def __init__(self, **how):
        self.submitted = []
        self.how = how

    def submit(self, assignment):
        self.submitted.append(assignment.trial)

    def wait(self, timeout_s):
        lost, self.submitted = self.submitted, []
        return tuple(Ended(key=t.key, attempt=t.attempt, seconds=1.0, **self.how) for t in lost)

    def cancel(self, key): ...

    def close(self, *, grace_s=0.0):
        return ()


def test_a_trial_that_is_lost_again_and_again_fails(make_book):
    store = make_book(numbers(2))
    summary = run_trials(store, 1, training_code(quick), RunOptions(executor=Loser()))
    assert summary.failed == 2
    assert summary.spent_twice_s == 2 * RETRIES
    for trial in store.trials(1):
        assert (trial.status, trial.cause) == (Status.FAILED, Cause.RETRIES_SPENT)
        assert trial.attempt == RETRIES + 1
    assert store.rounds()[0].spent_twice_s == 2 * RETRIES


@pytest.mark.parametrize(
    ("how", "error"),
    [({"unloadable": "line 3"}, TrainingCodeError), ({"unwritable": "disk full"}, StoreError)],
)
def test_workers_that_fail_at_once_keep_no_trial_claimed(make_book, how, error):
    store = make_book(numbers(3))
    with pytest.raises(error, match=next(iter(how.values()))):
        run_trials(store, 1, training_code(quick), RunOptions(executor=Loser(**how)))
    assert set(statuses(store)) == {Status.PENDING}


def log_of(store, key, attempt):
    return TrialLog(attempt_files(store.files, key, attempt))


def end(status=Status.COMPLETE):
    return Outcome(status=status, seconds=2.0, ended_at=1.0)


DEAD_HERE = "{machine}:999999999:1:1"
DEAD_ELSEWHERE = "another-machine:1:1:1"


def here(text):
    with host_identity() as me:
        return text.format(machine=me.rsplit(":", 3)[0])


@pytest.mark.parametrize("host", [DEAD_HERE, DEAD_ELSEWHERE])
@pytest.mark.parametrize("taken_in", [0, 2])
def test_an_end_line_is_believed_and_the_trial_is_not_run_again(make_book, host, taken_in):
    store = make_book(numbers(1))
    store.claim(1, here(host), 0.05)
    log = log_of(store, FIRST, 1)
    log.start(0)
    for step in range(5):
        log.measure(step, {"valid/error": 1 - step / 10})
        if step + 1 == taken_in:
            follow_all(store, [(FIRST, 1, None)])[0]
    log.end(end())
    log.close()
    time.sleep(0.1)

    def never(trial):
        raise AssertionError("it had ended")

    run_trials(store, 1, training_code(never), RunOptions(workers=0))
    trial = store.trials(1)[0]
    assert trial.status is Status.COMPLETE
    assert [m.step for m in store.measurements(FIRST)] == [0, 1, 2, 3, 4]
    assert not list(store.files.rglob("*.log"))


@pytest.mark.parametrize("host", [DEAD_HERE, DEAD_ELSEWHERE])
def test_a_trial_without_an_end_is_run_again_and_its_time_counted(make_book, host):
    store = make_book(numbers(1))
    store.claim(1, here(host), 0.05)
    log = log_of(store, FIRST, 1)
    log.start(0)
    log.measure(0, {"valid/error": 7.0})
    log.measure(3, {"valid/error": 6.0, "extra": 1.0})
    log.close()
    time.sleep(0.1)
    seen = []

    def train(trial):
        seen.extend(store.measurements(FIRST))
        quick(trial)

    run_trials(store, 1, training_code(train, here=True), RunOptions(workers=0))
    # What the dead host's worker acknowledged was in the book before the new attempt began.
    assert [(m.step, m.metric, m.value) for m in seen] == [
        (0, "valid/error", 7.0),
        (3, "extra", 1.0),
        (3, "valid/error", 6.0),
    ]
    trial = store.trials(1)[0]
    assert (trial.status, trial.attempt) == (Status.COMPLETE, 2)
    values = [m.value for m in store.measurements(FIRST) if m.metric == "valid/error"]
    assert values == [1 / (step + 1) for step in range(10)]
    assert not list(store.files.rglob("*.log"))


def test_a_claim_that_was_never_begun_is_no_lost_compute(make_book):
    store = make_book(numbers(3))
    store.claim(1, here(DEAD_HERE), 3600.0, limit=3)
    summary = run_trials(store, 1, training_code(quick), RunOptions(workers=0))
    assert (summary.complete, summary.spent_twice_s) == (3, 0)


def test_a_living_host_keeps_its_trials(make_book):
    store = make_book(numbers(2))
    with host_identity() as other:
        assert not gone(other)
        began = time.monotonic()
        store.claim(1, other, 0.6)
        run_trials(store, 1, training_code(quick), RunOptions(workers=0))
        # Its trial was left alone until the lease had ended.
        assert time.monotonic() - began >= 0.6
    assert gone(other)
    assert not gone(DEAD_ELSEWHERE)
    assert not gone("")
    assert statuses(store) == [Status.COMPLETE] * 2


def test_a_trial_that_another_host_took_over_is_not_ended_by_us(make_book):
    store = make_book(numbers(1))

    def train(trial):
        trial.report(0, {"valid/error": 0.5})
        if trial.attempt == 1:
            store.release(FIRST, 1)
            store.claim(1, DEAD_ELSEWHERE, 0.3)
        trial.report(1, {"valid/error": 0.4})

    summary = run_trials(store, 1, training_code(train, here=True), RunOptions(workers=0))
    trial = store.trials(1)[0]
    assert (trial.status, summary.ran) == (Status.COMPLETE, 1)
    assert [m.value for m in store.measurements(FIRST)] == [0.5, 0.4]


def test_a_book_that_can_not_be_written_stops_workers_and_loses_nothing(make_book, monkeypatch):
    store = make_book(numbers(4), max_train_steps=60)

    def train(trial):
        for step in range(trial.max_train_steps):
            time.sleep(0.02)
            trial.report(step, {"valid/error": 1 / (step + 1)})

    def full(*args):
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "take_in", full)
        with pytest.raises(StoreError, match="disk is full"):
            run_trials(store, 1, training_code(train), RunOptions(workers=2))
    assert list(store.files.rglob("*.log"))
    assert Status.COMPLETE not in statuses(store)
    acknowledged = {}
    for log in store.files.rglob("*.log"):
        acknowledged[int(log.name.split(".")[0])] = len(read_log(log).measurements)
    seen = {}

    def look(trial):
        seen[trial.number] = len(store.measurements(TrialKey(1, trial.number)))
        quick(trial)

    run_trials(store, 1, training_code(look, here=True), RunOptions(workers=0))
    assert {n: seen[n] for n in acknowledged} == acknowledged
    assert set(statuses(store)) == {Status.COMPLETE}


def test_a_folder_that_can_not_be_written_is_told(make_book):
    store = make_book(numbers(2))
    store.files.mkdir(parents=True, exist_ok=True)
    (store.files / "round-1").write_text("in the way")
    for workers in (0, 1):
        with pytest.raises(StoreError, match="round-1"):
            run_trials(store, 1, training_code(quick), RunOptions(workers=workers))
    assert set(statuses(store)) == {Status.PENDING}


def test_there_has_to_be_such_a_round(make_book):
    with pytest.raises(StoreError, match="no round 4"):
        run_trials(make_book(numbers(1)), 4, training_code(quick), RunOptions(workers=0))
