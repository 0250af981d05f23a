"""Is a book's file whole? What SQLite says of it, and what reading every row says (D6)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tunebook.domain.errors import TunebookError
from tunebook.store import Store

MOST = 5
"""Faults that are named; the rest are as many again."""


def file_faults(path: Path) -> tuple[str, ...]:
    """What SQLite finds wrong with a file; read-only, on a connection of its own."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            found = [row[0] for row in opened.execute(f"PRAGMA integrity_check({MOST})")]
            broken = opened.execute("PRAGMA foreign_key_check").fetchmany(MOST)
    except sqlite3.Error as error:
        return (str(error),)
    rows = [f"row {rowid} of {table} belongs to no {parent}" for table, rowid, parent, _ in broken]
    return (*(text for text in found if text != "ok"), *rows)


def unreadable(store: Store) -> tuple[str, ...]:
    """What can't be read back of a book's rounds, curves, decisions and launches."""
    faults: list[str] = []
    for stored in store.rounds():
        try:
            trials = store.trials(stored.number)
            store.curves_of(stored.number, [t.number for t in trials])
        except TunebookError as error:
            faults.append(f"round {stored.number}: {error.rule}")
    for what in (store.decisions, store.launches, store.rerun_plans, store.environments):
        try:
            what()
        except TunebookError as error:
            faults.append(error.rule)
    return tuple(faults)
