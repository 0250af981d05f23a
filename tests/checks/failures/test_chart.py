"""Failure maps as data, drawn from what the check itself returns."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.charts.render import to_svg
from tunebook.checks.failures import chart as feasibility
from tunebook.checks.failures import check as check_of
from tunebook.domain.design import Objective, Role
from tunebook.domain.space import Branch, Float, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status


def _table(causes: list[Cause | None], rates: list[float]) -> TrialTable:
    n = len(causes)
    return TrialTable(
        objective=Objective("valid/error"),
        name=tuple(f"1.{i}" for i in range(n)),
        study=("optimizer=adam",) * n,
        config=tuple({"learning_rate": r, "optimizer": "adam"} for r in rates),
        seed=(None,) * n,
        status=tuple(Status.INFEASIBLE if c else Status.COMPLETE for c in causes),
        cause=tuple(causes),
        seconds=np.full(n, np.nan),
        value=np.array([np.nan if c else 0.1 + 0.01 * i for i, c in enumerate(causes)]),
        branches={
            "optimizer=adam": Branch(
                conditions={"optimizer": "adam"},
                axes={"learning_rate": Float(1e-4, 1, Scale.LOG)},
            )
        },
        roles={"learning_rate": Role.NUISANCE, "optimizer": Role.SCIENTIFIC},
    )


@pytest.fixture
def failing_above() -> TrialTable:
    rates = [float(r) for r in np.geomspace(1e-4, 1, 24)]
    causes = [None] * 18 + [Cause.DIVERGED] * 4 + [Cause.OUT_OF_MEMORY] * 2
    return _table(causes, rates)


def test_a_failing_region_is_mapped(failing_above):
    (picture,) = feasibility.draw(check_of.check(failing_above, seed=0))
    assert picture.title == "Failures by learning_rate[optimizer=adam]"
    infeasible = picture.layer("infeasible")
    assert infeasible.column("trial") == [f"1.{i}" for i in range(18, 24)]
    assert infeasible.column("cause").count("diverged") == 4
    assert picture.layer("best").column("trial") == ["1.0", "1.1", "1.2"]
    assert len(picture.layer("trials").rows) == 15
    (region,) = picture.layer("region").rows
    assert region["x2"] == 1.0
    assert max(picture.layer("trials").column("x")) < region["x"]
    assert region["x"] < min(infeasible.column("x"))
    assert "6 of 24 trials are infeasible, diverged (4), out of memory (2)" in picture.alt
    assert "diverged (4)" in to_svg(picture)


def test_causes_have_rows_of_their_own(failing_above):
    (picture,) = feasibility.draw(check_of.check(failing_above, seed=0))
    places = {}
    for row in picture.rows["trials"]:
        places.setdefault(row["cause"], set()).add(round(row["y"]))
    assert places == {"diverged": {0}, "out of memory": {1}, "complete": {2}}


def test_failures_without_a_place_are_counted_by_cause():
    table = _table([Cause.CRASHED, None, None, Cause.TIMED_OUT, Cause.CRASHED, None], [0.01] * 6)
    (picture,) = feasibility.draw(check_of.check(table, seed=0))
    causes = picture.layer("causes")
    assert causes.column("cause") == ["crashed", "timed out"]
    assert causes.column("trials") == [2, 1]
    assert causes.column("share") == pytest.approx([1 / 3, 1 / 6])
    assert "3 of 6 trials" in picture.alt


def test_a_study_without_failures_needs_no_picture():
    table = _table([None, None], [0.01, 0.1])
    assert feasibility.draw(check_of.check(table, seed=0)) == ()


def test_a_combination_that_fails_is_mapped_with_the_best_beside_it(shared_data):
    table = TrialTable.from_csv(
        shared_data / "opda/convnext-trials.csv.gz", objective="maximize:best_top_1"
    )
    (picture,) = feasibility.draw(check_of.check(table, seed=0))
    assert picture.title == "Failures by lr / (1 - momentum)"
    assert "375" in picture.layer("best").column("trial")
    assert len(picture.layer("best").rows) == 52
    assert len(picture.layer("infeasible").rows) == 224
    assert "best trials" in to_svg(picture)
