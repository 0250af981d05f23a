"""`tunebook import`: a book from a sweep of another tool, and what it says."""

from __future__ import annotations

import json
import sys

import pytest

import tunebook as tb
from tunebook.cli import main


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Call `tunebook import ARGUMENTS` here; returns its exit status and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TUNEBOOK_BOOK", raising=False)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tunebook", "import", *arguments])
        try:
            main()
            ended = 0
        except SystemExit as exit_:
            ended = exit_.code or 0
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return ended, err if ended else out

    return run


def write(file, runs, first=0):
    rows = [f"r{i},{0.5 / (i + 1):.6g},{1 + i * 0.1},complete" for i in range(first, runs)]
    head = "trial,lr,loss,status"
    rows += ["p1,0.3,2.0,pruned", "q1,0.2,,running"]
    file.write_text("\n".join([head, *rows]) + "\n", "utf-8")


def test_a_new_book_is_made_and_a_grown_file_adds_what_is_new(call, tmp_path):
    write(tmp_path / "t.csv", 12)
    arguments = ("t.csv", "--objective", "minimize:loss", "--book", "b.db")
    code, told = call(*arguments, "--metric", "valid/loss", "--goal", "Which rate?")
    assert code == 0, told
    assert "12 new" in told and "p1" in told and "q1" in told and "Which rate?" in told
    with tb.Book(tmp_path / "b.db") as book:
        assert book.objective.metric == "valid/loss" and len(book.rounds) == 1
    write(tmp_path / "t.csv", 15)
    code, told = call(*arguments, "--goal", "Which rate?", "--json")
    said = json.loads(told[told.index("{") :])
    assert (code, said["added"], said["known"]) == (0, 3, 12)


def test_without_a_book_it_asks_for_one(call, tmp_path):
    write(tmp_path / "t.csv", 4)
    code, told = call("t.csv", "--objective", "minimize:loss")
    assert code != 0 and "--book" in told


@pytest.mark.parametrize(
    ("table", "told_of"),
    [
        ("trial,max_train_steps,loss\n" + "".join(f"a{i},{i + 1},{i}.5\n" for i in range(9)), "max_train_steps"),
        ("trial,lr,loss,status\na,0.1,,running\n", "ended"),
        ("trial,lr,loss\na,0.1,0.5\na,0.2,0.4\n", "a"),
    ],
)  # fmt: skip
def test_what_can_t_be_a_round_leaves_no_book(call, tmp_path, table, told_of):
    (tmp_path / "t.csv").write_text(table, "utf-8")
    code, told = call("t.csv", "--objective", "minimize:loss", "--hyperparameters",
                      table.split(",")[1], "--book", "b.db")  # fmt: skip
    assert code != 0 and told_of in told and "Next" in told and "Traceback" not in told
    assert not (tmp_path / "b.db").exists()


def test_an_objective_that_is_not_the_books_is_refused(call, tmp_path):
    write(tmp_path / "t.csv", 6)
    with tb.Book(tmp_path / "b.db", objective=tb.maximize("accuracy")):
        pass
    code, told = call("t.csv", "--objective", "minimize:loss", "--book", "b.db")
    assert code != 0 and "accuracy" in told
    with tb.Book(tmp_path / "b.db") as book:
        assert book.rounds == ()
