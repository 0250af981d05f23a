"""C9 as a claim: alike, different, thin; equal budgets; slices."""

from __future__ import annotations

from dataclasses import replace

import isolation as measured
import numpy as np
import pytest
from isolation_families import study, truth
from scipy.stats import binom
from surfaces import table

from tunebook.checks.isolation import check as isolation
from tunebook.domain.design import Direction, Objective, Role
from tunebook.domain.finding import NotApplicable
from tunebook.domain.space import Branch, Choice
from tunebook.statistics.response.resampling import mean_best
from tunebook.statistics.response.selected_response import study_selects
from tunebook.statistics.value_pairs import best_of, compared_pairs

REPEATS, FEW = 60, 14
QUICK = "2 values, 2 axes, 40 % infeasible"
APART = {"axes": 2, "shift": 0.3}
"""Told apart in 99 % of studies and more."""


@pytest.mark.slow
@pytest.mark.parametrize("case", measured.NOTHING)
def test_values_that_are_alike_are_not_told_apart(case, fresh_rng):
    seed = int(fresh_rng.integers(2**32))
    told = measured.told_apart(measured.NOTHING[case], 32, REPEATS, seed)
    assert told <= binom.ppf(1 - 1e-6, REPEATS, isolation.ALPHA)


@pytest.mark.slow
def test_values_that_differ_are_told_apart(fresh_rng):
    seed = int(fresh_rng.integers(2**32))
    told = measured.told_apart(APART, 64, REPEATS, seed)
    assert told >= binom.ppf(1e-6, REPEATS, 0.99)


@pytest.mark.parametrize(
    ("case", "trials", "least", "most"),
    [(measured.NOTHING[QUICK], 32, 0, binom.ppf(1 - 1e-3, FEW, 0.05)), (APART, 64, 12, FEW)],
    ids=["alike", "apart"],
)
def test_a_few_studies_of_a_fixed_seed(case, trials, least, most):
    """A right C9 misses a bound at less than one seed in a thousand."""
    assert least <= measured.told_apart(case, trials, FEW, 1) <= most


@pytest.mark.level(2)
@pytest.mark.parametrize("trials", [16, 64, 128])
@pytest.mark.parametrize("case", measured.NOTHING)
def test_false_alarms_at_full_size(case, trials, fresh_rng):
    seed = int(fresh_rng.integers(2**32))
    told = measured.told_apart(measured.NOTHING[case], trials, 600, seed)
    assert told <= binom.ppf(1 - 1e-6, 600, isolation.ALPHA)


def test_no_scientific_hyperparameter(fresh_rng):
    result = isolation.check(table(fresh_rng, 20, [0.5]))
    assert isinstance(result, NotApplicable)
    assert "scientific" in result.reason


def test_thin_data_is_not_enough_evidence(fresh_rng):
    made = measured.compared(fresh_rng, 16, 1, shift=1.0)
    few = [i for i in range(32) if i < 16 or i < 19]
    thin = isolation.check(made.take(np.array(few)))
    assert "Not enough evidence" in thin.findings[0].sentence
    assert not any(p.significant for h in thin.hyperparameters for p in h.pairs)
    nothing = isolation.check(made.take(np.array([0, 1, 16, 17])))
    assert isinstance(nothing, NotApplicable)


def test_pairs_are_in_the_objectives_own_units(fresh_rng):
    made = measured.compared(fresh_rng, 64, 1, shift=0.5)
    down = isolation.check(made).hyperparameters[0].pairs[0]
    assert down.significant
    assert (down.a, down.b) == (0, 1)
    assert down.high < 0, "value 0 is lower, and lower is better"
    up = replace(made, objective=Objective("loss", Direction.MAXIMIZE), value=-made.value)
    turned = isolation.check(up).hyperparameters[0].pairs[0]
    assert (turned.difference, turned.low, turned.high) == pytest.approx(
        (-down.difference, -down.high, -down.low), rel=0.3
    )
    assert "0 is better than 1" in isolation.check(up).findings[0].sentence


def test_budgets_are_made_equal():
    ordered = np.arange(10.0)
    assert mean_best(ordered, 10) == 0
    # The best of 5 of 10 without replacement: mean of the minimum is (N + 1) / (n + 1) - 1.
    assert mean_best(ordered, 5) == pytest.approx(11 / 6 - 1)


