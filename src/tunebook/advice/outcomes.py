"""What came of what was foretold: judged on the trials and findings of the round itself (B D6)."""

from __future__ import annotations

import numpy as np

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
from tunebook.domain.prediction import Came, Expectation, Foretold, ForetoldOutcome
from tunebook.domain.space import Float, Integer, spell
from tunebook.domain.table import TrialTable
from tunebook.statistics.estimators import good_region, proportion

FEWEST = 8
"""Complete trials below which nothing is told of where the best lie."""


def judge(plan: Round, table: TrialTable, examination: Examination) -> tuple[ForetoldOutcome, ...]:
    """Say of everything that the round before foretold whether it came.

    Args:
        plan: of the round that was run, with what was foretold.
        table: its own trials; those carried over foretold it, and are no evidence of it.
        examination: what the checks say of it.
    """
    left = [s for s in table.status if not s.ended]
    outcomes = []
    for foretold in plan.foretold:
        own = rows_under(table, foretold)
        missing = f"{len(left)} trials have not ended" if left else _not_asked(plan, foretold)
        if not missing and not own.counted.any():
            missing = "no trial of that branch was run"
        if missing:
            outcomes.append(_unknown(foretold, missing))
        else:
            outcomes.append(_judged(plan, own, examination, foretold))
    return tuple(outcomes)


def _judged(
    plan: Round, own: TrialTable, examination: Examination, foretold: Foretold
) -> ForetoldOutcome:
    if foretold.what is Expectation.QUIET:
        return _quiet(examination, foretold)
    if foretold.what is Expectation.FEWER_FAIL:
        return _fewer(own, foretold)
    if int(own.complete.sum()) == 0:
        return _unknown(foretold, "no trial was complete")
    if foretold.what is Expectation.BEST_BEYOND:
        return _beyond(plan, own, examination, foretold)
    return _gain(own, foretold) if foretold.what is Expectation.GAIN else _no_worse(own, foretold)


def _not_asked(plan: Round, foretold: Foretold) -> str:
    """Why the round can't show it: a person edited the plan, or ""."""
    trials, steps = foretold.asks.get("trials"), foretold.asks.get("max_train_steps")
    if isinstance(trials, int) and plan.trials < trials:
        return f"the round had {plan.trials} trials, not {trials}"
    if isinstance(steps, int) and plan.max_train_steps != steps:
        return f"its trials trained {plan.max_train_steps} steps, not {steps}"
    if foretold.what is Expectation.NO_WORSE and foretold.subject in plan.varied:
        return f"{foretold.subject} was varied all the same"
    return "" if foretold.what is Expectation.BEST_BEYOND else _edited(plan, foretold)


def _edited(plan: Round, foretold: Foretold) -> str:
    """That a person edited what is varied, or what the prediction asks for; else ""."""
    asks = foretold.asks
    if "space" not in asks or space_digest(plan, asks) == asks["space"]:
        return ""
    return "the plan was edited after the prediction"


def _beyond(
    plan: Round, own: TrialTable, examination: Examination, foretold: Foretold
) -> ForetoldOutcome:
    old, side = foretold.numbers["old"], foretold.numbers["side"]
    axis = axis_under(plan, foretold)
    if axis is None:
        return _unknown(foretold, f"{foretold.subject} has no range in this round")
    if (axis.high <= old) if side > 0 else (axis.low >= old):
        return _unknown(foretold, f"its range, {_range(axis)}, does not go beyond {spell(old)}")
    if edited := _edited(plan, foretold):
        return _unknown(foretold, edited)
    if int(own.complete.sum()) < FEWEST:
        return _unknown(foretold, f"that takes {FEWEST} complete trials")
    good = good_region(own.losses)
    places = np.array([float(c[foretold.subject]) for c in own.config])[good]
    beyond = int((places > old).sum() if side > 0 else (places < old).sum())
    where = f"{beyond} of the best {len(places)} trials lie beyond {spell(old)}"
    name = subject_name(foretold.subject, foretold.conditions)
    found = [
        f for f in _of_check(examination, "C1")
        if f.subject in (name, foretold.subject) or f.subject.startswith(f"{foretold.subject}[")
    ]  # fmt: skip
    cut = next((f for f in found if _asks(f)), None)
    if cut is not None:
        return _told(foretold, False, f"{where}, and C1 still finds the range cut off at its "
                     f"{cut.numbers.get('side')} end")  # fmt: skip
    if 2 * beyond <= len(places):
        return _told(foretold, False, where)
    if not any(f.severity is Severity.PASS for f in found):
        return _unknown(foretold, f"{where}, and C1 could not judge the new ends")
    return _told(foretold, True, f"{where}, and C1 finds neither end cut off")


