"""Books, and a procedure asked in this process; the trainings are in tests/valleys.py."""

from __future__ import annotations

import shutil
import time

import pytest

import paced_steps
from hand_made_results import validated
from tunebook.book.notebook import Book
from tunebook.domain.formats.spelling import minimize
from valleys import ASKED, narrow

__all__ = ["validated"]


@pytest.fixture
def new_book(tmp_path):
    """Make books of a name; closed at the end."""
    made = []

    def make(name: str = "valley", **more) -> Book:
        path = tmp_path / f"{name}.db"
        more = {} if path.exists() else {"objective": minimize("valid/loss"), **more}
        made.append(Book(path, **more))
        return made[-1]

    yield make
    for book in made:
        book.close()


class Ticking:
    """Time that passes where a training waits, and nowhere else."""

    def __init__(self) -> None:
        self.now = 0.0
        self.time = time.time

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def ticking(monkeypatch) -> Ticking:
    """Trials in this process are timed by a clock on which other load does not tell."""
    clock = Ticking()
    monkeypatch.setattr("tunebook.training.log.time", clock)
    monkeypatch.setattr(paced_steps, "time", clock)
    return clock


@pytest.fixture
def ask():
    """Ask a book for the procedure in this process."""

    def call(book, train=None, **more):
        return book.procedure("instability", train, workers=0, progress=False, **{**ASKED, **more})

    return call


@pytest.fixture(scope="session")
def narrow_run(tmp_path_factory):
    """The folder of a book in which the narrow valley was asked about, made once."""
    folder = tmp_path_factory.mktemp("narrow")
    with Book(folder / "valley.db", objective=minimize("valid/loss")) as book:
        book.procedure("instability", narrow, workers=0, progress=False, **ASKED)
    return folder


@pytest.fixture
def narrow_book(narrow_run, new_book, tmp_path):
    """A book in which the narrow valley was asked about: a copy, so that a test may go on."""
    shutil.copytree(narrow_run, tmp_path, dirs_exist_ok=True)
    return new_book("valley")
