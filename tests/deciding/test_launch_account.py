"""D3: the levels that a book grants, and the share of false launches that they keep."""

from __future__ import annotations

import numpy as np

from tunebook.deciding.launch_account import MOST, RATE, WEALTH, granted


def test_without_launches_all_levels_together_stay_within_the_first_wealth():
    assert sum(granted([False] * t) for t in range(3000)) <= WEALTH


def test_a_launch_earns_level_for_those_after_it():
    assert granted([False, True]) > granted([False, False])
    assert granted([True, True]) > granted([True, False])
    assert granted([True] * 50) <= MOST


def test_the_share_of_false_launches_is_kept(fresh_rng):
    """Books of 30 decisions: 20 % real with power 0.8, nulls that adopt with just their level."""
    shares = []
    for _ in range(1500):
        adopted, wrong = [], 0
        for _ in range(30):
            real = fresh_rng.random() < 0.2
            adopts = fresh_rng.random() < (0.8 if real else granted(adopted))
            wrong += adopts and not real
            adopted.append(bool(adopts))
        shares.append(wrong / max(1, sum(adopted)))
    error = np.std(shares) / len(shares) ** 0.5
    assert np.mean(shares) - 4 * error < RATE
