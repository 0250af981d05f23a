"""Books, and a procedure asked in this process; the trainings are in tests/valleys.py."""

from __future__ import annotations

import pytest

from tunebook.book.notebook import Book
from tunebook.words.spelling import minimize
from valleys import ASKED


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


@pytest.fixture
def ask():
    """Ask a book for the procedure in this process."""

    def call(book, train=None, **more):
        return book.procedure("instability", train, workers=0, progress=False, **{**ASKED, **more})

    return call
