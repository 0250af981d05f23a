"""What a proposal's changes are expected to bring, by the numbers that asked for them (B D6).

An expectation is written only where the finding's own numbers say how much: none is guessed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tunebook.advice.draft import Done
from tunebook.checks import run_check
from tunebook.domain.decision import Change
from tunebook.domain.design import Role, Round, studies
from tunebook.domain.finding import (
    Finding,
    Interval,
    NotApplicable,
    Remedy,
    RemedyKind,
    subject_name,
)
from tunebook.domain.formats.numbers import digits, percent, range_text
from tunebook.domain.formats.plain_data import to_data
from tunebook.domain.plan_edits import leaf_of
from tunebook.domain.prediction import Expectation, Prediction
from tunebook.domain.space import Choice, Float, Integer, Per, spell
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Configuration, Value
from tunebook.statistics.estimators import good_region
from tunebook.statistics.metric_bounds import best_loss

SURPRISE = 0.025
"""Chance that a round's best is worse than the worst that is predicted."""
FEWEST_COMPLETE = 3
"""Complete trials without which there is no best to speak of."""


def predict(
    plan: Round, proposed: Round, done: Sequence[Done], table: TrialTable | None, number: int
) -> tuple[Prediction, ...]:
    """What each change is expected to bring.

    Args:
        plan: of the round that was run.
        proposed: the plan after all changes.
        done: the changes that were taken, each with the findings that asked for it.
        table: the trials of the round; None where there is none to take numbers from.
        number: of the round.
    """
    if table is None:
        return ()
    own = planned_rows(table, plan, proposed)
    if not own.complete.any():
        return ()
    found: list[Prediction] = []
    for change, asked in done:
        for finding, remedy in asked:
            if remedy.kind is RemedyKind.TRAIN_LONGER and len(own) < len(table):
                finding = _said_again(finding, own)
            found += _one(plan, proposed, change, finding, remedy, own, number)
    found = [replace(f, asks=_asks(proposed)) for f in found]
    return tuple(f for i, f in enumerate(found) if f not in found[:i])


def _asks(proposed: Round) -> dict[str, Value]:
    """What a round must have as it was proposed, so that its results are those predicted."""
    asks: dict[str, Value] = {
        "trials": proposed.trials,
        "max_train_steps": proposed.max_train_steps,
    }
    return {**asks, "space": space_digest(proposed, asks)}


def space_digest(plan: Round, asks: Mapping[str, Value]) -> str:
    """A digest of what is varied and of what a prediction asks for, which shows edits of either.

    Fixed values are no part of it: a book adds those of its baseline.
    """
    held = ("scientific", "nuisance", "searcher", "subject_to")
    data = to_data(plan)
    shown = [{key: data[key] for key in held}, asks["trials"], asks["max_train_steps"]]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:12]


def _one(
    plan: Round,
    proposed: Round,
    change: Change,
    finding: Finding,
    remedy: Remedy,
    table: TrialTable,
    number: int,
) -> Iterator[Prediction]:
    """What one finding's remedy is expected to bring."""
    for expected in _expected(plan, proposed, change, finding, remedy, rows_under(table, remedy)):
        yield replace(expected, of_round=number, conditions=dict(remedy.conditions))


def _expected(
    plan: Round,
    proposed: Round,
    change: Change,
    finding: Finding,
    remedy: Remedy,
    own: TrialTable,
) -> Iterator[Prediction]:
    if remedy.kind is RemedyKind.WIDEN and finding.check == "C1":
        yield from _beyond(plan, remedy)
    elif remedy.kind is RemedyKind.SHRINK:
        yield from _fewer(finding, remedy)
    elif remedy.kind is RemedyKind.MORE_TRIALS and finding.check == "C2":
        if plan.max_train_steps == proposed.max_train_steps:
            yield from _more(plan, proposed, finding, remedy, own)
    elif remedy.kind is RemedyKind.TRAIN_LONGER:
        # What varies anew changes the good trials too: their gain would not be the length's.
        alone = set(proposed.varied) <= set(plan.varied)
        yield from _longer(change, finding if alone else replace(finding, numbers={}), own)
    elif remedy.kind in (RemedyKind.FIX, RemedyKind.TRAIN_SHORTER):
        yield from _no_worse(change, remedy, own)
    elif change.key == "evaluations":
        yield Prediction(
            check=finding.check, what=Expectation.QUIET,
            sentence=f"with {change.after} evaluations a trial {finding.check} has nothing to ask",
        )  # fmt: skip
    elif finding.check == "C4":
        name = change.key.split(".", 1)[-1]
        yield Prediction(
            check="C4", what=Expectation.QUIET, subject=name,
            sentence=f"with {name} {change.after} the good trials no longer overfit, and C4 has "
            "nothing to ask",
        )  # fmt: skip


