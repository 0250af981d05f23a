"""What failures say, in sentences with a remedy: shrink, reparametrise, steady, inspect (C3)."""

from __future__ import annotations

from collections.abc import Mapping

from tunebook.checks.failures.counts import StudyFeasibility
from tunebook.checks.failures.regions import (
    ENOUGH,
    FEWEST_FAILURES,
    FailingChoice,
    FailingCombination,
    FailingPlace,
    FailingRegion,
)
from tunebook.checks.failures.unreported import UnreportedObjective, unreported_objective
from tunebook.domain.finding import Finding, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import percent, round_to
from tunebook.domain.space import Choice, spell
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Value
from tunebook.statistics.chance_level import ChanceLevel
from tunebook.statistics.estimators import proportion

NOTABLE = 0.2
"""A share of failures above this, with no place to it, is more likely a bug than bad luck."""
NAMED = 3
"""Studies that a sentence tells the places of."""
UNSTABLE = (
    "The best trials are in it or next to it, so instability may limit this workload. Try a "
    "warm-up or gradient clipping."
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
        f"{own.failures} of them {f'with {study} ' if study else ''}{_where(own)}"
        for study, own in places.items()
        if own is not None
    ]
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
        sentence=f"{stuck} of {complete} complete trials ({percent(share.estimate)}) are no "
        f"better than {metric} {chance}, {level.in_piles} of them nearly alike, as guessing or "
        "one constant answer would be"
        + (f"; {', '.join(where[:NAMED])}" if where else "")
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
    were = "was" if study.infeasible == 1 else "were"
    fate = "failed" if study.unexplained else f"{were} infeasible"
    if study.unexplained == study.infeasible:
        causes = ""  # the end of the sentence says that none is stated
    return f"{study.infeasible} of {study.trials} trials {fate}" + (
        f" ({causes})" if causes else ""
    )


def _unexplained(study: StudyFeasibility) -> str:
    """What a person must find out where failures have no stated cause."""
    if not study.unexplained:
        return ""
    of = "" if study.unexplained == study.infeasible else f" of {study.unexplained} of them"
    there = " there" if study.place is not None else ""
    return (
        f" The file does not say the cause{of}: if training crashed or diverged{there}, write "
        "crashed or diverged as their status."
    )


