"""How many steps trials trained, as their curves show it beside max_train_steps (B9 C6 C7 I1).

`max_train_steps` is what a round asks for; training code may count other steps (batches where the
round has epochs), have a length of its own, or stop by itself. Shares of training are shares of
what the curves show. Counted, not estimated: there is no chance in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.finding import Finding, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import round_steps
from tunebook.domain.table import TrialTable

if TYPE_CHECKING:
    from jaxtyping import Bool, Int

NEARLY = 0.8
"""Of max_train_steps: a curve that ends later belongs to a trial that was trained to the end."""
BEYOND = 1.05
"""Of max_train_steps: a curve that goes further counts other steps, or has another length."""
ALIKE = 0.05
"""Relative difference within which lengths are one length."""
MOST = 0.5
LONGER_BY = 1.5
"""[P]: the least that moves a best step at the end out of the last quarter is a third more."""


def half_again(length: float) -> float:
    """The training length to try where longer is better; as people write it, from ten up.

    Example:
        >>> half_again(100), half_again(3)
        (150, 4.5)
    """
    longer = LONGER_BY * length
    return round_steps(longer) if longer > 10 else longer


class Ends(StrEnum):
    """Where most curves end."""

    AS_ASKED = "as asked"
    BEYOND = "beyond"
    SHORT = "short"  # all at about the same step before max_train_steps
    UNLIKE = "unlike"  # at steps of their own before max_train_steps
    NOT_ASKED = "not asked"  # max_train_steps is not known


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedLengths:
    """How long trials trained.

    Attributes:
        steps: of each trial, in the unit that its curve counts.
        last: the last step that each trial reported.
        ends: where most curves end, of those with two evaluations or more.
        asked: max_train_steps, or None.
    """

    steps: Int[np.ndarray, "rows"]
    last: Int[np.ndarray, "rows"]
    ends: Ends
    asked: int | None

    @property
    def as_planned(self) -> bool:
        """Whether trials train as many steps as the round asks for, and count the same steps."""
        return self.ends is Ends.AS_ASKED


def trained_lengths(table: TrialTable, rows: Int[np.ndarray, "rows"]) -> TrainedLengths:
    """The steps that these trials trained: as asked, unless their own curves end elsewhere.

    Args:
        table: the trials of one round, with curves of the objective.
        rows: those of trials with a curve.
    """
    curves = table.curves[table.objective.metric]
    ends = curves.offsets[rows + 1] - 1
    last = curves.steps[ends]
    own = last + 1
    asked = table.max_train_steps
    if asked is None:
        return TrainedLengths(steps=own, last=last, ends=Ends.NOT_ASKED, asked=None)
    several = curves.offsets[rows] < ends
    gap = np.where(several, last - curves.steps[np.maximum(ends - 1, 0)], 0)
    beyond = last > max(BEYOND * asked, asked + 1)
    # Where the next evaluation would come after the end, the trial was trained to the end.
    reached = ~beyond & ((own > NEARLY * asked) | (own + gap > asked))
    return TrainedLengths(
        steps=np.where(reached, asked, own),
        last=last,
        ends=_ends(own[several], beyond[several], reached[several]),
        asked=asked,
    )


def _ends(
    own: Int[np.ndarray, "rows"],
    beyond: Bool[np.ndarray, "rows"],
    reached: Bool[np.ndarray, "rows"],
) -> Ends:
    if not len(own) or reached.mean() >= MOST:
        return Ends.AS_ASKED
    if beyond.mean() > MOST:
        return Ends.BEYOND
    low, high = np.quantile(own, [0.1, 0.9])
    return Ends.SHORT if high - low <= ALIKE * high else Ends.UNLIKE


def trained_text(table: TrialTable) -> str:
    """How long trials trained, as their curves show it: `1000 steps`, `20 of 1000 steps`.

    Empty where trials have no curves, so that nothing shows it.
    """
    asked = table.max_train_steps
    curves = table.curves.get(table.objective.metric)
    if curves is None:
        return ""
    rows = np.flatnonzero(table.complete & (curves.sizes > 1))
    if not len(rows):
        return ""
    trained = trained_lengths(table, rows)
    low, high = int(trained.steps.min()), int(trained.steps.max())
    if trained.as_planned:
        return _steps(int(asked or high))
    range_ = f"{low} to {high}" if low < high else f"{high}"
    if asked is None:
        return f"{range_} steps" if low < high else _steps(high)
    of = "where max_train_steps is" if trained.ends is Ends.BEYOND else "of"
    return f"{range_} {of} {asked}{' steps' if of == 'of' else ''}"


def length_caveat(table: TrialTable) -> str:
    """What the length leaves open, a sentence; empty where no length is known."""
    seen = trained_text(table)
    if not seen and table.max_train_steps is None:
        return ""
    how = f"Trials trained {seen}" if seen else f"max_train_steps was {table.max_train_steps}"
    return f"{how}: longer training may change the result."


def _steps(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'}"


def length_finding(table: TrialTable) -> Finding | None:
    """B9 where trials do not train the steps that the round asks for; else None."""
    curves = table.curves.get(table.objective.metric)
    if curves is None or table.max_train_steps is None:
        return None
    rows = np.flatnonzero(table.complete & (curves.sizes > 0))
    if not len(rows):
        return None
    trained = trained_lengths(table, rows)
    if trained.ends in (Ends.AS_ASKED, Ends.NOT_ASKED):
        return None
    asked, last = table.max_train_steps, round(float(np.median(trained.last)))
    low, high = int(trained.last.min()), int(trained.last.max())
    range_ = f"{low} to {high}" if low < high else f"{last}"
    evidence = {
        Ends.BEYOND: f"Trials report up to step {last}, but max_train_steps is {asked}.",
        Ends.SHORT: f"Trials end at step {last}, but max_train_steps is {asked}.",
        Ends.UNLIKE: f"Trials stop by themselves, at steps {range_} of {asked}.",
    }[trained.ends]
    action = {
        Ends.BEYOND: "Count the same unit in both: report trial.max_train_steps steps, or set "
        "max_train_steps in the unit that is reported.",
        Ends.SHORT: "Train trial.max_train_steps steps, or set max_train_steps to what training "
        "does. Until then, advice on the length has no effect.",
        Ends.UNLIKE: "Their lengths are then part of the result. Switch early stopping off to "
        "compare trials at one length.",
    }[trained.ends]
    return Finding(
        check="B9",
        severity=Severity.WARNING if trained.ends is Ends.BEYOND else Severity.NOTE,
        subject="max_train_steps",
        numbers={
            "max_train_steps": asked,
            "last_step": last,
            "earliest_last_step": low,
            "latest_last_step": high,
            "trials": len(rows),
        },
        sentence=f"{evidence} {action}",
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            because=f"trials end at step {range_} where max_train_steps is {asked}",
        ),
    )
