"""A book that may be read and not written; a backup that holds what the write-ahead log holds."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bound_by_permissions import bound
from sizes import some_slow
from tunebook.domain.errors import BookBusyError
from tunebook.domain.trial import TrialKey
from tunebook.store import revisions
from tunebook.store.read_only import ReadOnlyFile, may_write
from tunebook.store.schema import REVISION
from tunebook.store.sql import SqlStore


def run(script, *arguments):
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *map(str, arguments)],
        capture_output=True, text=True, preexec_fn=bound,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout.splitlines()


FIXTURES = Path(__file__).parent / "fixtures"

READS = """
import sys
from tunebook.store.sql import SqlStore
from tunebook.domain.errors import StoreError
from tunebook.domain.trial import TrialKey
store = SqlStore.open(sys.argv[1], create=False)
print(len(store.rounds()), len(store.trials(1)), len(store.measurements(TrialKey(1, 0))))
print(store.setting()[0].chance)
try:
    store.claim(1, "a", 60.0)
except StoreError as error:
    print(error)
store.close()
"""

WRITES_AND_IS_KILLED = """
import os, signal, sys
from tunebook.store.sql import SqlStore
from tunebook.domain.trial import Measurement, TrialKey
store = SqlStore.open(sys.argv[1])
attempt = store.claim(1, "a", 60.0)[0].trial.attempt
points = [Measurement(step=s, metric="loss", value=0.5) for s in range(40)]
store.append(TrialKey(1, 0), attempt, 0, points, 40)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_writer(file):
    ended = subprocess.run([sys.executable, "-c", WRITES_AND_IS_KILLED, str(file)])
    assert ended.returncode == -signal.SIGKILL
    assert file.with_name(f"{file.name}-wal").stat().st_size > 0


@pytest.fixture
def shared(book, tmp_path):
    """A book of a colleague: its folder, to be made unwritable."""
    book.close()
    place = tmp_path / "shared folder"
    place.mkdir()
    file = place / "b.db"
    shutil.copy(tmp_path / "b.db", file)
    yield file
    place.chmod(0o755)


def seal(file, *, folder=True):
    for one in file.parent.iterdir():
        one.chmod(0o444)
    if folder:
        file.parent.chmod(0o555)


@pytest.mark.parametrize("folder", [True, False], ids=["folder and file", "file alone"])
def test_a_book_that_may_only_be_read_is_read_and_left_as_it_is(shared, folder):
    seal(shared, folder=folder)
    before = sorted(p.name for p in shared.parent.iterdir())
    counts, chance, *refused = run(READS, shared)
    assert counts == "1 6 0"
    assert chance == "0.9"
    assert "can't be written" in refused[0] and "Next: " in " ".join(refused)
    assert sorted(p.name for p in shared.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("left", "folder"),
    some_slow(
        [(left, folder) for left in (("-wal", "-shm"), ("-wal",)) for folder in (True, False)],
        [(("-wal", "-shm"), True), (("-wal",), False)],
    ),
)
def test_what_a_killed_host_left_in_the_log_is_read(shared, left, folder):
    killed_writer(shared)
    for end in {"-wal", "-shm"} - set(left):
        shared.with_name(shared.name + end).unlink()
    seal(shared, folder=folder)
    before = sorted(p.name for p in shared.parent.iterdir())
    assert run(READS, shared)[0] == "1 6 40"
    assert sorted(p.name for p in shared.parent.iterdir()) == before


def older(file, name="schema-0005.db"):
    """Put a book of an earlier version in its place, with the log that a killed process left."""
    for end in ("", "-wal"):
        packed = FIXTURES / f"{name}{end}.gz"
        if packed.exists():
            file.with_name(file.name + end).write_bytes(gzip.decompress(packed.read_bytes()))


def test_an_older_schema_is_read_from_a_private_copy(shared):
    older(shared)
    seal(shared)
    counts, _, *refused = run(READS, shared)
    assert counts == "2 6 40"
    assert "can't be written" in refused[0], "nothing is written into the copy and lost"
    assert sorted(p.name for p in shared.parent.iterdir()) == ["b.db"]


