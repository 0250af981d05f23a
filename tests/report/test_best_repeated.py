"""The best trial of a search beside the mean of its reruns: a selected value flatters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import number
from tunebook.domain.trial import Status
from tunebook.report.round_summary import summarize
from tunebook.report.terminal.summaries import round_renderable


def told(found, reruns):
    return summarize(found.table, {}, found.details, reruns)


def test_the_mean_of_the_best_trial_s_reruns_is_beside_its_value(book):
    found = book.rounds[0]
    best = told(found, found.reruns).best
    own = [
        v for c, v in zip(found.reruns.config, found.reruns.value, strict=True) if c == best.config
    ]
    assert len(own) == 4
    said = told(found, found.reruns).repeated
    assert f"{number(float(np.mean(own)))}" in said and "4 reruns" in said
    assert str(int(found.table.complete.sum())) in said and "luckiest" in said


def test_a_value_that_several_trials_share_is_not_called_the_luckiest(book):
    found = book.rounds[0]
    best = told(found, found.reruns).best
    value = found.table.value.copy()
    value[np.argsort(found.table.losses)[:3]] = best.value
    said = told(replace(found, table=replace(found.table, value=value)), found.reruns).repeated
    assert "3 of" in said and "luckiest" not in said and "4 reruns" in said


def test_reruns_of_other_configurations_and_objectives_say_nothing(book):
    found = book.rounds[0]
    others = replace(found.reruns, config=tuple({**c, "layers": 9} for c in found.reruns.config))
    failed = replace(found.reruns, status=(Status.INFEASIBLE,) * len(found.reruns))
    exploratory = replace(found.reruns, objective=Objective("train/loss"))
    for reruns in (others, failed, exploratory, None):
        assert told(found, reruns).repeated == ""


@pytest.mark.parametrize("width", [60, 100])
def test_the_terminal_and_the_page_show_it(book, width):
    from rich.console import Console

    from tunebook.report.page.page import render

    console = Console(width=width, record=True, file=None)
    with console.capture() as captured:
        console.print(round_renderable(book.rounds[0]))
    assert "4 reruns with new seeds" in " ".join(captured.get().split())
    assert "luckiest value" in render(book, rounds=[1])
