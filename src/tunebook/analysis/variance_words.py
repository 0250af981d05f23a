"""What late noise hides, in a sentence, and what can be done about it (C5)."""

from __future__ import annotations

import math
from typing import Protocol

from tunebook.analysis.number_words import spelled
from tunebook.words.design import Reduce
from tunebook.words.finding import Finding, Interval, Number, Remedy, RemedyKind, Severity

SEEDS_RULE = 2.0
"""Seeds' variance over a reading's, above which smoother curves would help little."""
SCHEDULES = ("schedule", "decay_steps", "lr_decay", "linear_decay", "exponential_decay", "cosine",
             "anneal", "lr_peak")  # fmt: skip


class Noise(Protocol):
    """The numbers that are put into words; see `variance.VarianceResult`."""

    @property
    def noise(self) -> Interval: ...
    @property
    def correlation(self) -> float: ...
    @property
    def evaluations(self) -> int: ...
    @property
    def reading(self) -> float: ...
    @property
    def flatters(self) -> float: ...
    @property
    def resolution(self) -> Interval: ...
    @property
    def good_range(self) -> float: ...
    @property
    def value_range(self) -> float: ...
    @property
    def seeds(self) -> Interval | None: ...
    @property
    def within(self) -> tuple[str, ...]: ...
    @property
    def good_trials(self) -> int: ...
    @property
    def unsteady(self) -> tuple[str, ...]: ...


def finding(
    *, metric: str, reduce: Reduce, over: int, result: Noise, varied: frozenset[str]
) -> Finding:
    """The finding of C5.

    Args:
        metric: of the objective; `reduce` and `over` say how a curve is read.
        result: the numbers.
        varied: names of the hyperparameters that the round varies, in small letters.
    """
    good = 0 < result.good_range <= result.resolution.low
    values = result.value_range <= result.resolution.low  # false where not a number
    hidden = result.resolution.low > 0 and (good or values)
    seeds = result.seeds
    by_seeds = seeds is not None and seeds.estimate**2 > SEEDS_RULE * result.reading**2
    severity = Severity.PASS
    if hidden:
        severity = Severity.NOTE if by_seeds else Severity.WARNING
    compared = _compared(result, good=good, values=values, hidden=hidden)
    end = ""
    if hidden and by_seeds and seeds is not None:
        end = (
            f" Seeds of one configuration spread more, {spelled(seeds)}: more seeds help, "
            "smoother curves little."
        )
    elif seeds is not None and not hidden:
        end = f" Seeds of one configuration spread by {spelled(seeds)}."
    elif hidden:
        end = f" Try {_listed(_ways(varied))}."
    remedy = Remedy(
        kind=RemedyKind.ADD,
        values=_ways(varied),
        because=f"evaluations late in training scatter by {result.noise.estimate:.2g} in {metric}",
    )
    return Finding(
        check="C5",
        severity=severity,
        subject=metric,
        numbers=_numbers(result),
        sentence=_read(metric, reduce, over, result) + compared + end,
        remedy=remedy if severity is Severity.WARNING else None,
        trials=result.within[:20] if hidden else (),
    )


def _read(metric: str, reduce: Reduce, over: int, result: Noise) -> str:
    noise = f"Late in training, evaluations scatter by {spelled(result.noise)} in {metric}"
    resolved = f"trials closer than {result.resolution.estimate:.2g} can't be told apart"
    if result.noise.high == 0:
        return f"Late in training, evaluations of {metric} don't scatter"
    if reduce is Reduce.LAST:
        return f"{noise}: read at the last one, {resolved}"
    if reduce is Reduce.BEST:
        many = f"the best of about {result.evaluations} level ones"
        if result.flatters < 0.2 * result.noise.estimate:
            return f"{noise}: {resolved}"
        return (
            f"{noise}: {many} flatters a trial by {result.flatters:.2g} (more, the more often it "
            f"is evaluated), and {resolved}"
        )
    return f"{noise}: read as the mean of the last {over}, {resolved}"


def _compared(result: Noise, *, good: bool, values: bool, hidden: bool) -> str:
    if result.noise.high == 0:
        return "."
    parts = []
    if good or not hidden:
        parts.append(f"the best trials span {result.good_range:.2g}")
    if math.isfinite(result.value_range) and (values or not hidden):
        parts.append(f"the bests of the scientific values {result.value_range:.2g}")
    said = " and ".join(parts)
    close = len(result.within)
    if hidden:
        luck = "which of the best trials is best is luck" if good else "so close a call is luck"
        return f"; {said}, so {luck}." if good else f"; {said} are nearer than that: {luck}."
    lie = "trial lies" if close == 1 else "trials lie"
    return f"; {close} {lie} within that of the best, the best included, and {said}."


def _ways(varied: frozenset[str]) -> dict[str, str]:
    """Remedies that the round does not vary already [P]."""
    ways = {"schedule": "decay", "averaging": "Polyak", "batch_size": "larger",
            "validation_set": "larger"}  # fmt: skip
    if any("batch" in n for n in varied):
        ways.pop("batch_size")
    if any(word in n for n in varied for word in SCHEDULES):
        ways.pop("schedule")
    if any("ema" in n.split("_") or "polyak" in n or "averag" in n for n in varied):
        ways.pop("averaging")
    return ways


_SAID = {
    "schedule": "a learning rate that decays",
    "averaging": "Polyak averaging of the weights",
    "batch_size": "a larger batch",
    "validation_set": "more validation data",
}


def _listed(ways: dict[str, str]) -> str:
    said = [_SAID[w] for w in ways]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"


def _numbers(result: Noise) -> dict[str, Number]:
    numbers: dict[str, Number] = {
        "late_noise": result.noise,
        "correlation": result.correlation,
        "level_evaluations": result.evaluations,
        "flatters_by": result.flatters,
        "resolution": result.resolution,
        "range_of_the_best": result.good_range,
        "within_resolution_of_the_best": len(result.within),
        "good_trials": result.good_trials,
    }
    if math.isfinite(result.value_range):
        numbers["range_of_the_values"] = result.value_range
    if result.seeds is not None:
        numbers["between_seeds"] = result.seeds
    if result.unsteady:
        numbers["unsteady"] = len(result.unsteady)
    return numbers
