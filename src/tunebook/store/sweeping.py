"""Files of ended trials that a killed host left, swept once the book holds what they say (I2).

A host drops the files of an attempt after the book has committed its end. One that is killed in
between leaves them, and nobody looks at an ended trial again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tunebook.domain.errors import StoreError
from tunebook.domain.trial import TrialKey, TrialRecord
from tunebook.store.sql import SqlStore
from tunebook.training import WORKER_PID

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
            from tunebook.store.swept_files import sweep_files

            # Within one transaction: nobody makes such a trial pending meanwhile and claims it.
            with store.together():
                return sum(sweep_files(store, key, left[key]) for key in ended)
    return 0


def _ended(store: SqlStore, key: TrialKey) -> TrialRecord | None:
    record = store.trial(key)
    return record if record is not None and record.status.ended else None


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
