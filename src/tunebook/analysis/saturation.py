"""Whether the good trials were done long before the end, in words (C7 E3)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.analysis.curve_ends import SATURATED_BEFORE
from tunebook.analysis.curve_reading import EARLY, CurveReading
from tunebook.analysis.majority import most_by_a_margin
from tunebook.analysis.number_words import percent, rounded
from tunebook.words.finding import Finding, Number, Remedy, RemedyKind, Severity

MOST = 0.8
"""Share of the good trials that "nearly all" asks for."""
SPARE = 1.2
"""Steps kept beyond the one at which the good trials were done. A judgement."""


def done_early(
    readings: Sequence[CurveReading], length: int, caveat: str, *, lengths_vary: bool
) -> tuple[Finding, bool]:
    """C7, and whether it asks for shorter training.

    Args:
        readings: of the good trials, read closely.
        length: steps of their training, the median where they differ.
        caveat: what the schedule leaves open.
        lengths_vary: each trial has its own, so that shares are named and not steps.
    """
    saturated = [r for r in readings if r.saturated_at is not None]
    early = [r for r in readings if r.best_fraction <= EARLY]
    n = len(readings)
    far_too_long = _nearly_all(len(early), n)
    numbers: dict[str, Number] = {"saturated": len(saturated), "good_trials": n}
    if not far_too_long and not _nearly_all(len(saturated), n):
        sentence = (
            f"{len(saturated)} of the {n} best trials were done before "
            f"{percent(SATURATED_BEFORE)} of training"
        )
        if len(saturated) >= MOST * n:
            sentence = (
                f"Not enough evidence that less would do: {sentence}; it takes all of so few."
            )
            return _finding(Severity.NOTE, numbers, sentence), False
        return _finding(Severity.PASS, numbers, f"{sentence}: its length is put to use."), False
    shown = early if far_too_long else saturated
    severity = Severity.WARNING if far_too_long else Severity.NOTE
    names = tuple(r.trial for r in shown)
    if lengths_vary:
        share = EARLY if far_too_long else SATURATED_BEFORE
        sentence = (
            f"{len(shown)} of the {n} best trials were done before {percent(share)} of their own "
            f"training: shorter ones would do.{caveat}"
        )
        return _finding(severity, numbers, sentence, None, names), True
    at = max(r.best_step if far_too_long else r.saturated_at or 0 for r in shown)
    shorter = min(length, max(1, rounded(SPARE * (at + 1), up=True)))
    numbers["steps_saved"] = length - shorter
    because = f"{len(shown)} of the {n} best trials were done by step {at}"
    said = (
        f"far too long: {len(shown)} of the {n} best trials have their best checkpoint by step "
        f"{at} of {length}, and get worse after it or no better"
        if far_too_long
        else f"{because} of {length}"
    )
    sentence = f"{said}: {length - shorter} steps could be saved.{caveat}"
    remedy = Remedy(
        kind=RemedyKind.TRAIN_SHORTER, values={"max_train_steps": shorter}, because=because
    )
    return _finding(severity, numbers, sentence[0].upper() + sentence[1:], remedy, names), True


def _nearly_all(some: int, of: int) -> bool:
    """Whether so many are MOST of the good trials, and surely more than half of all like them."""
    return some >= MOST * of and most_by_a_margin(some, of)


def _finding(
    severity: Severity,
    numbers: dict[str, Number],
    sentence: str,
    remedy: Remedy | None = None,
    trials: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        check="C7", severity=severity, subject="max_train_steps", numbers=numbers,
        sentence=sentence, remedy=remedy, trials=trials,
    )  # fmt: skip
