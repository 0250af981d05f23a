"""What a proposal predicts, and what the next round says of it: met, not met, unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.advice.outcomes import judge
from tunebook.advice.proposal import propose
from tunebook.domain.decision import Decision, Side, Verdict
from tunebook.domain.design import Objective, Round, studies
from tunebook.domain.errors import DesignError
from tunebook.domain.finding import Examination, Finding, Interval, Remedy, RemedyKind, Severity
from tunebook.domain.formats.codec import (
    RoundFile,
    from_json,
    read_round_file,
    to_json,
    write_round_file,
)
from tunebook.domain.formats.spelling import choice, log_uniform, uniform
from tunebook.domain.prediction import Expectation, Met, Prediction
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status

PLAN = Round(
    goal="Which learning rate?", nuisance={"lr": log_uniform(1e-3, 1e-1), "drop": uniform(0, 1)},
    trials=20, max_train_steps=100,
)  # fmt: skip


def trials(losses, lrs=None, plan=PLAN, failed=0, direction="minimize", pending=0):
    """A table: complete trials with these losses, then infeasible ones, then pending ones."""
    n = len(losses) + failed + pending
    lrs = [0.01] * n if lrs is None else [*lrs, *[0.01] * (n - len(lrs))]
    status = [Status.COMPLETE] * len(losses) + [Status.INFEASIBLE] * failed
    return TrialTable(
        objective=Objective("valid/error", direction),
        name=tuple(f"2.{i}" for i in range(n)), study=("",) * n,
        config=tuple({"lr": lr, "drop": 0.5} for lr in lrs), seed=tuple(range(n)),
        status=(*status, *[Status.PENDING] * pending),
        cause=tuple([None] * len(losses) + [Cause.DIVERGED] * failed + [None] * pending),
        seconds=np.ones(n), value=np.array([*losses, *[np.nan] * (failed + pending)], float),
        branches={"": studies(plan)[0].branch},
    )  # fmt: skip


def finding(check, kind=None, subject="", severity=Severity.WARNING, numbers=None, **values):
    remedy = None
    if kind is not None:
        remedy = Remedy(kind=kind, subject=subject, values=values, because=f"{check} says so")
    return Finding(
        check=check, severity=severity, subject=subject, numbers=numbers or {},
        sentence=f"{check} found something.", remedy=remedy,
    )  # fmt: skip


def seen(*findings):
    return Examination(trials=20, left_out=(), findings=list(findings), not_applicable=())


GOOD = [0.30 + 0.01 * i for i in range(20)]


def predicted(*findings, plan=PLAN, table=None):
    return propose(plan, seen(*findings), table=table or trials(GOOD, plan=plan), number=1).plan


WIDER = finding("C1", RemedyKind.WIDEN, "lr", low=1e-3, high=1.0, scale="log")
CUT = finding(
    "C3", RemedyKind.SHRINK, "lr", low=1e-3, high=0.05, scale="log",
    numbers={"share": Interval(0.3, 0.15, 0.5), "share_outside": Interval(0.05, 0.0, 0.12)},
)  # fmt: skip
MORE = finding(
    "C2", RemedyKind.MORE_TRIALS, trials=40, numbers={"expected_gain": Interval(0.02, 0.0, 0.06)}
)
LONGER = finding(
    "C6", RemedyKind.TRAIN_LONGER, max_train_steps=150,
    numbers={"gain_of_half_again": Interval(0.04, 0.02, 0.06)},
)  # fmt: skip
SHORTER = finding("C7", RemedyKind.TRAIN_SHORTER, max_train_steps=50)
LITTLE = finding("C10", RemedyKind.FIX, "drop", value=0.5)
C1_PASS = finding("C1", subject="lr", severity=Severity.PASS)
C1_CUT = finding("C1", RemedyKind.WIDEN, "lr", numbers={"side": "high"}, low=1e-3, high=9.0)


def only(plan, table, *findings):
    (outcome,) = judge(plan, table, seen(*findings))
    return outcome


def test_a_wider_range_predicts_that_the_best_lie_beyond_its_old_end():
    plan = predicted(WIDER)
    (told,) = plan.predictions
    assert (told.what, told.subject, told.of_round) == (Expectation.BEST_BEYOND, "lr", 1)
    assert "beyond 0.1, the high end that lr had" in told.sentence
    beyond, within = [0.5] * 4 + [0.01] * 16, [0.01] * 20
    came = only(plan, trials(GOOD, beyond), C1_PASS)
    assert came.met is Met.YES and "3 of the best 3 trials lie beyond 0.1" in came.sentence
    assert only(plan, trials(GOOD, within), C1_PASS).met is Met.NO
    still = only(plan, trials(GOOD, beyond), C1_CUT)
    assert still.met is Met.NO and "cut off at its high end" in still.sentence
    assert only(plan, trials(GOOD, beyond)).met is Met.UNKNOWN
    assert only(plan, trials(GOOD[:5], beyond[:5]), C1_PASS).met is Met.UNKNOWN


def test_a_person_who_undoes_a_change_is_told_that_nothing_can_be_told():
    plan = replace(predicted(WIDER), nuisance=PLAN.nuisance)
    outcome = only(plan, trials(GOOD), C1_PASS)
    assert outcome.met is Met.UNKNOWN and "does not go beyond 0.1" in outcome.sentence
    fewer = replace(predicted(MORE), trials=20)
    assert "had 20 trials, not 40" in only(fewer, trials(GOOD)).sentence
    as_long = replace(predicted(LONGER), max_train_steps=100)
    assert {o.met for o in judge(as_long, trials(GOOD), seen())} == {Met.UNKNOWN}


@pytest.mark.parametrize(
    ("failed", "of", "came"),
    [(2, 60, Met.YES), (20, 60, Met.NO), (0, 4, Met.UNKNOWN), (7, 60, Met.YES)],
)
def test_a_failing_end_cut_off_predicts_the_share_that_fails(failed, of, came):
    plan = predicted(CUT)
    (told,) = plan.predictions
    assert told.sentence == "infeasible trials fall from 30 % to about 5 % (0 % to 12 %)"
    outcome = only(plan, trials([0.3] * (of - failed), failed=failed))
    assert outcome.met is came, outcome.sentence
    assert f"{failed} of {of} trials were infeasible" in outcome.sentence


@pytest.mark.parametrize(
    ("best", "came"), [(0.28, Met.YES), (0.35, Met.NO), (0.2, Met.NO), (0.3, Met.YES)]
)
def test_more_trials_predict_their_gain_over_the_best_so_far(best, came):
    plan = predicted(MORE)
    (told,) = plan.predictions
    assert "40 trials in place of 20" in told.sentence and told.asks["trials"] == 40
    assert told.numbers["before"] == pytest.approx(0.30)
    assert only(plan, trials([best, *[0.6] * 39])).met is came


def test_more_trials_of_a_score_that_is_maximized_gain_upwards():
    up = trials([0.7 - 0.01 * i for i in range(20)], direction="maximize")
    plan = predicted(MORE, table=up)
    assert only(plan, trials([0.72, *[0.5] * 39], direction="maximize")).met is Met.YES
    assert only(plan, trials([0.80, *[0.5] * 39], direction="maximize")).met is Met.NO


def test_longer_training_predicts_its_gain_and_curves_that_level_off():
    plan = predicted(LONGER)
    gain, level = plan.predictions
    assert gain.numbers["before"] == pytest.approx(0.31)  # the mean of the best three
    # One interval is shown: the one in which the result must lie.
    assert gain.numbers["low"] < 0.02 and gain.numbers["high"] > 0.06
    assert f"{gain.numbers['low']:.2g} to {gain.numbers['high']:.2g}" in gain.sentence
    level_off = finding("C6", severity=Severity.PASS)
    better = judge(plan, trials([g - 0.04 for g in GOOD]), seen(level_off))
    assert [o.met for o in better] == [Met.YES, Met.YES]
    same = judge(plan, trials(GOOD), seen(LONGER))
    assert [o.met for o in same] == [Met.NO, Met.NO]
    assert judge(plan, trials(GOOD), seen())[1].met is Met.UNKNOWN
    assert level.check == "C6"


def test_the_opposite_of_a_gain_is_not_met():
    """The best of the round's own trials counts; what a few new ones miss by chance is predicted."""
    plan = predicted(MORE)
    (told,) = plan.predictions
    worst = -told.numbers["low"]
    assert 0 < worst < 0.03 and f"{worst:.2g} worse" in told.sentence
    outcome = only(plan, trials([0.5, *[0.6] * 39]))
    assert outcome.met is Met.NO and "0.2 worse than 0.3" in outcome.sentence
    assert only(plan, trials([0.30 + 0.9 * worst, *[0.6] * 39])).met is Met.YES


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("trials = 40", "trials = 12"),  # everywhere, in what the prediction asks for too
        ("high = 0.1,", "high = 0.3,"),
        ("[nuisance]", "[nuisance]\nmomentum = { low = 0.0, high = 0.9 }"),
    ],
)
def test_a_prediction_on_a_plan_edited_in_its_file_is_unknown(before, after):
    written = write_round_file(RoundFile(plan=predicted(MORE), train="a.py:f"))
    assert before in written
    as_written = read_round_file(written).plan
    assert only(as_written, trials([0.28, *[0.6] * 39])).met is Met.YES
    edited = read_round_file(written.replace(before, after)).plan
    outcome = only(edited, trials([0.28, *[0.6] * 39]))
    assert outcome.met is Met.UNKNOWN and "edited" in outcome.sentence