def test_the_best_trial_is_named(fresh_rng):
    made = measured.compared(fresh_rng, 20, 2)
    for value in isolation.check(made).hyperparameters[0].values:
        own = [i for i, c in enumerate(made.config) if c["side"] == value.value]
        assert value.best_trial == made.name[min(own, key=lambda i: made.losses[i])]


def test_a_continuous_hyperparameter_is_sliced(fresh_rng):
    made = table(fresh_rng, 80, [1.0, 0.5], strength=[4.0, 0.2], noise=0.01)
    result = isolation.check(replace(made, roles={"x0": Role.SCIENTIFIC, "x1": Role.NUISANCE}))
    slices = result.hyperparameters[0].values
    assert [s.trials for s in slices] == pytest.approx([20] * 4, abs=3)
    assert min(slices, key=lambda s: s.best.estimate).ends[1] == 1.0
    assert result.findings[0].numbers["low"] == 0.75
    (band,) = result.hyperparameters[0].bands
    assert band.places[np.argmin(band.best)] > 0.75
    assert (band.low <= band.best).all() and (band.best <= band.high).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bowl, 2 axes", "bowl, 2 axes, twice as wide"),
        ("bowl, 2 axes", "bowl, 5 axes"),
        ("bowl, 2 axes", "bowl, 2 axes, 40 % fail anywhere"),
        ("bowl, 2 axes", "bowl, 2 axes, noise 0.1"),
    ],
)
def test_values_that_differ_in_kind_alone_are_not_told_apart(one, other, fresh_rng):
    shift = truth(one, 32) - truth(other, 32)
    told = 0
    for rng in fresh_rng.spawn(REPEATS):
        (pair,) = compared_pairs([study(k, rng, 32) for k in (one, other)], 1)
        told += not pair.low <= shift <= pair.high
    assert told <= binom.ppf(1 - 1e-6, REPEATS, 0.06)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "share"),
    [("bowl, 2 axes", 0.93), ("cusp, 2 axes", 0.85), ("valley, 2 axes", 0.8)],
)
def test_the_interval_of_a_best_holds_what_studies_select(name, share, fresh_rng):
    true = truth(name, 32)
    bests = [best_of(study(name, rng, 32), 1) for rng in fresh_rng.spawn(REPEATS)]
    assert sum(b.low <= true <= b.high for b in bests) >= binom.ppf(1e-6, REPEATS, share)


def test_a_best_that_no_form_foretells_is_refused(fresh_rng):
    def accepted(name):
        return sum(study(name, r, 64).fitted.known for r in fresh_rng.spawn(20))

    assert accepted("bowl, 2 axes") >= binom.ppf(1e-6, 20, 0.95)
    assert accepted("bowl and cliff, 2 axes") <= binom.ppf(1 - 1e-6, 20, 0.8)


def test_a_level_that_hinges_on_one_trial_says_so(fresh_rng):
    lone = study("bowl, 2 axes", fresh_rng, 32)
    lucky = lone.worst.copy()
    lucky[np.argmin(lucky)] -= 0.5
    axes = list(lone.table.branches[""].axes.values())
    units = np.array([[c["x0"], c["x1"]] for c in lone.table.config])
    found = study_selects(axes, units, lucky, 32)
    assert not found.known or found.error > 1.5 * lone.fitted.error


def test_an_adaptive_search_is_refused(fresh_rng):
    result = isolation.check(replace(measured.compared(fresh_rng, 16, 1), adaptive=True))
    assert isinstance(result, NotApplicable)
    assert "earlier results" in result.reason


def test_many_values_are_compared_with_the_best_alone(fresh_rng):
    base = table(fresh_rng, 600, [0.5])
    config = tuple({"kind": f"v{i // 10}", **c} for i, c in enumerate(base.config))
    branch = Branch(
        axes={"kind": Choice(tuple(f"v{k}" for k in range(60))), **base.branches[""].axes}
    )
    made = replace(
        base, config=config, branches={"": branch}, roles={"kind": Role.SCIENTIFIC, **base.roles}
    )
    result = isolation.check(made)
    assert len(result.hyperparameters[0].pairs) == 59
    assert "with the best" in result.findings[0].sentence
