"""D7: which metrics are sealed of a round, and which names a book takes."""

from __future__ import annotations

import pytest

from tunebook.domain.errors import DesignError
from tunebook.domain.sealing import Look, Seal, check_test_metrics, contaminated_by, sealed_in

SEAL = Seal(number=1, metric="test/error", rounds=0, sealed_at=1.0)
LOOK = Look(number=1, metric="test/error", rounds=2, who="ada", why="the paper", looked_at=2.0)


def test_a_look_opens_the_rounds_that_were_there():
    assert sealed_in(1, [SEAL], []) == ("test/error",)
    assert sealed_in(2, [SEAL], [LOOK]) == ()
    assert sealed_in(3, [SEAL], [LOOK]) == ("test/error",)


def test_another_metrics_look_opens_nothing():
    other = Seal(number=2, metric="test/loss", rounds=0, sealed_at=1.0)
    assert sealed_in(1, [SEAL, other], [LOOK]) == ("test/loss",)


def test_rounds_planned_after_a_look_are_contaminated_by_it():
    assert contaminated_by(2, [LOOK]) == ()
    assert contaminated_by(3, [LOOK]) == (LOOK,)


@pytest.mark.parametrize("given", ["test/error", 3, {"test/error": 1}, ("",), (3,), None])
def test_what_is_no_list_of_names_is_refused(given):
    with pytest.raises(DesignError) as refused:
        check_test_metrics(given, "valid/error", "")
    assert 'test_metrics=("test/error",)' in refused.value.next_step


@pytest.mark.parametrize("role", ["objective", "training_objective"])
def test_what_decides_can_not_be_sealed(role):
    roles = {"objective": "valid/error", "training_objective": "train/loss"}
    with pytest.raises(DesignError, match=f"is the {role} too"):
        check_test_metrics((roles[role],), **roles)
    assert check_test_metrics(["test/error", " test/error"], **roles) == ("test/error",)
