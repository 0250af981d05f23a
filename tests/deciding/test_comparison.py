"""D1 D3 D4 as claims: adopting nothing, adopting what is there, thin evidence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from single_look import judge
from tunebook.deciding.rerun_evidence import SideEvidence
from tunebook.domain.decision import Verdict
from tunebook.domain.design import Direction, Objective

LOSS = Objective("loss")


def side(name, *values, infeasible=0):
    return SideEvidence(name=name, values=values, infeasible=infeasible)


def test_thin_evidence_is_not_judged():
    found = judge([side("a", 0.1, 0.1)], side("baseline", 0.3, 0.3), objective=LOSS,
                  least_improvement=0.0)  # fmt: skip
    assert found.verdict is Verdict.MORE_EVIDENCE
    assert "fewer than 3 complete reruns" in found.sentence


def test_higher_is_better_too():
    accuracy = Objective("accuracy", Direction.MAXIMIZE)
    found = judge([side("a", 0.91, 0.92, 0.93)], side("baseline", 0.71, 0.72, 0.73),
                  objective=accuracy, least_improvement=0.05)  # fmt: skip
    assert found.verdict is Verdict.ADOPT
    assert found.gain["a"].estimate == pytest.approx(0.2)
    assert found.mean["a"].estimate == pytest.approx(0.92)


def test_a_failed_rerun_counts_as_chance():
    good = (0.1, 0.11, 0.12)
    base = side("baseline", 0.3, 0.31, 0.32, 0.3)
    known = judge([side("a", *good, infeasible=1)], base, objective=LOSS, least_improvement=0.0,
                  chance=0.9)  # fmt: skip
    assert known.verdict is Verdict.MORE_EVIDENCE
    assert known.mean["a"].estimate == pytest.approx(np.mean([*good, 0.9]))
    unknown = judge([side("a", *good, infeasible=1)], base, objective=LOSS, least_improvement=0.0)
    assert unknown.verdict is Verdict.MORE_EVIDENCE
    assert "infeasible, and chance is not known" in unknown.sentence


def test_a_first_baseline_is_compared_with_chance():
    clear = judge([side("best", 0.3, 0.31, 0.32, 0.3)], None, objective=LOSS,
                  least_improvement=0.0, chance=0.9)  # fmt: skip
    assert clear.verdict is Verdict.ADOPT
    assert "first baseline" in clear.sentence and "0.593" in clear.sentence
    blind = judge([side("best", 0.3, 0.31, 0.32)], None, objective=LOSS, least_improvement=0.0)
    assert blind.verdict is Verdict.MORE_EVIDENCE
    assert "tb.Book(..., chance=...)" in blind.sentence


def test_seeds_without_effect_prove_no_gain():
    found = judge([side("a", 0.1, 0.1, 0.1)], side("baseline", 0.2, 0.2, 0.2), objective=LOSS,
                  least_improvement=0.05)  # fmt: skip
    assert found.verdict is Verdict.MORE_EVIDENCE
    assert "the seed has no effect" in found.sentence
    same = judge([side("a", 0.2, 0.2, 0.2)], side("baseline", 0.2, 0.2, 0.2), objective=LOSS,
                 least_improvement=0.0)  # fmt: skip
    assert same.verdict is Verdict.KEEP


def test_the_best_candidate_is_the_one_spoken_of():
    found = judge([side("a", 0.2, 0.21, 0.22), side("b", 0.1, 0.11, 0.12)],
                  side("baseline", 0.3, 0.31, 0.32), objective=LOSS, least_improvement=0.0)  # fmt: skip
    assert found.best == "b"
    assert found.sentence.startswith("Adopt b") and "0.2 in loss" in found.sentence


def test_more_reruns_are_estimated(fresh_rng):
    a = tuple(0.0 + 0.1 * fresh_rng.normal(size=6))
    base = tuple(0.05 + 0.1 * fresh_rng.normal(size=6))
    found = judge([side("a", *a)], side("baseline", *base), objective=LOSS, least_improvement=0.0)
    if found.verdict is Verdict.MORE_EVIDENCE and found.gain["a"].estimate > 0:
        assert found.more >= 1
    assert math.isfinite(found.gain["a"].low)
