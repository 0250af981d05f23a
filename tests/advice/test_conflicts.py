"""Remedies that meet on one axis, in one plan, or on a branch that a decision has closed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import examples
from tunebook.advice.proposal import propose
from tunebook.domain.decision import Decision, Verdict
from tunebook.domain.design import Round, studies
from tunebook.domain.finding import Examination, Finding, Remedy, RemedyKind, Severity
from tunebook.domain.formats.spelling import choice, log_uniform, per, uniform
from tunebook.domain.space import Float, Scale

PLAN = Round(
    goal="Which learning rate suits this network?",
    nuisance={"lr": log_uniform(1e-3, 1e-1), "momentum": uniform(0.5, 0.9)},
    fixed={"schedule": "cosine"},
    trials=30,
    max_train_steps=1000,
)
COMPARED = Round(
    goal="Does Nesterov beat Adam?",
    scientific={"optimizer": choice("nesterov", "adam")},
    nuisance={
        "schedule": choice("linear", "cosine"),
        "lr": per("optimizer", nesterov=log_uniform(1e-3, 1), adam=log_uniform(1e-5, 1e-2)),
        "warmup": per("schedule", linear=uniform(0.0, 0.1), cosine=uniform(0.0, 0.2)),
        "momentum": per("optimizer", nesterov=uniform(0.5, 0.9)),
    },
    fixed={"epsilon": per("optimizer", adam=choice(1e-8))},
    trials=32,
    max_train_steps=1000,
)


def finding(check, kind, subject="", conditions=None, because="", **values):
    remedy = Remedy(
        kind=kind, subject=subject, conditions=conditions or {}, values=values,
        because=because or f"{check} says so",
    )  # fmt: skip
    return Finding(
        check=check, severity=Severity.WARNING, subject=subject, numbers={},
        sentence=f"{check} found something.", remedy=remedy,
    )  # fmt: skip


def ranged(check, kind, low, high, subject="lr", **conditions):
    return finding(check, kind, subject, conditions, low=low, high=high, scale="log")


def advice(*findings, plan=PLAN, decision=None):
    seen = Examination(trials=30, left_out=(), findings=list(findings), not_applicable=())
    return propose(plan, seen, decision=decision)


def asked_for(proposal):
    """The changes that findings asked for: the seed is another in any case."""
    assert proposal.changes[-1].key == "seed"
    return proposal.changes[:-1]


def decided(verdict, **config):
    return Decision(
        number=4, round=1, verdict=verdict, sentence="What the reruns said.", sides=(),
        least_improvement=0.0, error_rate=0.05, max_train_steps=1000, decided_at=0.0, config=config,
    )  # fmt: skip


def test_opposite_ends_are_both_moved():
    both = advice(
        ranged("C1", RemedyKind.WIDEN, 1e-5, 1e-1), ranged("C3", RemedyKind.SHRINK, 1e-3, 5e-2)
    )
    assert both.plan.nuisance["lr"] == Float(1e-5, 5e-2, Scale.LOG)
    (change,) = asked_for(both)
    assert change.because == "C1 says so, and C3 says so" and change.check == "C1 C3"


def test_an_end_that_is_best_and_fails_stays_and_instability_explains_it():
    stuck = advice(
        ranged("C1", RemedyKind.WIDEN, 1e-3, 1.0), ranged("C3", RemedyKind.SHRINK, 1e-3, 5e-2)
    )
    assert stuck.plan.nuisance["lr"] == PLAN.nuisance["lr"]
    assert any("Instability" in u and "warm-up" in u for u in stuck.unresolved)


def test_both_ends_widened_by_two_findings_are_one_change():
    wider = advice(
        ranged("C1", RemedyKind.WIDEN, 1e-5, 1e-1), ranged("C1", RemedyKind.WIDEN, 1e-3, 10.0)
    )
    assert wider.plan.nuisance["lr"] == Float(1e-5, 10.0, Scale.LOG)
    assert len(asked_for(wider)) == 1


def test_two_studies_that_ask_for_trials_do_not_double_twice():
    more = [
        finding(
            "C2",
            RemedyKind.MORE_TRIALS,
            conditions={"optimizer": o, "schedule": "cosine"},
            trials=16,
        )
        for o in ("nesterov", "adam")
    ]
    assert advice(*more, plan=COMPARED).plan.trials == 64


def test_length_waits_for_width_and_its_schedule_is_remembered():
    longer = finding("C6", RemedyKind.TRAIN_LONGER, max_train_steps=1500)
    alone = advice(longer)
    assert alone.plan.max_train_steps == 1500
    assert any("schedule fixed at another training length" in u for u in alone.unresolved)
    waits = advice(longer, ranged("C1", RemedyKind.WIDEN, 1e-3, 1.0))
    assert waits.plan.max_train_steps == 1000


def test_longer_wins_over_shorter():
    both = advice(
        finding("C7", RemedyKind.TRAIN_SHORTER, max_train_steps=400),
        finding("C6", RemedyKind.TRAIN_LONGER, max_train_steps=1500),
    )
    assert both.plan.max_train_steps == 1500


def test_shorter_waits_while_a_question_is_open():
    shorter = finding("C7", RemedyKind.TRAIN_SHORTER, max_train_steps=400)
    assert advice(shorter).plan.max_train_steps == 400
    assert advice(shorter, plan=COMPARED).plan.max_train_steps == 1000


def test_an_adopted_value_closes_its_branch_and_no_other():
    won = decided(Verdict.ADOPT, optimizer="adam", schedule="cosine", lr=1e-3, warmup=0.1)
    lost = ranged("C1", RemedyKind.WIDEN, 1e-3, 10.0, optimizer="nesterov", schedule="cosine")
    proposal = advice(lost, plan=COMPARED, decision=won)
    plan = proposal.plan
    assert plan.fixed == {"optimizer": "adam", "epsilon": 1e-8} and not plan.scientific
    assert plan.nuisance["lr"] == Float(1e-5, 1e-2, Scale.LOG)
    # A nuisance choice is still open, with the ranges under each of its values.
    assert plan.nuisance["warmup"] == COMPARED.nuisance["warmup"]
    assert "momentum" not in plan.nuisance
    assert [s.name for s in studies(plan)] == ["schedule=linear", "schedule=cosine"]
    assert [c.key for c in asked_for(proposal)] == ["fixed.optimizer"]
    assert plan.goal == "What improves optimizer=adam further?"


def test_a_range_under_a_fixed_choice_is_found():
    won = decided(Verdict.ADOPT, optimizer="adam", schedule="cosine", lr=1e-3, warmup=0.1)
    fixed = Round(
        goal="Adam alone", fixed={"optimizer": "adam"}, trials=8, max_train_steps=10,
        nuisance={"lr": per("optimizer", adam=log_uniform(1e-5, 1e-2))},
    )  # fmt: skip
    wider = advice(ranged("C1", RemedyKind.WIDEN, 1e-5, 1.0), plan=fixed, decision=None)
    assert wider.plan.nuisance["lr"].under("adam").high == 1.0
    assert advice(plan=fixed, decision=won).plan.fixed["optimizer"] == "adam"


@pytest.mark.parametrize("verdict", [Verdict.KEEP, Verdict.MORE_EVIDENCE])
def test_a_decision_that_changes_nothing_is_repeated(verdict):
    proposal = advice(plan=COMPARED, decision=decided(verdict, optimizer="adam"))
    assert dict(proposal.plan.scientific) == dict(COMPARED.scientific)
    assert "Decision 4: What the reruns said." in proposal.unresolved


def test_a_hyperparameter_is_fixed_where_a_remedy_says_so():
    proposal = advice(finding("C10", RemedyKind.FIX, "momentum", value=0.9))
    assert proposal.plan.fixed["momentum"] == 0.9 and "momentum" not in proposal.plan.nuisance
    assert proposal.changes[0].key == "fixed.momentum"


def test_what_is_being_widened_is_not_fixed():
    little = finding("C10", RemedyKind.FIX, "lr", value=0.01)
    both = advice(little, ranged("C1", RemedyKind.WIDEN, 1e-3, 1.0))
    assert both.plan.nuisance["lr"] == Float(1e-3, 1.0, Scale.LOG)
    assert "lr" not in both.plan.fixed
    assert any("lr stays varied while" in u for u in both.resolved)


def test_what_is_fixed_needs_no_shorter_range():
    little = finding("C10", RemedyKind.FIX, "lr", value=0.01)
    both = advice(little, ranged("C3", RemedyKind.SHRINK, 1e-3, 5e-2))
    assert both.plan.fixed["lr"] == 0.01
    assert [c.key for c in asked_for(both)] == ["fixed.lr"] and not both.unresolved


def fix_on(name, value, **conditions):
    return finding("C10", RemedyKind.FIX, name, conditions, value=value)


def test_a_hyperparameter_is_fixed_where_every_study_says_so():
    wide = fix_on("warmup", 0.05, optimizer="adam", schedule="linear")
    alone = advice(wide, plan=COMPARED)
    assert "warmup" in alone.plan.nuisance
    assert any("warmup stays varied" in u for u in alone.resolved)
    every = [
        fix_on("warmup", value, optimizer=o, schedule=s)
        for o in ("nesterov", "adam")
        for s, value in (("linear", 0.05), ("cosine", 0.1))
    ]
    plan = advice(*every, plan=COMPARED).plan
    assert "warmup" not in plan.nuisance
    assert plan.fixed["warmup"] == per("schedule", linear=choice(0.05), cosine=choice(0.1))


def test_a_hyperparameter_of_one_branch_is_fixed_on_it():
    every = [
        fix_on("momentum", 0.8, optimizer="nesterov", schedule=s) for s in ("linear", "cosine")
    ]
    proposal = advice(*every, plan=COMPARED)
    assert proposal.plan.fixed["momentum"] == per("optimizer", nesterov=choice(0.8))
    assert studies(proposal.plan) and proposal.changes[0].after == "0.8"


def test_a_scientific_hyperparameter_is_never_fixed_by_a_finding():
    proposal = advice(fix_on("optimizer", "adam"), plan=COMPARED)
    assert "optimizer" in proposal.plan.scientific


def test_points_by_hand_are_never_invented():
    plan = Round(
        goal="By hand", nuisance={"lr": log_uniform(1e-3, 1e-1)}, trials=2, max_train_steps=10,
        searcher="by_hand", points=({"lr": 0.01}, {"lr": 0.1}),
    )  # fmt: skip
    proposal = advice(
        ranged("C3", RemedyKind.SHRINK, 1e-3, 5e-2),
        finding("C2", RemedyKind.MORE_TRIALS, trials=4),
        plan=plan,
    )
    assert proposal.plan.trials == 2 and proposal.plan.nuisance == plan.nuisance
    assert len(proposal.unresolved) == 3


def test_a_remedy_that_makes_no_range_is_left_to_the_reader():
    proposal = advice(ranged("C1", RemedyKind.WIDEN, -1.0, 1e-1))
    assert proposal.plan.nuisance["lr"] == PLAN.nuisance["lr"]
    assert any("can't be changed so" in u for u in proposal.unresolved)


KINDS = [
    RemedyKind.WIDEN,
    RemedyKind.SHRINK,
    RemedyKind.MORE_TRIALS,
    RemedyKind.TRAIN_LONGER,
    RemedyKind.FIX,
]


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.sampled_from(["nesterov", "adam"]),
            st.floats(1e-7, 1e-2),
            st.floats(1e-2, 100),
            st.integers(1, 5000),
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_whatever_is_found_the_next_round_is_valid_new_and_explained(drawn, adopted):
    found = [
        finding("C1", kind, "lr", {"optimizer": optimizer, "schedule": "cosine"}, low=low,
                high=high, scale="log", trials=number, max_train_steps=number, value=low)
        for kind, optimizer, low, high, number in drawn
    ]  # fmt: skip
    won = decided(Verdict.ADOPT, optimizer="adam") if adopted else None
    proposal = advice(*found, plan=COMPARED, decision=won)
    assert proposal.plan.goal != COMPARED.goal and studies(proposal.plan)
    assert all(c.because and c.check and c.before != c.after for c in proposal.changes)
    assert proposal.changes or proposal.unresolved
    assert proposal.plan.trials >= COMPARED.trials and math.isfinite(proposal.plan.trials)
    again = advice(*found, plan=proposal.plan)
    assert again.plan.goal != proposal.plan.goal


def test_of_several_wishes_for_evaluations_the_largest_is_taken_once():
    rarely = [finding("I1", RemedyKind.INSPECT, evaluate_every=n) for n in (100, 7, 20)]
    plan = replace(PLAN, evaluations=5)
    proposal = advice(*rarely, plan=plan)
    changes = [c for c in proposal.changes if c.key == "evaluations"]
    assert [(c.before, c.after) for c in changes] == [("5", "143")]
    assert proposal.plan.evaluations == 143
