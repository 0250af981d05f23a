"""The outcome of a search as data and lines: best configuration, good values, causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tunebook.checks.importance.good_range import GoodRange
from tunebook.domain.design import Objective
from tunebook.domain.error_kind import CodingErrors
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import (
    config_text,
    listed,
    number,
    plural,
    round_to,
    value_text,
)
from tunebook.domain.trial import Configuration, Value

MOST_CAUSES = 3
MOST_RANGES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best trial of a search; its value is optimistic, since it was selected for it.

    Attributes:
        trial: its name, `3.17`.
        value: of the objective, in its own units.
        config: every hyperparameter of the trial, fixed ones included.
    """

    trial: str
    value: float
    config: Configuration = field(default_factory=dict)


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
