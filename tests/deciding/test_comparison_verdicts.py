"""Verdicts at the edges: failures of unknown worth, coarse objectives, words of each outcome."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from single_look import judge
from strategies import examples
from tunebook.deciding.comparison import conclude, read_look
from tunebook.deciding.rerun_count import MOST_MORE
from tunebook.deciding.rerun_evidence import Question, SideEvidence
from tunebook.deciding.sequential_design import planned
from tunebook.domain.decision import RerunPlan, Verdict
from tunebook.domain.design import Direction, Objective

LOSS = Objective("valid/error")
BASE = (0.30, 0.31, 0.32, 0.30)


def side(name, *values, infeasible=0):
    return SideEvidence(name=name, values=values, infeasible=infeasible)


def judged(*candidates, base=BASE, margin=0.0, objective=LOSS, **more):
    baseline = None if base is None else side("baseline", *base)
    return judge(candidates, baseline, objective=objective, least_improvement=margin, **more)


def test_a_failing_candidate_that_loses_anyway_is_turned_down():
    found = judged(side("a", 0.50, 0.51, 0.52, infeasible=1))
    assert found.verdict is Verdict.KEEP
    assert "1 of its 4 reruns were infeasible" in found.sentence


def test_a_failing_candidate_that_might_win_holds_the_verdict_open_and_is_named():
    lost = side("a", 0.50, 0.51, 0.52, 0.50)
    found = judged(lost, side("b", 0.10, 0.11, 0.12, infeasible=1))
    assert found.verdict is Verdict.MORE_EVIDENCE and found.best == "b"
    assert "tb.Book(..., chance=...)" in found.sentence


def test_a_winner_is_adopted_though_another_candidate_fails():
    won = side("a", 0.10, 0.11, 0.12, 0.10)
    found = judged(won, side("b", 0.09, 0.10, infeasible=2))
    assert (found.verdict, found.best, found.more) == (Verdict.ADOPT, "a", 0)


def test_a_failing_baseline_of_unknown_worth_is_named():
    found = judge([side("a", 0.1, 0.1, 0.2)], side("baseline", 0.3, 0.3, 0.3, infeasible=1),
                  objective=LOSS, least_improvement=0.0)  # fmt: skip
    assert found.verdict is Verdict.MORE_EVIDENCE
    assert "1 of 4 reruns of the baseline were infeasible" in found.sentence


def test_a_first_baseline_shows_the_mean_and_the_chance_that_its_gain_is_of():
    last = (0.60, 0.61, 0.59, 0.62)
    best = SideEvidence(name="best", values=(0.70, 0.71, 0.69, 0.72), last=last)
    accuracy = Objective("valid/accuracy", Direction.MAXIMIZE)
    found = judged(best, base=None, chance=0.25, objective=accuracy)
    assert found.verdict is Verdict.ADOPT
    assert "mean at the last evaluation is 0.605, and chance is 0.25" in found.sentence
    gain = found.gain["best"].estimate
    same = f"{gain:.3g}" == f"{0.605 - 0.25:.3g}"
    assert ("corrected for the interim looks" in found.sentence) != same
    plain = judged(side("best", 0.5, 0.52, 0.51, 0.5), base=None, chance=0.9)
    assert "Its mean is 0.5075, and chance is 0.9" in plain.sentence
    lost = judged(side("best", 0.93, 0.94, 0.92, 0.93), base=None, chance=0.9)
    assert "Its mean is 0.93, and chance is 0.9" in lost.sentence


def test_no_better_than_chance_is_no_baseline_yet():
    found = judged(side("best", 0.93, 0.94, 0.92, 0.93), base=None, chance=0.9)
    assert found.verdict is Verdict.KEEP and found.best == "best"
    assert found.sentence.startswith("No baseline yet") and "chance" in found.sentence
    assert "keep" not in found.sentence.lower()


def test_the_least_improvement_is_held_to_and_said():
    close = judged(side("a", 0.290, 0.300, 0.310, 0.290), margin=0.1)
    assert close.verdict is Verdict.KEEP
    assert "0.01 in valid/error" in close.sentence and "no more than the" in close.sentence


def test_a_gain_near_to_what_was_asked_for_names_no_number():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=6) - 0.0
    noise -= noise.mean()
    found = judged(side("a", *(noise - 0.501)), base=tuple(noise), margin=0.5)
    assert (found.verdict, found.more) == (Verdict.MORE_EVIDENCE, MOST_MORE)
    assert "No realistic number of reruns" in found.sentence


def test_an_open_question_says_about_how_many_more():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=6)
    noise -= noise.mean()
    found = judged(side("a", *(noise - 0.3)), base=tuple(noise))
    # Two-sample size for 80 % power at the last look of an extension, a 24th of the 10 % that
    # the interval leaves out: 2 s^2 (2.64 + 0.842)^2 / gain^2.
    z = stats.norm.isf(0.1 / 24) + stats.norm.ppf(0.8)
    needed = 2 * noise.var(ddof=1) * z**2 / 0.3**2
    assert found.verdict is Verdict.MORE_EVIDENCE
    assert found.more == max(1, int(np.ceil(needed - 6)))
    assert f"about {found.more} more reruns of each" in found.sentence


def test_intervals_are_students_and_hold_together():
    """Against scipy's own Welch interval, at the level that two candidates share."""
    rng = np.random.default_rng(0)
    a, b, base = (tuple(rng.normal(size=n)) for n in (5, 5, 7))
    found = judged(side("a", *a), side("b", *b), base=base, error_rate=0.04)
    welch = stats.ttest_ind(base, a, equal_var=False).confidence_interval(0.96)
    assert found.gain["a"].confidence == pytest.approx(0.96)
    assert (found.gain["a"].low, found.gain["a"].high) == pytest.approx(tuple(welch))


