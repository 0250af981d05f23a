"""Databases with a write-ahead log are read without a trace beside them."""

from __future__ import annotations

import sqlite3

import pytest

from tunebook.importers.read_only import read_only_engine
from tunebook.importers.sqlite_files import connect_to_read, tables_of


def state(folder):
    return {f.name: (f.read_bytes(), f.stat().st_mtime_ns) for f in folder.iterdir()}


@pytest.fixture
def written(tmp_path):
    file = tmp_path / "a.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("CREATE TABLE t (x)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.commit()
    return file, connection


def rows(file):
    connection = connect_to_read(file)
    try:
        return connection.execute("SELECT x FROM t").fetchall()
    finally:
        connection.close()


def test_a_closed_database_with_a_log_leaves_no_files(written):
    file, connection = written
    connection.close()
    before = state(file.parent)
    assert list(before) == ["a.db"]
    assert rows(file) == [(1,)]
    assert tables_of(file) == {"t"}
    engine = read_only_engine(file)
    with engine.connect() as opened:
        assert opened.exec_driver_sql("SELECT x FROM t").fetchall() == [(1,)]
    engine.dispose()
    assert state(file.parent) == before


def test_what_is_in_the_log_alone_is_read_while_the_writer_goes_on(written):
    file, connection = written
    connection.execute("INSERT INTO t VALUES (2)")
    connection.commit()
    before = state(file.parent)
    assert len(before) == 3
    assert rows(file) == [(1,), (2,)]
    assert tables_of(file) == {"t"}
    assert state(file.parent) == before
    connection.execute("INSERT INTO t VALUES (3)")
    connection.commit()
    assert rows(file) == [(1,), (2,), (3,)]
    connection.close()


def test_nothing_can_be_written(written):
    file, connection = written
    for _ in range(2):
        opened = connect_to_read(file)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            opened.execute("INSERT INTO t VALUES (9)")
        opened.close()
        connection.close()


def test_other_files_have_no_tables(tmp_path):
    (tmp_path / "t.csv").write_text("lr,loss\n" * 9)
    for place in (tmp_path, tmp_path / "t.csv", tmp_path / "none"):
        assert tables_of(place) == set()