def rows_under(table: TrialTable, of: Remedy | Prediction) -> TrialTable:
    """The trials of the branch that a remedy, or an expectation, speaks of."""
    wanted = dict(of.conditions)
    rows = [all(c.get(k) == v for k, v in wanted.items()) for c in table.config]
    return table.take(np.array(rows, dtype=bool)) if wanted else table


def planned_rows(table: TrialTable, plan: Round, proposed: Round) -> TrialTable:
    """The trials of the branches that are planned on: those with the values chosen since."""
    chosen = {
        name: value
        for name, value in proposed.fixed.items()
        if name in plan.varied
        and not isinstance(value, Per)
        and (plan.role(name) is Role.SCIENTIFIC or isinstance(leaf_of(plan, name, {}), Choice))
    }
    rows = [all(c.get(n, v) == v for n, v in chosen.items()) for c in table.config]
    return table.take(np.array(rows, dtype=bool)) if chosen else table


def _said_again(finding: Finding, own: TrialTable) -> Finding:
    """The finding as the same check has it of fewer trials; without numbers where it has none."""
    result = run_check(finding.check, own)
    found = () if isinstance(result, NotApplicable) else result.findings
    again = next((f for f in found if f.subject == finding.subject and f.remedy), None)
    return replace(finding, numbers={}) if again is None else again


def best_of(table: TrialTable) -> float:
    """The best value, in the objective's own units; NaN where no trial is complete."""
    losses = table.losses
    return table.objective.sign * float(np.nanmin(losses)) if table.complete.any() else math.nan


def mean_of_good(table: TrialTable) -> float:
    """Mean of the good region, in the objective's own units; NaN where no trial is complete."""
    good = good_region(table.losses)
    return float(table.value[good].mean()) if good.any() else math.nan


def _beyond(plan: Round, remedy: Remedy) -> Iterator[Prediction]:
    axis, sides = axis_under(plan, remedy), {"low": -1.0, "high": 1.0}
    if axis is None:
        return
    for side, old in (("low", axis.low), ("high", axis.high)):
        new = remedy.values.get(side)
        if not isinstance(new, int | float) or new == old:
            continue
        name = subject_name(remedy.subject, remedy.conditions)
        yield Prediction(
            check="C1", what=Expectation.BEST_BEYOND, subject=remedy.subject,
            numbers={"old": float(old), "new": float(new), "side": sides[side]},
            sentence=f"the best trials lie beyond {spell(old)}, the {side} end that {name} had, "
            "and C1 finds neither end cut off",
        )  # fmt: skip


def axis_under(plan: Round, of: Remedy | Prediction) -> Float | Integer | None:
    """The range of a subject on its branch; None where it has none."""
    axis = leaf_of(plan, of.subject, of.conditions)
    return axis if isinstance(axis, Float | Integer) else None


def _fewer(finding: Finding, remedy: Remedy) -> Iterator[Prediction]:
    share, outside = finding.numbers.get("share"), finding.numbers.get("share_outside")
    if not isinstance(share, Interval) or not isinstance(outside, Interval):
        return
    yield Prediction(
        check=finding.check, what=Expectation.FEWER_FAIL, subject=remedy.subject,
        numbers={"before": share.estimate, "estimate": outside.estimate, "low": outside.low,
                 "high": outside.high},
        sentence=f"infeasible trials fall from {percent(share.estimate)} to about "
        f"{percent(outside.estimate)} ({percent(outside.low)} to {percent(outside.high)})",
    )  # fmt: skip


