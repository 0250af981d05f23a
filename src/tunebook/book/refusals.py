"""What a round or a decision refuses before anything is spent (D3 D4)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from tunebook.book.fresh_reruns import Candidate
from tunebook.report.wording import number, plural
from tunebook.words.decision import Estimand, Launch, RerunPlan, Setting
from tunebook.words.design import Direction, Objective, Round
from tunebook.words.error_kind import OF_THE_CODE, error_kind
from tunebook.words.errors import DesignError, EvidenceError
from tunebook.words.table import TrialTable
from tunebook.words.trial import TrialRecord


def refuse_wrong_unit(
    plan: Round, objective: Objective, setting: Setting, baseline: Launch | None
) -> str:
    """Refuse a least improvement that can't be in the metric's units.

    Returns:
        A warning where it probably is not; empty where nothing speaks against it.

    Raises:
        DesignError: it is larger than the baseline's value, than chance, and than what lies
            between the two.
    """
    asked, metric = plan.least_improvement, objective.metric
    if not asked or baseline is None:
        return ""
    now = baseline.expected.estimate
    if not math.isfinite(now):
        return ""
    unit = f"give it in units of {metric}: a fifth of a percentage point of an error rate is 0.002"
    chance = setting.chance
    if chance is not None and asked > max(abs(now - chance), abs(chance), abs(now)):
        raise DesignError(
            f"least_improvement is in the metric's units; {asked:g} is more than lies between "
            f"chance, {chance:g}, and the baseline, {metric} {number(now)}",
            next_step=unit,
        )
    if objective.direction is Direction.MINIMIZE and 0 < now <= asked:
        return (
            f"Warning: least_improvement {asked:g} is not less than the baseline's whole {metric},"
            f" {number(now)}; nothing can be adopted unless {metric} may fall below 0. Is it in "
            "the metric's units?"
        )
    return ""


def refuse_same(sides: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The sides without a candidate that is the baseline itself.

    Raises:
        EvidenceError: no other candidate is left.
    """
    baseline = next((s for s in sides if s.name == "baseline"), None)
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


def refuse_broken_baseline(trials: Iterable[TrialRecord], baseline: Launch | None) -> None:
    """Refuse to compare with a baseline that the training code can no longer train.

    Its reruns use the code of this round, which may ask for a hyperparameter that the baseline
    does not have. Reruns that diverge or run out of memory are evidence and are not refused.

    Args:
        trials: of the round, reruns included.
        baseline: what the candidates are compared with.

    Raises:
        EvidenceError: every rerun of the baseline ended by an error of the code, all alike.
    """
    if baseline is None:
        return
    ended = [t for t in trials if t.study == "rerun:baseline" and t.status.ended]
    kinds = {error_kind(t.detail) for t in ended if t.cause in OF_THE_CODE}
    if not ended or len(kinds) != 1 or any(t.cause not in OF_THE_CODE for t in ended):
        return
    raise EvidenceError(
        f"the baseline (launch {baseline.number}) can't be compared: all of its "
        f"{plural(len(ended), 'rerun')} crashed alike: {ended[0].detail}",
        next_step="let the training code train the baseline too (a hyperparameter that it does "
        'not have needs a default: trial.config.get("NAME", VALUE)), then ask in a new round',
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


def refuse_flattering(worst: float | None, sides: Sequence[Candidate], trials: TrialTable) -> None:
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
                f"{worst:g}, and {side.name} was selected with {trials.objective.metric} "
                f"{number(value)}",
                next_step="give a value that is worse than any that is worth launching",
            )
