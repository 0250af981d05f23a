import math
from dataclasses import replace

import numpy as np
import pytest

from tunebook.domain.decision import Verdict
from tunebook.domain.finding import Interval
from tunebook.report.loop import Step, standing, where


def without_reruns(found):
    return replace(found, reruns=found.reruns.take(np.arange(0)))


def only(book, number, **changes):
    """The book up to a round, that round changed."""
    rounds = (*book.rounds[: number - 1], replace(book.rounds[number - 1], **changes))
    decisions = tuple(d for d in book.decisions if d.round <= number)
    return replace(book, rounds=rounds, decisions=decisions)


def test_an_empty_book_plans(book):
    assert where(replace(book, rounds=(), decisions=(), launches=())) is Step.PLAN


def test_a_launched_round_asks_the_next_question(book):
    assert standing(book, 2).step is Step.NEXT
    assert "round 3 followed" in standing(book, 2).sentence


def test_an_adopted_round_waits_for_its_launch(book):
    found = standing(book, 3)
    assert (found.step, found.command) == (Step.LAUNCH, "tunebook launch 3 --book digits.db")


def test_a_kept_baseline_skips_the_launch(book):
    kept = replace(book.decisions[-1], verdict=Verdict.KEEP)
    found = standing(replace(book, decisions=(*book.decisions[:2], kept)), 3)
    assert (found.step, found.skipped) == (Step.NEXT, (Step.LAUNCH,))


def test_thin_evidence_asks_for_reruns(book):
    thin = replace(book.decisions[-1], verdict=Verdict.MORE_EVIDENCE)
    assert where(replace(book, decisions=(*book.decisions[:2], thin))) is Step.RERUN


def test_the_number_of_reruns_asked_for_is_what_the_decision_needs(book):
    near = Interval(0.0055, -0.001, 0.012)
    found = standing(with_gain(book, near), 3)
    assert found.step is Step.RERUN
    more = int(found.sentence.partition("about ")[2].split()[0])
    assert f"--max-reruns {3 * max(18, 9 + more)} " in found.command


def test_a_gain_that_no_reruns_tell_is_for_a_person_to_judge(book):
    found = standing(with_gain(book, Interval(0.0041, -0.001, 0.009)), 3)
    assert found.step is Step.DECIDE
    assert "no realistic number of reruns" in found.sentence
    assert "smaller least improvement" in found.sentence
    assert found.command == "tunebook next --book digits.db"


def with_gain(book, gain):
    """The book with its last decision open, the best side's gain as given."""
    last = book.decisions[-1]
    best = replace(last.sides[0], gain=gain)
    thin = replace(last, verdict=Verdict.MORE_EVIDENCE, sides=(best, *last.sides[1:]))
    return replace(book, decisions=(*book.decisions[:2], thin))


def test_a_corrected_decision_is_the_one_that_stands(book):
    thin = replace(book.decisions[-1], verdict=Verdict.MORE_EVIDENCE)
    corrected = replace(book.decisions[-1], number=4, corrects=3)
    assert where(replace(book, decisions=(*book.decisions[:2], thin, corrected))) is Step.LAUNCH


@pytest.mark.parametrize(("reruns", "step"), [(True, Step.DECIDE), (False, Step.READ)])
def test_an_undecided_round_is_read_first(book, reruns, step):
    found = book.rounds[2]
    table = found.reruns if reruns else found.reruns.take(np.zeros(len(found.reruns), dtype=bool))
    undecided = replace(only(book, 3, reruns=table), decisions=book.decisions[:2])
    assert where(undecided) is step


def test_trials_that_have_not_ended_are_run(book):
    found = book.rounds[2]
    part = replace(only(book, 3, table=found.table.take(np.arange(10))), decisions=())
    assert where(part) is Step.RUN
    assert "54 trials of 64 have not ended" in standing(part, 3).sentence


def test_without_chance_no_reruns_are_asked_for(book):
    first = book.decisions[0]
    unknown = Interval(math.nan, -math.inf, math.inf)
    side = replace(first.sides[0], gain=unknown)
    thin = replace(first, verdict=Verdict.MORE_EVIDENCE, sides=(side,))
    setting = replace(book.setting, chance=None)
    blind = replace(book, setting=setting, rounds=book.rounds[:1], decisions=(thin,))
    found = standing(blind, 1)
    assert found.step is Step.DECIDE and "chance=..." in found.sentence
    assert found.command == "tunebook decide 1 --no-run --chance VALUE --book digits.db"
    bare = replace(blind, decisions=(), launches=(), rounds=(without_reruns(blind.rounds[0]),))
    unread = standing(bare, 1)
    assert "chance" in unread.sentence and "--chance VALUE" in unread.command
    seeing = replace(blind, setting=book.setting)
    assert standing(seeing, 1).step is Step.RERUN


def test_a_round_that_another_followed_asks_for_nothing(book):
    undecided = replace(book, decisions=book.decisions[2:])
    bare = replace(
        undecided.rounds[1], reruns=book.rounds[1].reruns.take(np.zeros(12, dtype=bool))
    )
    found = standing(replace(undecided, rounds=(book.rounds[0], bare, book.rounds[2])), 2)
    assert (found.step, found.command) == (Step.NEXT, "tunebook report 3 --book digits.db")
    assert found.skipped == (Step.RERUN, Step.DECIDE, Step.LAUNCH)
    thin = replace(book.decisions[1], verdict=Verdict.MORE_EVIDENCE)
    open_ = standing(replace(book, decisions=(thin,)), 2)
    assert open_.step is Step.NEXT and "round 3 followed" in open_.sentence
