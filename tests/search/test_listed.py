"""Grid and by hand (B8)."""

from __future__ import annotations

import pytest

from tunebook.domain.design import Round, studies
from tunebook.domain.errors import DesignError
from tunebook.domain.formats.spelling import choice, integer, log_uniform, uniform
from tunebook.domain.space import Constraint
from tunebook.search import points
from tunebook.search.assignment import search_trials


def grid(trials, levels=None, **nuisance):
    return Round(goal="q?", nuisance=nuisance, trials=trials, max_train_steps=1, searcher="grid",
                 levels=levels or {})  # fmt: skip


def configs(plan):
    return [dict(t.config) for t in search_trials(plan, 1)]


def test_levels_lie_evenly_with_both_ends():
    plan = grid(3, {"lr": 3}, lr=log_uniform(0.01, 1))
    assert [c["lr"] for c in configs(plan)] == pytest.approx([0.01, 0.1, 1], abs=1e-15)
    assert [c["x"] for c in configs(grid(5, x=uniform(0, 1)))] == [0, 0.25, 0.5, 0.75, 1]
    assert [c["x"] for c in configs(grid(1, {"x": 1}, x=uniform(0, 1)))] == [0.5]


def test_choices_and_small_integers_have_all_their_values():
    assert [c["n"] for c in configs(grid(4, n=integer(1, 4)))] == [1, 2, 3, 4]
    assert [c["n"] for c in configs(grid(5, n=integer(0, 100)))] == [0, 25, 50, 75, 100]
    assert [c["n"] for c in configs(grid(3, {"n": 7}, n=integer(1, 3)))] == [1, 2, 3]
    assert [c["n"] for c in configs(grid(2, {"n": 2}, n=integer(1, 8)))] == [1, 8]
    assert [c["c"] for c in configs(grid(3, {"c": 2}, c=choice("x", "y", "z")))] == ["x", "y", "z"]


def test_the_last_name_changes_fastest():
    plan = grid(6, b=choice(1, 2, 3), a=choice("x", "y"))
    assert [(c["a"], c["b"]) for c in configs(plan)] == [
        ("x", 1), ("x", 2), ("x", 3), ("y", 1), ("y", 2), ("y", 3)
    ]  # fmt: skip


def test_the_whole_grid_has_each_point_once():
    plan = grid(5 * 3 * 4, x=uniform(0, 1), c=choice(1, 2, 3), n=integer(1, 4))
    assert len({tuple(c.items()) for c in configs(plan)}) == 60


def test_more_trials_than_points_are_refused():
    with pytest.raises(DesignError) as caught:
        configs(grid(7, a=choice("x", "y"), b=choice(1, 2, 3)))
    assert "needs 7 configurations; the grid has 6: 2 (a) x 3 (b)" in str(caught.value)
    limited = Round(goal="q?", nuisance={"n": integer(1, 4)}, trials=4, max_train_steps=1,
                    searcher="grid", subject_to=[Constraint("n", "<=", 2.0)])  # fmt: skip
    with pytest.raises(DesignError, match="the grid has 4: 4 \\(n\\), of which subject_to allow"):
        configs(limited)


def test_points_by_hand_come_in_their_order_and_again():
    plan = Round(
        goal="q?",
        scientific={"o": choice("a", "b")},
        nuisance={"lr": uniform(0, 1)},
        trials=7,
        max_train_steps=1,
        searcher="by_hand",
        points=[{"o": "a", "lr": 0.1}, {"o": "b", "lr": 0.2}, {"o": "a", "lr": 0.3}],
    )
    assert [c["lr"] for c in configs(plan)] == [0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1]
    a, b = studies(plan)
    assert [p["lr"] for p in points(plan, a, range(4))] == [0.1, 0.3, 0.1, 0.3]
    assert points(plan, b, [5]) == [{"lr": 0.2}]


def test_a_grid_may_refuse_a_long_stretch():
    """The refused part of a grid lies in one piece, longer than chance would make it."""
    names = {f"x{i}": uniform(0, 1) for i in range(7)}
    plan = Round(goal="q?", nuisance=names, trials=3, max_train_steps=1, searcher="grid",
                 fixed={"least": 0.9}, subject_to=[Constraint("least", "<=", "x0")])  # fmt: skip
    assert {c["x0"] for c in configs(plan)} == {1.0}
