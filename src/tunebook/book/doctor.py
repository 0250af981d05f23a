"""Is all well with a book and its machine? File, disk, leftovers, clock, executors (D6)."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy

from tunebook.domain.errors import TunebookError
from tunebook.domain.formats.book_location import is_server
from tunebook.domain.formats.numbers import bytes_text, plural, seconds_text
from tunebook.execution.child import WorkerProcess
from tunebook.execution.environment import versions
from tunebook.execution.executor_table import ask_clusters
from tunebook.execution.host import gone
from tunebook.store import Store
from tunebook.store.database.connection import on_network
from tunebook.store.database.integrity import file_faults, unreadable
from tunebook.store.database.server import ServerState
from tunebook.store.sql import SqlStore

SMALL_DISK_BYTES = 1_000_000_000
FULL_DISK_BYTES = 50_000_000
CLOCK_S = 2.0
WORKER_S = 30.0


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was looked at, and what came of it.

    Attributes:
        what: "book", "files", "disk", "leftovers", "clock", "versions", "workers" or "clusters".
        state: "good", "warning" or "problem".
        sentence: with its numbers.
        next_step: what to do; empty where nothing is.
    """

    what: str
    state: str
    sentence: str
    next_step: str = ""


def checkups(place: str | os.PathLike[str]) -> tuple[Checkup, ...]:
    """Look at a book, its files and this machine; changes nothing, and trains nothing.

    Args:
        place: the book's file, or its URL.
    """
    server = isinstance(place, str) and is_server(place)
    here = Path.cwd() if server else Path(place)
    if faults := () if server else file_faults(here):
        return (_broken(here, faults), *_machine(here))
    store = None
    try:
        store = SqlStore.open(place, create=False)
        about = store.server() if server else None
        here = store.files if server and store.files.is_dir() else here
        looked = (_book(store, here, server=server), *_files(store), *_leftovers(store))
        return (*looked, _versions(store, about), *_machine(here, about))
    except TunebookError as error:
        return (Checkup("book", "problem", error.rule, error.next_step), *_machine(here))
    finally:
        if store is not None:
            store.close()


def _broken(path: Path | str, faults: tuple[str, ...]) -> Checkup:
    step = "take the newest backup"
    if not is_server(path):
        step = (
            f"copy it away as it is, and {step}; `sqlite3 FILE .recover` writes what can still be "
            "read"
        )
    return Checkup("book", "problem", f"{path} is damaged: {'; '.join(faults)}.", step)


def _book(store: Store, path: Path, *, server: bool) -> Checkup:
    if faults := unreadable(store):
        return _broken(store.location, faults)
    rounds = store.rounds()
    trials = sum(len(store.trials(r.number)) for r in rounds)
    alone = not server and on_network(path)
    where = "; on a network file system, so one host alone may hold it" if alone else ""
    size = "" if server else f" {bytes_text(path.stat().st_size)},"
    sentence = (
        f"{store.location}: {plural(len(rounds), 'round')}, {plural(trials, 'trial')}, "
        f"{plural(len(store.decisions()), 'decision')}, baselines launched: "
        f"{len(store.launches())};{size} whole to the last row{where}."
    )
    return Checkup("book", "warning" if where else "good", sentence)


def _files(store: Store) -> Iterator[Checkup]:
    """A folder of files that is gone though trials ran; nothing where it is there."""
    ran = (t.attempt for r in store.rounds() for t in store.trials(r.number))
    if not store.files.is_dir() and any(ran):
        yield Checkup(
            "files",
            "warning",
            f"The book's folder of files, {store.files}, does not exist: checkpoints and "
            "artifacts can't be read.",
            "put it back, or name where it is: tb.Book(..., files=...); all else is in the book",
        )


def _leftovers(store: Store) -> Iterator[Checkup]:
    """Trials that a dead host holds, and files that belong to no trial."""
    rounds = store.rounds()
    held = [t for r in rounds for t in store.held(r.number)]
    hosts = {key: host for r in rounds for key, host in store.hosts(r.number).items()}
    lost = [t.name for t in held if gone(hosts.get(t.key, ""))]
    known = {(t.round, t.number) for r in rounds for t in store.trials(r.number)}
    files = sorted(store.files.glob("round-*/*"))
    strays = [file for file in files if _owner(file) not in known]
    damaged = [file for file in files if file.suffix == ".damaged"]

    def named(found: Sequence[Path]) -> str:
        return ", ".join(str(f.relative_to(store.files)) for f in found[:3])

    if lost:
        yield Checkup(
            "leftovers",
            "warning",
            f"{plural(len(lost), 'trial')} ({', '.join(lost[:5])}) belong to a run on this "
            "machine that is gone.",
            "run the round again: they are taken back, with all that they logged",
        )
    if strays:
        yield Checkup(
            "leftovers",
            "warning",
            f"{plural(len(strays), 'file')} in {store.files} belong to no trial of this book "
            f"({named(strays)}).",
            "look at them; the book does without",
        )
    if damaged:
        yield Checkup(
            "leftovers",
            "warning",
            f"{plural(len(damaged), 'log')} had lines that can't be read, and were set aside "
            f"({named(damaged)}).",
            "whole lines are in the book; look at the disk",
        )
    if not lost and not strays and not damaged:
        under_way = f"{plural(len(held), 'trial')} under way"
        yield Checkup(
            "leftovers",
            "good",
            f"{under_way}; no trial is held by a dead run, and no file is astray.",
        )


