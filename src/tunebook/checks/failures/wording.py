"""What failures say, in sentences with a remedy: shrink, reparametrise, steady, inspect (C3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunebook.checks.failures.counts import StudyFeasibility
from tunebook.checks.failures.regions import (
    ENOUGH,
    FEWEST_FAILURES,
    FailingChoice,
    FailingCombination,
    FailingPlace,
    FailingRegion,
)
from tunebook.checks.failures.unreported import unreported_objective
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
UNSTABLE = (Cause.DIVERGED, Cause.CHANCE, Cause.BAD_VALUE)
SHORT_OF = (Cause.OUT_OF_MEMORY, Cause.TIMED_OUT)


def study_finding(own: TrialTable, study: StudyFeasibility) -> Finding:
    """What one study's failures say.

    Args:
        own: its counted trials.
        study: what the check read of them.
    """
    place, complete = study.place, study.trials - study.infeasible
    if not study.infeasible:
        all_ = f"All {study.trials} trials were" if study.trials > 1 else "The one trial was"
        return Finding(
            check="C3",
            severity=Severity.PASS,
            subject=study.study or "the round",
            numbers={"infeasible": 0, "share": study.share},
            sentence=f"{all_} feasible.",
        )
    if complete < FEWEST_FAILURES <= study.infeasible:
        return _nearly_all(own, study, complete)
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
    were = "was" if study.infeasible == 1 else "were"
    fate = "failed" if study.unexplained else f"{were} infeasible"
    causes = ", ".join(f"{cause}: {count}" for cause, count in study.causes)
    # The end of the sentence says it where no cause is stated.
    causes = "" if study.unexplained == study.infeasible else f" ({causes})"
    return f"{study.infeasible} of {study.trials} trials {fate}{causes}"


def _unexplained(study: StudyFeasibility) -> str:
    """What a person must find out where failures have no stated cause."""
    if not study.unexplained:
        return ""
    of = "" if study.unexplained == study.infeasible else f" of {study.unexplained} of them"
    there = " there" if study.place is not None else ""
    return (
        f" The file does not say the cause{of}: if training crashed or diverged{there}, set "
        "their status in the file to crashed or diverged."
    )


def _mostly(study: StudyFeasibility, causes: Sequence[Cause]) -> bool:
    """Whether half of the failures or more have one of these causes."""
    return 2 * sum(n for cause, n in study.causes if cause in causes) >= study.infeasible


def _near_best(study: StudyFeasibility, place: FailingPlace) -> str:
    """What it means that the best trials are next to those that fail; it depends on the causes."""
    all_fail = place.share_inside.estimate >= 1
    where = "next to this region" if all_fail else "at the edge of this region or inside"
    there = f"The best trials are {where}"
    if _mostly(study, SHORT_OF):
        return f"{there}: with more memory or time, better ones may train."
    if _mostly(study, UNSTABLE):
        unstable = "instability may limit this workload. Try a warm-up or gradient clipping."
        return f"{there}, so {unstable}"
    return f"{there}. If training diverges in it, try a warm-up or gradient clipping."


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


def _placed(study: StudyFeasibility, place: FailingPlace) -> str:
    """`8 of 40 trials failed, 7 of them at lr above 0.3 (70 % fail there), 1 elsewhere (3 %)`."""
    inside, outside = percent(place.share_inside.estimate), percent(place.share_outside.estimate)
    where, elsewhere = _where(place), study.infeasible - place.failures
    if not elsewhere:
        return f"{_counted(study)}, all {where} ({inside} fail there, {outside} elsewhere)"
    return (
        f"{_counted(study)}, {place.failures} of them {where} ({inside} fail there), "
        f"{elsewhere} elsewhere ({outside})"
    )


def _finding(
    own: TrialTable,
    study: StudyFeasibility,
    sentence: str,
    severity: Severity = Severity.NOTE,
    *,
    numbers: Mapping[str, Number] | None = None,
    remedy: Remedy | None = None,
    settled: bool = True,
) -> Finding:
    """A finding on a study's failures, with what all of them have."""
    shares: dict[str, Number] = {
        f"share {cause}": proportion(count, study.trials) for cause, count in study.causes
    }
    place = study.place
    inside: dict[str, Number] = {} if place is None else {
        "p_value": place.p_value,
        "failures_inside": place.failures,
        "share_inside": place.share_inside,
        "share_outside": place.share_outside,
    }  # fmt: skip
    return Finding(
        check="C3",
        severity=severity,
        subject=study.study or "the round" if place is None else place.subject,
        numbers={
            study.fate: study.infeasible,
            "share": study.share,
            **(shares if len(shares) > 1 else {}),
            **(numbers or {}),
            **inside,
        },
        sentence=sentence,
        remedy=remedy,
        trials=tuple(t for t, f in zip(own.name, own.infeasible, strict=True) if f),
        settled=settled,
    )


def _remedy(
    own: TrialTable,
    study: StudyFeasibility,
    kind: RemedyKind,
    because: str,
    subject: str = "",
    values: Mapping[str, Value] | None = None,
) -> Remedy:
    conditions = own.branches[study.study].conditions
    return Remedy(
        kind=kind, subject=subject, conditions=conditions, values=values or {}, because=because
    )


