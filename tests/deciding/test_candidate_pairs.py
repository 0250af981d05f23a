"""Two candidates compared by their own reruns: numbers, refusals, and the claim in short (D1)."""

from __future__ import annotations

import math

import decision_pairs
import decisions as measured
import numpy as np
import pytest
from scipy import stats

from sizes import some_slow
from tunebook.deciding.candidate_pairs import NOMINAL, compare, pairs_of
from tunebook.deciding.candidate_wording import compared_text
from tunebook.deciding.rerun_evidence import Question, SideEvidence
from tunebook.domain.decision import Comparison, Estimand
from tunebook.domain.design import Direction, Objective
from tunebook.domain.finding import Interval

ERROR = Question(objective=Objective("valid/error"), least_improvement=0.5)


def side(name, *values, infeasible=0):
    seeds = tuple(range(len(values) + infeasible))
    return SideEvidence(name=name, values=values, infeasible=infeasible, seeds=seeds)


def test_the_difference_is_that_of_the_means_with_welchs_interval():
    a, b = (0.20, 0.21, 0.22, 0.20), (0.25, 0.26, 0.27, 0.28)
    found = compare(side("b", *b), side("a", *a), ERROR)
    welch = stats.ttest_ind(b, a, equal_var=False).confidence_interval(1 - NOMINAL)
    assert (found.a, found.b, found.reruns, found.significant) == ("a", "b", 4, True)
    assert found.difference.estimate == pytest.approx(np.mean(b) - np.mean(a))
    assert (found.difference.low, found.difference.high) == pytest.approx(tuple(welch))


def test_the_least_improvement_has_no_part_in_it_and_pairs_share_the_level():
    a, b = side("a", 0.20, 0.22, 0.21, 0.2), side("b", 0.21, 0.23, 0.22, 0.21)
    alone, shared = compare(a, b, ERROR), compare(a, b, ERROR, pairs=3)
    assert not alone.significant and alone.difference.low < 0 < alone.difference.high
    assert shared.difference.low < alone.difference.low
    assert shared.difference.estimate == alone.difference.estimate == pytest.approx(0.01)


def test_a_higher_metric_is_better_where_it_is_maximised():
    up = Question(objective=Objective("accuracy", Direction.MAXIMIZE))
    found = compare(side("a", 0.8, 0.81, 0.82), side("b", 0.9, 0.91, 0.92), up)
    assert found.a == "b" and found.difference.estimate == pytest.approx(0.1)


def test_what_can_not_be_compared_is_not():
    good = (0.2, 0.21, 0.22, 0.2)
    assert compare(side("a", *good, infeasible=1), side("b", *good, 0.2), ERROR) is None
    assert compare(side("a", 0.1, 0.1, 0.1), side("b", 0.2, 0.2, 0.2), ERROR) is None
    assert compare(side("a", 0.1), side("b", 0.2), ERROR) is None
    known = Question(objective=Objective("valid/error"), chance=0.9)
    assert compare(side("a", *good, infeasible=1), side("b", *good, 0.2), known).a == "b"


def test_a_chance_to_beat_compares_by_chances():
    beats = Question(objective=Objective("valid/error"), estimand=Estimand.BEATS)
    found = compare(
        side("a", *np.linspace(0.1, 0.2, 8)), side("b", *np.linspace(0.3, 0.4, 8)), beats
    )
    assert found.a == "a" and found.difference.estimate == 1.0 and found.significant
    assert 0.5 < found.difference.low < 1


def pair(a, b, estimate, low, high):
    return Comparison(a=a, b=b, difference=Interval(estimate, low, high), reruns=10,
                      significant=low > 0)  # fmt: skip


def test_a_sentence_names_both_with_numbers_and_calls_only_what_is_significant():
    names = ("batch_norm=true", "batch_norm=false")
    close = compared_text(names, [pair(*names, 0.003, -0.0061, 0.012)], "error", Estimand.MEAN)
    assert close.startswith("No significant difference")
    assert all(t in close for t in (*names, "0.003", "−0.0061 to 0.012", "10 new seeds"))
    clear = compared_text(names, [pair(*names, 0.013, 0.0061, 0.022)], "error", Estimand.MEAN)
    assert clear.startswith("batch_norm=true is better than batch_norm=false by 0.013")
    assert compared_text(("best",), [], "error", Estimand.MEAN) == ""
    assert "can't be compared" in compared_text(names, [], "error", Estimand.MEAN)


def test_of_three_candidates_the_best_and_what_it_differs_from_are_named():
    pairs = [pair("a", "b", 0.3, 0.2, 0.4), pair("a", "c", 0.1, -0.1, 0.3), pair("c", "b", 0.2, -0.1, 0.5)]  # fmt: skip
    said = compared_text(("a", "b", "c"), pairs, "error", Estimand.MEAN)
    assert said.startswith("a is better than b") and "no significant difference from c" in said
    assert len(pairs_of(["a", "b", "c"])) == 3


@pytest.mark.parametrize(
    "noise", some_slow(["normal", "candidate's variance fourfold"], ["normal"])
)
def test_alike_candidates_are_seldom_called_different(noise, fresh_rng):
    """Claim: 5 %, whichever look dropped which. In short; docs/claims/decisions.md has it all."""
    case = measured.Case(noise=measured.NOISE[noise], gains=(1.5, 1.5), extensions=1)
    found = [decision_pairs.decided_pairs(case, fresh_rng) for _ in range(120)]
    assert sum(p.wrong for p in found) <= stats.binom.ppf(1 - 1e-6, 120, 0.05)
    assert sum(p.compared for p in found) == 120
    assert any(p.unlike for p in found)
    assert not math.isnan(sum(p.missed for p in found))