def test_not_enough_evidence_is_no_outcome():
    """A check that can't judge the round has not fallen silent, whatever it asks for."""
    plan = predicted(LONGER)
    thin = replace(finding("C6", severity=Severity.NOTE), settled=False)
    asking = replace(LONGER, settled=False)
    for found in (thin, asking):
        outcome = judge(plan, trials(GOOD), seen(found))[1]
        assert outcome.met is Met.UNKNOWN and outcome.sentence == found.sentence


NORMS = replace(PLAN, scientific={"norm": choice("none", "group")})


def of_norms(chosen, *findings):
    """What is predicted where the trials of norm=none are the better ones."""
    table = trials(GOOD, plan=NORMS)
    norms = ["none"] * 10 + ["group"] * 10
    configs = tuple({**c, "norm": n} for c, n in zip(table.config, norms, strict=True))
    table = replace(table, config=configs)
    decision = Decision(
        number=1, round=1, verdict=Verdict.ADOPT, sentence="Decided.",
        config={"norm": chosen, "lr": 0.01, "drop": 0.5},
        sides=(Side(name=f"norm={chosen}", config={"norm": chosen}, mean=Interval(0.3, 0.2, 0.4)),),
        least_improvement=0.0, error_rate=0.05, baseline=0, max_train_steps=100, decided_at=0.0,
    )  # fmt: skip
    found = propose(NORMS, seen(*findings), table=table, number=1, decision=decision).plan
    assert found.fixed["norm"] == chosen
    return found.predictions


