"""Hypothesis draws the same examples in each run, unless it is asked for others."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import nouns
from tunebook.domain.design import Round


def drawn(profile):
    seen = []

    @settings(profile, max_examples=20)
    @given(st.integers(), nouns(Round))
    def look(number, plan):
        seen.append((number, plan))

    look()
    return seen


def test_only_the_fresh_profile_draws_others_each_time():
    same, fresh = settings.get_profile("the same"), settings.get_profile("fresh")
    assert drawn(same) == drawn(same)
    assert drawn(fresh) != drawn(fresh)
    assert (same.deadline, fresh.deadline, fresh.print_blob) == (None, None, True)


def test_the_profile_is_the_one_that_was_asked_for(pytestconfig):
    asked = pytestconfig.getoption("--hypothesis-profile")
    assert settings().derandomize is (asked != "fresh")