def _more(
    plan: Round, proposed: Round, finding: Finding, remedy: Remedy, own: TrialTable
) -> Iterator[Prediction]:
    gain, before = finding.numbers.get("expected_gain"), best_of(own)
    if not isinstance(gain, Interval) or not math.isfinite(before):
        return
    worse = _worst_best(own, trials_under(proposed, remedy))
    yield Prediction(
        check="C2", what=Expectation.GAIN,
        numbers={"before": before, "gain": gain.estimate, "low": min(gain.low, -worse),
                 "high": gain.high},
        sentence=f"{proposed.trials} trials in place of {plan.trials} find a "
        f"best{under(remedy.conditions)} about {digits(gain.estimate)} better than "
        f"{_short(before)} in {own.objective.metric}, between {digits(worse)} worse and "
        f"{digits(gain.high)} better",
    )  # fmt: skip


def _worst_best(own: TrialTable, trials: int) -> float:
    """By how much the best of that many new trials may be worse than the best so far.

    The best of n draws from the distribution of the trials so far is above its quantile q with
    chance (1 - q)^n, here SURPRISE. Assumes that the new trials are drawn from the same space.
    """
    losses = np.sort(np.where(own.complete, own.losses, np.inf)[own.counted])
    quantile = 1 - SURPRISE ** (1 / max(trials, 1))
    reached = losses[: int(own.complete.sum())]
    place = min(math.ceil(quantile * len(losses)), len(reached) - 1)
    return float(reached[place] - reached[0])


def trials_under(plan: Round, of: Remedy | Prediction) -> int:
    """How many of a plan's trials are in the branch that a remedy speaks of."""
    settled = dict(of.conditions)
    return sum(
        len(s.numbers)
        for s in studies(plan)
        if all(s.branch.conditions.get(k, v) == v for k, v in settled.items())
    )


def under(conditions: Configuration) -> str:
    """` with clip=0`, or "" for the whole round."""
    settled = " and ".join(f"{name}={spell(value)}" for name, value in conditions.items())
    return f" with {settled}" if settled else ""


def _longer(change: Change, finding: Finding, own: TrialTable) -> Iterator[Prediction]:
    gain, before = finding.numbers.get("gain_of_half_again"), mean_of_good(own)
    known = isinstance(gain, Interval) and math.isfinite(gain.low) and math.isfinite(gain.high)
    if known and isinstance(gain, Interval) and math.isfinite(before):
        gain = _of_other_trials(gain, own)
        yield Prediction(
            check="C6", what=Expectation.GAIN,
            numbers={"before": before, "gain": gain.estimate, "low": gain.low, "high": gain.high},
            sentence=f"{change.after} steps in place of {change.before} bring the mean of the "
            f"good trials, {_short(before)} in {own.objective.metric}, {digits(gain.estimate)} "
            f"further ({range_text(gain.low, gain.high)}, as the trials are others)",
        )  # fmt: skip
    yield Prediction(
        check="C6", what=Expectation.QUIET,
        sentence=f"the curves level off before step {change.after}, and C6 has nothing to ask",
    )  # fmt: skip


def _of_other_trials(gain: Interval, own: TrialTable) -> Interval:
    """The gain with what two means of good trials differ by, since the next ones are others;
    within what the metric has left."""
    good = own.losses[good_region(own.losses)]
    error = float(np.std(good, ddof=1)) * math.sqrt(2 / len(good)) if len(good) > 1 else 0.0
    left = own.objective.sign * mean_of_good(own) - best_loss(own.objective, own.value)
    return Interval(
        min(gain.estimate, left), min(gain.low - 2 * error, left), min(gain.high + 2 * error, left)
    )


def _no_worse(change: Change, remedy: Remedy, own: TrialTable) -> Iterator[Prediction]:
    """Nothing is lost by it: the best stays within the spread of the good trials."""
    if int(own.complete.sum()) < FEWEST_COMPLETE:
        return
    before, good = best_of(own), good_region(own.losses)
    within = float(np.ptp(own.losses[good]))
    shorter = remedy.kind is RemedyKind.TRAIN_SHORTER
    how = (
        f"with {change.after} steps"
        if shorter
        else f"with {remedy.subject} fixed at {change.after}"
    )
    yield Prediction(
        check="C7" if shorter else change.check, what=Expectation.NO_WORSE,
        subject=remedy.subject, numbers={"before": before, "within": within},
        sentence=f"{how} the best is no worse than {_short(before)} in {own.objective.metric} by "
        f"more than {digits(within)}, the spread of the good trials",
    )  # fmt: skip


def _short(value: float) -> str:
    return digits(value, 4)
