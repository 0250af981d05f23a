"""Which trials a check reads where earlier results or a person chose some (C11)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from surfaces import table_of

from tunebook.domain.finding import NotApplicable
from tunebook.domain.origin import BY_HAND, RANDOM
from tunebook.examination.examine import examine, results
from tunebook.examination.independent_part import FEWEST, FEWEST_PREFERRED, reading_of


def table_with(random, steered=0, by_hand=0, unmarked=0):
    n = random + steered + by_hand + unmarked
    rng = np.random.default_rng(3)
    units = rng.uniform(size=(n, 2))
    marks = (RANDOM,) * random + ("TPE",) * steered + (BY_HAND,) * by_hand + ("",) * unmarked
    losses = ((units - 0.5) ** 2).sum(axis=1) + 0.02 * rng.normal(size=n)
    return replace(table_of(units, losses), chosen=marks, adaptive=steered > 0)


@pytest.mark.parametrize(("check", "fewest"), [("C2", FEWEST), ("C1", FEWEST_PREFERRED)])
def test_a_part_is_read_from_its_threshold_on(check, fewest):
    enough, few = (reading_of(check, table_with(n, steered=40)) for n in (fewest, fewest - 1))
    assert enough.part and len(enough.table) == fewest and not enough.table.adaptive
    assert not few.part and few.independent == fewest - 1
    assert (few.table is None) == (check == "C2")


def test_a_check_of_any_trials_reads_all():
    table = table_with(40, steered=40, by_hand=3)
    assert reading_of("C8", table).table is table


def test_trials_chosen_by_hand_are_left_out_of_a_search_that_is_not_adaptive():
    said = examine(table_with(0, by_hand=3, unmarked=40)).findings
    texts = [f.sentence for f in said if f.check in ("C1", "C2", "C10")]
    assert texts and all("3 trials chosen by hand" in text for text in texts)


def test_the_number_of_trials_that_were_read_is_said():
    table = table_with(40, steered=30, unmarked=10)
    found = results(table)
    assert found["C2"].studies[0].trials == 40
    texts = [f.sentence for f in examine(table).findings if f.check in ("C1", "C2", "C10")]
    assert texts and all("40 of 80" in text for text in texts)


def test_too_small_a_part_is_named_and_the_others_say_that_their_rate_does_not_hold():
    table = table_with(10, steered=40)
    silent = results(table)["C2"]
    assert isinstance(silent, NotApplicable) and "10 of 50" in silent.reason
    texts = [f.sentence for f in examine(table).findings if f.check in ("C1", "C10")]
    assert texts and all("error rate does not hold" in text for text in texts)


def test_studies_without_an_independent_trial_are_no_part():
    table = table_with(40, steered=20)
    own = ("a",) * 40 + ("b",) * 20
    table = replace(table, study=own, branches={"a": table.branches[""], "b": table.branches[""]})
    assert set(reading_of("C2", table).table.branches) == {"a"}
    assert not isinstance(results(table)["C2"], NotApplicable)
