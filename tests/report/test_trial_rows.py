from dataclasses import replace

import numpy as np

from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import number
from tunebook.domain.trial import Status
from tunebook.report.in_a_line import best_trial
from tunebook.report.trial_rows import trial_rows


def test_no_trial_is_missing_and_the_best_comes_first(book):
    found = book.rounds[2]
    rows = trial_rows(found, found.table).rows
    assert sorted(r.trial for r in rows) == sorted(found.table.name)
    complete = [float(r.cells[0].sort) for r in rows if r.status is Status.COMPLETE]
    assert complete == sorted(complete)
    assert [r.status for r in rows[-14:]] == [Status.INFEASIBLE] * 13 + [Status.FAILED]


def test_the_best_is_the_highest_where_higher_is_better(book):
    found = book.rounds[2]
    table = replace(found.table, objective=Objective("valid/accuracy", "maximize"))
    rows = trial_rows(found, table).rows
    assert float(rows[0].cells[0].sort) == np.nanmax(table.value)


def test_what_did_not_complete_has_its_cause_and_output(book):
    found = book.rounds[2]
    crashed = next(r for r in trial_rows(found, found.table).rows if r.trial == "3.11")
    assert crashed.fate == "infeasible: crashed"
    assert crashed.detail
    assert "loss nan (3.11)" in crashed.output_tail


def test_absent_values_show_a_dash_and_sort_last(book):
    found = book.rounds[2]
    table = trial_rows(found, found.table)
    place = [c.name for c in table.columns].index("momentum")
    adam = next(r for r in table.rows if r.cells[1].text == "adam")
    assert (adam.cells[place].text, adam.cells[place].sort) == ("–", "")


def test_pending_trials_are_rows_too(book):
    found = book.rounds[0]
    waiting = replace(
        found.table,
        status=(Status.PENDING, *found.table.status[1:]),
        value=np.array([np.nan, *found.table.value[1:]]),
    )
    rows = trial_rows(found, waiting).rows
    assert (rows[-1].trial, rows[-1].fate) == ("1.0", "pending")


def test_reruns_are_named_by_their_side(book):
    table = trial_rows(book.rounds[2], book.rounds[2].reruns)
    side = [c.name for c in table.columns].index("side")
    assert {r.cells[side].text for r in table.rows} == {
        "optimizer=nesterov",
        "optimizer=adam",
        "baseline",
    }


def test_the_first_column_sorts_by_the_order_of_trials(book):
    table = book.rounds[2].table
    rows = trial_rows(book.rounds[2], table).rows
    by_place = sorted(rows, key=lambda r: r.place)
    assert tuple(r.trial for r in by_place) == table.name


def test_the_objective_has_the_digits_that_texts_give_it(book):
    found = book.rounds[2]
    best = best_trial(found.table)
    first = trial_rows(found, found.table).rows[0]
    assert first.trial == best.trial
    assert float(first.cells[0].text) == float(number(best.value))
