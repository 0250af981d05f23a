"""Logs into the book, and files away only once the book has all of it."""

from __future__ import annotations

import pytest

from tunebook.store.ingest import follow, output_tail, settle
from tunebook.store.table import table
from tunebook.training.log import TrialLog, attempt_files
from tunebook.words.errors import BookBusyError
from tunebook.words.trial import Cause, Outcome, Purpose, Status, TrialKey, TrialRecord

KEY = TrialKey(1, 0)
DONE = Outcome(status=Status.COMPLETE, seconds=1.0, ended_at=2.0)


def logged(store, attempt=1, steps=3, end=None, first=0):
    files = attempt_files(store.files, KEY, attempt)
    log = TrialLog(files)
    log.start(first)
    for step in range(first, first + steps):
        log.measure(step, {"loss": 1.0 / (step + 1)})
    if end is not None:
        log.end(end)
    log.close()
    files.output.write_text("begin\n" + "x" * 5000 + "\nlast words\x1b[31m\n")
    return files


@pytest.fixture
def claimed(book):
    book.claim(1, "a", 60.0)
    return book


def test_collecting_twice_stores_once(claimed):
    logged(claimed)
    first = follow(claimed, KEY, 1, None)
    assert first.lines == 4
    assert follow(claimed, KEY, 1, None) == first, "the book knows how far it came"
    assert len(claimed.measurements(KEY)) == 3


def test_nothing_to_collect_before_the_log_is_begun(claimed):
    assert follow(claimed, KEY, 1, None) is None


def test_without_an_end_everything_is_left_where_it_is(claimed):
    files = logged(claimed)
    assert settle(claimed, KEY, 1) is None
    assert files.log.exists()
    assert claimed.trials(1)[0].status is Status.RUNNING
    assert len(claimed.measurements(KEY)) == 3


def test_an_end_finishes_the_trial_and_clears_its_files(claimed):
    files = logged(claimed, end=DONE)
    assert settle(claimed, KEY, 1).status is Status.COMPLETE
    assert not files.log.exists()
    assert not files.output.exists()
    trial = claimed.trials(1)[0]
    assert trial.status is Status.COMPLETE
    assert trial.output_tail.endswith("last words[31m\n")
    assert len(trial.output_tail) <= 4096
    assert settle(claimed, KEY, 1, DONE) is None, "it has ended already"


def test_the_logs_own_end_comes_before_the_executors(claimed):
    killed = Outcome(status=Status.INFEASIBLE, cause=Cause.TIMED_OUT, detail="late")
    logged(claimed, end=DONE)
    assert settle(claimed, KEY, 1, killed).status is Status.COMPLETE


def test_an_executors_end_keeps_what_was_reported(claimed):
    logged(claimed)
    killed = Outcome(status=Status.INFEASIBLE, cause=Cause.TIMED_OUT, detail="late")
    assert settle(claimed, KEY, 1, killed).cause is Cause.TIMED_OUT
    assert len(claimed.measurements(KEY)) == 3


def test_damaged_lines_are_said_and_their_file_kept(claimed):
    files = logged(claimed, end=DONE)
    content = files.log.read_bytes()
    files.log.write_bytes(content.replace(b'"s":1', b'"s":7', 1))
    assert "1 damaged lines" in settle(claimed, KEY, 1).detail
    assert files.log.with_suffix(".damaged").exists()
    assert [m.step for m in claimed.measurements(KEY)] == [0, 2]


def test_a_superseded_attempt_is_not_taken_in(book):
    book.claim(1, "a", 0.0)
    logged(book, end=DONE)
    book.claim(1, "b", 60.0)
    with pytest.raises(BookBusyError):
        settle(book, KEY, 1)


def test_a_log_that_grows_is_read_on_and_a_late_start_is_heard(claimed):
    log = TrialLog(attempt_files(claimed.files, KEY, 1))
    log.note("checkpoint 7 is damaged and was passed over")
    at = follow(claimed, KEY, 1, None)
    log.start(4)
    for step in range(4, 7):
        log.measure(step, {"loss": 1 / step})
        at = follow(claimed, KEY, 1, at)
    again = follow(claimed, KEY, 1, at)
    assert (at.lines, at.first_step, again) == (5, 4, at)
    assert at.offset == attempt_files(claimed.files, KEY, 1).log.stat().st_size
    assert [m.step for m in claimed.measurements(KEY)] == [4, 5, 6]
    assert claimed.ingested_lines(KEY, 1) == 5
    log.close()


def test_no_output_is_an_empty_tail(tmp_path):
    assert output_tail(tmp_path / "absent") == ""


def test_a_table_of_the_round(claimed):
    logged(claimed, end=DONE)
    settle(claimed, KEY, 1)
    claimed.add_trials(
        [
            TrialRecord(round=1, number=1_000_000, study="rerun:best", index=0, config={"x": 0.5},
                        seed=1, max_train_steps=10, purpose=Purpose.RERUN)
        ]
    )  # fmt: skip
    made = table(claimed, 1)
    assert len(made) == 6
    assert made.value[0] == pytest.approx(1 / 3)
    assert made.status[1] is Status.PENDING
    assert made.chance == 0.9
    assert [list(a) for a in made.curves["loss"].of(0)] == [[0, 1, 2], [1.0, 0.5, 1 / 3]]
    assert made.curves["loss"].of(1)[0].size == 0
    reruns = table(claimed, 1, reruns=True)
    assert reruns.name == ("1.r0",)
    assert reruns.study == ("rerun:best",)
