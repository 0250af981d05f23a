"""`tunebook launch` takes a decision's number, or a round's, and shows both (D5)."""

from __future__ import annotations

from types import SimpleNamespace

import click
import pytest

from tunebook.cli.decide.launch_command import _chosen

DECISIONS = [
    SimpleNamespace(number=n, round=r) for n, r in ((1, 1), (2, 2), (3, 3), (4, 3), (5, 6))
]


@pytest.mark.parametrize(
    ("number", "of_round", "wanted"),
    [(None, None, 5), (3, None, 3), (6, None, 5), (None, 3, 4), (3, 3, 3), (None, 6, 5)],
)
def test_a_number_is_a_decision_first_and_a_round_where_there_is_no_such_decision(
    number, of_round, wanted
):
    assert _chosen(DECISIONS, number, of_round).number == wanted


@pytest.mark.parametrize(("number", "of_round"), [(9, None), (None, 4), (2, 3)])
def test_what_is_neither_names_every_decision_with_its_round(number, of_round):
    with pytest.raises(click.BadParameter, match=r"4 \(round 3\)"):
        _chosen(DECISIONS, number, of_round)
