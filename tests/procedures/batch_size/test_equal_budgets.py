"""F3: what batch sizes reach within equal steps and within equal examples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from tunebook.domain.curves import Curves
from tunebook.domain.design import Objective
from tunebook.domain.finding import NotApplicable
from tunebook.domain.space import Branch
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status
from tunebook.procedures.batch_size.equal_budgets import (
    Kind,
    Runs,
    best_within,
    budgets,
    covered_steps,
)

SIZES = (4, 16, 64, 256)


def table(*curves, objective=None):
    """Trials with these (steps, values)."""
    n = len(curves)
    return TrialTable(
        objective=objective or Objective("valid/loss"),
        name=tuple(f"1.{i}" for i in range(n)),
        study=("",) * n,
        config=({},) * n,
        seed=tuple(range(n)),
        status=(Status.COMPLETE,) * n,
        cause=(None,) * n,
        seconds=np.ones(n),
        value=np.ones(n),
        curves={"valid/loss": Curves.pack(curves)},
        branches={"": Branch()},
    )


def runs(rng, *, needs, seeds=5, noise=0.02):
    """Sizes whose loss falls as one over steps, by what each needs to halve it."""
    found = {}
    for size in SIZES:
        length = max(400, 6400 // size)
        steps = np.arange(4, length, 5)
        curve = needs(size) / (needs(size) + steps + 1)
        drawn = [(steps, curve * np.exp(noise * rng.standard_normal())) for _ in range(3 + seeds)]
        fresh = table(*drawn[3:]) if seeds else None
        found[size] = Runs(tuning=[table(*drawn[:3])], fresh=fresh, covered=length)
    return found


def test_perfect_scaling_looks_alike_within_examples_and_better_within_steps():
    perfect = runs(np.random.default_rng(0), needs=lambda b: 4000 / b)
    steps, examples = budgets(perfect, sign=1, metric="valid/loss")
    assert (steps.kind, steps.amount) == (Kind.STEPS, 400)
    assert (examples.kind, examples.amount) == (Kind.EXAMPLES, 6400)
    assert steps.leaders == (256,)
    spread = max(examples.best.values()) / min(examples.best.values())
    assert spread < 1.15


def test_beyond_perfect_scaling_an_epoch_budget_calls_larger_sizes_worse():
    level = runs(np.random.default_rng(1), needs=lambda b: max(250.0, 4000 / b))
    steps, examples = budgets(level, sign=1, metric="valid/loss")
    assert set(steps.leaders) >= {64, 256}
    assert 4 in examples.leaders and not {64, 256} & set(examples.leaders)


def test_a_size_that_was_not_evaluated_so_early_is_left_out_and_too_few_say_nothing():
    made = runs(np.random.default_rng(2), needs=lambda b: 4000 / b)
    late = table((np.array([999]), np.array([0.5])))
    made[4] = Runs(tuning=[late], fresh=None, covered=1600)
    steps, _ = budgets(made, sign=1, metric="valid/loss")
    assert steps.left_out == (4,)
    made[16] = made[4]
    told = budgets(made, sign=1, metric="valid/loss")
    assert isinstance(told, NotApplicable)
    assert "only 2 batch sizes" in told.reason


def test_without_new_seeds_sizes_are_not_compared():
    alone = runs(np.random.default_rng(3), needs=lambda b: 4000 / b, seeds=0)
    steps, _ = budgets(alone, sign=1, metric="valid/loss")
    assert (steps.fresh, steps.leaders) == ({}, ())


def test_training_that_ends_at_the_target_covers_no_more_than_that():
    ends = (np.array([9, 19, 29]), np.array([0.5, 0.3, 0.1]))
    other = (np.array([9, 19]), np.array([0.9, 0.8]))
    assert covered_steps([table(ends, other)], "valid/loss", 0.2, 500) == 30
    assert covered_steps([table(other)], "valid/loss", 0.2, 500) == 500
    up = Objective("valid/loss", "maximize")
    assert covered_steps([table(ends, objective=up)], "valid/loss", 0.4, 500) == 30


def test_the_best_within_steps_counts_only_steps_that_were_made():
    both = table((np.array([9, 19]), np.array([0.2, 0.1])), (np.array([19]), np.array([np.nan])))
    assert best_within(both, "valid/loss", 10).tolist() == pytest.approx(
        [0.2, np.nan], nan_ok=True
    )
    assert best_within(both, "valid/loss", 20)[0] == 0.1
    up = table(
        (np.array([9, 19]), np.array([0.2, 0.1])), objective=Objective("valid/loss", "maximize")
    )
    assert best_within(up, "valid/loss", 20).tolist() == [0.2]


@pytest.mark.level(2)
def test_level2_sizes_that_are_alike_are_seldom_told_apart(fresh_rng):
    wrong = 0
    for rng in fresh_rng.spawn(1000):
        alike = runs(rng, needs=lambda b: 1000.0, noise=0.1)
        steps, _ = budgets(alike, sign=1, metric="valid/loss")
        wrong += len(steps.leaders) < len(SIZES)
    assert wrong <= binom.ppf(1 - 1e-6, 1000, 0.05)
