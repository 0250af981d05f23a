"""Files of ended trials that a killed host left, swept once the book holds what they say (I2).

A host drops the files of an attempt after the book has committed its end. One that is killed in
between leaves them, and nobody looks at an ended trial again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tunebook.domain.errors import StoreError, TrialBusyError
from tunebook.domain.trial import TrialKey, TrialRecord
from tunebook.store.ingest import output_tail
from tunebook.store.sql import SqlStore
from tunebook.training.log import AttemptFiles, attempt_files, read_log, take_lock
from tunebook.training.worker import WORKER_PID

_FOLDER = re.compile(r"round-(\d{1,9})")
_FILE = re.compile(r"(\d{1,9})\.(?:a(\d{1,9})\.(?:log|out)|lock)")


def sweep(store: SqlStore) -> int:
    """Delete logs, outputs and locks of ended trials where the book holds all that they say.

    A file stays where a process holds the trial's lock, or where any point of the log, or the end
    of what was printed, is not in the book. A worker sweeps nothing: opening a lock that its own
    process holds would give the lock up.

    Returns:
        how many trials were swept.
    """
    if WORKER_PID in os.environ:
        return 0
    with suppress(StoreError, OSError):  # a book that is busy or only read is swept another time
        left = dict(_left_behind(store.files))
        ended = [key for key in left if _ended(store, key) is not None]
        if ended:
            # Within one transaction: nobody makes such a trial pending meanwhile and claims it.
            with store.together():
                return sum(_sweep_one(store, key, left[key]) for key in ended)
    return 0


def _left_behind(files: Path) -> Iterator[tuple[TrialKey, set[int]]]:
    """Trials that have files of attempts, with the numbers of those attempts."""
    folders = sorted(files.glob("round-*")) if files.is_dir() else []
    for folder in folders:
        of_round = _FOLDER.fullmatch(folder.name)
        if of_round is None or not folder.is_dir():
            continue
        found: dict[TrialKey, set[int]] = {}
        for name in os.listdir(folder):
            if (match := _FILE.fullmatch(name)) is not None:
                attempts = found.setdefault(TrialKey(int(of_round[1]), int(match[1])), set())
                attempts |= {int(match[2])} if match[2] is not None else set()
        yield from found.items()


def _ended(store: SqlStore, key: TrialKey) -> TrialRecord | None:
    record = store.trial(key)
    return record if record is not None and record.status.ended else None


def _sweep_one(store: SqlStore, key: TrialKey, attempts: set[int]) -> bool:
    """Drop the files of one trial; False where they stay."""
    several = {n: attempt_files(store.files, key, n) for n in sorted(attempts)}
    lock = attempt_files(store.files, key, 0).lock
    if not _in_book(store, key, several):
        return False
    try:
        held = take_lock(lock)
    except TrialBusyError:
        return False
    try:
        # Its writer may have gone on until it gave the lock up.
        if not _in_book(store, key, several):
            return False
        for files in several.values():
            files.log.unlink(missing_ok=True)
            files.output.unlink(missing_ok=True)
        lock.unlink(missing_ok=True)
    finally:
        os.close(held)
    return True


def _in_book(store: SqlStore, key: TrialKey, several: Mapping[int, AttemptFiles]) -> bool:
    """Tell whether a trial has ended, and the book holds each point and the end of its output.

    Of earlier attempts' output the book keeps nothing.
    """
    from tunebook.store.curves.chunk_table import by_metric, points_of

    record = _ended(store, key)
    if record is None:
        return False
    kept = store.all_points(key)
    for number, files in several.items():
        with suppress(FileNotFoundError):
            part = read_log(files.log)
            if part.damaged or not points_of(by_metric(part.reports).items()) <= kept:
                return False
        said = output_tail(files.output) if files.output.exists() else record.output_tail
        if number == record.attempt and said != record.output_tail:
            return False
    return True
