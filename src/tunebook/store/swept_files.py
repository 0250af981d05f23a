"""The files of one ended trial, deleted once the book holds what they say (I2)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from tunebook.domain.errors import TrialBusyError
from tunebook.domain.trial import TrialKey
from tunebook.store.curves.chunk_table import by_metric, points_of
from tunebook.store.ingest import output_tail
from tunebook.store.sql import SqlStore
from tunebook.training.log import AttemptFiles, attempt_files, read_log, take_lock


def sweep_files(store: SqlStore, key: TrialKey, attempts: set[int]) -> bool:
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
    record = store.trial(key)
    if record is None or not record.status.ended:
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