def _owner(file: Path) -> tuple[int, int] | None:
    """Round and number of the trial that a file is named for."""
    folder, stem = file.parent.name.removeprefix("round-"), file.name.partition(".")[0]
    return (int(folder), int(stem)) if folder.isdigit() and stem.isdigit() else None


def _versions(store: Store, about: ServerState | None) -> Checkup:
    here, noted = dict(versions()), store.environments()
    before = noted[-1].versions if noted else {}
    changed = [
        f"{n} {before[n]} to {here[n]}" for n in before if n in here and before[n] != here[n]
    ]
    if changed:
        return Checkup(
            "versions",
            "warning",
            f"Since the last run changed: {'; '.join(changed)}.",
            "results before and after may differ; the report says so where a round has both",
        )
    shown = ", ".join(f"{name} {number}" for name, number in here.items())
    database = f"PostgreSQL {about.version}" if about else f"SQLite {sqlite3.sqlite_version}"
    return Checkup(
        "versions", "good", f"{shown}; {database}, SQLAlchemy {sqlalchemy.__version__}."
    )


def _machine(path: Path, about: ServerState | None = None) -> Iterator[Checkup]:
    """Path: of the book's file, or for a server of the folder that its files are in."""
    yield _disk(path)
    yield _clock(path)
    if about is not None:
        yield _agreement(
            "Server", "server", about.ahead_s, "the server's, which is right as it is"
        )
    yield _workers()
    yield _clusters()


def _disk(path: Path) -> Checkup:
    folder = path if path.is_dir() else path.parent
    free = shutil.disk_usage(folder).free
    what = "the book's files are" if path.is_dir() else "the book is"
    size = f"{bytes_text(free)} free where {what}"
    if not os.access(path, os.W_OK) or not os.access(folder, os.W_OK):
        step = "correct the permissions of the book and its folder"
        return Checkup("disk", "problem", f"Nothing can be written; {size}.", step)
    if free < FULL_DISK_BYTES:
        step = "make room; what is acknowledged is kept"
        return Checkup("disk", "problem", f"The disk is full: {size}.", step)
    if free < SMALL_DISK_BYTES:
        return Checkup("disk", "warning", f"{size}.", "make room before a long round")
    return Checkup("disk", "good", f"{size}.")


def _clock(path: Path) -> Checkup:
    """A file server with another clock would make files look older or newer than they are."""
    folder = path if path.is_dir() else path.parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".tunebook-") as probe:
            ahead = os.stat(probe.name).st_mtime - time.time()
    except OSError as error:
        step = "correct the permissions of the book's folder"
        return Checkup("clock", "problem", f"No file can be made: {error}.", step)
    return _agreement("File system", "file system", ahead, "the database's clock")


def _agreement(name: str, whose: str, ahead: float, leases: str) -> Checkup:
    """Whether another clock agrees with this machine's."""
    off = seconds_text(max(abs(ahead), 0.01))
    if abs(ahead) <= CLOCK_S:
        return Checkup("clock", "good", f"{name} and machine agree to {off}.")
    side = "ahead of" if ahead > 0 else "behind"
    return Checkup(
        "clock",
        "warning",
        f"The {whose}'s clock is {off} {side} this machine's.",
        f"set one of them; leases go by {leases}, and times in reports by this one",
    )


def _clusters() -> Checkup:
    """Ask each executor that has a cluster whether it is there; nothing is trained on it."""
    replies, broken = ask_clusters()
    silent = any(reply.state == "silent" for reply in replies)
    administrator = "rounds on this machine go on as they are; ask the cluster's administrator"
    sentences = [*(reply.sentence for reply in replies), *(error.rule for error in broken)]
    steps = [*([administrator] if silent else []), *(error.next_step for error in broken)]
    state = "warning" if silent or broken else "good"
    return Checkup("clusters", state, "; ".join(sentences) + ".", "; ".join(steps))


def _workers() -> Checkup:
    """Start a worker as a round would, and let it go again."""
    began = time.monotonic()
    try:
        worker = WorkerProcess({}, os.getcwd())
    except OSError as error:
        step = "look at the limits of processes: ulimit -u"
        return Checkup("workers", "problem", f"No process starts: {error}.", step)
    try:
        while time.monotonic() - began < WORKER_S and worker.ended() is None:
            if any(heard.get("said") == "ready" for heard in worker.read()):
                took = time.monotonic() - began
                return Checkup(
                    "workers", "good", f"A worker process is ready after {seconds_text(took)}."
                )
            time.sleep(0.02)
        why = worker.early_output().strip() or f"nothing heard for {seconds_text(WORKER_S)}"
        step = "python -m tunebook.training.worker must start"
        return Checkup("workers", "problem", f"No worker starts: {why[-300:]}", step)
    finally:
        worker.kill()
