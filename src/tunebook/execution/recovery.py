"""Trials that a host left behind when it died: their workers ended, their logs taken in (I2 I3).

What such an attempt acknowledged stands in its log. Whoever holds the trial's lock may read that
to its end; an end line in it is the truth, and the trial is not run again.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil

from tunebook.domain.errors import TrialBusyError
from tunebook.domain.trial import Measurement, Outcome, Purpose, TrialRecord
from tunebook.execution.child import MARK, runs
from tunebook.execution.executor_table import end_stray_jobs
from tunebook.execution.host import gone
from tunebook.store import Store
from tunebook.store.ingest import settle
from tunebook.training.assignment import checkpoints_at
from tunebook.training.checkpoint_places import place_of
from tunebook.training.log import LogPart, attempt_files, holder_of, read_log, take_lock
from tunebook.training.worker import WORKER_PID

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
    end_stray_jobs(files.lock)
    if not files.lock.exists():  # claimed, and never begun
        store.release(trial.key, trial.attempt)
        return 0.0
    lock = _lock_after(files.lock)
    if lock is None:
        return 0.0
    try:
        if settle(store, trial.key, trial.attempt) is not None:
            return 0.0
        seconds = logged_s(store, trial)
        repeated_s = to_repeat_s(store, trial, seconds)
        store.release(trial.key, trial.attempt, seconds)
        if repeated_s:
            store.add_spent_twice(trial.round, repeated_s)
        return repeated_s
    finally:
        os.close(lock)


def adopt_earlier(store: Store, trial: TrialRecord) -> Outcome | None:
    """Take in what an earlier attempt left in its log, before a new one begins.

    Such a log is there where a host died on another machine, or could not settle it.

    Returns:
        how the trial ended, where that attempt had ended it.

    Raises:
        TrialBusyError: the earlier attempt still goes on somewhere.
    """
    end_stray_jobs(attempt_files(store.files, trial.key, trial.attempt).lock)
    earlier = [(n, attempt_files(store.files, trial.key, n)) for n in range(1, trial.attempt)]
    left = [(n, files) for n, files in earlier if files.log.exists()]
    for _, files in earlier:
        if not files.log.exists():  # killed between its first print and its first report
            files.output.unlink(missing_ok=True)
    if not left:
        return None
    lock = _lock_after(left[0][1].lock)
    if lock is None:
        raise TrialBusyError(f"trial {trial.name} is still being trained by an earlier attempt")
    try:
        parts = [
            read_log(files.log, skip_lines=store.ingested_lines(trial.key, n)) for n, files in left
        ]
        outcome = _adopt(store, trial, parts)
        for _, files in left:
            files.log.unlink(missing_ok=True)
            files.output.unlink(missing_ok=True)
        return outcome
    finally:
        os.close(lock)


def _adopt(store: Store, trial: TrialRecord, parts: list[LogPart]) -> Outcome | None:
    """Store what earlier attempts acknowledged under the attempt that superseded them."""
    found: list[Measurement] = [m for part in parts for m in part.measurements]
    if found:
        # The step after the first of these: what was taken in before, up to that step, stands.
        goes_on_at = min(m.step for m in found) + 1
        # No line of the new attempt's own log is in the book yet: 0.
        store.append(trial.key, trial.attempt, goes_on_at, found, 0)
    outcome = next((p.outcome for p in reversed(parts) if p.outcome is not None), None)
    if outcome is not None and store.finish(trial.key, trial.attempt, outcome):
        return outcome
    return None


def logged_s(store: Store, trial: TrialRecord) -> float:
    """Seconds of an attempt up to its last report."""
    return max((m.time_s for m in _logged(store, trial)), default=0.0)


def to_repeat_s(store: Store, trial: TrialRecord, seconds: float) -> float:
    """Seconds of a lost attempt that have to be spent again: those after its last checkpoint."""
    files = attempt_files(store.files, trial.key, trial.attempt)
    setting = store.setting()
    at = checkpoints_at(setting[0].checkpoints, trial.key) if setting else ""
    try:
        saved = [c.step for c in place_of(at, files.checkpoints).listed()]
    except Exception:  # a place that is away: how much is repeated is not known, so all of it
        return seconds
    if not saved:
        return seconds
    kept = [m.time_s for m in _logged(store, trial) if m.step <= saved[-1]]
    return max(0.0, seconds - max(kept, default=0.0))


def _logged(store: Store, trial: TrialRecord) -> tuple[Measurement, ...]:
    try:
        log = attempt_files(store.files, trial.key, trial.attempt).log
        return read_log(log).measurements
    except OSError:
        return ()


def _lock_after(path: Path) -> int | None:
    """The trial's lock, once what held it is gone; None where it can't be had."""
    end_strays(path)
    with suppress(TrialBusyError):
        return take_lock(path, wait_s=PATIENCE_S)
    end_strays(path, leader_too=True)
    with suppress(TrialBusyError):
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
    if runs(leader) and not leader_too:
        return
    for member in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            own = os.getsid(member.pid) == leader
            if (own or member.environ().get(WORKER_PID) == str(leader)) and _ours(member):
                member.send_signal(signal.SIGKILL)


def _ours(member: psutil.Process) -> bool:
    """A worker, or what it started: by its environment, whose host must be gone."""
    host = member.environ().get(MARK, "")
    return host.isdigit() and (not runs(int(host)) or int(host) == os.getpid())
