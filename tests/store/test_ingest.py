"""Logs into the book, and files away only once the book has all of it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

import pytest

from tunebook.book.opening import open_store
from tunebook.domain.errors import BookBusyError
from tunebook.domain.trial import Cause, Outcome, Purpose, Status, TrialKey, TrialRecord
from tunebook.store.ingest import follow_all, output_tail, settle
from tunebook.store.sql import SqlStore
from tunebook.store.table import table
from tunebook.training.log import TrialLog, attempt_files
from waiting import lines, until

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
    first = follow_all(claimed, [(KEY, 1, None)])[0]
    assert first.lines == 4
    assert follow_all(claimed, [(KEY, 1, None)])[0] == first, "the book knows how far it came"
    assert len(claimed.measurements(KEY)) == 3


def test_nothing_to_collect_before_the_log_is_begun(claimed):
    assert follow_all(claimed, [(KEY, 1, None)])[0] is None


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
    at = follow_all(claimed, [(KEY, 1, None)])[0]
    log.start(4)
    for step in range(4, 7):
        log.measure(step, {"loss": 1 / step})
        at = follow_all(claimed, [(KEY, 1, at)])[0]
    again = follow_all(claimed, [(KEY, 1, at)])[0]
    assert (at.lines, at.first_step, again) == (5, 4, at)
    assert at.offset == attempt_files(claimed.files, KEY, 1).log.stat().st_size
    assert [m.step for m in claimed.measurements(KEY)] == [4, 5, 6]
    assert claimed.ingested_lines(KEY, 1) == 5
    log.close()


def test_an_end_without_a_log_hides_nothing_of_an_earlier_attempt(claimed):
    logged(claimed)
    settle(claimed, KEY, 1)
    claimed.release(KEY, 1)
    claimed.claim(1, "b", 60.0)
    attempt_files(claimed.files, KEY, 1).log.unlink()
    assert settle(claimed, KEY, 2, DONE).status is Status.COMPLETE
    assert len(claimed.measurements(KEY)) == 3


SETTLES = """
import sys
from pathlib import Path
from tunebook.store.ingest import End, settle_all
from tunebook.store.sql import SqlStore
from tunebook.training.log import TrialLog, attempt_files
from tunebook.domain.trial import Outcome, Status
store = SqlStore.open(sys.argv[1])
said = open(Path(sys.argv[1]).with_name("said"), "w")
while claims := store.claim(1, "host", 60.0, 25):
    ends = []
    for claim in claims:
        log = TrialLog(attempt_files(store.files, claim.trial.key, 1))
        log.start(0)
        for step in range(20):
            log.measure(step, {"loss": step / 7})
            said.write(f"{claim.trial.number} {step}\\n")
            said.flush()
        log.end(Outcome(status=Status.COMPLETE, seconds=1.0, ended_at=1.0))
        log.close()
        ends.append(End(key=claim.trial.key, attempt=1))
    settle_all(store, ends)
"""


@pytest.mark.parametrize("after", [1500, 4000, 9000])
def test_a_host_that_is_killed_while_it_settles_many_loses_nothing(book, tmp_path, after):
    more = [
        TrialRecord(round=1, number=n, study="", index=n, config={}, seed=n, max_train_steps=20)
        for n in range(6, 600)
    ]
    book.add_trials(more)
    book.close()
    host = subprocess.Popen([sys.executable, "-c", SETTLES, str(tmp_path / "b.db")])
    said = tmp_path / "said"
    until(lambda: lines(said) > after or host.poll() is not None)
    assert host.poll() is None
    host.kill()
    host.wait()
    acknowledged = [tuple(map(int, x.split())) for x in said.read_text().splitlines()[:-1]]
    with closing(SqlStore.open(tmp_path / "b.db")) as again:
        for trial in again.held(1):
            settle(again, trial.key, 1, DONE)
        curves = again.curves_of(1, range(600))["loss"]
        kept = {(n, s) for n in range(600) for s in curves.of(n)[0].tolist()}
        counts = curves.offsets
        assert len(acknowledged) > 1000
        assert set(acknowledged) <= kept
        assert counts[-1] == len(kept), "and none is there twice"
    # Killed between the commit and the deletion of logs, it leaves logs whose reports are kept.
    open_store(tmp_path / "b.db", None, None).close()
    assert not [p for p in (tmp_path / "b.files").rglob("*") if p.is_file()]


def test_no_output_is_an_empty_tail(tmp_path):
    assert output_tail(tmp_path / "absent") == ""


def test_a_table_of_the_round(claimed):
    logged(claimed, end=DONE)
    settle(claimed, KEY, 1)
    claimed.add_trials(
        [
            TrialRecord(round=1, number=1_000_000, study="", rerun_of="best", index=0, config={"x": 0.5},
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
    assert reruns.rerun_of == ("best",)
