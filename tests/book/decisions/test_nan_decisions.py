"""A decision that holds a NaN is the same decision, however often it is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.book.notebook import Book
from tunebook.domain.decision import Decision, Verdict
from tunebook.domain.errors import EvidenceError
from tunebook.domain.finding import Interval
from tunebook.domain.formats.codec import alike, from_json, to_json
from tunebook.domain.formats.spelling import minimize

QUIET = {"workers": 0, "progress": False}


def unknown():
    """An interval of NaNs, each an object of its own, as two readings of a book give them."""
    return Interval(float("nan"), float("nan"), float("nan"))


def test_nouns_that_hold_a_nan_are_alike(launched):
    told = launched.decisions[0]
    side = replace(told.sides[0], mean=unknown())
    one, other = (replace(told, sides=(replace(side, gain=unknown()),)) for _ in range(2))
    assert alike(one, other)
    assert alike(one, from_json(Decision, to_json(one)))
    assert not alike(one, told)
    assert not alike(one, replace(one, error_rate=0.02))


def test_a_decision_with_a_nan_is_launched(launched):
    """Launch 0 took decision 1; the next decision has a side of which nothing is known."""
    told = launched.decisions[0]
    sides = (told.sides[0], replace(told.sides[0], name="other", mean=unknown(), gain=unknown()))
    second = replace(told, number=2, baseline=0, sides=sides)
    launched._store.add(second)
    given = replace(second, sides=(sides[0], replace(sides[1], mean=unknown(), gain=unknown())))
    assert launched.launch(given).decision == 2
    assert launched.launch(given).number == 1, "launched once"


def test_a_decision_of_another_book_is_not_launched(launched):
    changed = replace(launched.decisions[0], number=2, error_rate=0.5)
    with pytest.raises(EvidenceError, match="decision 2"):
        launched.launch(changed)


def test_deciding_again_without_new_evidence_stores_nothing(tmp_path, train, monkeypatch):
    """No chance is known, so that the gain over it is NaN, as in books from before the refusal."""
    monkeypatch.setattr("tunebook.book.decisions.decisions.refuse_without_chance", lambda *_: None)
    with Book(tmp_path / "b.db", objective=minimize("loss")) as book:
        first = book.round("Does it learn?", fixed={"learning_rate": 1e-2}, trials=4,
                           max_train_steps=20)  # fmt: skip
        first.run(train, **QUIET)
        told = first.decide(train, max_reruns=4, **QUIET)
        assert told.verdict is Verdict.MORE_EVIDENCE
        assert "NaN" in to_json(told), "else this shows nothing"
    with Book(tmp_path / "b.db") as again:
        for _ in range(2):
            assert again.rounds[0].decide(run=False, progress=False).number == told.number
        assert len(again.decisions) == 1
