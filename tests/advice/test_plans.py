"""Whatever is found of whatever plan, the proposal is valid, runs as it is, and is explained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from strategies import examples, rounds
from tunebook.advice.draft import why_not
from tunebook.advice.proposal import propose
from tunebook.domain.decision import Decision, Verdict
from tunebook.domain.design import Objective, Round, studies
from tunebook.domain.finding import Examination, Finding, Interval, Remedy, RemedyKind, Severity
from tunebook.domain.formats.codec import (
    RoundFile,
    from_json,
    read_round_file,
    to_json,
    write_round_file,
)
from tunebook.domain.formats.spelling import choice, integer, log_uniform, near_one, per, uniform
from tunebook.domain.space import Choice, Float, Integer
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status
from tunebook.search.assignment import search_trials

CONDITIONAL = Round(
    goal="Does Nesterov beat Adam?",
    scientific={"optimizer": choice("nesterov", "adam")},
    nuisance={
        "lr": per("optimizer", nesterov=log_uniform(1e-3, 1), adam=log_uniform(1e-5, 1e-2)),
        "momentum": per("optimizer", nesterov=near_one(0.5, 0.99)),
        "beta2": per("optimizer", adam=near_one(0.9, 0.999)),
        "layers": integer(1, 6),
        "width": integer(16, 512, log=True),
        "act": choice("relu", "gelu", "tanh"),
        "warmup": uniform(0.0, 0.4),
    },
    fixed={"dropout": 0.1, "weight_decay": 0.0, "epsilon": per("optimizer", adam=choice(1e-8))},
    trials=24, max_train_steps=200,
)  # fmt: skip
PLANS = (
    CONDITIONAL,
    replace(CONDITIONAL, searcher="grid", trials=48, levels={"lr": 2, "warmup": 2, "width": 2}),
    replace(CONDITIONAL, searcher="sobol"),
    Round(goal="One", nuisance={"momentum": near_one(0.0, 0.9)}, trials=3, max_train_steps=1),
    Round(goal="Depth", scientific={"depth": integer(1, 2)}, trials=4, max_train_steps=7,
          nuisance={"lr": log_uniform(1e-4, 1e-1)}),
)  # fmt: skip
SHARES = {"share": Interval(0.3, 0.2, 0.4), "share_outside": Interval(0.02, 0.0, 0.1),
          "expected_gain": Interval(0.1, 0.0, 0.4), "gain_of_half_again": Interval(0.1, 0.05, 0.2)}  # fmt: skip
CHECKS = {
    RemedyKind.WIDEN: ("C1", "C4"), RemedyKind.SHRINK: ("C3",), RemedyKind.FIX: ("C10", "A4"),
    RemedyKind.MORE_TRIALS: ("C2", "B4"), RemedyKind.TRAIN_LONGER: ("C6",),
    RemedyKind.TRAIN_SHORTER: ("C7",), RemedyKind.ADD: ("C3", "C4", "C5"),
    RemedyKind.INSPECT: ("B2", "C3", "C8"), RemedyKind.STATE: ("C3",),
    RemedyKind.REPARAMETRISE: ("C3",), RemedyKind.CORRECT: ("C3",),
}  # fmt: skip


@st.composite
def remedies(draw, plan: Round) -> Finding:
    """One finding with a remedy of any kind, on a study of the plan and one of its axes."""
    study = draw(st.sampled_from(studies(plan)))
    kind = draw(st.sampled_from(RemedyKind))
    subject, values = "", {}
    axes = dict(study.branch.axes) or {"missing": Float(0.0, 1.0)}
    if kind in (RemedyKind.WIDEN, RemedyKind.SHRINK, RemedyKind.FIX, RemedyKind.REPARAMETRISE):
        subject = draw(st.sampled_from(list(axes)))
        axis = axes[subject]
        if kind is RemedyKind.FIX:
            values = {"value": axis.from_unit(draw(st.floats(0, 1)))}
        elif isinstance(axis, Float | Integer):
            values = {"low": axis.low, "high": axis.high, "scale": axis.scale.value}
            side = draw(st.sampled_from(["low", "high"]))
            values[side] = _moved(draw, axis, side, wider=kind is RemedyKind.WIDEN)
        else:
            kind = RemedyKind.INSPECT
    elif kind is RemedyKind.MORE_TRIALS:
        values = {"trials": draw(st.integers(1, 10**7))}
    elif kind in (RemedyKind.TRAIN_LONGER, RemedyKind.TRAIN_SHORTER):
        values = {"max_train_steps": draw(st.integers(1, 10**6))}
    elif kind is RemedyKind.INSPECT:
        values = draw(st.sampled_from([{}, {"evaluate_every": 1}, {"evaluate_every": 7}]))
    elif kind is RemedyKind.ADD:
        values = {"hyperparameters": draw(st.sampled_from(["dropout, weight_decay", "warmup"]))}
    elif kind is RemedyKind.CORRECT:
        values = {"objective": "minimize:valid/error"}
    check = draw(st.sampled_from(CHECKS[kind]))
    unread = {"unread": 3} if check == "B2" else {}
    remedy = Remedy(
        kind=kind, subject=subject or (draw(st.sampled_from(list(axes))) if unread else ""),
        conditions=study.branch.conditions, values=values, because="the trials say so",
    )  # fmt: skip
    return Finding(
        check=check, severity=draw(st.sampled_from(Severity)), subject=remedy.subject,
        numbers={**SHARES, **unread}, sentence="Something was found.", remedy=remedy,
    )  # fmt: skip


def _moved(draw, axis, side, *, wider):
    width = axis.high - axis.low
    step = draw(st.sampled_from([0.01, 0.3, 0.9, 5.0 if wider else 0.5])) * width
    outwards = wider == (side == "high")
    return (axis.high if side == "high" else axis.low) + (step if outwards else -step)


def table_of(plan: Round) -> TrialTable:
    """The plan's trials, all complete."""
    trials = search_trials(plan, 1)
    return TrialTable(
        objective=Objective("loss"),
        name=tuple(t.name for t in trials), study=tuple(t.study for t in trials),
        config=tuple(t.config for t in trials), seed=tuple(t.seed for t in trials),
        status=(Status.COMPLETE,) * len(trials), cause=(None,) * len(trials),
        seconds=np.ones(len(trials)),
        value=np.arange(float(len(trials))),
        branches={s.name: s.branch for s in studies(plan)},
    )  # fmt: skip


