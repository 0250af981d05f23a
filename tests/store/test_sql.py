"""The file: two processes, kills, disks that are full or read-only, books of other versions."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from tunebook.domain.errors import BookBusyError, BookDamagedError, BookNewerError, StoreError
from tunebook.domain.trial import TrialKey, TrialRecord
from tunebook.store import revisions
from tunebook.store.database import connection as connecting
from tunebook.store.database.connection import connect, on_network
from tunebook.store.revisions import migrate
from tunebook.store.schema import REVISION, guards, metadata
from tunebook.store.sql import SqlStore
from waiting import HANG_S, lines, until


def run(script, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *map(str, arguments)],
        capture_output=True, text=True, timeout=HANG_S, **more,
    )  # fmt: skip


CLAIMS = """
import sys
from tunebook.store.sql import SqlStore
store = SqlStore.open(sys.argv[1])
while claims := store.claim(1, sys.argv[2], 60.0, 1):
    print(claims[0].trial.number, flush=True)
"""


def test_processes_never_share_a_trial(book, tmp_path):
    book.add_trials(
        [
            TrialRecord(round=1, number=n, study="", index=n, config={}, seed=n, max_train_steps=1)
            for n in range(200)
        ]
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMS, str(tmp_path / "b.db"), f"host{k}"],
            stdout=subprocess.PIPE, text=True,
        )
        for k in range(3)
    ]  # fmt: skip
    claimed = [int(n) for p in processes for n in p.communicate(timeout=HANG_S)[0].split()]
    assert sorted(claimed) == list(range(200))


@pytest.mark.parametrize("statement", ["UPDATE {} SET number = 9", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["decision", "launch", "environment", "seal", "look"])
def test_no_program_changes_a_decision(book, tmp_path, table, statement):
    other = sqlite3.connect(tmp_path / "b.db")
    other.execute(f"INSERT INTO {table} VALUES (1, '{{}}')")
    with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        other.execute(statement.format(table))
    other.close()


def test_the_folder_is_missing(tmp_path):
    with pytest.raises(StoreError, match="does not exist") as refused:
        SqlStore.open(tmp_path / "no/b.db")
    assert "mkdir" in refused.value.next_step


def test_a_text_is_no_book(tmp_path):
    (tmp_path / "b.db").write_text("not a database at all, but a text that is long enough" * 30)
    with pytest.raises(BookDamagedError, match="is no book, or is damaged"):
        SqlStore.open(tmp_path / "b.db")


def test_a_database_of_something_else(tmp_path):
    other = sqlite3.connect(tmp_path / "b.db")
    other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    with pytest.raises(BookDamagedError, match="it has songs"):
        SqlStore.open(tmp_path / "b.db")


def test_a_book_of_a_later_version_names_both(book, tmp_path):
    book.close()
    other = sqlite3.connect(tmp_path / "b.db")
    other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.execute("UPDATE setting SET made_by = '77.0'")
    other.commit()
    other.close()
    with pytest.raises(BookNewerError, match=r"schema 9999, made by Tunebook 77\.0"):
        SqlStore.open(tmp_path / "b.db")


def test_a_locked_book_says_so(book, tmp_path, monkeypatch):
    monkeypatch.setattr(connecting, "BUSY_TIMEOUT_S", 0.2)
    book.close()
    mine = SqlStore.open(tmp_path / "b.db")
    other = sqlite3.connect(tmp_path / "b.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BookBusyError, match="locked by another process"):
        mine.claim(1, "a", 60.0)
    other.execute("ROLLBACK")
    assert mine.claim(1, "a", 60.0)
    other.close()
    mine.close()


def test_a_read_only_place():
    """As root no permission bit binds, so the file is opened by a process that gave root up."""
    script = """
import os, sys
from tunebook.store.sql import SqlStore
from tunebook.domain.errors import StoreError
SqlStore.open(sys.argv[1]).close()
os.chmod(sys.argv[1], 0o444)
os.chmod(os.path.dirname(sys.argv[1]), 0o555)
if os.getuid() == 0:
    os.setresuid(65534, 65534, 65534)
try:
    SqlStore.open(sys.argv[1]).claim(1, "a", 60.0)
except StoreError as error:
    print(error)
"""
    with tempfile.TemporaryDirectory() as folder:
        ended = run(script, Path(folder) / "b.db")
        Path(folder).chmod(0o755)
    assert "can't be written" in ended.stdout, (ended.stdout, ended.stderr[-500:])
    assert "Next: " in ended.stdout


def test_a_full_disk_loses_nothing(book, tmp_path):
    script = """
import resource, signal, sys
from tunebook.store.sql import SqlStore
from tunebook.domain.errors import StoreError
from tunebook.domain.trial import Measurement, TrialKey
store = SqlStore.open(sys.argv[1])
store.claim(1, "a", 60.0)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
lines = 0
try:
    while True:
        fresh = [Measurement(step=lines * 500 + i, metric="loss", value=0.5) for i in range(500)]
        store.append(TrialKey(1, 0), 1, 0, fresh, lines + 1)
        lines += 1
except StoreError as error:
    print(lines)
    print(error)
