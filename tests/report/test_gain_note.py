"""The gain and the difference of the means beside it are reconciled (D1), open problems shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.domain.decision import CaveatKind, Comparison, OpenProblem, Verdict
from tunebook.domain.finding import (
    Examination,
    Finding,
    Interval,
    PairwiseDifference,
    Severity,
)
from tunebook.domain.trial import Cause, Status
from tunebook.report.loop import Step, standing
from tunebook.report.notebook.views import decision_html
from tunebook.report.protocol.methods import protocol
from tunebook.report.terminal.lines import plain
from tunebook.report.terminal.summaries import decision_renderable, launch_renderable
from tunebook.report.verdict import answer, gain_note

NOTHING = Examination(trials=0, left_out=(), findings=[], not_applicable=())
UNREAD = OpenProblem(check="B2", subject="optimizer", sentence='Training never read "optimizer".')


def corrected(decision, *, compared=9):
    """The decision with a best side whose gain is not the difference of the means, 0.0175."""
    side = replace(decision.sides[0], gain=Interval(0.0151, 0.01, 0.02), difference=0.0175,
                   compared=compared)  # fmt: skip
    rest = tuple(replace(s, difference=s.gain.estimate if s.gain else None)
                 for s in decision.sides[1:])  # fmt: skip
    return replace(decision, sides=(side, *rest))


def test_a_gain_that_is_not_the_difference_is_explained_once_with_both_numbers(book):
    decision = corrected(book.decisions[2])
    note = gain_note(decision)
    assert "0.0151" in note and "0.0175" in note and decision.sides[0].name in note
    assert decision.sides[1].name not in note, "its gain is the difference"
    assert note in " ".join(plain(decision_renderable(decision)).split())
    assert note in decision_html(decision)
    assert answer(book.rounds[2], decision, NOTHING).gain_note == note
    assert "first 7 seeds" in gain_note(corrected(book.decisions[2], compared=7))


def test_gains_that_are_differences_need_no_note(book):
    assert gain_note(book.decisions[2]) == ""
    side = replace(book.decisions[2].sides[0], difference=0.01750001)
    assert gain_note(replace(book.decisions[2], sides=(side,))) == ""


def test_a_large_correction_says_which_luck_ended_the_reruns(book):
    def note(gain, plain):
        side = replace(
            book.decisions[2].sides[0], gain=Interval(gain, -1.0, 1.0), difference=plain
        )
        return gain_note(replace(book.decisions[2], sides=(side,)))

    assert "bad luck" in note(0.0809, 0.0225) and "too small" in note(0.0809, 0.0225)
    assert "good luck" in note(0.02, 0.09) and "too large" in note(-0.01, 0.02)
    assert "luck" not in note(0.0151, 0.0175)


def test_the_evaluation_that_was_compared_with_chance_is_named(book):
    side = replace(book.decisions[0].sides[0], last=0.2524)
    note = gain_note(replace(book.decisions[0], sides=(side,)))
    assert "last evaluation" in note and "0.252" in note and side.name in note


@pytest.mark.parametrize("significant", [True, False])
def test_a_search_that_orders_two_values_the_other_way_round_says_so(book, significant):
    decision, pair = book.decisions[2], PairwiseDifference(
        a="x", b="y", difference=0.15, low=0.1, high=0.2, significant=True
    )  # fmt: skip
    said = Finding(check="C9", severity=Severity.NOTE, subject="norm",
                   numbers={"pairs": (pair,)}, sentence="norm=y is better.")  # fmt: skip
    seen = replace(NOTHING, findings=[said])

    def insights(a, b):
        compared = Comparison(a=a, b=b, difference=Interval(0.06, 0.01, 0.1), reruns=4,
                              significant=significant)  # fmt: skip
        return answer(book.rounds[2], replace(decision, comparisons=(compared,)), seen).insights

    told = insights("norm=x", "norm=y")
    assert len(told) == 2 and "norm=y is ahead" in told[1] and "reverse" in told[1]
    assert ("significant" in told[1]) is not significant
    assert insights("norm=y", "norm=x") == (said.sentence,)


def test_an_open_problem_is_shown_and_the_launch_waits_for_it(book):
    last = replace(book.decisions[2], problems=(UNREAD,), caveats=("Open problem B2: x", "held"),
                   caveat_kinds=(CaveatKind.PROBLEM, CaveatKind.OTHER))  # fmt: skip
    open_ = replace(book, decisions=(*book.decisions[:2], last))
    found = standing(open_, 3)
    assert found.step is Step.LAUNCH and "B2" in found.sentence
    assert found.command.startswith("tunebook findings 3")
    text = plain(decision_renderable(last))
    assert "B2 is an open problem" in text and text.count("B2") == 1 and "held" in text
    assert answer(book.rounds[2], last, NOTHING).problems == (UNREAD,)
    assert "open problem" in decision_html(last) and "B2" in decision_html(last)
    launch = replace(book.launches[-1], despite=("B2",))
    assert "Despite open problems: B2" in plain(launch_renderable(launch))


def test_the_first_baseline_is_no_change(book):
    first = replace(book, rounds=book.rounds[:1], decisions=book.decisions[:1], launches=())
    said = standing(first, 1).sentence
    assert "first baseline" in said and "change" not in said


def test_a_round_without_a_complete_trial_is_not_to_be_decided(book):
    found = book.rounds[2]
    n = len(found.table)
    table = replace(found.table, status=(Status.INFEASIBLE,) * n, cause=(Cause.CRASHED,) * n,
                    value=found.table.value * float("nan"))  # fmt: skip
    empty = replace(
        found, table=table, reruns=found.reruns.take(np.zeros(len(found.reruns), bool))
    )
    broken = replace(book, rounds=(*book.rounds[:2], empty), decisions=book.decisions[:2])
    stands = standing(broken, 3)
    assert stands.step is Step.READ and f"crashed: {n}" in stands.sentence
    assert Step.DECIDE in stands.skipped and "decide" not in stands.command
    assert "next" in stands.sentence


def test_identical_reruns_are_not_repeated(book):
    last = book.decisions[2]
    flat = tuple(replace(s, mean=Interval(0.02, 0.02, 0.02)) for s in last.sides)
    same = replace(last, verdict=Verdict.MORE_EVIDENCE, sides=flat)
    stands = standing(replace(book, decisions=(*book.decisions[:2], same)), 3)
    assert "decide" not in stands.command and "trial.seed" in stands.sentence


def test_doing_it_again_includes_the_rounds_that_set_the_level(book):
    """Round 2 was decided, whether or not it was launched; each command names its round."""
    kept = replace(book.decisions[1], verdict=Verdict.KEEP)
    record = replace(book, decisions=(book.decisions[0], kept, book.decisions[2]),
                     launches=book.launches[:1])  # fmt: skip
    commands = protocol(record, record.rounds[2], record.decisions[2]).commands
    runs = [c for c in commands if c.startswith("tunebook run")]
    assert [c.split()[2] for c in runs] == [f"again/round-{k}.toml" for k in (1, 2, 3)]
    assert sum("launch" in c for c in commands) == 1


def test_rounds_that_only_carried_trials_over_are_done_again_too(book):
    table = book.rounds[1].table
    found = replace(book.rounds[2], carried=table)
    record = replace(book, rounds=(*book.rounds[:2], found), decisions=book.decisions[2:])
    commands = protocol(record, found, record.decisions[0]).commands
    assert [c.split()[2] for c in commands if " run " in c] == [
        f"again/round-{k}.toml" for k in (2, 3)
    ]
    assert "tunebook findings 2 --book again.db" in commands


def test_the_baseline_s_value_against_a_candidate_is_compared_with_the_search_too(book):
    """The search prefers the baseline's value, its reruns the candidate's: the report says so."""
    last = book.decisions[2]
    config = {**dict(last.sides[-1].config), "norm": "none"}
    sides = (
        replace(last.sides[0], name="norm=group", gain=Interval(0.0175, 0.0151, 0.0199)),
        replace(last.sides[-1], config=config),
    )
    pair = PairwiseDifference(a="none", b="group", difference=-0.02, low=-0.03, high=-0.01,
                              significant=True)  # fmt: skip
    said = Finding(check="C9", severity=Severity.NOTE, subject="norm", numbers={"pairs": (pair,)},
                   sentence="none is better than group.")  # fmt: skip
    seen = replace(NOTHING, findings=[said])

    def told(gain):
        own = (replace(sides[0], gain=gain), sides[1])
        found = answer(book.rounds[2], replace(last, sides=own, comparisons=()), seen)
        assert "reruns decide" in found.search
        return found.insights

    reverse = told(Interval(0.0175, 0.0151, 0.0199))
    assert len(reverse) == 2 and "the baseline (norm=none) is ahead" in reverse[1]
    assert "significant" not in reverse[1]
    assert "without a significant" in told(Interval(0.0175, -0.01, 0.0199))[1]
    assert told(Interval(-0.0175, -0.03, -0.01)) == (said.sentence,)