@st.composite
def cases(draw, plans):
    plan = draw(plans)
    found = draw(st.lists(remedies(plan), max_size=6))
    decision = None
    if draw(st.booleans()):
        config = draw(st.sampled_from(search_trials(replace(plan, trials=1), 1))).config
        decision = Decision(
            number=1, round=1, verdict=draw(st.sampled_from(Verdict)), sentence="Decided.",
            sides=(), least_improvement=0.0, error_rate=0.05, max_train_steps=1, decided_at=0.0,
            config=config,
        )  # fmt: skip
    return plan, found, decision, draw(st.none() | st.integers(1, 60))


def proposal_is_sound(case) -> None:
    plan, found, decision, most = case
    seen = Examination(trials=1, left_out=(), findings=found, not_applicable=())
    goals = {plan.goal, f"{plan.goal} [again]"}
    proposal = propose(
        plan,
        seen,
        decision=decision,
        table=table_of(plan),
        number=3,
        most_trials=most,
        goals=goals,
    )
    after = proposal.plan
    # It runs: every trial of it has a configuration, within the ranges that the plan names.
    few = replace(after, trials=min(after.trials, 40)) if after.searcher != "grid" else after
    trials = search_trials(few, 4)
    assert len(trials) == few.trials
    for trial in trials:
        home = next(s for s in studies(few) if s.name == trial.study)
        assert all(axis.holds(trial.config[n]) for n, axis in home.branch.axes.items())
    # It is a round of its own, with its reasons.
    assert after.goal not in goals and after.seed != plan.seed
    assert all(c.because and c.check and c.before != c.after for c in proposal.changes)
    changed = [c.key for c in proposal.changes]
    assert len(changed) == len(set(changed))
    assert most is None or after.trials <= max(most, 0) or "trials" not in changed
    # Nothing that was asked for is passed over in silence.
    asked = [f for f in found if f.remedy and f.remedy.kind in (RemedyKind.ADD, RemedyKind.STATE)]
    if asked:
        said = (*proposal.unresolved, *proposal.resolved, *(c.because for c in proposal.changes))
        assert any("found" in text or "say so" in text for text in said)
    # A person edits it as a file, and the book keeps it: nothing is lost on the way.
    text = write_round_file(RoundFile(plan=after), changes=proposal.changes)
    assert repr(read_round_file(text).plan) == repr(after)
    assert repr(from_json(type(proposal), to_json(proposal)).plan) == repr(after)
    assert all(f.of_round == 3 for f in after.predictions)


@settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(st.sampled_from(PLANS)))
def test_proposals_on_conditional_integer_choice_and_near_one_spaces_run(case):
    proposal_is_sound(case)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_proposals_on_any_plan_that_runs_run(data):
    plan = data.draw(rounds())
    assume(plan.varied and not why_not(plan) and plan.searcher != "grid")
    assume(not any(isinstance(a, Choice) and len(a.values) < 2 for a in plan.varied.values()))
    proposal_is_sound(data.draw(cases(st.just(replace(plan, predictions=())))))
