"""What failures say, in sentences with a remedy: shrink, reparametrise, steady, inspect (C3)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tunebook.analysis.chance_level import ChanceLevel
from tunebook.analysis.estimators import proportion
from tunebook.analysis.failing_places import (
    ENOUGH,
    FEWEST_FAILURES,
    FailingChoice,
    FailingCombination,
    FailingPlace,
    FailingRegion,
)
from tunebook.analysis.failure_counts import StudyFeasibility
from tunebook.words.finding import Finding, Number, Remedy, RemedyKind, Severity
from tunebook.words.space import Axis, Choice, Integer, Scale, spell
from tunebook.words.table import TrialTable
from tunebook.words.trial import Cause, Value

NOTABLE = 0.2
"""A share of failures above this, with no place to it, is more likely a bug than bad luck."""
NAMED = 3
"""Studies that a sentence tells the places of."""
UNSTABLE = (
    "The best trials lie in it or next to it: instability may hold this workload back; a warm-up "
    "or gradient clipping would tell."
)


def study_finding(own: TrialTable, study: StudyFeasibility) -> Finding:
    """What one study's failures say.

    Args:
        own: its counted trials.
        study: what the check read of them.
    """
    if not study.infeasible:
        return Finding(
            check="C3",
            severity=Severity.PASS,
            subject=study.study or "the round",
            numbers={"infeasible": 0, "share": study.share},
            sentence=f"All {study.trials} trials were feasible."
            if study.trials > 1
            else "The one trial was feasible.",
        )
    if study.trials - study.infeasible < FEWEST_FAILURES <= study.infeasible:
        return _nearly_all(own, study)
    place = study.place
    if isinstance(place, FailingRegion):
        return _in_a_region(own, study, place)
    if isinstance(place, FailingCombination):
        return _in_a_combination(own, study, place)
    if isinstance(place, FailingChoice):
        return _under_a_choice(own, study, place)
    return _nowhere(own, study)


def at_chance_finding(
    table: TrialTable, level: ChanceLevel, places: Mapping[str, FailingPlace | None]
) -> Finding:
    """Complete trials that ended as guessing would, though nobody said what chance is.

    Args:
        table: all counted trials.
        level: where they ended.
        places: by study, where in the space they lie.
    """
    complete, stuck = int(table.complete.sum()), int(level.stuck.sum())
    share = proportion(stuck, complete)
    metric, chance = table.objective.metric, spell(level.chance)
    where = [
        f"{f'with {study} ' if study else ''}{_where(own)}"
        for study, own in places.items()
        if own is not None
    ]
    more = " and elsewhere" if len(where) > NAMED else ""
    return Finding(
        check="C3",
        severity=Severity.WARNING,
        subject=metric,
        numbers={
            "at_chance": stuck,
            "share": share,
            "chance": level.chance,
            "in_a_pile": level.in_piles,
        },
        sentence=f"{stuck} of {complete} complete trials ({share.estimate:.0%}) are no better "
        f"than {metric} {chance}, {level.in_piles} of them nearly alike, as guessing or one "
        "constant answer would be"
        + (f"; they lie {', '.join(where[:NAMED])}{more}" if where else "")
        + f". If so, give chance={chance} (--chance {chance}): trials that never beat it count "
        "as infeasible then.",
        remedy=Remedy(
            kind=RemedyKind.STATE,
            values={"chance": level.chance},
            because=f"{stuck} trials end as guessing would, and count as complete",
        ),
        trials=tuple(t for t, s in zip(table.name, level.stuck, strict=True) if s),
    )


def _counted(study: StudyFeasibility) -> str:
    causes = ", ".join(f"{cause}: {count}" for cause, count in study.causes)
    return f"{study.infeasible} of {study.trials} trials were infeasible" + (
        f" ({causes})" if causes else ""
    )


def _numbers(study: StudyFeasibility) -> dict[str, Number]:
    shares = dict(zip(study.causes, study.cause_shares, strict=True))
    by_cause = {f"share {cause}": share for (cause, _), share in shares.items()}
    return {
        "infeasible": study.infeasible,
        "share": study.share,
        **(by_cause if len(by_cause) > 1 else {}),
    }


def _failed(own: TrialTable) -> tuple[str, ...]:
    return tuple(t for t, f in zip(own.name, own.infeasible, strict=True) if f)


def _where(place: FailingPlace) -> str:
    """`at lr above 0.3`, `at act = tanh`, `above lr / (1 - momentum) = 3.2`."""
    if isinstance(place, FailingChoice):
        return f"at {place.subject} = {spell(place.value)}"
    if isinstance(place, FailingCombination):
        side = "above" if place.combination.side == "high" else "below"
        return f"{side} {place.subject} = {spell(_two_digits(place.combination.threshold))}"
    side = "above" if place.side == "high" else "below"
    return f"at {place.subject} {side} {spell(_two_digits(place.threshold))}"


def _shares(place: FailingPlace) -> str:
    return (
        f"{place.share_inside.estimate:.0%} fail there, "
        f"{place.share_outside.estimate:.0%} elsewhere"
    )


def _nearly_all(own: TrialTable, study: StudyFeasibility) -> Finding:
    left = study.trials - study.infeasible
    return Finding(
        check="C3",
        severity=Severity.PROBLEM if not left else Severity.WARNING,
        subject=study.study or "the round",
        numbers=_numbers(study),
        sentence=f"{_counted(study)}, {'all of them' if not left else f'all but {left}'}: look "
        "at the training code first, then for a range that is far off.",
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            conditions=own.branches[study.study].conditions,
            because="hardly any trial was feasible" if left else "no trial was feasible",
        ),
        trials=_failed(own),
    )


def _nowhere(own: TrialTable, study: StudyFeasibility) -> Finding:
    reading = study.reading
    numbers = _numbers(study) | {"power": round(reading.seen, 3)}
    if reading.seen < ENOUGH:
        if study.infeasible < FEWEST_FAILURES:
            takes = f"{FEWEST_FAILURES} failures at least"
        elif reading.needed is None:
            takes = "a hyperparameter that varies, or more failures"
        else:
            takes = f"about {reading.needed} trials"
        return Finding(
            check="C3",
            severity=Severity.NOTE,
            subject=study.study or "the round",
            numbers=numbers,
            sentence=f"{_counted(study)}. Not enough evidence on where they fail: it takes "
            f"{takes}.",
            trials=_failed(own),
        )
    # Trials at chance end badly on all sides of a good region, which is no bug.
    at_chance = dict(study.causes).get(Cause.CHANCE, 0)
    alike = study.share.estimate > NOTABLE and 2 * at_chance < study.infeasible
    return Finding(
        check="C3",
        severity=Severity.WARNING if alike else Severity.NOTE,
        subject=study.study or "the round",
        numbers=numbers,
        sentence=f"{_counted(study)}, and not in any one place of the space (one that holds nine "
        f"of ten failures in half of an axis would have been seen with {reading.seen:.0%} chance)"
        + (": that looks like a bug rather than bad hyperparameters." if alike else "."),
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            conditions=own.branches[study.study].conditions,
            because="failing depends on no hyperparameter that was varied",
        )
        if alike
        else None,
        trials=_failed(own),
    )


def _under_a_choice(own: TrialTable, study: StudyFeasibility, choice: FailingChoice) -> Finding:
    return Finding(
        check="C3",
        severity=Severity.NOTE,
        subject=choice.subject,
        numbers=_numbers(study)
        | {
            "value": str(choice.value),
            "p_value": choice.p_value,
            "share_inside": choice.share_inside,
            "share_outside": choice.share_outside,
        },
        sentence=f"{_counted(study)}; they lie {_where(choice)} ({_shares(choice)}): leave that "
        "value out, or look at why it fails.",
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            subject=choice.hyperparameter,
            conditions=own.branches[study.study].conditions,
            because=f"trials fail {_where(choice)}: leave that value out, or mend it",
        ),
        trials=_failed(own),
    )


def _in_a_region(own: TrialTable, study: StudyFeasibility, region: FailingRegion) -> Finding:
    branch = own.branches[study.study]
    axis = branch.axes[region.hyperparameter]
    assert not isinstance(axis, Choice)
    bound = _written(axis, region.threshold)
    side = "above" if region.side == "high" else "below"
    place = f"{region.subject} {side} {spell(bound)}"
    where = f"{_counted(study)}; they lie at {place} ({_shares(region)})"
    low, high = (axis.low, bound) if region.side == "high" else (bound, axis.high)
    remedy = None
    if region.touches_best:
        remedy = _steadier(own, study)
    elif low < high:
        remedy = Remedy(
            kind=RemedyKind.SHRINK,
            subject=region.hyperparameter,
            conditions=branch.conditions,
            values={"low": low, "high": high, "scale": axis.scale.value},
            because=f"trials fail at {place}, far from the best ones",
        )
    return Finding(
        check="C3",
        severity=Severity.NOTE,
        subject=region.subject,
        numbers=_numbers(study)
        | {
            "side": region.side,
            "threshold": region.threshold,
            "p_value": region.p_value,
            "share_inside": region.share_inside,
            "share_outside": region.share_outside,
        },
        sentence=f"{where}. {UNSTABLE}"
        if region.touches_best
        else f"{where}, far from the best trials.",
        remedy=remedy,
        trials=_failed(own),
    )


def _in_a_combination(
    own: TrialTable, study: StudyFeasibility, place: FailingCombination
) -> Finding:
    found, branch = place.combination, own.branches[study.study]
    name = found.first.hyperparameter
    bound = _two_digits(found.threshold)
    low, high = (place.low, bound) if found.side == "high" else (bound, place.high)
    values: dict[str, Value] = {"combination": found.expression, "in_place_of": name}
    if low < high:
        values |= {"low": _two_digits(low), "high": _two_digits(high), "scale": found.scale}
    weight = "exponent" if found.scale == "log" else "weight"
    return Finding(
        check="C3",
        severity=Severity.NOTE,
        subject=place.subject,
        numbers=_numbers(study)
        | {
            "side": found.side,
            "threshold": found.threshold,
            f"{weight}_of_{found.second.term}": found.exponent,
            "p_value": found.p_value,
            "share_inside": place.share_inside,
            "share_outside": place.share_outside,
            "right": place.right,
            "right_alone": place.right_alone,
        },
        sentence=f"{_counted(study)}; they lie {_where(place)} ({_shares(place)}), which tells "
        f"{place.right.estimate:.0%} of the trials rightly, one hyperparameter alone "
        f"{place.right_alone.estimate:.0%}: search {found.expression} in place of {name}."
        + (f" {UNSTABLE}" if place.touches_best else ""),
        remedy=Remedy(
            kind=RemedyKind.REPARAMETRISE,
            subject=name,
            conditions=branch.conditions,
            values=values,
            because=f"trials fail {_where(place)}, not by one hyperparameter alone",
        ),
        trials=_failed(own),
    )


def _steadier(own: TrialTable, study: StudyFeasibility) -> Remedy:
    return Remedy(
        kind=RemedyKind.ADD,
        conditions=own.branches[study.study].conditions,
        values={"hyperparameters": "warmup_steps, gradient_clipping"},
        because="the best trials lie beside those that fail",
    )


def _two_digits(value: float) -> float:
    return float(f"{value:.2g}")


def _written(axis: Axis, threshold: float) -> float | int:
    """The threshold as people write numbers, to two digits on its scale, within the range."""
    assert not isinstance(axis, Choice)
    if isinstance(axis, Integer):
        return round(threshold)
    if axis.scale is Scale.NEAR_ONE:
        bound = float(f"{1 - float(f'{1 - threshold:.2g}'):.6g}")
    elif axis.scale is Scale.LOG:
        bound = _two_digits(threshold)
    else:
        grain = 10.0 ** (math.floor(math.log10(axis.high - axis.low)) - 1)
        bound = float(f"{round(threshold / grain) * grain:.10g}")
    return bound if axis.low < bound < axis.high else threshold
