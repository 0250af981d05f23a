"""What `status` reads without curves is what the whole record says."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from importlib.resources import files

import pytest

from tunebook.book import glance, kept_results
from tunebook.book.glance import _decided
from tunebook.book.notebook import Book
from tunebook.domain.errors import BookDamagedError
from tunebook.report.record_glance import glance_of


@pytest.fixture
def shipped(tmp_path):
    """The finished book of `tunebook demo`."""
    path = tmp_path / "digits.db"
    content = files("tunebook.cli").joinpath("assets/digits.db.gz").read_bytes()
    path.write_bytes(gzip.decompress(content))
    Book(path).close()
    return path


def change(path, *statements):
    with closing(sqlite3.connect(path)) as other, other:
        for statement in statements:
            other.execute(statement)


def test_a_decided_book_is_read_quickly_and_alike(shipped):
    with Book(shipped) as book:
        seen = _decided(book._store)
        assert seen == glance_of(book.record())
        assert seen.rounds[3].best == ("4.69", pytest.approx(0.02423, abs=1e-5))


def test_a_changed_value_changes_what_is_seen(shipped):
    change(shipped, "UPDATE trial SET status = 'infeasible' WHERE round = 4 AND number = 69")
    with Book(shipped) as book:
        assert book.glance().rounds[3].best[0] != "4.69"
        assert book.glance() == glance_of(book.record())


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO attempt VALUES (4, 69, 9, 0, 0)",
        """UPDATE setting SET objective = replace(objective, '"best"', '"mean_last"')""",
        "DELETE FROM decision WHERE number = (SELECT max(number) FROM decision)",
    ],
    ids=["begun twice", "mean of the last", "undecided"],
)
def test_what_is_not_quickly_read_is_read_whole(shipped, statement):
    change(shipped, "DROP TRIGGER IF EXISTS decision_DELETE_refused", statement)
    with Book(shipped) as book:
        assert _decided(book._store) is None
        assert book.glance() == glance_of(book.record())


def test_damage_is_said(shipped):
    change(shipped, "UPDATE chunk SET crc32 = crc32 + 1 WHERE round = 4 AND number = 69")
    with Book(shipped) as book, pytest.raises(BookDamagedError, match=r"4\.69"):
        book.glance()


UNDECIDED = (
    "DROP TRIGGER IF EXISTS decision_DELETE_refused",
    "DELETE FROM decision WHERE number = (SELECT max(number) FROM decision)",
)


@pytest.fixture
def undecided(shipped, monkeypatch):
    """A book whose newest round is undecided, and how often all of one was read."""
    change(shipped, *UNDECIDED)
    read = []
    monkeypatch.setattr(
        glance, "_whole", lambda store, real=glance._whole: read.append(1) or real(store)
    )
    return shipped, read


def looked_at(path):
    """What another process sees."""
    kept_results.forget_kept()
    with Book(path) as book:
        return book.glance(), glance_of(book.record())


def test_an_undecided_book_is_read_whole_once(undecided):
    path, read = undecided
    for _ in range(3):
        seen, true = looked_at(path)
        assert seen == true
    assert len(read) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trial SET status = 'infeasible' WHERE round = 4 AND number = 69",
        'UPDATE round SET plan = replace(plan, \'"goal": "\', \'"goal": "Really: \') WHERE number = 2',
        "DELETE FROM launch WHERE number = (SELECT max(number) FROM launch)",
        "UPDATE setting SET setting = replace(setting, 'digits', 'numbers')",
    ],
    ids=["a trial", "a goal", "a launch", "the name"],
)
def test_whatever_changes_is_seen(undecided, statement):
    path, _ = undecided
    before = looked_at(path)[0]
    change(path, "DROP TRIGGER IF EXISTS launch_DELETE_refused", statement)
    seen, true = looked_at(path)
    assert seen == true and seen != before


def test_the_command_names_the_file_as_it_is_called_now(undecided):
    path, _ = undecided
    looked_at(path)
    other = path.with_name("other.db")
    path.rename(other)
    folder = path.with_name(f".{path.stem}.kept")
    folder.rename(other.with_name(".other.kept"))
    assert "other.db" in looked_at(other)[0].stands.command


def test_while_trials_run_nothing_is_kept(undecided):
    path, _ = undecided
    change(path, "UPDATE trial SET status = 'running' WHERE round = 4 AND number = 69")
    looked_at(path)
    assert not list(path.with_name(f".{path.stem}.kept").glob("glance*"))
