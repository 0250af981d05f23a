"""Books that are damaged, of another make, or in the wrong place: told in words, never changed."""

from __future__ import annotations

import sqlite3

import pytest

from tunebook.domain.decision import Setting
from tunebook.domain.errors import BookDamagedError, BookNewerError, StoreError
from tunebook.store.rows import readable
from tunebook.store.sql import SqlStore


def spoil(path, statement):
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def read_all(path):
    made = SqlStore.open(path)
    try:
        return made.setting(), made.rounds(), made.trials(1), made.curves_of(1, range(9))
    finally:
        made.close()


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE round SET plan = '{"goal":'""",
        "UPDATE round SET plan = '{}'",
        "UPDATE round SET plan = CAST(x'fffe' AS TEXT)",
        "UPDATE setting SET setting = '{}'",
        "UPDATE trial SET status = 'complet'",
        "UPDATE trial SET config = '{'",
        "DROP TABLE chunk",
    ],
)
def test_what_can_not_be_read_is_damage(book, tmp_path, statement):
    book.close()
    spoil(tmp_path / "b.db", statement)
    with pytest.raises(BookDamagedError, match=r"b\.db") as caught:
        read_all(tmp_path / "b.db")
    assert "copy" in caught.value.next_step


def test_a_schema_that_was_never_made_is_damage(book, tmp_path):
    book.close()
    spoil(tmp_path / "b.db", "UPDATE alembic_version SET version_num = '0000'")
    before = (tmp_path / "b.db").read_bytes()
    with pytest.raises(BookDamagedError, match="schema 0000"):
        SqlStore.open(tmp_path / "b.db")
    assert (tmp_path / "b.db").read_bytes() == before
    spoil(tmp_path / "b.db", "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BookNewerError, match="schema 9999"):
        SqlStore.open(tmp_path / "b.db")


def test_a_folder_is_no_book(tmp_path):
    with pytest.raises(StoreError, match="is a folder"):
        SqlStore.open(tmp_path)


def test_nothing_enters_a_book_that_would_not_be_read_back():
    setting = Setting(name="n")
    object.__setattr__(setting, "name", 5)  # as from code that goes round the checks
    with pytest.raises(StoreError, match="this setting can't be kept in a book: name is a text"):
        readable(setting)
