"""What follows an answer: another question, never the same again (A5 B1)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.advice.first_ranges import is_learning_rate
from tunebook.advice.proposal import propose
from tunebook.book.planning.proposals import NextRound
from tunebook.domain.decision import Decision, Side, Verdict
from tunebook.domain.design import Objective, Round
from tunebook.domain.finding import Examination, Finding, Interval, Remedy, RemedyKind, Severity
from tunebook.domain.formats.round_file import RoundFile
from tunebook.domain.formats.spelling import choice, log_uniform, per, uniform
from tunebook.domain.prediction import Expectation
from tunebook.domain.space import Branch, Float, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status

FIRST = Round(goal="Does it learn?", trials=4, max_train_steps=100,
              fixed={"optim.lr": 0.002, "width": 64, "dropout": 0.1})  # fmt: skip
NORM = Round(
    goal="Does batch norm help?",
    scientific={"batch_norm": choice(False, True)},
    nuisance={"optim.lr": log_uniform(1e-4, 1e-1), "dropout": uniform(0.0, 0.5)},
    fixed={"weight_decay": 1e-4}, trials=32, max_train_steps=100,
)  # fmt: skip
MORE = Finding(check="C2", severity=Severity.NOTE, subject="", numbers={}, sentence="Too few.",
               remedy=Remedy(kind=RemedyKind.MORE_TRIALS, values={"trials": 64}))  # fmt: skip


def decided(verdict, config, *, baseline=None, base=None):
    sides = [Side(name="best", config=config, mean=Interval(0.2, 0.1, 0.3),
                  gain=Interval(0.1, 0.05, 0.15))]  # fmt: skip
    if base is not None:
        sides.append(Side(name="baseline", config=base, mean=Interval(0.3, 0.2, 0.4)))
    return Decision(number=3, round=1, verdict=verdict, sentence="Decided.", config=config,
                    sides=tuple(sides), least_improvement=0.0, error_rate=0.05, baseline=baseline,
                    max_train_steps=100, decided_at=0.0)  # fmt: skip


def proposed(plan, decision, *findings, **more):
    seen = Examination(trials=4, left_out=(), findings=list(findings), not_applicable=())
    return propose(plan, seen, decision=decision, number=1, **more)


def test_after_the_first_baseline_its_learning_rate_is_searched():
    found = proposed(FIRST, decided(Verdict.ADOPT, dict(FIRST.fixed)), goals={FIRST.goal})
    axis = found.plan.nuisance["optim.lr"]
    assert axis.scale is Scale.LOG and axis.low < 0.002 / 20 and axis.high > 0.002 * 20
    assert found.plan.trials == 16 and "optim.lr" not in found.plan.fixed
    assert "optim.lr" in found.plan.goal and "again" not in found.plan.goal
    assert found.unresolved == ()


LONGER = Finding(
    check="C6", severity=Severity.WARNING, subject="max_train_steps", sentence="Still improving.",
    numbers={"gain_of_half_again": Interval(0.04, 0.01, 0.06)},
    remedy=Remedy(kind=RemedyKind.TRAIN_LONGER, values={"max_train_steps": 150}),
)  # fmt: skip


def test_the_first_search_is_at_the_longer_length_that_the_findings_ask_for():
    decision = decided(Verdict.ADOPT, dict(FIRST.fixed))
    found = proposed(FIRST, decision, LONGER, goals={FIRST.goal}, table=first_trials())
    assert found.plan.max_train_steps == 150 and "optim.lr" in found.plan.nuisance
    assert found.plan.trials == 16 and found.unresolved == ()
    # The gain of the length alone says nothing of a search at that length.
    assert [f.what for f in found.plan.predictions] == [Expectation.QUIET]


def test_an_answered_round_never_leads_to_one_in_which_nothing_varies():
    kept = decided(Verdict.KEEP, dict(FIRST.fixed), baseline=0, base=dict(FIRST.fixed))
    found = proposed(FIRST, kept, LONGER)
    assert found.plan.max_train_steps == 150 and found.plan.varied


def first_trials():
    return TrialTable(
        objective=Objective("valid/error"), name=("1.0", "1.1", "1.2", "1.3"), study=("",) * 4,
        config=(dict(FIRST.fixed),) * 4, seed=(0, 1, 2, 3), status=(Status.COMPLETE,) * 4,
        cause=(None,) * 4, seconds=np.ones(4), value=np.array([0.3, 0.31, 0.32, 0.33]),
        branches={"": Branch(conditions={}, axes={})},
    )  # fmt: skip


def test_a_budget_bounds_the_first_search():
    decision = decided(Verdict.ADOPT, dict(FIRST.fixed))
    assert proposed(FIRST, decision, most_trials=8).plan.trials == 8


def test_without_a_learning_rate_another_hyperparameter_is_varied_or_a_person_is_asked():
    plan = replace(FIRST, fixed={"width": 64, "dropout": 0.1})
    found = proposed(plan, decided(Verdict.ADOPT, dict(plan.fixed)))
    assert found.plan.nuisance == {"dropout": Float(0.0, 0.5)}
    bare = replace(FIRST, fixed={"width": 64})
    said = proposed(bare, decided(Verdict.ADOPT, dict(bare.fixed))).unresolved
    assert any("Choose what to vary" in s and "width" in s for s in said)


def test_one_story_something_is_proposed_or_nothing_is():
    """What a comment says above a plan is what the plan is."""
    plan = replace(FIRST, fixed={"width": 64, "dropout": 0.1})
    kept = decided(Verdict.KEEP, dict(plan.fixed), baseline=0, base=dict(plan.fixed))
    some = proposed(plan, kept)
    assert not some.repeats and "decision 3 kept the baseline" in some.summary
    assert "dropout 0" in some.summary
    bare = replace(FIRST, fixed={"width": 64})
    kept = decided(Verdict.KEEP, dict(bare.fixed), baseline=0, base=dict(bare.fixed))
    nothing = proposed(bare, kept)
    assert nothing.repeats and nothing.summary.startswith("No new round is proposed after round 1")
    assert "only repeat the search" in nothing.summary
    open_ = proposed(NORM, None)
    assert open_.repeats and "not decided" in open_.summary
    more = proposed(NORM, decided(Verdict.MORE_EVIDENCE, {}), MORE)
    assert not more.repeats and "First settle decision 3" in more.summary
    assert "trials 64" in more.summary


def test_the_file_opens_with_the_story_and_prices_nothing_that_is_not_proposed():
    bare = replace(FIRST, fixed={"width": 64})
    kept = decided(Verdict.KEEP, dict(bare.fixed), baseline=0, base=dict(bare.fixed))
    for plan, lines in ((bare, "# No new round is proposed"), (FIRST, "# Proposed, since")):
        found = NextRound(proposed(plan, kept), RoundFile(plan=plan))
        assert found.toml().startswith(lines)
        assert bool(found.with_ahead().ahead) == (plan is FIRST)


def test_a_configuration_no_better_than_chance_is_looked_into_first():
    found = proposed(FIRST, decided(Verdict.KEEP, dict(FIRST.fixed)))
    assert "no better than chance" in found.unresolved[0]


def test_after_keep_the_question_is_closed_and_no_more_trials_are_asked_for():
    config = {"batch_norm": True, "optim.lr": 0.01, "dropout": 0.2, "weight_decay": 1e-4}
    kept = decided(Verdict.KEEP, config, baseline=0, base={**config, "batch_norm": False})
    found = proposed(NORM, kept, MORE, goals={NORM.goal})
    assert found.plan.trials == 32 and found.plan.scientific == {}
    assert found.plan.fixed["batch_norm"] is False
    assert not found.plan.goal.startswith("Does batch norm help?")
    assert any("decision 3" in s for s in found.resolved)
    # A baseline that was kept leaves nothing for a person to settle.
    assert "Decision 3: Decided." in found.resolved and found.unresolved == ()
    # The first hyperparameter that was fixed so far is varied.
    assert found.plan.nuisance["weight_decay"] == Float(1e-6, 0.1, Scale.LOG)
    assert proposed(NORM, None, MORE).plan.trials == 64, "an open question still gets more"


def test_a_round_of_which_nothing_completed_is_never_called_answered():
    table = TrialTable(
        objective=Objective("valid/error"), name=tuple(f"1.{i}" for i in range(4)),
        study=("",) * 4, config=(dict(FIRST.fixed),) * 4, seed=tuple(range(4)),
        status=(Status.INFEASIBLE,) * 4, cause=(Cause.CRASHED,) * 4, seconds=np.ones(4),
        value=np.full(4, np.nan), branches={"": Branch(axes={})},
    )  # fmt: skip
    found = proposed(FIRST, None, table=table)
    assert "None of 4 trials completed (crashed: 4)" in found.unresolved[0]
    assert not any("answered. Ask" in s or "question is answered" in s for s in found.unresolved)
    assert found.plan.fixed == FIRST.fixed


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("lr", True), ("optim.lr", True), ("learning_rate", True), ("baseLearningRate", True),
     ("dropout_rate", False), ("blur", False), ("weight_decay", False)],
)  # fmt: skip
def test_a_learning_rate_is_known_by_its_name(name, is_one):
    assert is_learning_rate(name) is is_one


def test_what_the_kept_baseline_does_not_have_is_taken_out():
    """A baseline launched before the question's hyperparameter existed has no value of it."""
    base = {"optim.lr": 0.01, "dropout": 0.1, "weight_decay": 1e-4}
    found = proposed(NORM, decided(Verdict.KEEP, base, baseline=0, base=base))
    assert not found.plan.scientific and "batch_norm" not in found.plan.fixed
    (change,) = (c for c in found.changes if c.key == "scientific.batch_norm")
    assert change.after == "" and "has no batch_norm" in change.because
    assert "no batch_norm" in found.summary and "batch_norm" not in found.plan.goal
    assert "scientific.batch_norm: was scientific" in NextRound(
        found, RoundFile(plan=found.plan)
    ).toml().replace("\n# ", " ")


