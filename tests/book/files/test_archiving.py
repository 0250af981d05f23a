"""D6: a book goes into an archive and comes back, bit by bit, or not at all."""

from __future__ import annotations

import json
import math
import sqlite3
import zipfile
from contextlib import closing

import pytest

import tunebook as tb
from tunebook.book.files.archiving import restore
from tunebook.book.running import add_search_trials
from tunebook.domain.errors import BookDamagedError, StoreError
from tunebook.store.schema import REVISION

QUIET = {"workers": 0, "progress": False}


def train(trial):
    rate = trial.config["learning_rate"]
    for step in range(5):
        odd = (math.inf, -math.inf, math.nan, 0.1 + 0.2, 5e-324)[step]
        loss = (rate - 0.3) ** 2 + 1 / (step + 1) + 1e-3 * (trial.seed % 97) / 97
        trial.report(step, {"loss": loss, "odd/é": odd, "test/error": 0.123456789})


@pytest.fixture
def full(tmp_path):
    with tb.Book(tmp_path / "full.db", objective=tb.minimize("loss"), chance=9.0,
                 test_metrics=("test/error",)) as book:  # fmt: skip
        first = book.round("First?", fixed={"learning_rate": 0.9}, trials=2, max_train_steps=5)
        first.run(train, **QUIET)
        book.launch(first.decide(train, max_reruns=4, **QUIET), why="it “learns”")
        second = book.round("Second?", nuisance={"learning_rate": tb.uniform(0, 1)}, trials=6,
                            max_train_steps=5)  # fmt: skip
        second.run(train, **QUIET)
        second.decide(train, max_reruns=12, **QUIET)
        yield book


def rows(path):
    with closing(sqlite3.connect(path)) as opened:
        names = [r[0] for r in opened.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            n: sorted(opened.execute(f'SELECT * FROM "{n}"').fetchall(), key=repr) for n in names
        }


def test_a_book_comes_back_bit_by_bit(full, tmp_path):
    counted = full.archive(tmp_path / "a.zip")
    assert restore(tmp_path / "a.zip", tmp_path / "again.db") == counted
    assert rows(tmp_path / "again.db") == rows(tmp_path / "full.db")
    with tb.Book(tmp_path / "again.db") as again:
        assert again.decisions == full.decisions and again.launches == full.launches
        assert again.rounds[1].table().config == full.rounds[1].table().config
        more = again.round(
            "Third?", nuisance={"learning_rate": tb.uniform(0, 1)}, trials=2, max_train_steps=5
        )
        assert more.run(train, **QUIET).complete == 2


def test_it_is_open_but_for_what_is_sealed(full, tmp_path):
    full.archive(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        chunks = [json.loads(x) for x in archive.read("chunk.jsonl").splitlines()]
        text = archive.read("chunk.jsonl").decode()
    assert manifest["tables"]["trial"]["rows"] == sum(len(r.trials) for r in full.rounds)
    odd = next(c for c in chunks if c["metric"] == "odd/é")
    assert odd["values"] == ["Infinity", "-Infinity", "NaN", 0.1 + 0.2, 5e-324]
    assert all("packed" in c and "values" not in c for c in chunks if c["metric"] == "test/error")
    assert "0.123456789" not in text
    full.unseal("test/error", why="the end")
    full.archive(tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert "0.123456789" in archive.read("chunk.jsonl").decode()


def test_a_running_trial_is_pending_where_its_run_is_not(full, tmp_path):
    third = full.round(
        "Third?", nuisance={"learning_rate": tb.uniform(0, 1)}, trials=2, max_train_steps=5
    )
    add_search_trials(full._store, third.plan, third.number)
    full._store.claim(3, "elsewhere:1:1:1", 60.0, 1)
    full.archive(tmp_path / "a.zip")
    restore(tmp_path / "a.zip", tmp_path / "again.db")
    with tb.Book(tmp_path / "again.db") as again:
        assert [str(t.status) for t in again.rounds[2].trials] == ["pending", "pending"]
        assert again.rounds[2].run(train, **QUIET).complete == 2


def test_there_is_no_book_until_all_is_checked(full, tmp_path):
    full.archive(tmp_path / "a.zip")
    whole = (tmp_path / "a.zip").read_bytes()
    for what, content in {
        "cut": whole[: len(whole) // 2],
        "text": b"no zip at all",
        "nothing": b"",
        "flipped": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:],
    }.items():
        (tmp_path / f"{what}.zip").write_bytes(content)
        with pytest.raises(BookDamagedError):
            restore(tmp_path / f"{what}.zip", tmp_path / f"{what}.db")
        assert not list(tmp_path.glob(f"*{what}.db*")), what


def test_a_row_that_was_edited_is_noticed(full, tmp_path):
    full.archive(tmp_path / "a.zip")
    with (
        zipfile.ZipFile(tmp_path / "a.zip") as archive,
        zipfile.ZipFile(tmp_path / "b.zip", "w") as out,
    ):
        for name in archive.namelist():
            content = archive.read(name)
            out.writestr(
                name,
                content.replace(b"adopt", b"keepz") if name == "decision.jsonl" else content,
            )
    with pytest.raises(BookDamagedError, match="its checksum does not hold"):
        restore(tmp_path / "b.zip", tmp_path / "b.db")


def test_an_archive_of_another_schema_names_its_version(full, tmp_path):
    full.archive(tmp_path / "a.zip")
    with (
        zipfile.ZipFile(tmp_path / "a.zip") as archive,
        zipfile.ZipFile(tmp_path / "b.zip", "w") as out,
    ):
        for name in archive.namelist():
            content = archive.read(name)
            here = f'"{REVISION}"'.encode()
            out.writestr(
                name, content.replace(here, b'"9999"') if name == "manifest.json" else content
            )
    with pytest.raises(StoreError, match="schema 9999, written by Tunebook"):
        restore(tmp_path / "b.zip", tmp_path / "b.db")


def test_a_book_that_is_there_is_never_overwritten(full, tmp_path):
    full.archive(tmp_path / "a.zip")
    with pytest.raises(StoreError, match="is there already"):
        restore(tmp_path / "a.zip", tmp_path / "full.db")


def test_a_folder_that_is_not_there_is_said(full, tmp_path):
    with pytest.raises(StoreError, match="can't be written"):
        full.archive(tmp_path / "none" / "a.zip")
    full.archive(tmp_path / "a.zip")
    with pytest.raises(StoreError):
        restore(tmp_path / "a.zip", tmp_path / "none" / "b.db")
