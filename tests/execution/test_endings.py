"""Attempts that ended together: one transaction for all, and one bad one spoils no other."""

from __future__ import annotations

import pytest

from tunebook.domain.errors import BookAwayError, StoreError
from tunebook.domain.trial import Cause, Outcome, Status, TrialKey
from tunebook.execution import Ended
from tunebook.execution.endings import Endings
from tunebook.training.log import TrialLog, attempt_files

DONE = Outcome(status=Status.COMPLETE, seconds=1.0, ended_at=2.0)
LOST = Outcome(status=Status.INFEASIBLE, cause=Cause.CRASHED, detail="exit 1", seconds=1.0)


@pytest.fixture
def piled(make_book):
    """A store of six trials that have all ended, and the pile of their ends."""
    store = make_book([{"x": float(n)} for n in range(6)], max_train_steps=5)
    pile = Endings(store)
    for claim in store.claim(1, "host", 60.0, 6):
        log = TrialLog(attempt_files(store.files, claim.trial.key, 1))
        log.start(0)
        for step in range(5):
            log.measure(step, {"valid/error": step / 7})
        if claim.trial.number != 5:
            log.end(DONE)
        log.close()
        outcome = LOST if claim.trial.number == 5 else DONE
        pile.add(claim.trial, Ended(key=claim.trial.key, attempt=1, outcome=outcome))
    return store, pile


def ended(store):
    return {t.number: t.status for t in store.trials(1) if t.status.ended}


def all_ended(but=()):
    whole = dict.fromkeys(range(5), Status.COMPLETE) | {5: Status.INFEASIBLE}
    return {n: status for n, status in whole.items() if n not in but}


def counted(monkeypatch, store, what):
    calls = []
    real = getattr(store, what)
    monkeypatch.setattr(store, what, lambda *a: calls.append(a) or real(*a))
    return calls


def test_a_pile_is_recorded_by_one_transaction(piled, monkeypatch):
    store, pile = piled
    calls = counted(monkeypatch, store, "take_in")
    pile.settle()
    assert ended(store) == all_ended()
    assert len(calls) == 1
    assert [key.number for key, _ in pile.settled] == list(range(6))
    assert pile.settled[5][1].cause is Cause.CRASHED
    assert all(len(store.measurements(TrialKey(1, n))) == 5 for n in range(6))
    assert not list(store.files.rglob("*.log")) and not pile.keys


def test_a_log_that_can_not_be_read_spoils_no_other(piled):
    store, pile = piled
    log = attempt_files(store.files, TrialKey(1, 2), 1).log
    log.rename(log.with_suffix(".away"))
    log.mkdir()
    with pytest.raises(IsADirectoryError):
        pile.settle()
    assert ended(store) == all_ended(but=[2])
    assert not pile.keys


def test_a_superseded_attempt_spoils_no_other(piled):
    store, pile = piled
    store.release(TrialKey(1, 1), 1)
    store.claim(1, "another", 60.0, 1)
    pile.settle()
    assert ended(store) == all_ended(but=[1])
    assert [key.number for key, _ in pile.settled] == [0, 2, 3, 4, 5]
    assert store.trial(TrialKey(1, 1)).attempt == 2
    assert not store.measurements(TrialKey(1, 1))


def test_an_end_that_the_book_refuses_spoils_no_other(piled, monkeypatch):
    store, pile = piled
    real = store.take_in

    def refusing(logged):
        if any(one.key.number == 3 for one in logged):
            raise StoreError("this one can't be kept")
        return real(logged)

    monkeypatch.setattr(store, "take_in", refusing)
    with pytest.raises(StoreError, match="this one"):
        pile.settle()
    assert ended(store) == all_ended(but=[3])
    assert attempt_files(store.files, TrialKey(1, 3), 1).log.exists(), "nothing of it is lost"


@pytest.mark.parametrize("committed", [True, False])
def test_a_book_that_goes_away_meanwhile_gets_each_once(piled, monkeypatch, committed):
    """Whether the transaction took place is then not known: the next try finds out."""
    store, pile = piled
    real = store.together
    with monkeypatch.context() as patch:

        def going_away():
            with real():
                yield
                if not committed:
                    raise BookAwayError("the server went away")
            raise BookAwayError("the server went away")

        from contextlib import contextmanager

        patch.setattr(store, "together", contextmanager(going_away))
        with pytest.raises(BookAwayError):
            pile.settle()
    assert ended(store) == (all_ended() if committed else {})
    assert len(pile.keys) == 6 and not pile.settled
    assert len(list(store.files.rglob("*.log"))) == 6, "files go only once it is known"
    pile.settle()
    assert ended(store) == all_ended()
    assert [key.number for key, _ in pile.settled] == list(range(6))
    assert all(len(store.measurements(TrialKey(1, n))) == 5 for n in range(6))


def test_two_ends_of_one_trial_are_recorded_one_after_the_other(piled):
    store, pile = piled
    first = store.trial(TrialKey(1, 0))
    pile.add(first, Ended(key=first.key, attempt=1, outcome=DONE))
    pile.settle()
    assert [key.number for key, _ in pile.settled] == list(range(6))
    assert ended(store) == all_ended()


def test_a_book_that_goes_away_between_two_of_a_pile_counts_each_once(piled, monkeypatch):
    store, pile = piled
    lost = store.trial(TrialKey(1, 5))
    whole, pile = pile, Endings(store)
    for trial, end in [*list(whole._pile)[:2], (lost, None), *list(whole._pile)[2:5]]:
        pile.add(trial, end or Ended(key=lost.key, attempt=1, outcome=None, seconds=1.0))
    real = store.release

    def away(*a):
        raise BookAwayError("the server went away")

    with monkeypatch.context() as patch:
        patch.setattr(store, "release", away)
        with pytest.raises(BookAwayError):
            pile.settle()
    assert [key.number for key, _ in pile.settled] == [0, 1]
    assert [key.number for key in pile.keys] == [5, 2, 3, 4]
    assert ended(store) == all_ended(but=[5]), "the others were recorded already"
    assert store.release == real
    pile.settle()
    assert [key.number for key, _ in pile.settled] == list(range(5))
    assert (pile.given_back, store.trial(lost.key).status) == (1, Status.PENDING)
    assert len(store.measurements(lost.key)) == 5, "what it reported is kept"
