"""Trials that a host left behind when it died: their workers ended, their logs taken in (I2 I3).

What such an attempt acknowledged stands in its log. Whoever holds the trial's lock may read that to
its end; an end line in it is the truth, and the trial is not run again.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from tunebook.execution.child import MARK
from tunebook.execution.host import gone
from tunebook.store import Store
from tunebook.store.ingest import adopt, settle
from tunebook.training.log import attempt_files, holder_of, take_lock
from tunebook.words.errors import BookBusyError
from tunebook.words.trial import Outcome, Purpose, TrialRecord

PATIENCE_S = 3.0
"""A worker leaves by itself as soon as its host is gone; a hung one gets this long."""


def take_back(store: Store, number: int, purpose: Purpose | None) -> float:
    """Take back the trials of hosts of this machine that are gone.

    Each trial is finished where its log has an end line, else pending again.

    Returns:
        seconds of compute in attempts that have to be repeated, as far as their logs tell.
    """
    hosts = store.hosts(number)
    left = {key for key, host in hosts.items() if gone(host)}
    lost_s = 0.0
    for trial in store.held(number) if left else ():
        if trial.key in left and (purpose is None or trial.purpose is purpose):
            lost_s += _take_back_one(store, trial)
    return lost_s


def _take_back_one(store: Store, trial: TrialRecord) -> float:
    files = attempt_files(store.files, trial.key, trial.attempt)
    if not files.lock.exists():  # claimed, and never begun
        store.release(trial.key, trial.attempt)
        return 0.0
    lock = _lock_after(files.lock)
    if lock is None:
        return 0.0
    try:
        if settle(store, trial.key, trial.attempt) is not None:
            return 0.0
        seconds = _seconds(store, trial, files.log)
        store.release(trial.key, trial.attempt, seconds)
        return seconds
    finally:
        os.close(lock)


def adopt_earlier(store: Store, trial: TrialRecord) -> Outcome | None:
    """Take in what an earlier attempt left in its log, before a new one begins.

    Such a log is there where a host died on another machine, or could not settle it.

    Returns:
        how the trial ended, where that attempt had ended it.

    Raises:
        BookBusyError: the earlier attempt still goes on somewhere.
    """
    logs = [attempt_files(store.files, trial.key, n).log for n in range(1, trial.attempt)]
    if not any(log.exists() for log in logs):
        return None
    lock = _lock_after(attempt_files(store.files, trial.key, trial.attempt).lock)
    if lock is None:
        raise BookBusyError(f"trial {trial.name} is still written by an earlier attempt")
    try:
        return adopt(store, trial.key, trial.attempt)
    finally:
        os.close(lock)


def _lock_after(path: Path) -> int | None:
    """The trial's lock, once what held it is gone; None where it can't be had."""
    end_strays(path)
    with suppress(BookBusyError):
        return take_lock(path, wait_s=PATIENCE_S)
    end_strays(path, leader_too=True)
    with suppress(BookBusyError):
        return take_lock(path, wait_s=PATIENCE_S)
    return None


def end_strays(lock: Path, *, leader_too: bool = False) -> None:
    """End what an earlier worker of this trial left running; ours alone, by its mark.

    Args:
        lock: the trial's lock file, which names the process that held it last.
        leader_too: the worker itself, if it still runs.
    """
    leader = holder_of(lock)
    if leader is None or leader == os.getpid():
        return
    if psutil.pid_exists(leader) and not leader_too:
        return
    for member in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(member.pid) == leader and _ours(member):
                member.send_signal(signal.SIGKILL)


def _ours(member: psutil.Process) -> bool:
    """A worker, or what it started: by its environment, whose host must be gone."""
    host = member.environ().get(MARK, "")
    return host.isdigit() and (not psutil.pid_exists(int(host)) or int(host) == os.getpid())
