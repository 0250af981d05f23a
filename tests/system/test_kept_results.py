"""What is kept beside a book where it can't be, and beside one on a PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from contextlib import suppress

import pytest

import tunebook as tb
from tunebook.book import kept_results
from tunebook.examination import memory


def train(trial):
    for step in range(1, trial.max_train_steps + 1):
        trial.report(step, {"loss": (trial.config["x"] - 0.3) ** 2 + 1 / step})


def filled(place, **more):
    book = tb.Book(place, objective=tb.minimize("loss"), **more)
    made = book.round("where?", nuisance={"x": tb.uniform(0, 1)}, trials=20, max_train_steps=4)
    made.run(train, workers=0, progress=False)
    return book


@pytest.fixture
def ran(monkeypatch):
    """How often each check ran."""
    counts = Counter()
    real = memory.run_check

    def counted(check, *args, **more):
        counts[check] += 1
        return real(check, *args, **more)

    monkeypatch.setattr(memory, "run_check", counted)
    return counts


def forget():
    """What another process would know."""
    kept_results.forget_kept()
    memory.forget_results()


def seen(book, folder):
    found = book.rounds[0]
    report = book.report(folder / "r.html").read_text("utf-8")
    return found.examination(), [p.to_data() for p in found.pictures()], report


@pytest.fixture
def disk(tmp_path):
    """A file system of 4 MB."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only the superuser mounts a file system")
    at = tmp_path / "disk"
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", at], check=True)
    yield at
    subprocess.run(["umount", at], check=True)


def test_a_full_disk_is_no_error(disk, ran, tmp_path):
    book = filled(disk / "b.db")
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    first = seen(book, tmp_path)
    assert seen(book, tmp_path) == first
    assert ran["C1"] == 1
    folder = kept_results.folder_of(book._store)
    assert not folder.is_dir() or not list(folder.iterdir())
    (disk / "filler").unlink()
    forget()
    assert seen(book, tmp_path) == first
    assert {f.name.partition(".")[0] for f in folder.iterdir()} == {"round-1", "pictures-1"}
    book.close()


def test_a_read_only_disk_is_no_error(disk, ran, tmp_path):
    filled(disk / "b.db").close()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with tb.Book(disk / "b.db") as book:
        first = seen(book, tmp_path)
        assert seen(book, tmp_path) == first
        assert ran["C1"] == 1
        assert not kept_results.folder_of(book._store).exists()


def test_a_servers_book_keeps_beside_its_files(url, server, ran, tmp_path):
    book = filled(url, files=tmp_path / "shared.files")
    first = seen(book, tmp_path)
    forget()
    assert seen(book, tmp_path) == first
    assert ran["C1"] == 1
    kept = list((tmp_path / ".shared.kept").iterdir())
    assert kept and all(f.stat().st_mode & 0o077 == 0 for f in kept)
    server.run("UPDATE trial SET config = '{\"x\": 0.99}' WHERE number = 3", url=url)
    forget()
    changed = seen(book, tmp_path)
    assert ran["C1"] == 2
    assert all(a != b for a, b in zip(first, changed, strict=True))
    book.close()


def test_a_servers_book_without_a_folder_keeps_in_memory(url, ran, tmp_path):
    filled(url, files=tmp_path / "shared.files").close()
    shutil.rmtree(tmp_path / "shared.files", ignore_errors=True)
    with tb.Book(url, files=tmp_path / "shared.files") as book:
        first = seen(book, tmp_path)
        assert seen(book, tmp_path) == first
        assert ran["C1"] == 1
        assert not (tmp_path / ".shared.kept").exists()