def _numbers(study: StudyFeasibility) -> dict[str, Number]:
    shares = dict(zip(study.causes, study.cause_shares, strict=True))
    by_cause = {f"share {cause}": share for (cause, _), share in shares.items()}
    return {
        study.fate: study.infeasible,
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
        return f"{side} {place.subject} = {spell(round_to(place.combination.threshold))}"
    assert isinstance(place, FailingRegion)
    side = "above" if place.side == "high" else "below"
    under = f" with {place.under[0]}={spell(place.under[1])}" if place.under else ""
    return f"at {place.subject} {side} {spell(place.bound)}{under}"


def _placed(place: FailingPlace, failures: int) -> str:
    """`, 7 of them at lr above 0.3 (70 % fail there), 1 elsewhere (3 %)`; `all` where none is."""
    inside, outside = percent(place.share_inside.estimate), percent(place.share_outside.estimate)
    where, elsewhere = _where(place), failures - place.failures
    if not elsewhere:
        return f", all {where} ({inside} fail there, {outside} elsewhere)"
    return (
        f", {place.failures} of them {where} ({inside} fail there), "
        f"{elsewhere} elsewhere ({outside})"
    )


def _finding(
    own: TrialTable,
    study: StudyFeasibility,
    severity: Severity,
    sentence: str,
    *,
    place: FailingPlace | None = None,
    numbers: Mapping[str, Number] | None = None,
    remedy: Remedy | None = None,
    settled: bool = True,
) -> Finding:
    """A finding on a study's failures, which begins with how many there were of which cause."""
    inside: dict[str, Number] = {} if place is None else {
        "failures_inside": place.failures,
        "share_inside": place.share_inside,
        "share_outside": place.share_outside,
    }  # fmt: skip
    return Finding(
        check="C3",
        severity=severity,
        subject=place.subject if place is not None else study.study or "the round",
        numbers={**_numbers(study), **(numbers or {}), **inside},
        sentence=f"{_counted(study)}{sentence}{_unexplained(study)}",
        remedy=remedy,
        trials=_failed(own),
        settled=settled,
    )


def _never_reported(
    own: TrialTable, study: StudyFeasibility, unreported: UnreportedObjective
) -> Finding:
    """Every trial ended without the objective: its name is wrong, not the training code."""
    remedy = Remedy(
        kind=RemedyKind.CORRECT,
        values={"objective": unreported.corrected},
        because="no trial reports it under its name of now",
    )
    return Finding(
        check="C3",
        severity=Severity.PROBLEM,
        subject=study.study or "the round",
        numbers=_numbers(study),
        sentence=unreported.sentence,
        remedy=remedy,
        trials=_failed(own),
    )


def _nearly_all(own: TrialTable, study: StudyFeasibility) -> Finding:
    unreported = unreported_objective(own)
    if unreported is not None and unreported.reported:
        return _never_reported(own, study, unreported)
    left = study.trials - study.infeasible
    remedy = Remedy(
        kind=RemedyKind.INSPECT,
        conditions=own.branches[study.study].conditions,
        because="hardly any trial was feasible" if left else "no trial was feasible",
    )
    sentence = (
        f", {'all of them' if not left else f'all but {left}'}: look at the training code first, "
        "then for a range that is far off."
    )
    severity = Severity.PROBLEM if not left else Severity.WARNING
    return _finding(own, study, severity, sentence, remedy=remedy)


def _nowhere(own: TrialTable, study: StudyFeasibility) -> Finding:
    reading = study.reading
    numbers = {"power": round(reading.seen, 3)}
    if reading.seen < ENOUGH:
        if study.infeasible < FEWEST_FAILURES:
            takes = f"{FEWEST_FAILURES} failures at least"
        elif reading.needed is None:
            takes = "a hyperparameter that varies, or more failures"
        else:
            takes = f"about {reading.needed} trials"
        sentence = f". Not enough evidence on where they fail: it takes {takes}."
        return _finding(own, study, Severity.NOTE, sentence, numbers=numbers, settled=False)
    # Trials at chance end badly on all sides of a good region, which is no bug.
    at_chance = dict(study.causes).get(Cause.CHANCE, 0)
    alike = study.share.estimate > NOTABLE and 2 * at_chance < study.infeasible
    remedy = Remedy(
        kind=RemedyKind.INSPECT,
        conditions=own.branches[study.study].conditions,
        because="failing depends on no hyperparameter that was varied",
    )
    bug = "a bug or a fault of the machine" if study.unexplained else "a bug"
    sentence = (
        ", and not in any one place of the space (one that holds nine of ten failures in half of "
        f"an axis would have been seen with {percent(reading.seen)} chance)"
        + (f": that looks like {bug} rather than bad hyperparameters." if alike else ".")
    )
    if not alike:
        return _finding(own, study, Severity.NOTE, sentence, numbers=numbers)
    return _finding(own, study, Severity.WARNING, sentence, numbers=numbers, remedy=remedy)


def _under_a_choice(own: TrialTable, study: StudyFeasibility, choice: FailingChoice) -> Finding:
    remedy = Remedy(
        kind=RemedyKind.INSPECT,
        subject=choice.hyperparameter,
        conditions=own.branches[study.study].conditions,
        because=f"trials fail {_where(choice)}: leave that value out, or mend it",
    )
    sentence = (
        f"{_placed(choice, study.infeasible)}. Leave that value out, or look at why it fails."
    )
    numbers: dict[str, Number] = {"value": str(choice.value), "p_value": choice.p_value}
    return _finding(
        own, study, Severity.NOTE, sentence, place=choice, numbers=numbers, remedy=remedy
    )


def _in_a_region(own: TrialTable, study: StudyFeasibility, region: FailingRegion) -> Finding:
    branch = own.branches[study.study]
    axis, bound = branch.axes[region.hyperparameter], region.bound
    assert not isinstance(axis, Choice)
    low, high = (axis.low, bound) if region.side == "high" else (bound, axis.high)
    remedy = None
    if region.touches_best:
        remedy = _steadier(own, study)
    elif low < high and region.under is None:  # under other values the range is sound
        remedy = Remedy(
            kind=RemedyKind.SHRINK,
            subject=region.hyperparameter,
            conditions=branch.conditions,
            values={"low": low, "high": high, "scale": axis.scale.value},
            because=f"trials fail {_where(region)}, far from the best ones",
        )
    far = f". {UNSTABLE}" if region.touches_best else ", far from the best trials."
    return _finding(
        own,
        study,
        Severity.NOTE,
        f"{_placed(region, study.infeasible)}{far}",
        place=region,
        numbers={
            "side": region.side,
            "threshold": region.threshold,
            "p_value": region.p_value,
            **({"under": f"{region.under[0]}={spell(region.under[1])}"} if region.under else {}),
        },
        remedy=remedy,
    )


def _in_a_combination(
    own: TrialTable, study: StudyFeasibility, place: FailingCombination
) -> Finding:
    found, name = place.combination, place.combination.first.hyperparameter
    bound = round_to(found.threshold)
    low, high = (place.low, bound) if found.side == "high" else (bound, place.high)
    values: dict[str, Value] = {"combination": found.expression, "in_place_of": name}
    if low < high:
        values |= {"low": round_to(low), "high": round_to(high), "scale": found.scale}
    weight = "exponent" if found.scale == "log" else "weight"
    return _finding(
        own,
        study,
        Severity.NOTE,
        f"{_placed(place, study.infeasible)}. This predicts the fate of "
        f"{percent(place.right.estimate)} of the trials, one hyperparameter alone that of "
        f"{percent(place.right_alone.estimate)}: search {found.expression} in place of {name}."
        + (f" {UNSTABLE}" if place.touches_best else ""),
        place=place,
        numbers={
            "side": found.side,
            "threshold": found.threshold,
            f"{weight}_of_{found.second.term}": found.exponent,
            "p_value": found.p_value,
            "right": place.right,
            "right_alone": place.right_alone,
        },
        remedy=Remedy(
            kind=RemedyKind.REPARAMETRISE,
            subject=name,
            conditions=own.branches[study.study].conditions,
            values=values,
            because=f"trials fail {_where(place)}, not by one hyperparameter alone",
        ),
    )


def _steadier(own: TrialTable, study: StudyFeasibility) -> Remedy:
    return Remedy(
        kind=RemedyKind.ADD,
        conditions=own.branches[study.study].conditions,
        values={"hyperparameters": "warmup_steps, gradient_clipping"},
        because="the best trials are next to those that fail",
    )
