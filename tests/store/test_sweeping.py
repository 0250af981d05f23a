"""What a killed host left of ended trials goes once the book holds it, and nothing else goes."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from contextlib import closing

import pytest

from tunebook.book.opening import open_store
from tunebook.domain.trial import Outcome, Status, TrialKey
from tunebook.store import ingest
from tunebook.store.ingest import follow_all, settle
from tunebook.store.sweeping import sweep
from tunebook.training.log import TrialLog, attempt_files
from tunebook.training.worker import WORKER_PID

KEY = TrialKey(1, 0)
DONE = Outcome(status=Status.COMPLETE, seconds=1.0, ended_at=2.0)
VALUES = [0.5, math.nan, 1 / 3]


def report(files, values, *, end=None, first=0):
    log = TrialLog(files)
    log.start(first)
    for step, value in enumerate(values, first):
        log.measure(step, {"loss": value, "error": value})
    if end is not None:
        log.end(end)
    log.close()
    files.output.write_text("it printed\n")


@pytest.fixture
def killed(book, tmp_path, monkeypatch):
    """The folder of a book whose host died after it had committed a trial's end."""
    book.claim(1, "a", 60.0)
    report(attempt_files(book.files, KEY, 1), VALUES, end=DONE)
    with monkeypatch.context() as dies:
        dies.setattr(ingest, "_drop", lambda *_, **__: None)
        assert settle(book, KEY, 1) == book_outcome(book)
    book.close()
    assert names(tmp_path) == {"0.a1.log", "0.a1.out", "0.lock"}
    return tmp_path


def book_outcome(book):
    return Outcome(
        status=Status.COMPLETE, seconds=1.0, ended_at=2.0, output_tail=book.trial(KEY).output_tail
    )


def names(folder):
    return {p.name for p in (folder / "b.files").rglob("*") if p.is_file()}


def opened(folder):
    open_store(folder / "b.db", None, None).close()
    return names(folder)


def test_what_the_book_holds_goes_when_it_is_opened(killed):
    assert opened(killed) == set()


@pytest.mark.parametrize("left", ["0.a1.log", "0.a1.out", "0.lock"])
def test_whatever_is_left_of_it_goes(killed, left):
    for name in names(killed) - {left}:
        (killed / "b.files/round-1" / name).unlink()
    assert opened(killed) == set()


def test_a_log_that_says_more_than_the_book_stays(killed):
    files = attempt_files(killed / "b.files", KEY, 1)
    report(files, [7.0], first=3)
    before = files.log.read_bytes()
    assert opened(killed) >= {"0.a1.log", "0.a1.out"}
    assert files.log.read_bytes() == before


@pytest.mark.parametrize("changed", [b"not a line\n", b"0" * 8 + b' {"s":9,"m":{"loss":1.0}}\n'])
def test_a_log_with_damaged_lines_stays(killed, changed):
    log = attempt_files(killed / "b.files", KEY, 1).log
    log.write_bytes(log.read_bytes() + changed)
    assert "0.a1.log" in opened(killed)


def test_output_of_which_the_book_has_no_end_stays(killed):
    attempt_files(killed / "b.files", KEY, 1).output.write_text("printed by another\n")
    assert opened(killed) == {"0.a1.log", "0.a1.out", "0.lock"}


HOLDS = """
import sys
from pathlib import Path
from tunebook.training.log import take_lock
take_lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_what_a_process_still_writes_stays(killed):
    lock = attempt_files(killed / "b.files", KEY, 1).lock
    writer = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdout.readline() == b"held\n"
    assert opened(killed) == {"0.a1.log", "0.a1.out", "0.lock"}
    writer.communicate()
    assert opened(killed) == set()


def test_a_worker_sweeps_nothing(killed, monkeypatch):
    with monkeypatch.context() as worker:
        worker.setenv(WORKER_PID, str(os.getpid()))
        assert opened(killed) == {"0.a1.log", "0.a1.out", "0.lock"}
    assert opened(killed) == set()


def test_a_trial_that_runs_keeps_its_log_though_the_book_has_all_of_it(book, tmp_path):
    book.claim(1, "a", 60.0)
    report(attempt_files(book.files, KEY, 1), VALUES)
    assert follow_all(book, [(KEY, 1, None)])[0].lines == 4
    assert sweep(book) == 0
    assert names(tmp_path) == {"0.a1.log", "0.a1.out", "0.lock"}
    assert settle(book, KEY, 1, DONE).status is Status.COMPLETE
    assert names(tmp_path) == set()


def test_an_earlier_attempt_goes_though_a_later_one_replaced_its_steps(book, tmp_path):
    book.claim(1, "a", 0.0)
    report(attempt_files(book.files, KEY, 1), VALUES)
    follow_all(book, [(KEY, 1, None)])[0]
    book.claim(1, "b", 60.0)
    report(attempt_files(book.files, KEY, 2), [9.0, 8.0], first=1, end=DONE)
    settle(book, KEY, 2)
    assert [m.value for m in book.measurements(KEY) if m.metric == "loss"] == [0.5, 9.0, 8.0]
    assert names(tmp_path) == {"0.a1.log", "0.a1.out"}
    assert sweep(book) == 1
    assert names(tmp_path) == set()


def test_other_files_and_trials_that_the_book_lacks_stay(killed):
    folder = killed / "b.files/round-1"
    report(attempt_files(killed / "b.files", TrialKey(1, 99), 1), VALUES)
    (folder / "0.checkpoints").mkdir()
    (folder / "0.checkpoints" / "1.a1.log").write_text("no log")
    (folder / "0.a1.damaged").write_text("set aside")
    (folder / "notes.a1.log").write_text("a person's")
    assert opened(killed) == {
        "1.a1.log", "0.a1.damaged", "notes.a1.log", "99.a1.log", "99.a1.out", "99.lock",
    }  # fmt: skip


def test_a_trial_that_runs_again_does_not_take_the_old_end(killed):
    with closing(open_store(killed / "b.db", None, None)) as book:
        assert book.again([KEY]) == (KEY,)
        (claim,) = book.claim(1, "a", 60.0, 1)
        assert (claim.trial.key, claim.trial.attempt, names(killed)) == (KEY, 2, set())