"""
    book.close()
    ended = run(script, tmp_path / "b.db")
    lines, said = ended.stdout.split("\n", 1)
    assert "Next: " in said, (ended.stdout, ended.stderr[-800:])
    again = SqlStore.open(tmp_path / "b.db")
    assert len(again.measurements(TrialKey(1, 0))) == 500 * int(lines) > 0
    again.close()


WRITES = """
import sys
from pathlib import Path
from tunebook.store.sql import SqlStore
from tunebook.domain.trial import Measurement, TrialKey
store = SqlStore.open(sys.argv[1])
attempt = store.claim(1, sys.argv[2], 0.0)[0].trial.attempt
side = open(sys.argv[3], "a")
for n in range(10**6):
    store.append(TrialKey(1, 0), attempt, 0, [Measurement(step=n, metric="loss", value=float(n))], n + 1)
    side.write(f"{attempt} {n}\\n"); side.flush()
"""


def test_a_killed_writer_leaves_all_it_committed(book, tmp_path):
    book.close()
    for k, more in enumerate((1, 20, 150, 400)):
        before = lines(tmp_path / "side")
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITES, str(tmp_path / "b.db"), f"h{k}", str(tmp_path / "side")]
        )
        until(lambda least=before + more: lines(tmp_path / "side") >= least)
        writer.kill()
        writer.wait()
        store = SqlStore.open(tmp_path / "b.db")
        kept = {m.step for m in store.measurements(TrialKey(1, 0))}
        noted = (tmp_path / "side").read_text().split("\n")[:-1]
        assert {int(line.split()[1]) for line in noted} <= kept
        store.close()
    other = sqlite3.connect(tmp_path / "b.db")
    assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    other.close()


def test_threads_take_turns(book):
    def work():
        for _ in range(20):
            book.trials(1)
            book.claim(1, "a", 0.0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(t.attempt for t in book.trials(1)) > 1


def test_opening_a_book_that_is_there_loads_no_alembic(book, tmp_path):
    book.close()
    script = """
import sys, time
from tunebook.store.sql import SqlStore
SqlStore.open(sys.argv[1]).rounds()
print("alembic" in sys.modules)
"""
    assert run(script, tmp_path / "b.db").stdout.strip() == "False"


def shape(engine):
    with engine.connect() as own:
        rows = own.execute(
            sa.text(
                "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
            )
        ).all()
    found = sa.inspect(engine)
    columns = {
        t: [
            (c["name"], str(c["type"]), c["nullable"], c["primary_key"], c["default"])
            for c in found.get_columns(t)
        ]
        for t in found.get_table_names()
    }
    keys = {
        t: sorted(str(k["constrained_columns"]) for k in found.get_foreign_keys(t))
        for t in columns
    }
    return sorted(map(tuple, rows)), columns, keys


def test_migrations_from_nothing_make_the_same_schema():
    straight, migrated = connect(":memory:"), connect(":memory:")
    with straight.begin() as own:
        metadata.create_all(own)
        for trigger in guards("sqlite"):
            own.exec_driver_sql(trigger)
    with migrated.begin() as own:
        migrate(own)
        own.exec_driver_sql("DROP TABLE alembic_version")
    assert shape(straight) == shape(migrated)
    straight.dispose()
    migrated.dispose()


def test_an_older_book_is_copied_aside_and_migrated(tmp_path):
    """A book that names an earlier revision: here one without any of today's tables."""
    old = sqlite3.connect(tmp_path / "b.db")
    old.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    old.commit()
    old.close()
    engine = connect(str(tmp_path / "b.db"))
    assert revisions._revision(engine, "b.db") is None
    with engine.begin() as own:
        migrate(own)
    assert revisions._revision(engine, "b.db") == REVISION
    engine.dispose()


def test_the_wheel_carries_the_migrations():
    import tunebook.store

    folder = Path(tunebook.store.__file__).parent / "migrations"
    assert (folder / "env.py").is_file()
    names = sorted(p.name for p in (folder / "versions").glob("0*.py"))
    assert names[0] == "0001_book.py"
    assert names[-1].startswith(REVISION)
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert "[tool.setuptools.packages.find]" in text
    assert (folder / "__init__.py").is_file()
    assert (folder / "versions/__init__.py").is_file()


@pytest.mark.parametrize(
    ("mounts", "network"),
    [
        ("/dev/sda / ext4 rw 0 0\nhost:/x /mnt nfs4 rw 0 0", True),
        ("/dev/sda / ext4 rw 0 0\n/dev/sdb /mnt ext4 rw 0 0", False),
        ("host:/x / nfs rw 0 0\n/dev/sdb /mnt/fast xfs rw 0 0", True),
        ("", False),
    ],
)
def test_network_file_systems_are_known(mounts, network):
    assert on_network(Path("/mnt/books/b.db"), mounts) is network


def test_a_book_on_a_network_file_system_is_one_hosts(tmp_path, monkeypatch):
    monkeypatch.setattr(connecting, "BUSY_TIMEOUT_S", 0.1)
    monkeypatch.setattr("tunebook.store.sql.on_network", lambda path: True)
    mine = SqlStore.open(tmp_path / "b.db")
    mine.rounds()
    with pytest.raises(BookBusyError):
        SqlStore.open(tmp_path / "b.db").rounds()
    assert not (tmp_path / "b.db-shm").exists()
    mine.close()
    assert os.path.exists(tmp_path / "b.db")


def test_each_commit_of_a_file_is_on_disk_when_it_returns(book):
    """2 is FULL: with WAL, a sync for every commit, of decisions and launches too."""
    with book._writing() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
