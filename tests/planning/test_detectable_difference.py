"""The smallest difference that a round tells apart, from what C9 says of its studies (B5 C9)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from isolation_families import study
from scipy import stats

import planning as claims
from tunebook.domain.design import Round
from tunebook.domain.formats.spelling import choice, integer, per, uniform
from tunebook.planning.detectable_difference import Expected, Law, smallest_difference
from tunebook.planning.forecast import plan_ahead
from tunebook.planning.trade_offs import trades
from tunebook.statistics.response import selected_response

FIT = Law(error=1.0, spread=0.3, freedom=20.0, strays=0.75)
SEEN = Law(error=3.0, spread=0.5, freedom=math.inf, strays=0.6)


def expected(fits=1.0, fitted=FIT, seen=SEEN) -> Expected:
    return Expected(fits=fits, fitted=fitted, seen=seen)


def drawn(rng, a: Law, b: Law, level: float, count: int = 400_000):
    """From which difference on Welch's interval leaves out zero, in rounds drawn from the laws."""
    errors = [law.error * np.exp(law.spread * rng.normal(size=count)) for law in (a, b)]
    square = errors[0] ** 2 + errors[1] ** 2
    parts = sum((e**2 / square) ** 2 / law.freedom for e, law in zip(errors, (a, b), strict=True))
    freedom = np.minimum(1 / np.maximum(parts, 1e-300), 1e9)
    off = sum(
        e * law.strays * rng.normal(size=count) for e, law in zip(errors, (a, b), strict=True)
    )
    return np.sqrt(square) * stats.t.isf(level / 2, freedom) - off


@pytest.mark.parametrize("level", [0.05, 0.002])
@pytest.mark.parametrize("other", [FIT, Law(error=2.5, spread=0.1, freedom=6.0, strays=1.0)])
def test_the_quantile_is_that_of_drawn_rounds(level, other):
    rng = np.random.default_rng(3)
    found = smallest_difference(expected(), expected(fitted=other), level)
    share = float((drawn(rng, FIT, other, level) <= found).mean())
    assert share == pytest.approx(0.8, abs=0.01)


def test_both_kinds_of_comparison_have_their_share():
    rng = np.random.default_rng(4)
    found = smallest_difference(expected(fits=0.9), expected(fits=0.8), 0.05)
    told = [float((drawn(rng, law, law, 0.05) <= found).mean()) for law in (FIT, SEEN)]
    assert 0.72 * told[0] + 0.28 * told[1] == pytest.approx(0.8, abs=0.01)


def test_a_value_with_too_few_trials_is_told_from_none():
    none = Expected(fits=0.0, fitted=None, seen=None)
    assert smallest_difference(none, expected(), 0.05) == math.inf
    # Where more than a fifth of studies has no interval, no difference is told in 80 % of rounds.
    assert smallest_difference(expected(fits=0.75, seen=None), expected(), 0.05) == math.inf
    assert smallest_difference(expected(fits=0.95, seen=None), expected(), 0.05) < math.inf


@pytest.mark.parametrize("trials", [4, 10])
def test_seeds_alone_are_told_apart_as_promised(trials):
    """Nothing is searched: C9 compares means, and so does this simulation."""
    plan = Round(goal="?", scientific={"side": choice("a", "b")}, nuisance={}, fixed={"x": 1.0},
                 trials=2 * trials, max_train_steps=10)  # fmt: skip
    promised = plan_ahead(plan, None).difference * 2  # seeds spread half of what trials do
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(2, 100_000, trials)), rng.normal(size=(2, 100_000, trials))
    a, b = draws[0][0], draws[0][1] + promised
    told = stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue < 0.05
    assert float(told.mean()) == pytest.approx(0.8, abs=0.04)


def planned(**more) -> Round:
    asked = {"scientific": {"side": choice("a", "b")}, "nuisance": {"x": uniform(0, 1)},
             "trials": 64, "max_train_steps": 10}  # fmt: skip
    return Round(goal="?", **(asked | more))


def test_a_space_with_few_configurations_has_no_more():
    """Three values of a choice: C9 needs five configurations, however many trials there are."""
    few = planned(nuisance={"kind": choice("p", "q", "r")}, trials=200)
    assert plan_ahead(few, None).difference == math.inf
    enough = planned(nuisance={"kind": choice("p", "q", "r"), "x": uniform(0, 1)})
    assert plan_ahead(enough, None).difference < math.inf


def test_where_no_fit_can_be_the_best_seen_are_compared():
    many = planned(nuisance={"x": uniform(0, 1), "kind": choice(*"abcdefgh")})
    few = planned(nuisance={"x": uniform(0, 1), "kind": choice(*"abc")})
    assert plan_ahead(many, None).difference > 1.5 * plan_ahead(few, None).difference


def test_a_value_with_more_hyperparameters_is_read_less_exactly():
    nuisance = {"x": uniform(0, 1), **{f"y{k}": per("side", b=uniform(0, 1)) for k in range(3)}}
    one, both = (
        plan_ahead(planned(nuisance=n), None).difference
        for n in (
            {"x": uniform(0, 1)},
            {"x": uniform(0, 1), **{f"y{k}": uniform(0, 1) for k in range(3)}},
        )
    )
    assert one < plan_ahead(planned(nuisance=nuisance), None).difference < both


def test_parts_of_a_range_are_named_by_their_ends():
    asked = planned(scientific={"width": integer(16, 256, log=True)}, trials=400)
    (question,) = plan_ahead(asked, None).questions
    assert question.values == 4 and 97 <= question.trials <= 100
    assert question.pairs[0].a == "16 to 31" and question.pairs[-1].b == "128 to 256"


def test_c9_is_asked_once_for_each_earlier_study(monkeypatch):
    """Plans with a change are read off the table: nothing is fitted for them."""
    fits = []
    real = selected_response.fit_response
    monkeypatch.setattr(
        selected_response, "fit_response", lambda *a: fits.append(len(a[2])) or real(*a)
    )
    cell = claims.Cell("bowl, 2 axes", 3, 32, 16)
    before = claims.earlier(cell, np.random.default_rng(6))
    now = plan_ahead(claims.plan_of(cell), before)
    bought = trades(now, before)
    assert len(bought) == 3
    assert fits == [16, 15] * 3  # each study, and without its best trial


def test_a_promise_is_about_what_c9_then_tells_apart():
    """The surface with the least spread between studies; all of them: docs/claims/planning.md."""
    cell, rng = claims.Cell("bowl, 1 axis", 2, 32, 32), np.random.default_rng(7)
    books = [claims.earlier(cell, rng) for _ in range(4)]
    promised = np.array([plan_ahead(claims.plan_of(cell), book).difference for book in books])
    limits = claims.needed([study(cell.family, rng, cell.trials) for _ in range(40)], cell.values)
    assert 0.6 <= claims.told(promised, limits).mean() <= 0.95