@pytest.mark.parametrize(("chosen", "best"), [("none", 0.30), ("group", 0.40)])
def test_a_prediction_starts_from_the_trials_of_the_branch_that_is_planned(chosen, best):
    (told,) = of_norms(chosen, LITTLE)
    assert told.numbers["before"] == pytest.approx(best)
    # No curve tells the gain of that branch alone: none is predicted of it.
    assert [f.what for f in of_norms(chosen, LONGER)] == [Expectation.QUIET]


@pytest.mark.parametrize("asked", [SHORTER, LITTLE])
def test_what_is_saved_costs_no_more_than_the_spread_of_the_good_trials(asked):
    plan = predicted(asked)
    (told,) = plan.predictions
    assert told.numbers["within"] == pytest.approx(0.02)
    assert only(plan, trials([0.31, 0.5])).met is Met.YES
    worse = only(plan, trials([0.34, 0.5]))
    assert worse.met is Met.NO and "0.04 worse" in worse.sentence


def test_too_few_evaluations_are_more_in_the_next_round_and_i1_falls_silent():
    rarely = finding("I1", RemedyKind.INSPECT, severity=Severity.NOTE, evaluate_every=2)
    plan = predicted(rarely, plan=replace(PLAN, evaluations=5))
    assert plan.evaluations == 50
    (told,) = plan.predictions
    assert told.what is Expectation.QUIET and told.check == "I1"
    assert only(plan, trials(GOOD), finding("I1", severity=Severity.PASS)).met is Met.YES
    assert only(plan, trials(GOOD), rarely).met is Met.NO
    # A plan that asks for as many has training code that does not follow it: a person looks.
    asked = propose(replace(PLAN, evaluations=60), seen(rarely), table=trials(GOOD))
    assert asked.plan.evaluations == 60 and "by hand: inspect" in " ".join(asked.unresolved)


