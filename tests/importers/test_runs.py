"""Runs as the columns of a sweep: a curve counts as the tool shows it."""

from __future__ import annotations

from tunebook.auditing import read_sweep
from tunebook.importers.runs import Run, sweep_of_runs


def runs(**parts):
    return [
        Run(
            name=f"r{i}",
            config={"lr": 0.1 * 2**-i},
            curves={"loss": ((1, 2), (v, v + 1))},
            **parts,
        )
        for i, v in enumerate((0.1, 0.2, 0.4))
    ]


def test_a_curve_counts_with_its_last_value_where_that_is_the_result():
    source = sweep_of_runs(runs(results={"loss": 1.0}), tool="MLflow", source="mlruns")
    assert read_sweep(source, objective="minimize:loss").value.tolist() == [1.1, 1.2, 1.4]
    asked = read_sweep(source, objective="minimize:loss", reduce="best")
    assert asked.value.tolist() == [0.1, 0.2, 0.4]


def test_a_curve_without_a_result_counts_with_its_best():
    source = sweep_of_runs(runs(), tool="", source="runs")
    assert read_sweep(source, objective="minimize:loss").value.tolist() == [0.1, 0.2, 0.4]
