"""Is all well with a book and its machine? File, disk, leftovers, clock, executors (D6)."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    faults = () if server else file_faults(here)
    if faults:
        return (_broken(here, faults), *_machine(here))
    try:
        store = SqlStore.open(place, create=False)
    except TunebookError as error:
        found = Checkup(what="book", state="problem", sentence=error.rule,
                        next_step=error.next_step)  # fmt: skip
        return (found, *_machine(here))
    try:
        about = store.server() if server else None
        here = store.files if server and store.files.is_dir() else here
        looked = (_book(store, here, server=server), *_files(store), *_leftovers(store))
        return (*looked, _versions(store, about), *_machine(here, about))
    except TunebookError as error:
        found = Checkup(what="book", state="problem", sentence=error.rule,
                        next_step=error.next_step)  # fmt: skip
        return (found, *_machine(here))
    finally:
        store.close()


def _broken(path: Path | str, faults: tuple[str, ...]) -> Checkup:
    return Checkup(
        what="book",
        state="problem",
        sentence=f"{path} is damaged: {'; '.join(faults)}.",
        next_step="take the newest backup"
        if is_server(path)
        else "copy it away as it is, and take the newest backup; `sqlite3 FILE .recover` "
        "writes what can still be read",
    )


def _book(store: Store, path: Path, *, server: bool) -> Checkup:
    faults = unreadable(store)
    if faults:
        return _broken(store.location, faults)
    rounds = store.rounds()
    trials = sum(len(store.trials(r.number)) for r in rounds)
    alone = not server and on_network(path)
    where = "; on a network file system, so one host alone may hold it" if alone else ""
    size = "" if server else f" {bytes_text(path.stat().st_size)},"
    return Checkup(
        what="book",
        state="warning" if where else "good",
        sentence=f"{store.location}: {plural(len(rounds), 'round')}, {plural(trials, 'trial')}, "
        f"{plural(len(store.decisions()), 'decision')}, baselines launched: "
        f"{len(store.launches())};{size} whole to the last row{where}.",
    )


def _files(store: Store) -> Iterator[Checkup]:
    """A folder of files that is gone though trials ran; nothing where it is there."""
    if store.files.is_dir() or not any(
        t.attempt for r in store.rounds() for t in store.trials(r.number)
    ):
        return
    yield Checkup(
        what="files",
        state="warning",
        sentence=f"The book's folder of files, {store.files}, does not exist: checkpoints and "
        "artifacts can't be read.",
        next_step="put it back, or name where it is: tb.Book(..., files=...); all else is in the "
        "book",
    )


def _leftovers(store: Store) -> Iterator[Checkup]:
    """Trials that a dead host holds, and files that belong to no trial."""
    rounds = store.rounds()
    held = [t for r in rounds for t in store.held(r.number)]
    hosts = {key: host for r in rounds for key, host in store.hosts(r.number).items()}
    lost = [t.name for t in held if gone(hosts.get(t.key, ""))]
    if lost:
        yield Checkup(
            what="leftovers",
            state="warning",
            sentence=f"{plural(len(lost), 'trial')} ({', '.join(lost[:5])}) belong to a run on "
            "this machine that is gone.",
            next_step="run the round again: they are taken back, with all that they logged",
        )
    known = {(t.round, t.number) for r in rounds for t in store.trials(r.number)}
    strays = [file for file in _trial_files(store.files) if _owner(file) not in known]
    damaged = [file for file in _trial_files(store.files) if file.suffix == ".damaged"]
    if strays:
        yield Checkup(
            what="leftovers",
            state="warning",
            sentence=f"{plural(len(strays), 'file')} in {store.files} belong to no trial of this "
            f"book ({', '.join(str(f.relative_to(store.files)) for f in strays[:3])}).",
            next_step="look at them; the book does without",
        )
    if damaged:
        yield Checkup(
            what="leftovers",
            state="warning",
            sentence=f"{plural(len(damaged), 'log')} had lines that can't be read, and were set "
            f"aside ({', '.join(str(f.relative_to(store.files)) for f in damaged[:3])}).",
            next_step="whole lines are in the book; look at the disk",
        )
    if not lost and not strays and not damaged:
        yield Checkup(
            what="leftovers",
            state="good",
            sentence=f"{plural(len(held), 'trial')} under way; no trial is held by a dead run, "
            "and no file is astray.",
        )


def _trial_files(files: Path) -> list[Path]:
    return sorted(files.glob("round-*/*"))


def _owner(file: Path) -> tuple[int, int] | None:
    """Round and number of the trial that a file is named for."""
    folder, stem = file.parent.name.removeprefix("round-"), file.name.partition(".")[0]
    return (int(folder), int(stem)) if folder.isdigit() and stem.isdigit() else None


def _versions(store: Store, about: ServerState | None) -> Checkup:
    here = dict(versions())
    noted = store.environments()
    changed = []
    if noted:
        before = noted[-1].versions
        changed = [f"{n} {before[n]} to {here.get(n, 'none')}" for n in before
                   if n in here and before[n] != here[n]]  # fmt: skip
    shown = ", ".join(f"{name} {number}" for name, number in here.items())
    database = f"PostgreSQL {about.version}" if about else f"SQLite {sqlite3.sqlite_version}"
    engine = f"{database}, SQLAlchemy {sqlalchemy.__version__}"
    if changed:
        return Checkup(
            what="versions",
            state="warning",
            sentence=f"Since the last run changed: {'; '.join(changed)}.",
            next_step="results before and after may differ; the report says so where a round has "
            "both",
        )
    return Checkup(what="versions", state="good", sentence=f"{shown}; {engine}.")


def _machine(path: Path, about: ServerState | None = None) -> Iterator[Checkup]:
    """Path: of the book's file, or for a server of the folder that its files are in."""
    yield _disk(path)
    yield _clock(path)
    if about is not None:
        yield _server_clock(about)
    yield _workers()
    yield _clusters()


