"""What limits every comparison in a sweep: unequal training, trials that are not there (C11)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from surfaces import table_of

from tunebook.domain.curves import Curves
from tunebook.domain.finding import Severity
from tunebook.domain.space import Integer
from tunebook.examination.examine import examine
from tunebook.examination.sweep_limits import limit_findings


def sweep(n=12, ends=None, names=None, **more):
    rng = np.random.default_rng(1)
    table = table_of(rng.uniform(size=(n, 2)), rng.normal(size=n))
    if ends is not None:
        curves = Curves.pack([(range(1, e + 1), rng.normal(size=e)) for e in ends])
        table = replace(table, curves={"loss": curves})
    return replace(table, name=tuple(names or map(str, range(n))), **more)


def told(table, subject):
    return [f for f in limit_findings(table) if f.subject == subject]


def test_trials_of_different_lengths_are_told_with_how_many_are_shorter():
    (said,) = told(sweep(ends=[100] * 8 + [40] * 4), "loss")
    assert said.severity is Severity.WARNING
    assert dict(said.numbers) == {"shortest": 40, "longest": 100, "shorter": 4, "trials": 12}
    assert said.trials == ("8", "9", "10", "11")


@pytest.mark.parametrize(
    "table",
    [
        sweep(ends=[100] * 12),
        sweep(ends=[100] * 11 + [90]),
        sweep(ends=[100] * 8 + [40] * 4, max_train_steps=100),
        sweep(n=4, ends=[100, 10, 10, 10]),
        sweep(),
    ],
)
def test_equal_lengths_and_rounds_with_one_are_silent(table):
    assert told(table, "loss") == []


def test_a_length_that_was_searched_is_for_another_check():
    table = sweep(ends=[100] * 8 + [40] * 4)
    branch = table.branches[""]
    searched = replace(branch, axes={**branch.axes, "max_train_steps": Integer(40, 100)})
    assert told(replace(table, branches={"": searched}), "loss") == []


def test_trials_that_were_stopped_are_told():
    (said,) = told(sweep(cut=5), "trials that finished")
    assert dict(said.numbers) == {"stopped": 5, "trials": 17}
    assert said.severity is Severity.NOTE


def test_numbers_that_are_missing_where_all_finished_are_told():
    names = [str(i) for i in range(17) if i not in (2, 5, 6, 11, 13)]
    (said,) = told(sweep(names=names), "trials that finished")
    assert dict(said.numbers) == {"missing": 5, "trials": 17}
    assert said.severity is Severity.WARNING


@pytest.mark.parametrize(
    "names",
    [
        [str(i) for i in range(12)],
        [str(i) for i in range(1, 13)],
        [str(i) for i in (*range(11), 12)],
        [f"run-{3 * i}" for i in range(12)],
        [str(1000 * i) for i in range(12)],
    ],
)
def test_whole_numbering_other_names_and_ids_are_silent(names):
    assert told(sweep(names=names), "trials that finished") == []


def test_where_trials_failed_too_they_were_exported():
    table = sweep(names=[str(2 * i) for i in range(12)])
    assert told(table, "trials that finished")
    failed = replace(table, left_out=("1: no result",))
    assert told(failed, "trials that finished") == []


def test_an_examination_has_them():
    table = sweep(ends=[100] * 8 + [40] * 4, cut=3)
    subjects = {f.subject for f in examine(table).findings if f.check == "C11"}
    assert {"loss", "trials that finished"} <= subjects
