"""How many more reruns would tell, read from what a decision recorded (D1)."""

from __future__ import annotations

import numpy as np
import pytest

from single_look import judge
from tunebook.deciding.rerun_count import MOST_MORE, more_reruns, needed
from tunebook.deciding.rerun_evidence import SideEvidence
from tunebook.domain.decision import Decision, Side
from tunebook.domain.design import Objective


def decided(gain: float, *, baseline: bool = True) -> tuple[Decision, int]:
    """A decision on six reruns a side with this gain, and what the judge itself said."""
    noise = np.random.default_rng(0).normal(size=6)
    noise -= noise.mean()
    evidence = SideEvidence(name="a", values=tuple(noise - gain))
    base = SideEvidence(name="baseline", values=tuple(noise[::-1] * 1.5)) if baseline else None
    judged = judge(
        [evidence], base, objective=Objective("error"), least_improvement=0.5, chance=0.0
    )
    sides = [evidence, *([base] if base else [])]
    decision = Decision(
        number=1, round=1, verdict=judged.verdict, sentence=judged.sentence, config={"x": 1},
        sides=tuple(
            Side(
                name=s.name,
                config={"x": 1 if s.name == "a" else 2},
                reruns=("1.r0",) * 6,
                mean=judged.mean[s.name],
                gain=judged.gain.get(s.name),
            )
            for s in sides
        ),
        least_improvement=0.5 if baseline else 0.0,
        error_rate=0.05, max_train_steps=10, decided_at=0.0,
    )  # fmt: skip
    return decision, judged.more


@pytest.mark.parametrize(("gain", "baseline"), [(1.0, True), (0.9, True), (0.3, False)])
def test_a_recorded_decision_says_what_the_judge_said(gain, baseline):
    decision, more = decided(gain, baseline=baseline)
    assert 0 < more < MOST_MORE
    assert more_reruns(decision) == more


def test_a_gain_at_the_least_improvement_is_never_told():
    decision, more = decided(0.5)
    assert more_reruns(decision) == more == MOST_MORE
    assert "No realistic number of reruns" in decision.sentence
    assert needed(0.0, 1.0, 0.05, 6) == MOST_MORE