def _disk(path: Path) -> Checkup:
    folder = path if path.is_dir() else path.parent
    free = shutil.disk_usage(folder).free
    what = "the book's files lie" if path.is_dir() else "the book lies"
    size = f"{bytes_text(free)} free where {what}"
    if not os.access(path, os.W_OK) or not os.access(folder, os.W_OK):
        return Checkup(what="disk", state="problem", sentence=f"Nothing can be written; {size}.",
                       next_step="mend the permissions of the book and its folder")  # fmt: skip
    if free < FULL_DISK_BYTES:
        return Checkup(what="disk", state="problem", sentence=f"The disk is full: {size}.",
                       next_step="make room; what is acknowledged is kept")  # fmt: skip
    state = "warning" if free < SMALL_DISK_BYTES else "good"
    step = "make room before a long round" if state == "warning" else ""
    return Checkup(what="disk", state=state, sentence=f"{size}.", next_step=step)


def _clock(path: Path) -> Checkup:
    """A file server with another clock would make files look older or newer than they are."""
    try:
        with tempfile.NamedTemporaryFile(
            dir=path if path.is_dir() else path.parent, prefix=".tunebook-"
        ) as probe:
            ahead = os.stat(probe.name).st_mtime - time.time()
    except OSError as error:
        return Checkup(what="clock", state="problem", sentence=f"No file can be made: {error}.",
                       next_step="mend the permissions of the book's folder")  # fmt: skip
    if abs(ahead) > CLOCK_S:
        return Checkup(
            what="clock",
            state="warning",
            sentence=f"The file system's clock is {seconds_text(abs(ahead))} "
            f"{'ahead of' if ahead > 0 else 'behind'} this machine's.",
            next_step="set one of them; leases go by the database's clock, and times in reports "
            "by this one",
        )
    return Checkup(what="clock", state="good",
                   sentence=f"File system and machine agree to {_within(ahead)}.")  # fmt: skip


def _server_clock(about: ServerState) -> Checkup:
    ahead = about.ahead_s
    if abs(ahead) > CLOCK_S:
        return Checkup(
            what="clock",
            state="warning",
            sentence=f"The server's clock is {seconds_text(abs(ahead))} "
            f"{'ahead of' if ahead > 0 else 'behind'} this machine's.",
            next_step="set one of them; leases go by the server's, which is right as it is, and "
            "times in reports by this one",
        )
    return Checkup(what="clock", state="good",
                   sentence=f"Server and machine agree to {_within(ahead)}.")  # fmt: skip


def _clusters() -> Checkup:
    """Ask each executor that has a cluster whether it is there; nothing is trained on it."""
    replies, broken = ask_clusters()
    silent = any(reply.state == "silent" for reply in replies)
    administrator = "rounds on this machine go on as they are; ask the cluster's administrator"
    sentences = [*(reply.sentence for reply in replies), *(error.rule for error in broken)]
    steps = [*([administrator] if silent else []), *(error.next_step for error in broken)]
    return Checkup(
        what="clusters",
        state="warning" if silent or broken else "good",
        sentence="; ".join(sentences) + ".",
        next_step="; ".join(steps),
    )


def _workers() -> Checkup:
    """Start a worker as a round would, and let it go again."""
    began = time.monotonic()
    try:
        worker = WorkerProcess({}, os.getcwd())
    except OSError as error:
        return Checkup(what="workers", state="problem", sentence=f"No process starts: {error}.",
                       next_step="look at the limits of processes: ulimit -u")  # fmt: skip
    try:
        while time.monotonic() - began < WORKER_S and worker.ended() is None:
            if any(heard.get("said") == "ready" for heard in worker.read()):
                took = time.monotonic() - began
                said = f"A worker process is ready after {seconds_text(took)}."
                return Checkup(what="workers", state="good", sentence=said)
            time.sleep(0.02)
        why = worker.early_output().strip() or f"nothing heard for {seconds_text(WORKER_S)}"
        return Checkup(what="workers", state="problem", sentence=f"No worker starts: {why[-300:]}",
                       next_step="python -m tunebook.training.worker must start")  # fmt: skip
    finally:
        worker.kill()


def _within(ahead: float) -> str:
    return seconds_text(max(abs(ahead), 0.01))
