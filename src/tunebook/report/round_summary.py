"""What is asked first: the best configuration, good values, why trials failed (C3 C10)."""

from __future__ import annotations

from collections.abc import Mapping

from tunebook.checks import Result
from tunebook.checks.importance.check import SensitivityResult
from tunebook.checks.importance.good_ranges import good_ranges
from tunebook.checks.importance.result import Verdict
from tunebook.domain.error_kind import coding_errors, error_kind
from tunebook.domain.finding import NotApplicable
from tunebook.domain.formats.numbers import (
    number,
    plural,
)
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.examination.independent_part import reading_of
from tunebook.report.in_a_line import best_trial
from tunebook.report.outcome import Best, LostTrials, RoundSummary


def summarize(
    table: TrialTable,
    results: Mapping[str, Result | NotApplicable],
    details: Mapping[str, str] | None = None,
    reruns: TrialTable | None = None,
) -> RoundSummary:
    """Summarize a table of search trials.

    Args:
        table: the trials of one round.
        results: of the checks on it; C10's say which hyperparameters matter.
        details: trial name to its error in one line.
        reruns: of the round with new seeds; None where there is none.
    """
    best = best_trial(table)
    matters, silent = _matters(results.get("C10"))
    ended = [s for s in table.status if s.ended]
    causes = [c for c, s in zip(table.cause, table.status, strict=True) if s.ended]
    stuck = len(causes) > 1 and all(c is Cause.CHANCE for c in causes)
    return RoundSummary(
        objective=table.objective,
        best=best,
        ranges=good_ranges(reading_of("C10", table).table or table, matters) if matters else (),
        silent=silent,
        lost=lost_trials(table, details or {}),
        all_lost=bool(ended) and len(ended) == len(table) and not table.complete.any(),
        no_chance=table.chance if stuck else None,
        repeated=repeated_text(best, table, reruns) if best and reruns is not None else "",
        errors=coding_errors(table.name, table.cause, details or {}),
    )


def repeated_text(best: Best, table: TrialTable, reruns: TrialTable) -> str:
    """That the best value was selected, and the mean of its reruns; "" without a rerun."""
    if reruns.objective != table.objective:
        return ""
    values = [
        float(value)
        for config, value, complete in zip(
            reruns.config, reruns.value, reruns.complete, strict=True
        )
        if complete and dict(config) == dict(best.config)
    ]
    if not values:
        return ""
    mean = number(sum(values) / len(values))
    again = (
        f"Its rerun with a new seed has {mean}."
        if len(values) == 1
        else f"Its {len(values)} reruns with new seeds have a mean of {mean}."
    )
    complete = plural(int(table.complete.sum()), "complete trial")
    tied = int((table.value == best.value).sum())
    rank = (
        f"{tied} of {complete} share this value"
        if tied > 1
        else f"It is the luckiest value of {complete}"
    )
    return f"{rank}. {again}"


def lost_trials(table: TrialTable, details: Mapping[str, str]) -> tuple[LostTrials, ...]:
    """Each way in which trials did not complete, the commonest first.

    Errors that differ in a number or an address alone are one.
    """
    first: dict[tuple[str, str], list[str]] = {}
    for name, status, cause in zip(table.name, table.status, table.cause, strict=True):
        if status in (Status.INFEASIBLE, Status.FAILED):
            kind = error_kind(details.get(name, ""))
            first.setdefault((str(cause or status), kind), []).append(name)
    found = [
        LostTrials(
            cause=cause, detail=details.get(names[0], ""), trials=len(names), first=names[0]
        )
        for (cause, _), names in first.items()
    ]
    return tuple(sorted(found, key=lambda lost: -lost.trials))


def _matters(result: Result | NotApplicable | None) -> tuple[set[tuple[str, str]], str]:
    """(study, hyperparameter) pairs that matter, or why none is known to."""
    if result is None:
        return set(), ""
    if isinstance(result, NotApplicable):
        return set(), f"not enough evidence: {result.reason}"
    assert isinstance(result, SensitivityResult)
    found = {
        (study.study, reading.hyperparameter)
        for study in result.studies
        if not study.needs
        for reading in study.hyperparameters
        if reading.verdict is Verdict.MATTERS
    }
    return found, "" if found else "not enough evidence: no hyperparameter is shown to matter"
