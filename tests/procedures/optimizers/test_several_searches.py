"""Several searches: told apart by seeds and searches together, and by neither alone."""

from __future__ import annotations

import math
from dataclasses import replace

import isolation as measured
import numpy as np
import pytest
from scipy.stats import binom

from sizes import some_slow
from tunebook.domain.finding import NotApplicable, PairwiseDifference
from tunebook.procedures.optimizers.several_searches import (
    SearchVerdict,
    search_pairs,
    search_verdict,
)
from tunebook.statistics.ranking import ERROR_RATE


def told(a: str, b: str, difference: float, *, apart: bool = True) -> PairwiseDifference:
    reach = 0.5 * abs(difference) if apart else 2 * abs(difference)
    return PairwiseDifference(
        a=a, b=b, difference=difference, low=difference - reach, high=difference + reach,
        significant=apart,
    )  # fmt: skip


SEEDS = {"good": np.array([1.0, 1.1, 0.9, 1.0, 1.05]), "bad": np.array([2.0, 2.1, 1.9, 2.0, 2.05])}


def judged(searches, seeds=SEEDS, sign=1, worst=math.nan) -> SearchVerdict:
    found = search_verdict(seeds, searches, worst=worst, sign=sign)
    assert isinstance(found, SearchVerdict)
    return found


def test_both_together_tell_apart():
    found = judged((told("good", "bad", -1.0),))
    assert found.order == ("good", "bad")
    assert found.better == {("good", "bad")} and not found.by_seeds_alone
    assert found.pairs[0].significant and found.pairs[0].difference == pytest.approx(-1.0)
    assert (found.ranks("good"), found.ranks("bad")) == ((1, 1), (2, 2))
    assert found.by("good", "bad", 1).estimate == pytest.approx(1.0)
    assert found.by("bad", "good", 1).estimate == pytest.approx(-1.0)


@pytest.mark.parametrize(
    "searches", [(told("good", "bad", -1.0, apart=False),), (told("bad", "good", -1.0),), ()]
)
def test_searches_that_do_not_agree_leave_it_to_the_seeds_alone(searches):
    found = judged(searches)
    assert found.better == frozenset() and found.by_seeds_alone == {("good", "bad")}
    assert not found.pairs[0].significant
    assert found.ranks("good") == (1, 2)


def test_higher_is_better():
    accuracies = {n: -v for n, v in SEEDS.items()}
    found = judged((told("bad", "good", -1.0),), seeds={n: -v for n, v in accuracies.items()},
                   sign=-1)  # fmt: skip
    assert found.better == {("good", "bad")}
    assert found.mean["good"].estimate == pytest.approx(-1.01)
    assert found.by("good", "bad", -1).estimate == pytest.approx(1.0)


def test_seeds_that_are_alike_say_how_many_more_would_tell():
    rng = np.random.default_rng(0)
    seeds = {"a": rng.normal(0, 1, 5), "b": rng.normal(0.8, 1, 5)}
    found = judged((told("a", "b", -1.0),), seeds=seeds)
    assert not found.better and not found.by_seeds_alone
    assert found.more is not None and found.more > 5


def test_seeds_that_never_differ_tell_nothing():
    found = judged(
        (told("good", "bad", -1.0),), seeds={"good": np.ones(5), "bad": np.full(5, 2.0)}
    )
    assert not found.better and math.isinf(found.pairs[0].low) and found.more is None


def test_an_infeasible_seed_counts_as_the_worst():
    seeds = {"good": np.array([1.0, 1.1, np.inf, 1.0, np.nan]), "bad": SEEDS["bad"]}
    found = judged((told("good", "bad", -1.0),), seeds=seeds, worst=50.0)
    assert found.mean["good"].estimate == pytest.approx((1.0 + 1.1 + 50 + 1.0 + 50) / 5)
    assert not found.better


def test_too_few_seeds_are_not_judged():
    few = {n: v[:2] for n, v in SEEDS.items()}
    assert isinstance(search_verdict(few, (), worst=1.0, sign=1), NotApplicable)
    one = {"good": SEEDS["good"]}
    assert isinstance(search_verdict(one, (), worst=1.0, sign=1), NotApplicable)


def searched(rng, *, shift: float = 0.0, power: float = 0.0):
    """Two searches of 32 trials of one surface, the second worse by `shift`; and their seeds."""
    table = measured.compared(rng, 32, 2, shift=shift)
    if power:
        table = replace(table, value=np.exp(power * table.value))
    sides = np.array(table.column("side"))
    tables = {str(k): table.take(sides == k) for k in (0, 1)}
    best = {n: float(np.nanmin(t.losses)) for n, t in tables.items()}
    # What was found is as good as it seemed, so that seeds tell any two apart.
    seeds = {n: b + 1e-4 * rng.standard_normal(8) for n, b in best.items()}
    return judged(search_pairs(tables, "side"), seeds=seeds)


@pytest.mark.slow
@pytest.mark.parametrize("power", [0.0, 4.0])
def test_two_searches_of_one_surface_are_not_told_apart_by_the_luck_of_a_search(power, fresh_rng):
    found = [searched(rng, power=power) for rng in fresh_rng.spawn(50)]
    assert sum(bool(f.better) for f in found) <= binom.ppf(1 - 1e-6, 50, ERROR_RATE)
    # Seeds alone tell nearly all of them apart, truly different configurations as they are.
    assert sum(bool(f.by_seeds_alone | f.better) for f in found) > 37


@pytest.mark.parametrize("repeats", some_slow([15, 30], [15]))
def test_a_worse_optimizer_is_told(repeats, fresh_rng):
    found = [searched(rng, shift=0.3) for rng in fresh_rng.spawn(repeats)]
    assert sum(bool(f.better) for f in found) >= binom.ppf(1e-6, repeats, 0.9)
