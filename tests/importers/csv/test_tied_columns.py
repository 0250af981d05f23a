"""Columns that say the same: numbers of configurations, choices that are not there, rates twice."""

from __future__ import annotations

import pytest

from tunebook.auditing import read_sweep
from tunebook.domain.design import Role
from tunebook.domain.origin import Kind
from tunebook.domain.space import Choice

LR = [0.1, 0.003, 0.05, 0.0002, 0.01, 0.7, 0.03, 0.001]
WIDTH = [16, 64, 32, 16, 64, 128, 32, 16]


def rows_of(number, repeats=3):
    return [
        {
            "point": number(i),
            "rate": LR[i],
            "size": WIDTH[i],
            "seed": s,
            "loss": 0.3 + i / 9 + s / 99,
        }
        for i in range(8)
        for s in range(repeats)
    ]


def varied(table):
    return [name for name, role in table.roles.items() if role is not Role.FIXED]


@pytest.mark.parametrize("first", [0, 1])
def test_a_number_of_the_configuration_is_no_hyperparameter(first):
    table = read_sweep(rows_of(lambda i: i + first), objective="minimize:loss")
    assert varied(table) == ["rate", "size"]
    assert table.origin.names(Kind.BOOKKEEPING) == ("point",)
    assert len({tuple(c.items()) for c in table.config}) == 8


@pytest.mark.parametrize("number", [lambda i: (7 * i) % 8, lambda i: 2**i, lambda i: i % 4])
def test_numbers_that_do_not_count_configurations_stay(number):
    assert "point" in varied(read_sweep(rows_of(number), objective="minimize:loss"))


def test_a_number_that_was_asked_for_stays():
    table = read_sweep(rows_of(int), objective="minimize:loss", hyperparameters=["point", "rate"])
    assert varied(table) == ["point", "rate"]


def sweep(cell, n=24):
    return [
        {"rate": LR[i % 8] * (1 + i / 99), "kind": ("sgd", "adam")[i % 2], "policy": cell(i), "loss": 0.3 + (7 * i % 24) / 50}
        for i in range(n)
    ]  # fmt: skip


def test_a_choice_that_is_not_there_is_the_choice_none():
    table = read_sweep(sweep(lambda i: (None, "cosine", "step")[i % 3]), objective="minimize:loss")
    assert list(table.branches) == [""]
    assert table.branches[""].axes["policy"] == Choice(("none", "cosine", "step"))


def test_a_choice_that_another_one_explains_is_a_condition():
    cell = lambda i: None if i % 2 else ("cosine", "step")[i // 2 % 2]  # noqa: E731
    table = read_sweep(sweep(cell), objective="minimize:loss")
    assert set(table.branches) == {"kind=sgd", "kind=adam"}
    assert "policy" in table.branches["kind=sgd"].axes
    assert "policy" not in table.branches["kind=adam"].axes


def test_one_forgotten_cell_is_no_choice():
    table = read_sweep(
        sweep(lambda i: None if i == 5 else ("cosine", "step")[i // 2 % 2]),
        objective="minimize:loss",
    )
    assert len(table.left_out) == 1 and "none" not in table.column("policy")


def test_a_curve_of_the_rate_leaves_the_rate_a_hyperparameter(tmp_path):
    names = [f"r{i}" for i in range(24)]
    trials = [{"run": n, "lr": LR[i % 8] * (1 + i / 99)} for i, n in enumerate(names)]
    points = [
        {"run": n, "step": s, "lr": 0.1 / (s + 1), "loss": 1 / (s + 1) + i / 99}
        for i, n in enumerate(names)
        for s in range(4)
    ]
    table = read_sweep(trials, points, objective="minimize:loss")
    assert varied(table) == ["lr"] and set(table.curves) == {"lr", "loss"}
