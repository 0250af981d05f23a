"""D5 D6: the notebook read back, whole and in order."""

from __future__ import annotations

from dataclasses import replace

from tunebook.domain.environment import Environment
from tunebook.domain.formats.codec import to_data
from tunebook.domain.record import BookRecord
from tunebook.domain.sealing import Look, Seal
from tunebook.report.history import changed, history
from tunebook.report.page.page import render
from tunebook.report.terminal.history import history_renderable
from tunebook.report.terminal.lines import plain

ONE = Environment(number=1, round=1, reruns=False, began_at=1.76e9, code="t:t", sha256="a" * 64)


def test_every_round_and_launch_is_there(book):
    found = history(book)
    assert [r.number for r in found.rounds] == [r.number for r in book.rounds]
    assert [x.number for x in found.launches] == [x.number for x in book.launches]
    assert found.exploration == sum(len(r.table) for r in book.rounds)
    for line, one in zip(found.rounds, book.rounds, strict=True):
        assert sum(line.trials.values()) == len(one.table)
        assert line.commands[0].startswith("tunebook export again")
        assert any(f"tunebook run again/round-{line.number}.toml" in c for c in line.commands)
    decided = {d.round for d in book.decisions}
    assert {r.number for r in found.rounds if r.verdict} == decided
    assert to_data(found)["rounds"][0]["goal"] == book.rounds[0].plan.goal


def test_exploitation_is_told_apart(book):
    rounds = (*book.rounds[:-1], replace(book.rounds[-1], exploitation=5))
    found = history(replace(book, rounds=rounds))
    assert found.exploitation == 5
    assert "5 of exploitation" in found.division


def test_a_changed_script_is_in_the_notebook_and_the_page(book):
    later = replace(ONE, number=2, reruns=True, sha256="b" * 64, versions={"torch": "2.2"})
    first = replace(book.rounds[0], environments=(ONE, later))
    changed_book = replace(book, rounds=(first, *book.rounds[1:]))
    line = history(changed_book).rounds[0]
    assert line.changes[0].startswith("The training code changed before its reruns")
    assert "torch none to 2.2" in line.changes[1]
    said = "The training code changed before its reruns"
    assert said in plain(history_renderable(history(changed_book)), width=200)
    assert said in render(changed_book)


def test_looks_are_counted_dated_and_shown(book):
    seal = Seal(number=1, metric="test/error", rounds=0, sealed_at=1.0)
    look = Look(number=1, metric="test/error", rounds=1, who="ada", why="<b>", looked_at=1.76e9)
    page = render(replace(book, seals=(seal,), looks=(look,)))
    assert "1 look; sealed in round 2, 3" in page
    assert "by ada: &lt;b&gt;" in page and "October 2025" in page
    assert "was planned after look 1 at test/error" in page


def test_a_launch_says_what_it_changed(book):
    first, second = book.launches[0], book.launches[-1]
    assert changed(first, None).count(", ") == len(first.config) - 1
    moved = replace(second, config={"a": 1, "c": 3}, max_train_steps=first.max_train_steps)
    before = replace(first, config={"a": 2, "b": 2})
    assert changed(moved, before) == "a 2 to 1, b 2 dropped, c 3 added"


def test_it_is_readable_at_every_width(book):
    for width in (60, 80, 120):
        text = plain(history_renderable(history(book)), width=width)
        assert max(map(len, text.splitlines())) <= width
        assert "Lineage of baselines" in text


def test_an_empty_book_says_what_comes_next(book):
    empty: BookRecord = replace(book, rounds=(), decisions=(), launches=())
    assert "No round yet" in plain(history_renderable(history(empty)))