def _nearly_all(own: TrialTable, study: StudyFeasibility, complete: int) -> Finding:
    unreported = unreported_objective(own)
    if unreported is not None and unreported.reported:  # its name is wrong, not the training code
        remedy = Remedy(
            kind=RemedyKind.CORRECT,
            values={"objective": unreported.corrected},
            because="no trial reports it under its name of now",
        )
        return _finding(own, study, unreported.sentence, Severity.PROBLEM, remedy=remedy)
    because = "hardly any trial was feasible" if complete else "no trial was feasible"
    return _finding(
        own,
        study,
        f"{_counted(study)}, {f'all but {complete}' if complete else 'all of them'}: look at the "
        f"training code first, then for a range that is far off.{_unexplained(study)}",
        Severity.WARNING if complete else Severity.PROBLEM,
        remedy=_remedy(own, study, RemedyKind.INSPECT, because),
    )


def _nowhere(own: TrialTable, study: StudyFeasibility) -> Finding:
    reading = study.reading
    numbers = {"power": round(reading.seen, 3)}
    if reading.seen < ENOUGH:
        takes = (
            f"at least {FEWEST_FAILURES} failures"
            if study.infeasible < FEWEST_FAILURES
            else f"about {reading.needed} trials in all"
            if reading.needed
            else "a hyperparameter that varies, or more failures"
        )
        sentence = (
            f"{_counted(study)}. Not enough evidence on where they fail: to show it needs {takes}."
            f"{_unexplained(study)}"
        )
        return _finding(own, study, sentence, numbers=numbers, settled=False)
    # Trials at chance end badly on all sides of a good region, which is no bug.
    at_chance = dict(study.causes).get(Cause.CHANCE, 0)
    alike = study.share.estimate > NOTABLE and 2 * at_chance < study.infeasible
    bug = "a bug or a fault of the machine" if study.unexplained else "a bug"
    looks = f": that looks like {bug} rather than bad hyperparameters" if alike else ""
    sentence = (
        f"{_counted(study)}, and not in any one place of the space (one that holds nine of ten "
        f"failures in half of an axis would have been seen with {percent(reading.seen)} chance)"
        f"{looks}.{_unexplained(study)}"
    )
    if not alike:
        return _finding(own, study, sentence, numbers=numbers)
    because = "failing depends on no hyperparameter that was varied"
    remedy = _remedy(own, study, RemedyKind.INSPECT, because)
    return _finding(own, study, sentence, Severity.WARNING, numbers=numbers, remedy=remedy)


def _under_a_choice(own: TrialTable, study: StudyFeasibility, choice: FailingChoice) -> Finding:
    because = f"trials fail {_where(choice)}: leave that value out, or mend it"
    return _finding(
        own,
        study,
        f"{_placed(study, choice)}. Leave that value out, or look at why it fails."
        f"{_unexplained(study)}",
        numbers={"value": str(choice.value)},
        remedy=_remedy(own, study, RemedyKind.INSPECT, because, choice.hyperparameter),
    )


def _in_a_region(own: TrialTable, study: StudyFeasibility, region: FailingRegion) -> Finding:
    axis, bound = own.branches[study.study].axes[region.hyperparameter], region.bound
    assert not isinstance(axis, Choice)
    low, high = (axis.low, bound) if region.side == "high" else (bound, axis.high)
    remedy = None
    if region.touches_best and not _mostly(study, SHORT_OF):
        because = "the best trials are next to those that fail"
        values: dict[str, Value] = {"hyperparameters": "warmup_steps, gradient_clipping"}
        remedy = _remedy(own, study, RemedyKind.ADD, because, values=values)
    elif not region.touches_best and low < high and region.under is None:
        # Under other values the range is sound.
        because = f"trials fail {_where(region)}, far from the best ones"
        values = {"low": low, "high": high, "scale": axis.scale.value}
        remedy = _remedy(own, study, RemedyKind.SHRINK, because, region.hyperparameter, values)
    numbers: dict[str, Number] = {"side": region.side, "threshold": region.threshold}
    if region.under:
        numbers["under"] = f"{region.under[0]}={spell(region.under[1])}"
    far = (
        f". {_near_best(study, region)}" if region.touches_best else ", far from the best trials."
    )
    sentence = f"{_placed(study, region)}{far}{_unexplained(study)}"
    return _finding(own, study, sentence, numbers=numbers, remedy=remedy)


def _in_a_combination(
    own: TrialTable, study: StudyFeasibility, place: FailingCombination
) -> Finding:
    found, name = place.combination, place.combination.first.hyperparameter
    bound = round_to(found.threshold)
    low, high = (place.low, bound) if found.side == "high" else (bound, place.high)
    values: dict[str, Value] = {"combination": found.expression, "in_place_of": name}
    if low < high:
        values |= {"low": round_to(low), "high": round_to(high), "scale": found.scale}
    because = f"trials fail {_where(place)}, not by one hyperparameter alone"
    return _finding(
        own,
        study,
        f"{_placed(study, place)}. This predicts the fate of {percent(place.right.estimate)} of "
        f"the trials, one hyperparameter alone that of {percent(place.right_alone.estimate)}: "
        f"search {found.expression} in place of {name}."
        f"{f' {_near_best(study, place)}' if place.touches_best else ''}{_unexplained(study)}",
        numbers={
            "side": found.side,
            "threshold": found.threshold,
            f"{'exponent' if found.scale == 'log' else 'weight'}_of_{found.second.term}": (
                found.exponent
            ),
            "right": place.right,
            "right_alone": place.right_alone,
        },
        remedy=_remedy(own, study, RemedyKind.REPARAMETRISE, because, name, values),
    )