@settings(max_examples=examples(50), deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=3, max_size=8),
    st.lists(st.integers(-50, 50), min_size=3, max_size=8),
    st.floats(0.01, 100),
)
def test_units_and_direction_do_not_matter(own, base, scale):
    down = judged(side("a", *own), base=tuple(base), margin=2.5)
    up = judged(
        side("a", *(-scale * v for v in own)),
        base=tuple(-scale * v for v in base),
        margin=2.5 * scale,
        objective=Objective("m", Direction.MAXIMIZE),
    )
    assert down.verdict is up.verdict
    assert up.gain["a"].estimate == pytest.approx(scale * down.gain["a"].estimate, abs=1e-9)


def test_an_objective_too_coarse_to_show_noise_is_seldom_adopted(fresh_rng):
    """Four equal values on each side look certain; they are not adopted for it more often."""
    repeats, adopted = 300, 0
    for _ in range(repeats):
        offset = 3 * fresh_rng.random()
        own, base = (3 * np.round((fresh_rng.normal(size=4) + offset) / 3) for _ in range(2))
        found = judged(side("a", *own), base=tuple(base), error_rate=0.025)
        adopted += found.verdict is Verdict.ADOPT
    assert adopted <= stats.binom.ppf(1 - 1e-6, repeats, 0.025)


def reasons(found):
    """Which of the three reasons not to adopt the first sentence gives."""
    first = found.sentence.partition(". ")[0]
    said = {"evidence": "better" in first and "all" in first,
            "open": "Not enough evidence" in first,
            "early": "unlikely" in first and "stopped after" in first}  # fmt: skip
    return [reason for reason, given in said.items() if given]


def test_a_verdict_that_does_not_adopt_gives_its_reason_first():
    worse = judged(side("a", 0.50, 0.51, 0.52, 0.50), margin=0.01)
    assert worse.verdict is Verdict.KEEP and reasons(worse) == ["evidence"]
    assert "a is not better by enough" in worse.sentence
    rng = np.random.default_rng(0)
    noise = rng.normal(size=6)
    noise -= noise.mean()
    open_ = judged(side("a", *(noise - 0.3)), base=tuple(noise))
    assert open_.verdict is Verdict.MORE_EVIDENCE and reasons(open_) == ["open"]
    assert "all 6 planned reruns of each" in open_.sentence
    guess = judged(side("best", 0.93, 0.94, 0.92, 0.93), base=None, chance=0.9)
    assert reasons(guess) == ["evidence"] and "than chance" in guess.sentence


def plan_of(most):
    plan = planned(most, 0.05)
    return RerunPlan(
        number=1, round=1, candidates=("a",), configs=({},), looks=plan.looks, adopt=plan.adopt,
        drop=plan.drop, outer=plan.outer, level=0.05, confidence=0.94, excess=plan.excess,
        planned_at=0.0,
    )  # fmt: skip


def test_a_gain_that_all_planned_reruns_leave_open_is_not_shown():
    asked = Question(objective=LOSS, least_improvement=0.01)
    values = (0.29, 0.33, 0.27, 0.31, 0.32, 0.30)
    plan = plan_of(len(values))
    look = read_look(side("a", *values), side("baseline", *values), asked, plan,
                     len(plan.looks) - 1)  # fmt: skip
    found = conclude([look], asked)
    assert found.verdict is Verdict.KEEP and look.gain.high > 0.01
    assert "not shown to be better by enough" in found.sentence and reasons(found) == ["evidence"]
    assert "0.01, is not shown" in found.sentence


@pytest.mark.parametrize("base", [BASE, None])
def test_a_candidate_that_was_dropped_early_is_no_evidence_against_it(base):
    plan = plan_of(10)
    asked = Question(objective=LOSS, least_improvement=0.01, chance=0.32)
    values = (0.33, 0.34, 0.36)
    baseline = None if base is None else side("baseline", *base[:3])
    found = conclude([read_look(side("a", *values), baseline, asked, plan, 0)], asked)
    assert found.verdict is Verdict.KEEP and reasons(found) == ["early"]
    assert f"after {plan.looks[0]} of {plan.looks[-1]} planned" in found.sentence


def test_no_interval_passes_the_bound_of_its_metric():
    """An error ends at 0, so that no gain exceeds what the baseline may have; a loss may not."""
    wide = side("a", 0.01, 0.9, 0.02, 0.8)
    for objective, bounded in ((LOSS, True), (Objective("valid/loss"), False)):
        found = judged(wide, objective=objective)
        gain, mean = found.gain["a"], found.mean["a"]
        most = found.mean["baseline"].high
        assert (gain.high <= most and mean.low >= 0) is bounded
        assert gain.low <= gain.estimate <= gain.high and mean.low <= mean.estimate
    up = judged(side("a", 0.99, 0.2, 0.98, 0.1), base=(0.5, 0.51, 0.49, 0.5),
                objective=Objective("valid/accuracy", Direction.MAXIMIZE))  # fmt: skip
    assert up.mean["a"].high <= 1 and up.gain["a"].high <= 1 - up.mean["baseline"].low + 1e-12
    first = judged(wide, base=None, chance=0.5)
    assert first.gain["a"].high <= 0.5


def test_a_loss_is_said_as_a_loss():
    found = judged(side("a", 0.50, 0.53, 0.52, 0.51))
    assert found.verdict is Verdict.KEEP
    assert "gains -" not in found.sentence and "worse" in found.sentence and "CI" in found.sentence