def test_an_overfit_round_varies_the_dropout_that_training_reads_already():
    fixed = replace(PLAN, fixed={"dropout": 0.1, "weight_decay": 0.0})
    over = finding("C4", RemedyKind.ADD, hyperparameters="dropout, label_smoothing, weight_decay")
    plan = predicted(over, plan=fixed)
    assert plan.nuisance["dropout"] == uniform(0.0, 0.5) and dict(plan.fixed) == {
        "weight_decay": 0.0
    }
    assert [t.check for t in plan.predictions] == ["C4"]
    assert only(plan, trials(GOOD), finding("C4", severity=Severity.PASS)).met is Met.YES
    unread = propose(PLAN, seen(over), table=trials(GOOD))
    assert "training must read it first" in " ".join(unread.unresolved)


def test_trials_still_to_come_tell_nothing():
    outcome = only(predicted(MORE), trials(GOOD, pending=3))
    assert outcome.met is Met.UNKNOWN and "3 trials have not ended" in outcome.sentence


def test_nothing_is_predicted_without_numbers():
    assert propose(PLAN, seen(WIDER)).plan.predictions == ()
    assert predicted(finding("C2", RemedyKind.MORE_TRIALS, trials=40)).predictions == ()
    assert predicted(WIDER, table=trials([], failed=20)).predictions == ()


def test_what_the_last_round_predicted_is_not_carried_into_the_next():
    again = propose(predicted(WIDER), seen(), table=trials(GOOD), number=2).plan
    assert again.predictions == ()


def test_an_expectation_without_its_numbers_is_refused():
    with pytest.raises(DesignError, match='needs a finite number "before"'):
        Prediction(check="C2", what=Expectation.GAIN, sentence="more", numbers={"gain": 1.0})
    with pytest.raises(DesignError, match="an entry that a proposal wrote"):
        replace(PLAN, predictions=("more",))


def test_a_branch_is_judged_by_its_own_trials():
    plan = replace(PLAN, nuisance={**PLAN.nuisance, "optimizer": choice("sgd", "adam")}, predictions=(
        Prediction(check="C2", what=Expectation.GAIN, sentence="adam gains",
                 conditions={"optimizer": "adam"},
                 numbers={"before": 0.3, "gain": 0.02, "low": 0.0, "high": 0.06}),
    ))  # fmt: skip
    table = trials([0.1, 0.29])
    configs = [{**c, "optimizer": o} for c, o in zip(table.config, ("sgd", "adam"), strict=True)]
    came = only(plan, replace(table, config=tuple(configs)))
    assert came.met is Met.YES and "with optimizer=adam is 0.29" in came.sentence
    sgd = [{**c, "optimizer": "sgd"} for c in table.config]
    outcome = only(plan, replace(table, config=tuple(sgd)))
    assert outcome.met is Met.UNKNOWN and "no trial of that branch" in outcome.sentence


def test_a_round_file_of_an_earlier_version_has_its_predictions_under_foretold():
    plan = predicted(MORE)
    text = write_round_file(RoundFile(plan=plan, train="a.py:f"))
    assert "[[predictions]]" in text
    old = text.replace("[[predictions]]", "[[foretold]]")
    assert read_round_file(old).plan == read_round_file(text).plan == plan
    stored = to_json(plan).replace('"predictions"', '"foretold"')
    assert from_json(Round, stored) == plan
