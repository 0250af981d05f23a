"""Outcomes of predictions, judged on the trials and findings of the round itself (B D6)."""

from __future__ import annotations

import numpy as np

from tunebook.advice.draft import range_text
from tunebook.advice.predictions import (
    axis_under,
    best_of,
    mean_of_good,
    rows_under,
    space_digest,
    under,
)
from tunebook.domain.design import Round
from tunebook.domain.finding import Examination, Finding, Severity, subject_name
from tunebook.domain.formats.numbers import digits, percent
from tunebook.domain.prediction import Expectation, Met, Prediction, PredictionOutcome
from tunebook.domain.space import spell
from tunebook.domain.table import TrialTable
from tunebook.statistics.estimators import good_region, proportion

FEWEST = 8
"""Complete trials below which the place of the best is unknown."""


def judge(
    plan: Round, table: TrialTable, examination: Examination
) -> tuple[PredictionOutcome, ...]:
    """Judge every prediction of the round before.

    Args:
        plan: of the round that was run, with its predictions.
        table: its own trials; trials carried over led to the predictions, and can't judge them.
        examination: what the checks say of the round.
    """
    left = [s for s in table.status if not s.ended]
    outcomes = []
    for one in plan.predictions:
        own = rows_under(table, one)
        missing = f"{len(left)} trials have not ended" if left else _not_asked(plan, one)
        if not missing and not own.counted.any():
            missing = "no trial of that branch was run"
        if missing:
            outcomes.append(_unknown(one, missing))
        else:
            outcomes.append(_judged(plan, own, examination, one))
    return tuple(outcomes)


def _judged(
    plan: Round, own: TrialTable, examination: Examination, one: Prediction
) -> PredictionOutcome:
    if one.what is Expectation.QUIET:
        return _quiet(examination, one)
    if one.what is Expectation.FEWER_FAIL:
        return _fewer(own, one)
    if int(own.complete.sum()) == 0:
        return _unknown(one, "no trial was complete")
    if one.what is Expectation.BEST_BEYOND:
        return _beyond(plan, own, examination, one)
    return _gain(own, one) if one.what is Expectation.GAIN else _no_worse(own, one)


def _not_asked(plan: Round, one: Prediction) -> str:
    """Why the round can't show it (a person edited the plan), or ""."""
    trials, steps = one.asks.get("trials"), one.asks.get("max_train_steps")
    if isinstance(trials, int) and plan.trials < trials:
        return f"the round had {plan.trials} trials, not {trials}"
    if isinstance(steps, int) and plan.max_train_steps != steps:
        return f"its trials trained {plan.max_train_steps} steps, not {steps}"
    if one.what is Expectation.NO_WORSE and one.subject in plan.varied:
        return f"{one.subject} was varied all the same"
    return "" if one.what is Expectation.BEST_BEYOND else _edited(plan, one)


def _edited(plan: Round, one: Prediction) -> str:
    """That a person edited what is varied, or what the prediction asks for; else ""."""
    asks = one.asks
    if "space" not in asks or space_digest(plan, asks) == asks["space"]:
        return ""
    return "the plan was edited after the prediction"


def _beyond(
    plan: Round, own: TrialTable, examination: Examination, one: Prediction
) -> PredictionOutcome:
    old, side = one.numbers["old"], one.numbers["side"]
    axis = axis_under(plan, one)
    if axis is None:
        return _unknown(one, f"{one.subject} has no range in this round")
    if (axis.high <= old) if side > 0 else (axis.low >= old):
        return _unknown(one, f"its range, {range_text(axis)}, does not go beyond {spell(old)}")
    if edited := _edited(plan, one):
        return _unknown(one, edited)
    if int(own.complete.sum()) < FEWEST:
        return _unknown(one, f"that takes {FEWEST} complete trials")
    good = good_region(own.losses)
    places = np.array([float(c[one.subject]) for c in own.config])[good]
    beyond = int((places > old).sum() if side > 0 else (places < old).sum())
    where = f"{beyond} of the best {len(places)} trials lie beyond {spell(old)}"
    name = subject_name(one.subject, one.conditions)
    found = [
        f for f in _of_check(examination, "C1")
        if f.subject in (name, one.subject) or f.subject.startswith(f"{one.subject}[")
    ]  # fmt: skip
    cut = next((f for f in found if _asks(f)), None)
    if cut is not None:
        return _judged_as(one, False, f"{where}, and C1 still finds the range cut off at its "
                     f"{cut.numbers.get('side')} end")  # fmt: skip
    if 2 * beyond <= len(places):
        return _judged_as(one, False, where)
    if not any(f.severity is Severity.PASS for f in found):
        return _unknown(one, f"{where}, and C1 could not judge the new ends")
    return _judged_as(one, True, f"{where}, and C1 finds neither end cut off")


