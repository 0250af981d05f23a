"""The threshold from gradient norms, and how often its interval holds the truth (H4)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from tunebook.procedures.instability.gradient_norms import (
    RunNorms,
    quantile,
    read_norms,
    share_above,
)


def runs(rng: np.random.Generator, count: int = 5, each: int = 200, spread: float = 0.1) -> list:
    """Norms of runs whose level differs from run to run."""
    return [
        np.exp(spread * rng.standard_normal() + 0.5 * rng.standard_normal(each))
        for _ in range(count)
    ]


def read(rows) -> object:
    return read_norms(
        "train/grad_norm",
        [RunNorms(trial=str(i), steps=np.arange(len(r)), norms=r) for i, r in enumerate(rows)],
    )


def test_it_is_the_90th_percentile(fresh_rng):
    rows = runs(fresh_rng)
    found = read(rows)
    every = np.concatenate(rows)
    assert np.mean(every <= found.threshold.estimate) == pytest.approx(0.9, abs=0.002)
    assert found.count == 1000 and found.largest == every.max()
    assert share_above(rows, found.threshold.estimate) == pytest.approx(0.1, abs=0.002)
    assert found.at(0.5) == pytest.approx(found.median)


@pytest.mark.parametrize("spread", [0.05, 0.3])
def test_the_interval_covers(fresh_rng, spread):
    truth = math.exp(norm.ppf(0.9) * math.hypot(0.5, spread))
    held = 0
    for rng in fresh_rng.spawn(1000):
        found = quantile(runs(rng, spread=spread), 0.9)
        held += found.low <= truth <= found.high
    assert held >= binom.ppf(1e-6, 1000, 0.93), held


def test_few_norms_or_runs_say_less(fresh_rng):
    assert read(runs(fresh_rng, each=19)) is None
    assert read([]) is None
    two = read(runs(fresh_rng, count=2))
    assert two.threshold.low == 0 and math.isinf(two.threshold.high)
    assert math.isnan(share_above([], 1.0))
