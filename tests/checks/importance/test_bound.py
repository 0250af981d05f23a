"""What would have been seen where no hyperparameter is shown to matter (C10)."""

from __future__ import annotations

import numpy as np
import pytest
from nothing_matters import count, search
from scipy.stats import binom

from tunebook.checks.importance.check import check
from tunebook.domain.finding import Severity


def finding(trials, share=0.0, seed=5):
    table = search(np.random.default_rng(seed), trials, 3, share, "line", "normal")
    return next(f for f in check(table, seed=0).findings if f.subject == "the round")


def test_nothing_that_was_tuned_matters_has_a_bound_in_the_objectives_units():
    said = finding(512)
    assert said.severity is Severity.PASS
    share, effect = said.numbers["share_at_most"], said.numbers["effect_at_most"]
    assert 0 < share < 0.15
    assert effect == pytest.approx(np.sqrt(share), rel=0.15)  # the noise has deviation 1
    assert "loss" in said.sentence


def test_the_bound_narrows_with_the_number_of_trials():
    few, many = finding(64), finding(512)
    assert many.numbers["effect_at_most"] < 0.6 * few.numbers["effect_at_most"]


def test_what_matters_has_no_such_bound():
    table = search(np.random.default_rng(1), 128, 3, 0.5, "line", "normal")
    assert not any("share_at_most" in f.numbers for f in check(table, seed=0).findings)


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_bounds_below_the_truth_are_rare(share):
    repeats = 60
    _, below, small, *_ = count(64, 4, share, "line", "normal", repeats)
    assert max(below, small) <= binom.ppf(1 - 1e-6, repeats, 0.05)