@pytest.mark.slow
def test_a_live_host_is_read_while_it_writes(shared):
    script = """
import sys, time
from tunebook.store.sql import SqlStore
store = SqlStore.open(sys.argv[1])
print("open", flush=True)
for n in range(10**6):
    for claim in store.claim(1, "a", 60.0, 6):
        store.release(claim.trial.key, claim.trial.attempt)
    time.sleep(0.005)
"""
    host = subprocess.Popen(
        [sys.executable, "-c", script, str(shared)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert host.stdout.readline() == "open\n"
        for _ in range(3):
            seal(shared)
            assert run(READS, shared)[0] == "1 6 0"
            shared.parent.chmod(0o755)
            assert host.poll() is None
    finally:
        host.kill()
        host.wait()
        host.stdout.close()


def test_a_file_that_changes_while_it_is_read_without_a_lock_is_refused(shared):
    source = ReadOnlyFile(shared)
    with source.engine.connect().execution_options(reads_only=True) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM trial").scalar() == 6
        source.check_unchanged()
        time.sleep(0.02)
        shared.write_bytes(shared.read_bytes())
        with pytest.raises(BookBusyError, match="changed while it was read"):
            source.check_unchanged()


def test_a_new_book_in_a_folder_of_ones_own_is_written(tmp_path):
    assert may_write(tmp_path / "new.db")
    SqlStore.open(tmp_path / "new.db").close()


def test_the_backup_before_a_migration_holds_what_only_the_log_held(shared):
    """The host was killed before its log was merged: the file alone lacks these rows."""
    older(shared, "killed.db")
    alone = shared.with_name("alone.db")
    shutil.copy(shared, alone)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        rows(alone)  # else this shows nothing
    store = SqlStore.open(shared)
    assert len(store.measurements(TrialKey(2, 0))) == 40
    store.close()
    backup = shared.with_name(f"b.db.before-{REVISION}")
    moved = shared.with_name("elsewhere.db")
    shutil.move(backup, moved)
    assert revision(moved) == "0005"
    assert rows(moved) == 6, "two metrics of three trials"
    assert sorted(p.name for p in shared.parent.glob(".*")) == []


def rows(file):
    other = sqlite3.connect(file)
    found = other.execute("SELECT count(*) FROM chunk").fetchone()[0]
    other.close()
    return found


def revision(file):
    other = sqlite3.connect(file)
    found = other.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    other.close()
    return found


def test_a_backup_is_made_anew_where_another_process_wrote_meanwhile(shared, monkeypatch):
    older(shared)
    back_up, made = revisions._back_up, []

    def and_another_writes(engine, target):
        seen = back_up(engine, target)
        if not made:
            other = sqlite3.connect(shared)
            other.execute("UPDATE setting SET made_by = 'meanwhile'")
            other.commit()
            other.close()
        made.append(target)
        return seen

    monkeypatch.setattr(revisions, "_back_up", and_another_writes)
    SqlStore.open(shared).close()
    assert len(made) == 2
    other = sqlite3.connect(shared.with_name(f"b.db.before-{REVISION}"))
    assert other.execute("SELECT made_by FROM setting").fetchone() == ("meanwhile",)
    other.close()


FILES = {"exp.db": "exp.files", "exp.sqlite": "exp.sqlite.files", "exp": "exp_files"}


def test_books_of_one_stem_have_folders_of_their_own(tmp_path):
    for name in FILES:
        SqlStore.open(tmp_path / name).close()
    again = {name: SqlStore.open(tmp_path / name) for name in FILES}
    assert {name: store.files.name for name, store in again.items()} == FILES
    for store in again.values():
        store.close()


def test_a_book_from_before_keeps_the_folder_that_it_has(tmp_path):
    SqlStore.open(tmp_path / "old.sqlite").close()
    (tmp_path / "old.sqlite.files").rmdir()
    (tmp_path / "old.files").mkdir()
    store = SqlStore.open(tmp_path / "old.sqlite")
    assert store.files == tmp_path / "old.files"
    store.close()


def test_a_home_that_no_shell_wrote_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from tunebook.domain.errors import StoreError

    with pytest.raises(StoreError) as refused:
        SqlStore.open(Path("~/x.db"))
    assert "mkdir" not in refused.value.next_step
    assert os.path.expanduser("~/x.db") in refused.value.next_step
