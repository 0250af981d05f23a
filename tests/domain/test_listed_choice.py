"""A plain list of values is a choice, in TOML and in Python."""

from __future__ import annotations

import pytest

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError, TunebookError
from tunebook.domain.finding import subject_name
from tunebook.domain.formats.round_file import read_round_file, write_round_file
from tunebook.domain.space import Choice

FILE = 'goal = "Does batch norm help?"\ntrials = 8\nmax_train_steps = 10\n[{}]\n{} = {}\n'


@pytest.mark.parametrize("role", ["scientific", "nuisance"])
def test_a_list_is_a_choice_and_is_written_back_as_one(role):
    plan = read_round_file(FILE.format(role, "batch_norm", "[false, true]")).plan
    assert getattr(plan, role)["batch_norm"] == Choice((False, True))
    again = read_round_file(write_round_file(read_round_file(FILE.format(role, "b", "[1, 2, 4]"))))
    assert getattr(again.plan, role)["b"] == Choice((1, 2, 4))
    same = Round(goal="g?", trials=4, max_train_steps=1, **{role: {"b": ["x", "y"]}})
    assert getattr(same, role)["b"] == Choice(("x", "y"))


def test_two_numbers_of_a_nuisance_hyperparameter_could_be_a_range_and_are_refused():
    with pytest.raises(TunebookError, match=r"nuisance\.lr"):
        read_round_file(FILE.format("nuisance", "lr", "[1e-4, 1.0]"))
    with pytest.raises(DesignError, match=r"nuisance\.lr"):
        Round(goal="g?", trials=4, max_train_steps=1, nuisance={"lr": [1e-4, 1.0]})
    plan = read_round_file(FILE.format("scientific", "lr", "[0.1, 1.0]")).plan
    assert plan.scientific["lr"] == Choice((0.1, 1.0))


def test_a_condition_is_spelled_as_its_value_is_everywhere():
    assert subject_name("lr", {"batch_norm": False}) == "lr[batch_norm=false]"
    assert subject_name("lr", {"rate": 1e-05}) == "lr[rate=1e-05]"
