"""Remedies become the next round: applied, in conflict, refused."""

from __future__ import annotations

from tunebook.advice.proposal import propose
from tunebook.domain.decision import Decision, Side, Verdict
from tunebook.domain.design import Round
from tunebook.domain.finding import Examination, Finding, Interval, Remedy, RemedyKind, Severity
from tunebook.domain.formats.spelling import choice, log_uniform, per, uniform
from tunebook.domain.space import Float, Scale

PLAN = Round(
    goal="Does Nesterov beat Adam?",
    scientific={"optimizer": choice("nesterov", "adam")},
    nuisance={
        "learning_rate": per(
            "optimizer", nesterov=log_uniform(1e-3, 1), adam=log_uniform(1e-5, 1e-2)
        ),
        "momentum": per("optimizer", nesterov=uniform(0.5, 0.9)),
        "decay": log_uniform(1e-6, 1e-2),
    },
    trials=32,
    max_train_steps=1000,
)


def finding(check, kind, subject="", conditions=None, **values):
    remedy = Remedy(kind=kind, subject=subject, conditions=conditions or {}, values=values,
                    because="the trials say so")  # fmt: skip
    return Finding(check=check, severity=Severity.WARNING, subject=subject or "round", numbers={},
                   sentence="A finding.", remedy=remedy)  # fmt: skip


def advice(*findings, decision=None, plan=PLAN):
    seen = Examination(trials=32, left_out=(), findings=list(findings), not_applicable=())
    return propose(plan, seen, decision=decision)


def asked_for(proposal):
    """The changes that findings asked for: the seed is another in any case."""
    assert proposal.changes[-1].key == "seed"
    return proposal.changes[:-1]


WIDER = finding("C1", RemedyKind.WIDEN, "learning_rate", {"optimizer": "adam"},
                low=1e-5, high=0.1, scale="log")  # fmt: skip


def test_a_branch_is_widened_and_the_others_left():
    proposal = advice(WIDER)
    axis = proposal.plan.nuisance["learning_rate"]
    assert axis.under("adam") == Float(1e-5, 0.1, Scale.LOG)
    assert axis.under("nesterov") == Float(1e-3, 1, Scale.LOG)
    (change,) = asked_for(proposal)
    assert change.key == "nuisance.learning_rate[optimizer=adam]"
    assert (change.before, change.after) == ("1e-5 to 0.01", "1e-5 to 0.1")
    assert (change.because, change.check) == ("the trials say so", "C1")


def test_an_axis_shared_by_branches_is_named_without_them():
    proposal = advice(finding("C1", RemedyKind.WIDEN, "decay", {"optimizer": "adam"},
                              low=1e-7, high=1e-2, scale="log"))  # fmt: skip
    assert proposal.changes[0].key == "nuisance.decay"


def test_the_next_goal_is_another():
    proposal = advice(WIDER)
    assert proposal.plan.goal.startswith(PLAN.goal)
    assert proposal.plan.goal != PLAN.goal
    assert advice(WIDER, plan=proposal.plan).plan.goal.count("[") <= 2


def test_length_and_density_wait_for_a_wide_enough_space():
    longer = finding("C6", RemedyKind.TRAIN_LONGER, max_train_steps=1500)
    more = finding("C2", RemedyKind.MORE_TRIALS, trials=64)
    proposal = advice(WIDER, longer, more)
    assert (proposal.plan.max_train_steps, proposal.plan.trials) == (1000, 32)
    assert len(proposal.resolved) == 2
    assert all("waits until the space is wide enough" in u for u in proposal.resolved)
    alone = advice(longer, more)
    assert (alone.plan.max_train_steps, alone.plan.trials) == (1500, 64)


def test_wider_and_narrower_at_once_is_explained():
    narrower = finding("C3", RemedyKind.SHRINK, "learning_rate", {"optimizer": "adam"},
                       low=1e-5, high=5e-3, scale="log")  # fmt: skip
    proposal = advice(WIDER, narrower)
    assert proposal.plan.nuisance["learning_rate"].under("adam").high == 1e-2
    assert "Instability holds this workload back" in proposal.unresolved[0]


def test_what_a_person_must_do_is_listed():
    proposal = advice(finding("C3", RemedyKind.INSPECT))
    assert "Look at the training code before this round runs" in proposal.unresolved[0]
    assert "by hand: inspect; only a reader of the training code" in proposal.unresolved[1]


def test_no_change_is_said():
    proposal = advice()
    assert asked_for(proposal) == ()
    assert "ask for no change" in proposal.unresolved[0]
    assert proposal.plan.goal != PLAN.goal


def test_a_decision_that_nothing_would_settle_is_left_to_a_person():
    wide = Interval(0.3, 0.1, 0.5)
    decision = Decision(
        number=4, round=1, verdict=Verdict.MORE_EVIDENCE, sentence="No clear answer yet.",
        config={"x": 1}, least_improvement=0.1, error_rate=0.05, max_train_steps=1000,
        decided_at=0.0, sides=(
            Side(name="best", config={"x": 1}, reruns=("1.r0",) * 6, mean=wide,
                 gain=Interval(0.1, -0.1, 0.3)),
            Side(name="baseline", config={"x": 2}, reruns=("1.r1",) * 6, mean=wide),
        ),
    )  # fmt: skip
    said = " ".join(advice(decision=decision).unresolved)
    assert "Decision 4 is yours to make: keep what there is" in said
    assert "smaller least improvement than 0.1" in said


def test_an_adopted_value_is_fixed_with_its_branch():
    decision = Decision(
        number=1, round=1, verdict=Verdict.ADOPT, sentence="adam", sides=(), least_improvement=0.0,
        error_rate=0.05, max_train_steps=1000, decided_at=0.0,
        config={"optimizer": "adam", "learning_rate": 1e-3, "decay": 1e-4},
    )  # fmt: skip
    plan = advice(decision=decision).plan
    assert plan.fixed["optimizer"] == "adam"
    assert set(plan.nuisance) == {"learning_rate", "decay"}
    assert plan.nuisance["learning_rate"] == Float(1e-5, 1e-2, Scale.LOG)


def test_best_trials_near_an_end_are_for_a_person_to_settle():
    """A note of C1 asks for no change, and still reaches the next plan."""
    note = Finding(
        check="C1", severity=Severity.NOTE, subject="decay", settled=False,
        numbers={"trials": 12, "best_near_edge": 3, "hyperparameter": "decay"},
        sentence="The best 3 trials have decay in the quarter next to its high end.",
    )  # fmt: skip
    said = [text for text in advice(note).unresolved if note.sentence in text]
    assert len(said) == 1 and "widen that end by hand" in said[0]
