"""Advice on what a round may cost: how long trials train, and how many there are (C2 C6 C7 E5)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunebook.advice.draft import Asked, Draft
from tunebook.advice.predictions import trials_under
from tunebook.domain.design import MOST_TRIALS, Round
from tunebook.domain.finding import Interval, Remedy, RemedyKind
from tunebook.domain.formats.numbers import digits, round_to
from tunebook.domain.table import TrialTable
from tunebook.statistics.metric_bounds import gain_left

REACHABLE = 0.2
"""Of what is left, the least improvement that stands in for one that is out of reach."""
TIED_TO_LENGTH = ("schedule", "decay", "warmup")


def set_length(draft: Draft, asked: Sequence[Asked], *, widening: bool) -> None:
    """Train longer or shorter, where the space is wide enough and the question allows it."""
    asked = _of_the_plan(draft, asked)
    if not asked:
        return
    longer = [x for x in asked if x[1].kind is RemedyKind.TRAIN_LONGER]
    finding, remedy = max(longer or asked, key=lambda x: _steps(draft.plan, x[1]))
    if widening:
        draft.resolved.append(
            f"Training {'longer' if longer else 'shorter'} waits until the space is wide enough: "
            f"{remedy.because}."
        )
        return
    if not longer and draft.plan.scientific:
        draft.resolved.append(
            f"Training shorter waits until the question is answered: {remedy.because}."
        )
        return
    if longer and len(longer) < len(asked):
        draft.resolved.append(
            "Some trials were done early, others not: the longer training wins, since one round "
            "has one length and what is saturated loses only time."
        )
    steps = _steps(draft.plan, remedy)
    if steps == draft.plan.max_train_steps:
        return
    taken = draft.set_value(
        "max_train_steps", steps, remedy.because, finding.check, [(finding, remedy)]
    )
    tied = [n for n in draft.plan.fixed if _is_tied(n.lower())]
    if taken and tied:
        draft.unresolved.append(
            f"{' and '.join(tied)} fixed at another training length: a schedule seldom transfers "
            "(E5); tune it again, or stretch it."
        )


def _is_tied(name: str) -> bool:
    """Whether a hyperparameter shapes the schedule; weight decay has the word, and does not."""
    return "weight" not in name and any(word in name for word in TIED_TO_LENGTH)


def _steps(plan: Round, remedy: Remedy) -> int:
    return int(remedy.values.get("max_train_steps", plan.max_train_steps))


def _of_the_plan(draft: Draft, asked: Sequence[Asked]) -> list[Asked]:
    """Those that speak of `max_train_steps`; of a hyperparameter that sets the length, a person
    must decide, unless it is fixed by now."""
    own = [x for x in asked if "max_train_steps" in x[1].values]
    for finding, remedy in asked:
        if remedy.subject in draft.plan.varied:
            draft.unresolved.append(
                f"{finding.sentence} (by hand: fix {remedy.subject}, and compare lengths in "
                "rounds of their own, B9)"
            )
    return own


def set_trials(
    draft: Draft, asked: Sequence[Asked], *, widening: bool, most_trials: int | None
) -> None:
    """Ask for more trials, where the space is wide enough and the budget allows it."""
    if asked:
        _more_trials(draft, asked, widening=widening, most_trials=most_trials)
    if most_trials is not None and draft.plan.trials > most_trials:
        draft.set_value("trials", most_trials, f"the budget allows {most_trials}", "B5")


def _more_trials(
    draft: Draft, asked: Sequence[Asked], *, widening: bool, most_trials: int | None
) -> None:
    finding, remedy = max(asked, key=lambda x: _factor(draft.plan, x[1]))
    if widening:
        draft.resolved.append(
            f"Having more trials waits until the space is wide enough: {remedy.because}."
        )
        return
    if draft.plan.searcher in ("by_hand", "grid"):
        way = "more points" if draft.plan.searcher == "by_hand" else "more levels, or halton"
        draft.unresolved.append(f"More trials take {way}: {remedy.because}.")
        return
    wanted = math.ceil(min(draft.plan.trials * _factor(draft.plan, remedy), MOST_TRIALS))
    trials = wanted if most_trials is None else min(wanted, most_trials)
    if trials < wanted:
        draft.resolved.append(
            f"{wanted} trials were asked for and the budget allows {most_trials}: fewer "
            "hyperparameters or fewer scientific values would make it go further (B5)."
        )
    if trials > draft.plan.trials:
        draft.set_value("trials", trials, remedy.because, finding.check, [(finding, remedy)])


def _factor(plan: Round, remedy: Remedy) -> float:
    """How many times the trials; a remedy speaks of the studies under its conditions, and all
    get equal shares."""
    wanted = remedy.values.get("trials")
    if not isinstance(wanted, int | float):
        return 2.0
    return float(wanted) / max(1, trials_under(plan, remedy))


def set_evaluations(draft: Draft, asked: Sequence[Asked]) -> list[Asked]:
    """Evaluate as often as I1 asks for, where the plan asks for less.

    Returns:
        The findings that this does not answer: where the plan asks for enough evaluations, it is
        the training code that does not follow.
    """
    wanted = {k: _evaluations(draft.plan, remedy) for k, (_, remedy) in enumerate(asked)}
    more = [k for k, n in wanted.items() if n > draft.plan.evaluations]
    if not more:
        return list(asked)
    most = max(more, key=lambda k: wanted[k])  # of several, the one that asks for most
    finding, remedy = asked[most]
    reasons = [asked[k] for k in more]
    if not draft.set_value("evaluations", wanted[most], remedy.because, finding.check, reasons):
        return list(asked)
    return [a for k, a in enumerate(asked) if k not in more]


def _evaluations(plan: Round, remedy: Remedy) -> int:
    """How many a remedy asks for, 0 where it asks for none."""
    every = remedy.values.get("evaluate_every")
    return math.ceil(plan.max_train_steps / every) if isinstance(every, int) and every > 0 else 0


def say_cost(draft: Draft, before: Round) -> None:
    """Say what a round costs that asks for more trials and longer ones at once."""
    trials = draft.plan.trials / before.trials
    length = draft.plan.max_train_steps / before.max_train_steps
    if trials > 1 and length > 1:
        draft.resolved.append(
            "More trials and longer ones were both asked for, and both are taken: together "
            f"{digits(trials * length)} times the training steps of this round. If that is too "
            "much, take the trials first: length is judged anew in a space that was searched "
            "well."
        )


def set_least_improvement(
    draft: Draft, table: TrialTable | None, baseline: Interval | None
) -> None:
    """Make a least improvement smaller that no configuration could reach.

    Args:
        draft: changed.
        table: the trials of the round, for the metric and its bound.
        baseline: what the next round's baseline is expected to reach.
    """
    asked = draft.plan.least_improvement
    if table is None or baseline is None or not asked:
        return
    seen = [x for x in table.value.tolist() if math.isfinite(x)]
    left = gain_left(table.objective, baseline.estimate, chance=table.chance, seen=seen)
    if asked < left or left <= 0:
        return
    smaller = round_to(REACHABLE * left, 1)
    metric = table.objective.metric
    because = (
        f"{metric} can improve on the baseline by {digits(left)} at most, so that nothing "
        "could be adopted; this is a fifth of it"
    )
    if draft.set_value("least_improvement", smaller, because, "D3"):
        draft.unresolved.append(
            f"Set least_improvement to what a change of {metric} must bring to be worth a launch."
        )