def test_what_another_hyperparameter_depends_on_is_left_to_a_person():
    tied = replace(
        NORM, nuisance={**NORM.nuisance, "bn_decay": per("batch_norm", {True: uniform(0.5, 1.0)})}
    )
    base = {"optim.lr": 0.01, "dropout": 0.1, "weight_decay": 1e-4}
    found = proposed(tied, decided(Verdict.KEEP, base, baseline=0, base=base))
    assert "batch_norm" in found.plan.scientific
    assert any("has no batch_norm" in text for text in found.unresolved)


@pytest.mark.parametrize(("low", "high", "again"), [(1e-6, 0.1, False), (1e-3, 0.1, True)])
def test_a_range_that_a_decided_round_has_searched_is_not_searched_again(low, high, again):
    base = {"optim.lr": 0.01, "dropout": 0.1, "weight_decay": 1e-4, "batch_norm": False}
    earlier = replace(
        NORM, goal="Which decay?", scientific={}, fixed={},
        nuisance={**NORM.nuisance, "weight_decay": log_uniform(low, high)},
    )  # fmt: skip
    kept = decided(Verdict.KEEP, base, baseline=0, base=base)
    found = proposed(NORM, kept, searched={2: earlier, 3: NORM})
    assert ("weight_decay" in found.plan.nuisance) is again
    texts = [c.because for c in found.changes] + list(found.resolved)
    assert any("round 2 searched" in text for text in texts)
    assert not any("fixed so far" in text for text in texts)
    assert "weight_decay" in proposed(NORM, kept, searched={3: NORM}).plan.nuisance


@pytest.mark.parametrize(
    ("optimizer", "value", "ends"),
    [("adamw", 0.01, (5e-3, 1.0)), ("adamw", 1e-4, (1e-6, 0.1)), ("mine", 0.01, (1e-6, 0.1))],
)
def test_weight_decay_has_the_ready_made_range_of_its_optimizer(optimizer, value, ends):
    plan = replace(NORM, fixed={"optimizer": optimizer, "weight_decay": value})
    base = {"batch_norm": False, **plan.fixed}
    found = proposed(plan, decided(Verdict.KEEP, base, baseline=0, base=base))
    axis = found.plan.nuisance["weight_decay"]
    assert (axis.low, axis.high) == ends
