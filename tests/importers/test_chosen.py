"""What chose each trial, from a source's rows to the table (C11)."""

from __future__ import annotations

import pytest

from tunebook.domain.origin import samplers, steered
from tunebook.domain.table import TrialTable
from tunebook.importers.csv.sweep import read_sweep
from tunebook.importers.runs import Run, sweep_of_runs

MARKS = ["random", "quasi-random", "grid", "by hand", "", "BoTorch"]


def table_of(marks, **more):
    runs = [
        Run(name=f"r{i}", config={"lr": 0.1 * (i + 1)}, results={"loss": 1.0 / (i + 1)}, chosen=m)
        for i, m in enumerate(marks)
    ]
    source = sweep_of_runs(runs, tool="a tool", source="runs", **more)
    asked = {
        "objective": "minimize:loss", "hyperparameters": None, "scientific": (), "chance": None,
        "reduce": None, "space": None, "training_objective": "",
    }  # fmt: skip
    return TrialTable(**read_sweep(source, **{"adaptive": False, **asked}))


def test_each_trial_bears_its_mark_and_the_part_is_told():
    table = table_of(MARKS)
    assert table.chosen == tuple(MARKS)
    assert table.adaptive
    assert table.independent.tolist() == [True, True, True, False, False, False]
    assert table.take(table.independent).chosen == tuple(MARKS[:3])
    assert samplers(table.chosen) == ("random", "quasi-random", "grid", "by hand", "BoTorch")


def test_unmarked_trials_are_independent_only_where_none_is_steered():
    table = table_of(["random", "", "by hand"])
    assert not table.adaptive
    assert table.independent.tolist() == [True, True, False]


@pytest.mark.parametrize("stated", [True, False, None])
def test_without_marks_the_source_as_a_whole_counts(stated):
    table = table_of(["", "", ""], adaptive=stated)
    assert table.chosen == ()
    assert table.adaptive is bool(stated)
    assert table.independent.all() == (not stated)


def test_a_name_that_is_not_known_is_a_sampler_that_results_steer():
    assert steered("a new sampler")