def _fewer(own: TrialTable, foretold: Foretold) -> ForetoldOutcome:
    before, most = foretold.numbers["before"], foretold.numbers["high"]
    failed, n = int(own.infeasible.sum()), int(own.counted.sum())
    share = proportion(failed, n)
    said = (
        f"{failed} of {n} trials were infeasible, {percent(share.estimate)} "
        f"({percent(share.low)} to {percent(share.high)})"
    )
    if share.low > most:
        return _told(foretold, False, said)
    if share.estimate <= most and share.high < before:
        return _told(foretold, True, said)
    return _unknown(foretold, f"{said}, too few to tell from {percent(before)}")


def _gain(own: TrialTable, foretold: Foretold) -> ForetoldOutcome:
    """The gain against what was foretold of it.

    More trials are compared in the best of the round itself (C2), longer training, which is
    another objective, in the mean of the good trials (C6).
    """
    numbers, metric = foretold.numbers, own.objective.metric
    more = foretold.check == "C2"
    now = best_of(own) if more else mean_of_good(own)
    gain = own.objective.sign * (numbers["before"] - now)
    what = "the best" if more else "the mean of the good trials"
    what += under(foretold.conditions)
    said = f"{what} is {digits(now, 4)} in {metric}, " + (
        f"{digits(abs(gain))} {'better' if gain > 0 else 'worse'} than "
        f"{digits(numbers['before'], 4)}"
        if gain else "as before"
    )  # fmt: skip
    return _told(foretold, numbers["low"] <= gain <= numbers["high"], said)


def _no_worse(own: TrialTable, foretold: Foretold) -> ForetoldOutcome:
    now = best_of(own)
    worse = own.objective.sign * (now - foretold.numbers["before"])
    said = (
        f"the best{under(foretold.conditions)} is {digits(now, 4)} in {own.objective.metric}, "
        + (f"{digits(abs(worse))} {'worse' if worse > 0 else 'better'}" if worse else "as before")
    )
    return _told(foretold, worse <= foretold.numbers["within"], said)


def _quiet(examination: Examination, foretold: Foretold) -> ForetoldOutcome:
    found = _of_check(examination, foretold.check)
    asking = next((f for f in found if f.settled and _asks(f)), None)
    if asking is not None:
        return _told(foretold, False, asking.sentence)
    if not found:
        return _unknown(foretold, f"{foretold.check} could not speak of this round")
    unsettled = next((f for f in found if not f.settled), None)
    if unsettled is not None:
        return _unknown(foretold, unsettled.sentence)
    return _told(foretold, True, found[0].sentence)


def _of_check(examination: Examination, check: str) -> list[Finding]:
    return [f for f in examination.findings if f.check == check]


def _asks(finding: Finding) -> bool:
    """Whether a finding asks for a change."""
    return finding.remedy is not None or finding.severity in (Severity.WARNING, Severity.PROBLEM)


def _range(axis: Float | Integer) -> str:
    return f"{spell(axis.low)} to {spell(axis.high)}"


def _told(foretold: Foretold, came: bool, sentence: str) -> ForetoldOutcome:
    return ForetoldOutcome(
        foretold=foretold, came=Came.TRUE if came else Came.NOT, sentence=_ended(sentence)
    )


def _unknown(foretold: Foretold, sentence: str) -> ForetoldOutcome:
    return ForetoldOutcome(foretold=foretold, came=Came.UNKNOWN, sentence=_ended(sentence))


def _ended(sentence: str) -> str:
    return f"{sentence.rstrip('.')}."
