"""Logs are on disk within their time: one thread for all of a process's logs."""

from __future__ import annotations

import os
import threading

import pytest

from tunebook.domain.trial import Outcome, Status, TrialKey
from tunebook.training import log_syncs
from tunebook.training.log import TrialLog, attempt_files, read_log
from tunebook.training.log_syncs import Syncs
from waiting import until


@pytest.fixture
def synced(monkeypatch):
    """What was synced: the sizes of files at the time."""
    sizes = []
    fsync = os.fsync

    def noting(file):
        sizes.append(os.fstat(file).st_size)
        fsync(file)

    monkeypatch.setattr(os, "fsync", noting)
    return sizes


def test_every_report_is_synced_within_its_time(tmp_path, monkeypatch, synced):
    monkeypatch.setenv("TUNEBOOK_SYNC_EVERY_S", "0.2")
    files = [attempt_files(tmp_path, TrialKey(1, n), 1) for n in range(3)]
    logs = [TrialLog(own) for own in files]
    asked, by = [], set()
    soon = log_syncs.syncs.soon

    def noting(within_s, sync):
        asked.append(within_s)
        soon(within_s, lambda: (by.add(threading.current_thread().name), sync()))

    monkeypatch.setattr(log_syncs.syncs, "soon", noting)
    for step in range(4):
        for log in logs:
            log.measure(step, {"loss": 0.5})
        sizes = {own.log.stat().st_size for own in files}
        until(lambda now=sizes: now <= set(synced))
    assert set(asked) == {0.2}
    assert by == {"log sync"}, "a report does not wait for the disk"
    for log in logs:
        log.close()
    assert sum(t.name == "log sync" for t in threading.enumerate()) == 1


def test_a_log_that_is_on_disk_is_not_synced_again_when_it_is_closed(tmp_path, synced):
    log = TrialLog(attempt_files(tmp_path, TrialKey(1, 0), 1))
    log.measure(0, {"loss": 0.5})
    log.end(Outcome(status=Status.COMPLETE))
    assert len(synced) == 1
    log.close()
    log.close()
    assert len(synced) == 1
    log = TrialLog(attempt_files(tmp_path, TrialKey(1, 1), 1))
    log.measure(0, {"loss": 0.5})
    log.close()
    assert len(synced) == 2, "an attempt that was stopped has no end that synced it"


def test_a_disk_that_lost_a_report_is_said_at_the_next(tmp_path, monkeypatch):
    monkeypatch.setenv("TUNEBOOK_SYNC_EVERY_S", "0.05")
    log = TrialLog(attempt_files(tmp_path, TrialKey(1, 0), 1))

    def failing(file):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        log.measure(0, {"loss": 0.5})
        until(lambda: log._sync_failed is not None)
    with pytest.raises(OSError, match="Input/output"):
        log.measure(1, {"loss": 0.5})
    log.close()


def test_what_is_due_sooner_goes_first_and_an_idle_thread_ends(monkeypatch):
    monkeypatch.setattr(log_syncs, "IDLE_S", 0.05)
    own, done = Syncs(), []
    own.soon(1.5, lambda: done.append("later"))
    own.soon(0.05, lambda: done.append("sooner"))
    until(lambda: len(done) == 2)
    assert done == ["sooner", "later"]
    until(lambda: not own._running)
    own.soon(0.0, lambda: done.append("again"))
    until(lambda: len(done) == 3)


def test_a_forked_process_has_a_thread_of_its_own(tmp_path):
    own, done = Syncs(), []
    own.soon(0.0, lambda: done.append(1))
    until(lambda: done)
    child = os.fork()
    if child == 0:
        own.soon(0.01, lambda: (tmp_path / "synced").touch())
        until((tmp_path / "synced").exists)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_numbers_of_every_kind_are_written_as_json_has_them(tmp_path):
    numpy = pytest.importorskip("numpy")
    given = {
        "a": 0.1, "é\n": 1e-300, "nan": float("nan"), "inf": -float("inf"), "zero": -0.0,
        "single": float(numpy.float32(0.1)), "double": numpy.float64(1 / 3), "whole": 3,
    }  # fmt: skip
    files = attempt_files(tmp_path, TrialKey(1, 0), 1)
    log = TrialLog(files)
    for step in range(2):  # names are known by the second time
        log.measure(step, given)
        log.measure(step, {"a": 0.1, "double": numpy.float64(1 / 3)})
    log.close()
    read = [(m.metric, repr(float(m.value))) for m in read_log(files.log).measurements]
    each = [(name, repr(float(value))) for name, value in given.items()]
    short = [("a", "0.1"), ("double", repr(1 / 3))]
    assert read == [*each, *short, *each, *short]
