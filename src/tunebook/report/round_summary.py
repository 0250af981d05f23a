"""What is asked first: the best configuration, good values, why trials failed (C3 C10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunebook.checks import Result
from tunebook.checks.importance.check import SensitivityResult
from tunebook.checks.importance.good_ranges import GoodRange, good_ranges
from tunebook.checks.importance.result import Verdict
from tunebook.domain.design import Objective
from tunebook.domain.error_kind import CodingErrors, coding_errors, error_kind
from tunebook.domain.finding import NotApplicable
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import (
    config_text,
    listed,
    number,
    plural,
    round_to,
    value_text,
)
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status, Value
from tunebook.report.in_a_line import Best, best_trial

MOST_CAUSES = 3
MOST_RANGES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTrials:
    """One way in which trials did not complete.

    Attributes:
        cause: `crashed`, or the status where no cause is known.
        detail: the error in the words of the first such trial.
        trials: how many ended so; first: the name of the first.
    """

    cause: str
    detail: str
    trials: int
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSummary:
    """The outcome of a round's search.

    Attributes:
        objective: the metric that decides.
        best: the best complete trial with its configuration; None where none is complete.
        ranges: good values of each hyperparameter that matters.
        silent: why no range is given, where C10 shows no hyperparameter to matter.
        lost: ways in which trials did not complete, the commonest first.
        all_lost: every trial has ended, and none is complete.
        no_chance: every trial that ended is stuck at this level of chance; else None.
        repeated: what reruns of the best configuration with new seeds say of it; "" where it has
            none.
        errors: trials that ended by an error in the code; None where none did.
    """

    objective: Objective
    best: Best | None
    ranges: tuple[GoodRange, ...]
    silent: str
    lost: tuple[LostTrials, ...]
    all_lost: bool = False
    no_chance: float | None = None
    repeated: str = ""
    errors: CodingErrors | None = None


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
        ranges=good_ranges(table, matters) if matters else (),
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


def summary_lines(summary: RoundSummary) -> list[tuple[str, tuple[str, ...]]]:
    """Headings with the lines under each, for a terminal or a notebook."""
    lines: list[tuple[str, tuple[str, ...]]] = []
    if summary.best is not None:
        best = summary.best
        head = f"Best {summary.objective.metric}: {number(best.value)}, trial {best.trial}"
        repeated = (summary.repeated,) if summary.repeated else ()
        lines.append((head, (config_text(best.config) or "no hyperparameter", *repeated)))
        if ranges := range_lines(summary):
            doubt = (
                (f"{summary.errors.sentence} Mend it and train them again first: these values may "
                 "be its effect.",)
                if summary.errors else ()
            )  # fmt: skip
            lines.append(("Good values", (*ranges, *doubt)))
    if summary.all_lost:
        lines.append(("No trial completed.", ()))
    if summary.lost:
        lines.append(("Why trials did not complete", cause_lines(summary)))
    return lines


def range_lines(summary: RoundSummary) -> tuple[str, ...]:
    """Good values, one hyperparameter a line."""
    if not summary.ranges:
        return (summary.silent,) if summary.silent else ()
    shown = summary.ranges[:MOST_RANGES]
    more = len(summary.ranges) - len(shown)
    lines = [f"{one.subject}: {range_text(one)}" for one in shown]
    return (*lines, f"and {plural(more, 'hyperparameter')} more") if more else tuple(lines)


def range_text(found: GoodRange) -> str:
    """`2.1e-3 to 0.05 in the 8 best trials; best value 2e-3 to 0.06 (95 % CI)`, or why none."""
    if found.reason:
        return f"not enough evidence: {found.reason}"
    among = f"in the {found.chosen} best trials"
    if found.values:
        rest = f"; not ruled out: {_listed(found.possible)}" if found.possible else ""
        return f"{_listed(found.values)} {among}{rest}"
    seen = " to ".join(dict.fromkeys(_end_text(end) for end in (found.low, found.high)))
    reach = " to ".join(
        f"{_end_text(end)}{' (the bound)' * is_open}"
        for end, is_open in zip(found.reach, (found.open_low, found.open_high), strict=True)
    )
    return f"{seen} {among}; best value {reach} (95 % CI)"


def _listed(values: Sequence[Value]) -> str:
    return listed([value_text(v) for v in values], 12)


def _end_text(end: Value | None) -> str:
    """Two digits of an end: more would claim a precision that it does not have."""
    near_one = isinstance(end, float) and 0.9 < end < 1
    return value_text(round_to(end) if isinstance(end, float) and not near_one else end)


def cause_lines(summary: RoundSummary) -> tuple[str, ...]:
    """Why trials did not complete, and what to do where none beat chance."""
    lines = []
    for lost in summary.lost[:MOST_CAUSES]:
        said = f": {lost.detail}" if lost.detail else ""
        lines.append(f"{lost.trials} {lost.cause}, first {lost.first}{said}")
    more = len(summary.lost) - MOST_CAUSES
    if more > 0:
        lines.append(f"and {plural(more, 'other error')}; tunebook trials lists them all")
    if summary.no_chance is not None:
        objective = summary.objective
        lines.append(
            f"Next: no trial beat chance. If the book's chance ({spell(summary.no_chance)}) or "
            f"its direction ({objective.direction} {objective.metric}) is wrong, begin another "
            "book with the right one."
        )
    return tuple(lines)
