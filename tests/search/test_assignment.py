"""Trials of a round: studies, configurations, seeds (B4 D1)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.domain.trial import RERUN_FROM, Purpose, Status
from tunebook.search.assignment import rerun_trials, search_trials, trial_seed


@given(seed=st.integers(0), label=st.text(), index=st.integers(0))
def test_seeds_have_31_bits(seed, label, index):
    assert 0 <= trial_seed(seed, label, index) < 2**31
    assert trial_seed(seed, label, index) == trial_seed(seed, label, index)


def test_seeds_hardly_ever_meet():
    seeds = [trial_seed(s, name, k) for s in (0, 1) for name in ("", "rerun") for k in range(500)]
    # 2,000 of 2 ** 31: 0.1 % to meet at all, and these are fixed.
    assert len(set(seeds)) == len(seeds)


def test_seeds_stay_what_they_were():
    assert [trial_seed(0, "", 0), trial_seed(7, "rerun", 3)] == [294125842, 1979162482]


def test_search_trials_are_pending_and_numbered(make_plan):
    trials = search_trials(make_plan("halton", trials=9), 3)
    assert [t.name for t in trials] == [f"3.{n}" for n in range(9)]
    assert {t.status for t in trials} == {Status.PENDING}
    assert {t.purpose for t in trials} == {Purpose.EXPLORE}
    assert [(t.study, t.index) for t in trials[:3]] == [
        ("optimizer=nesterov", 0), ("optimizer=adam", 0), ("optimizer=nesterov", 1)
    ]  # fmt: skip
    assert len({t.seed for t in trials}) == 9


def test_reruns_share_their_seeds_over_sides(make_plan):
    plan = make_plan("halton")
    a = rerun_trials(plan, 2, "optimizer=adam", {"lr": 0.1}, range(3), RERUN_FROM)
    b = rerun_trials(plan, 2, "baseline", {"lr": 0.2}, range(1, 4), RERUN_FROM + 3)
    assert [t.name for t in (*a, *b)] == ["2.r0", "2.r1", "2.r2", "2.r3", "2.r4", "2.r5"]
    assert [t.seed for t in a[1:]] == [t.seed for t in b[:2]]
    assert len({t.seed for t in (*a, *b)}) == 4
    assert {t.purpose for t in a} == {Purpose.RERUN}
    assert (a[0].rerun_of, b[0].rerun_of) == ("optimizer=adam", "baseline")
    assert [t.index for t in b] == [1, 2, 3]
    assert dict(b[0].config) == {"lr": 0.2}


def test_reruns_have_seeds_that_are_new_in_the_book(make_plan):
    """Rounds of one seed, and one configuration under two names, repeat no seed."""
    plan, config = make_plan("halton"), {"lr": 0.1}
    one = rerun_trials(plan, 1, "best", config, range(4), RERUN_FROM)
    two = rerun_trials(plan, 2, "baseline", config, range(4), RERUN_FROM, one)
    assert {t.seed for t in one}.isdisjoint(t.seed for t in two)
    assert two == rerun_trials(plan, 2, "baseline", config, range(4), RERUN_FROM, one)
    renamed = rerun_trials(plan, 1, "baseline", config, range(4), RERUN_FROM + 4, one)
    other = rerun_trials(plan, 1, "b", {"lr": 0.2}, range(4), RERUN_FROM + 8, (*one, *renamed))
    assert {t.seed for t in one}.isdisjoint(t.seed for t in renamed)
    assert [t.seed for t in other] == [t.seed for t in one], "sides stay paired by seed"


def test_a_rerun_never_has_the_seed_of_a_known_trial(make_plan):
    plan = make_plan("halton")
    first = rerun_trials(plan, 3, "a", {"lr": 0.1}, range(1), RERUN_FROM)[0]
    known = [replace(first, round=2)]
    assert (
        rerun_trials(plan, 3, "a", {"lr": 0.3}, range(1), RERUN_FROM, known)[0].seed != first.seed
    )


def test_reruns_are_numbered_apart(make_plan):
    with pytest.raises(ValueError, match="reruns are numbered from 1000000"):
        rerun_trials(make_plan("halton"), 2, "baseline", {}, range(3), 5)
