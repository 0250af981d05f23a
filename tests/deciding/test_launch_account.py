"""D3: the levels that a book grants, and the share of false launches that they keep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.deciding.launch_account import MOST, RATE, WEALTH, account, granted
from tunebook.domain.decision import RerunPlan


def test_without_launches_all_levels_together_stay_within_the_first_wealth():
    assert sum(granted([False] * t) for t in range(3000)) <= WEALTH


def test_a_launch_earns_level_for_those_after_it():
    assert granted([False, True]) > granted([False, False])
    assert granted([True, True]) > granted([True, False])
    assert granted([True] * 50) <= MOST


def plan(number, round_, level=0.01, **more):
    return RerunPlan(
        number=number, round=round_, candidates=("a",), configs=({"x": round_},), baseline=0,
        looks=(4,), adopt=(2.0,), drop=(0.0,), outer=(3.0,), level=level, confidence=0.9,
        excess=1.0, planned_at=0.0, **more,
    )  # fmt: skip


def test_a_question_that_is_planned_anew_counts_once():
    """Round 1 could not be judged; after round 2 it is planned again, at another level."""
    lines = account([plan(1, 1), plan(2, 2), plan(3, 1, 0.008)], [])
    assert [(line.round, line.level) for line in lines] == [(2, 0.01), (1, 0.008)]
    other = replace(plan(3, 1), configs=({"x": 9},))
    assert [line.round for line in account([plan(1, 1), plan(2, 2), other], [])] == [1, 2, 1]
    extended = plan(2, 1, extension=1)
    assert [line.plan for line in account([plan(1, 1), extended], [])] == [1]


def questions(rng, crash):
    """Whether each change is real, in the order in which rounds are judged.

    A share `crash` of the rounds can't be judged at first, and is after the next one that can.
    """
    waiting = []
    for _ in range(30):
        real = rng.random() < 0.2
        if rng.random() < crash:
            waiting.append(real)
            continue
        yield real
        yield from (waiting.pop() for _ in waiting[:1])


@pytest.mark.parametrize("crash", [0.0, 0.3])
def test_the_share_of_false_launches_is_kept(fresh_rng, crash):
    """Books of 30 decisions: 20 % real with power 0.8, nulls that adopt with just their level."""
    shares = []
    for _ in range(1500):
        adopted, wrong = [], 0
        for real in questions(fresh_rng, crash):
            adopts = fresh_rng.random() < (0.8 if real else granted(adopted))
            wrong += adopts and not real
            adopted.append(bool(adopts))
        shares.append(wrong / max(1, sum(adopted)))
    error = np.std(shares) / len(shares) ** 0.5
    assert np.mean(shares) - 4 * error < RATE
