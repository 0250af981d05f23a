"""What a round or a decision refuses before anything is spent (D3 D4)."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from tunebook.domain.decision import (
    BASELINE,
    Decision,
    Estimand,
    Launch,
    RerunPlan,
    Setting,
    Side,
    Verdict,
)
from tunebook.domain.design import Objective, Round
from tunebook.domain.errors import DesignError, EvidenceError
from tunebook.domain.finding import Interval
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import number, round_to
from tunebook.domain.table import TrialTable
from tunebook.statistics.metric_bounds import gain_left, most_gain
from tunebook.store import Store


def check_least_improvement(
    plan: Round, objective: Objective, setting: Setting, baseline: Launch | None
) -> None:
    """Refuse a least improvement that can't be in the metric's units.

    Where no configuration could reach it, as far as the metric's name tells, a warning goes to
    standard error.

    Raises:
        DesignError: it is larger than the baseline's value, than chance, and than what lies
            between the two.
    """
    asked, metric, chance = plan.least_improvement, objective.metric, setting.chance
    now = baseline.expected.estimate if baseline is not None else math.nan
    if (
        asked
        and math.isfinite(now)
        and chance is not None
        and asked > max(abs(now - chance), abs(chance), abs(now))
    ):
        raise DesignError(
            f"least_improvement is in the metric's units; {spell(asked)} is more than lies "
            f"between chance, {spell(chance)}, and the baseline, {metric} {number(now)}",
            next_step=f"give it in units of {metric}: a fifth of a percentage point of an error "
            "rate is 0.002",
        )
    text = out_of_reach(plan.least_improvement, objective, setting, baseline)
    if text:
        print(f"Warning: {text}", file=sys.stderr)


def out_of_reach(
    asked: float, objective: Objective, setting: Setting, baseline: Launch | None
) -> str:
    """Why no configuration could be adopted, and what to do; empty where one could.

    Without a baseline the whole way from chance to the metric's best value is what there is.
    """
    chance = setting.chance
    now = baseline.expected.estimate if baseline is not None else chance
    if not asked or now is None:
        return ""
    left = gain_left(objective, now, chance=chance)
    if asked < left:
        return ""
    whose = "the baseline's" if baseline is not None else "of guessing,"
    return (
        f"no configuration can be adopted: least_improvement {spell(asked)} is not less than all "
        f"that {objective.metric} can still improve by, {number(_short(left))} from {whose} "
        f"{number(_short(now))}. Give a smaller least_improvement, in units of {objective.metric}."
    )


def gain_within_reach(objective: Objective, setting: Setting, baseline: Launch | None) -> float:
    """By how much the metric can surely improve on the baseline, or without one on chance.

    Infinity where the metric's name gives no certain bound, or chance is not known.
    """
    chance = setting.chance
    if baseline is not None:
        return most_gain(objective, baseline.expected, (), chance)
    return math.inf if chance is None else most_gain(objective, Interval(*[chance] * 3), (), None)


def gain_left_in(store: Store) -> float:
    """`gain_within_reach` of a book's next decision."""
    made, launches = store.setting(), store.launches()
    if made is None:
        return math.inf
    return gain_within_reach(made[1], made[0], launches[-1] if launches else None)


def refuse_unreachable(
    asked: float,
    objective: Objective,
    setting: Setting,
    baseline: Launch | None,
    trials: TrialTable,
) -> None:
    """Refuse to rerun anything where no result could adopt.

    Raises:
        EvidenceError: says what to ask in place of it.
    """
    if baseline is None or not asked:
        return
    left = most_gain(objective, baseline.expected, trials.value.tolist(), setting.chance)
    if asked < left:
        return
    now = number(_short(baseline.expected.estimate))
    raise EvidenceError(
        f"no configuration can be adopted: least_improvement is {spell(asked)}, and "
        f"{objective.metric} can improve on the baseline, {now}, by {number(_short(left))} at "
        "most; no rerun was made",
        next_step="keep the baseline, or ask again in a round with another goal and a smaller "
        "least_improvement (tunebook next proposes one)",
    )


def _short(value: float) -> float:
    """Three significant digits."""
    return round_to(value, 3)


