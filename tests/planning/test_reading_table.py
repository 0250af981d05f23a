"""What C9 says of studies of some size: the table's rows and what is between them (B5 C9)."""

from __future__ import annotations

import math
from itertools import product

import pytest
from planning_table import simulated

from tunebook.planning.reading_table import AXES, NOISE, TRIALS, reading

FEWEST_FITTED = 9


@pytest.mark.parametrize("cell", [(1, 32, 0.5), (2, 16, 0.85), (4, 64, 0.15)])
def test_a_row_is_what_new_studies_give(cell):
    """Errors vary by about 30 % from study to study, so that a mean over 24 is within 20 %."""
    row, again = reading(*cell), simulated(*cell, 24, seed=1)
    assert again.known == pytest.approx(row.known, abs=0.15)
    assert math.log(again.error / row.error) == pytest.approx(0, abs=0.2)
    assert again.spread == pytest.approx(row.spread, abs=0.15)
    assert again.strays == pytest.approx(row.strays, rel=0.5)
    assert again.freedom == pytest.approx(row.freedom, rel=0.1)
    assert math.log(again.seen / row.seen) == pytest.approx(0, abs=0.4)
    assert again.seen_strays == pytest.approx(row.seen_strays, rel=0.5)


def test_every_row_is_there():
    for cell in product(AXES, TRIALS, NOISE):
        row = reading(*cell)
        assert row.seen > 0 and row.seen_strays > 0
        assert (row.known > 0.7) is (cell[1] >= FEWEST_FITTED)
        assert math.isfinite(row.error) is (cell[1] >= FEWEST_FITTED)


@pytest.mark.parametrize("axes", AXES)
def test_errors_fall_with_the_trials(axes):
    errors = [reading(axes, n, 0.5).error for n in (16, 64, 256)]
    assert errors == sorted(errors, reverse=True)


def test_between_rows_and_beyond_them():
    low, high = reading(2, 32, 0.5), reading(2, 64, 0.5)
    assert reading(2, 2**5.5, 0.5).error == pytest.approx(math.sqrt(low.error * high.error))
    assert reading(2, 32, 0.325).freedom == pytest.approx(
        math.sqrt(low.freedom * reading(2, 32, 0.15).freedom)
    )
    assert reading(30, 10_000, 2.0) == reading(AXES[-1], TRIALS[-1], NOISE[-1])
