"""What late noise hides, in a sentence, and what can be done about it (C5)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Set

from tunebook.checks.late_noise.result import VarianceResult
from tunebook.domain.design import Reduce
from tunebook.domain.finding import Finding, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import digits, estimate_text, percent
from tunebook.statistics.curves.decay import names_schedule

SEEDS_RULE = 2.0
"""Seeds' variance over a reading's, above which smoother curves would help little."""


def finding(result: VarianceResult, known: Set[str]) -> Finding:
    """The finding of C5.

    Args:
        result: the numbers.
        known: names of the hyperparameters that the trials have, in lower case.
    """
    metric, resolution = result.objective.metric, result.resolution
    least = min(resolution.low, result.resolution_at_the_end)
    good = 0 < result.good_range <= least
    values = result.value_range <= least  # false where not a number
    hidden = least > 0 and (good or values)
    seeds = result.seeds
    by_seeds = seeds is not None and seeds.estimate**2 > SEEDS_RULE * result.reading**2
    unclear = not hidden and resolution.high > 0 and 0 < result.good_range <= resolution.estimate
    severity = Severity.NOTE if unclear else Severity.PASS
    if hidden:
        severity = Severity.NOTE if by_seeds else Severity.WARNING
    parts = [
        _conclusion(hidden=hidden, unclear=unclear, values=values and not good),
        *_evidence(result, values=values and not good),
    ]
    if seeds is not None and (by_seeds or not hidden):
        parts.append(f"Seeds of one configuration vary by {estimate_text(seeds)}.")
    if hidden and by_seeds:
        parts.append("More seeds help; smoother curves help little.")
    remedy = Remedy(
        kind=RemedyKind.ADD,
        values=_ways(known, settles=result.settles),
        because=f"evaluations late in training vary by "
        f"{digits(result.noise.estimate)} in {metric}",
    )
    return Finding(
        check="C5",
        severity=severity,
        subject=metric,
        numbers=_numbers(result),
        sentence=" ".join(parts),
        remedy=remedy if severity is Severity.WARNING else None,
        trials=result.within[:20] if hidden else (),
        settled=not unclear,
    )


def _conclusion(*, hidden: bool, unclear: bool, values: bool) -> str:
    if hidden:
        of = "scientific values" if values else "best trials"
        return f"The order of the {of} is luck: late noise is as large as their differences."
    if unclear:
        return "It is not clear whether late noise hides the differences between the best trials."
    return "Late noise does not hide the differences between the best trials."


def _evidence(result: VarianceResult, *, values: bool) -> Iterator[str]:
    """The noise, then what it resolves against what is compared."""
    objective, metric = result.objective, result.objective.metric
    part = f"the last {percent(result.late_share)} of training"
    if result.noise.high == 0:
        yield f"In {part}, {metric} shows no noise from one evaluation to the next."
        return
    yield f"In {part}, {metric} varies by {estimate_text(result.noise)} between evaluations."
    mean = objective.reduce is Reduce.MEAN_LAST
    read = f", in a mean of the last {objective.over}" if mean else ""
    range_ = result.value_range if values else result.good_range
    who = (
        "the best results of the scientific values"
        if values
        else best_trials(result.compared, result.compared_study)
    )
    yield (
        f"Differences below {digits(result.resolution.estimate)} may be noise{read}; {who} span "
        f"{digits(range_)}."
    )


def best_trials(count: int, study: str = "") -> str:
    """`the 3 best trials of norm=none`, as sentence and picture name those that are compared."""
    return f"the {count} best trials{f' of {study}' if study else ''}"


def _ways(varied: Set[str], *, settles: bool) -> dict[str, str]:
    """Remedies that the trials do not have already [P]; noise that settles tells of a decay."""
    ways = {"schedule": "decay", "averaging": "Polyak", "batch_size": "larger",
            "validation_set": "larger"}  # fmt: skip
    if any("batch" in n for n in varied):
        ways.pop("batch_size")
    if settles or any(map(names_schedule, varied)):
        ways.pop("schedule")
    if any("ema" in n.split("_") or "polyak" in n or "averag" in n for n in varied):
        ways.pop("averaging")
    return ways


def _numbers(result: VarianceResult) -> dict[str, Number]:
    numbers: dict[str, Number] = {
        "late_noise": result.noise,
        "correlation": result.correlation,
        "level_evaluations": result.evaluations,
        "flatters_by": result.flatters,
        "resolution": result.resolution,
        "range_of_the_best": result.good_range,
        "within_resolution_of_the_best": len(result.within),
        "good_trials": result.good_trials,
        "compared_trials": result.compared,
        "late_part": result.late_share,
    }
    if math.isfinite(result.value_range):
        numbers["range_of_the_values"] = result.value_range
    if result.seeds is not None:
        numbers["between_seeds"] = result.seeds
    if result.unsteady:
        numbers["unsteady"] = len(result.unsteady)
    return numbers