def refuse_same(sides: Sequence[Side]) -> tuple[Side, ...]:
    """The sides without a candidate that is the baseline itself.

    Raises:
        EvidenceError: no other candidate is left.
    """
    baseline = next((s for s in sides if s.name == BASELINE), None)
    if baseline is None:
        return tuple(sides)
    kept = tuple(s for s in sides if s is baseline or dict(s.config) != dict(baseline.config))
    if len(kept) == 1:
        raise EvidenceError(
            "a decision compares a candidate with the baseline; the best trial of this round, "
            f"{sides[0].selected_by}, is the baseline's own configuration, and would be compared "
            "with itself",
            next_step="keep the baseline; the next round may look elsewhere: tunebook next, or "
            "book.next_round()",
        )
    return kept


def refuse_without_chance(setting: Setting, baseline: Launch | None, number: int) -> None:
    """Refuse to rerun a first baseline in a book that does not know chance.

    Raises:
        EvidenceError: says how to state chance.
    """
    if baseline is None and setting.chance is None:
        raise EvidenceError(
            "a first baseline is compared with chance, and this book does not know chance, the "
            "objective's value of guessing; no rerun was made",
            next_step=state_chance(number),
        )


def refuse_baseline_length(decision: Decision, launches: Sequence[Launch]) -> None:
    """Refuse to launch the baseline at a length at which no decision has kept it.

    Raises:
        EvidenceError: the decision does not keep the baseline, trained the same length, or knows
            no mean of it.
    """
    own = next((s for s in decision.sides if s.name == BASELINE), None)
    steps = decision.max_train_steps
    if decision.verdict is not Verdict.KEEP or own is None or not launches:
        raise EvidenceError(
            "the baseline's length follows from a decision that keeps the baseline; decision "
            f'{decision.number} says "{decision.verdict}"',
            next_step="launch a decision that adopts without it: tunebook launch",
        )
    if steps == launches[-1].max_train_steps:
        raise EvidenceError(
            f"decision {decision.number} trained the baseline {steps} steps, as its launch did",
            next_step="keep it: tunebook next",
        )
    if not math.isfinite(own.mean.estimate):
        raise EvidenceError(
            f"decision {decision.number} has no mean of the baseline at {steps} steps",
            next_step=state_chance(decision.round),
        )


def state_chance(number: int) -> str:
    """How to tell a book its chance and decide a round."""
    return (
        f"state it once: tunebook decide {number} --chance VALUE (0.1 for the accuracy of ten "
        "classes), tb.Book(..., chance=VALUE), or chance under [book] in the round file"
    )


def refuse_estimand(
    estimand: str | None,
    infeasible_as: float | None,
    paired: bool | None,
    plan: RerunPlan | None,
    *,
    first: bool,
) -> None:
    """Refuse an estimand that has no meaning here, or is not the one that was planned.

    Args:
        estimand, infeasible_as, paired: as asked for; None where nothing was said.
        plan: that stands for these candidates, or None.
        first: there is no baseline yet.

    Raises:
        DesignError: it differs from the plan's, or needs a baseline.
    """
    if plan is None:
        if first and (paired or estimand == Estimand.BEATS):
            what = "paired=True" if paired else 'estimand="beats"'
            raise DesignError(
                f"{what} compares with a baseline; this book has none yet",
                next_step="decide the first baseline by its mean, against chance",
            )
        return
    stands = {
        "estimand": str(plan.estimand),
        "infeasible_as": plan.infeasible_as,
        "paired": plan.paired,
    }
    asked = {"estimand": estimand, "infeasible_as": infeasible_as, "paired": paired}
    for key, value in asked.items():
        if value is not None and value != stands[key]:
            raise DesignError(
                f"what decides is fixed before the first rerun; plan {plan.number} of this round "
                f"has {key} {stands[key]!r}, and {value!r} was asked for",
                next_step=f"leave {key} out, and go on as planned",
            )


def refuse_flattering(worst: float | None, sides: Sequence[Side], trials: TrialTable) -> None:
    """Refuse a worst value that is better than what a candidate was selected for.

    Raises:
        DesignError: names the candidate and both values.
    """
    if worst is None:
        return
    sign = trials.objective.sign
    for side in sides:
        if side.selected_by not in trials.name:
            continue
        value = float(trials.value[trials.name.index(side.selected_by)])
        if sign * worst < sign * value:
            raise DesignError(
                f"an infeasible rerun counts as no better than a complete one; infeasible_as is "
                f"{spell(worst)}, and {side.name} was selected with {trials.objective.metric} "
                f"{number(value)}",
                next_step="give a value that is worse than any that is worth launching",
            )