def _fewer(own: TrialTable, one: Prediction) -> PredictionOutcome:
    before, most = one.numbers["before"], one.numbers["high"]
    failed, n = int(own.infeasible.sum()), int(own.counted.sum())
    share = proportion(failed, n)
    said = (
        f"{failed} of {n} trials were infeasible, {percent(share.estimate)} "
        f"({percent(share.low)} to {percent(share.high)})"
    )
    if share.low > most:
        return _judged_as(one, False, said)
    if share.estimate <= most and share.high < before:
        return _judged_as(one, True, said)
    return _unknown(one, f"{said}, too few to tell from {percent(before)}")


def _gain(own: TrialTable, one: Prediction) -> PredictionOutcome:
    """The gain against its prediction.

    More trials are compared in the best of the round itself (C2), longer training, which is
    another objective, in the mean of the good trials (C6).
    """
    numbers, metric = one.numbers, own.objective.metric
    more = one.check == "C2"
    now = best_of(own) if more else mean_of_good(own)
    gain = own.objective.sign * (numbers["before"] - now)
    what = "the best" if more else "the mean of the good trials"
    what += under(one.conditions)
    said = f"{what} is {digits(now, 4)} in {metric}, " + (
        f"{digits(abs(gain))} {'better' if gain > 0 else 'worse'} than "
        f"{digits(numbers['before'], 4)}"
        if gain else "as before"
    )  # fmt: skip
    return _judged_as(one, numbers["low"] <= gain <= numbers["high"], said)


def _no_worse(own: TrialTable, one: Prediction) -> PredictionOutcome:
    now = best_of(own)
    worse = own.objective.sign * (now - one.numbers["before"])
    said = f"the best{under(one.conditions)} is {digits(now, 4)} in {own.objective.metric}, " + (
        f"{digits(abs(worse))} {'worse' if worse > 0 else 'better'}" if worse else "as before"
    )
    return _judged_as(one, worse <= one.numbers["within"], said)


def _quiet(examination: Examination, one: Prediction) -> PredictionOutcome:
    found = _of_check(examination, one.check)
    asking = next((f for f in found if f.settled and _asks(f)), None)
    if asking is not None:
        return _judged_as(one, False, asking.sentence)
    if not found:
        return _unknown(one, f"{one.check} did not apply to this round")
    unsettled = next((f for f in found if not f.settled), None)
    if unsettled is not None:
        return _unknown(one, unsettled.sentence)
    return _judged_as(one, True, found[0].sentence)


def _of_check(examination: Examination, check: str) -> list[Finding]:
    return [f for f in examination.findings if f.check == check]


def _asks(finding: Finding) -> bool:
    """Whether a finding asks for a change."""
    return finding.remedy is not None or finding.severity in (Severity.WARNING, Severity.PROBLEM)


def _judged_as(one: Prediction, met: bool, sentence: str) -> PredictionOutcome:
    return PredictionOutcome(
        prediction=one, met=Met.YES if met else Met.NO, sentence=_ended(sentence)
    )


def _unknown(one: Prediction, sentence: str) -> PredictionOutcome:
    return PredictionOutcome(prediction=one, met=Met.UNKNOWN, sentence=_ended(sentence))


def _ended(sentence: str) -> str:
    return f"{sentence.rstrip('.')}."
