"""Whether the good trials were done long before the end, in words (C7 E3)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.checks.training_length.longer_training import Training
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import percent, round_steps
from tunebook.statistics.curves.ends import FEWEST_POINTS, SATURATED_BEFORE
from tunebook.statistics.curves.lengths import LONGER_BY
from tunebook.statistics.curves.majority import most_by_a_margin
from tunebook.statistics.curves.trial_curves import EARLY, CurveReading
from tunebook.statistics.metric_names import contradicted

MOST = 0.8
"""Share of the good trials that "nearly all" asks for."""
SO_FEW = 7
"""Good trials below which all of them must agree (`most_by_a_margin`: 6 of 7 do, 5 of 6 don't)."""
UNKNOWN = "Not enough evidence on shorter training"
SPARE = 1.2
"""Steps kept beyond the one at which the good trials were done. A judgement."""


def done_early(
    readings: Sequence[CurveReading], training: Training, *, lengths_vary: bool, used: bool = False
) -> tuple[Finding, bool]:
    """C7, and whether it asks for shorter training.

    Where the learning rate decays over the training, curves improve until their end at any length,
    and one that is level would fall otherwise in a shorter training: neither is evidence, but that
    trials are best in their first tenth is.

    Args:
        readings: of the good trials, read closely.
        training: their length, the median where they differ, and their schedule.
        lengths_vary: each trial has its own, so that shares are named and not steps.
        used: trials of other lengths show that longer ones are better.
    """
    early = [r for r in readings if r.best_fraction <= EARLY]
    saturated = [r for r in readings if r.saturated_at is not None]
    n, far_too_long = len(readings), _nearly_all(len(early), len(readings))
    numbers: dict[str, Number] = {"saturated": len(saturated), "good_trials": n}
    if far_too_long or _nearly_all(len(saturated), n):
        shown = early if far_too_long else saturated
        return _shorter(
            shown, training, numbers, lengths_vary=lengths_vary, far_too_long=far_too_long
        )
    readable = any(len(r.steps) >= FEWEST_POINTS for r in readings)
    severity, sentence = _not_shorter(len(saturated), n, training, readable=readable, used=used)
    return _finding(severity, numbers, sentence), False


def _shorter(
    shown: Sequence[CurveReading],
    training: Training,
    numbers: dict[str, Number],
    *,
    lengths_vary: bool,
    far_too_long: bool,
) -> tuple[Finding, bool]:
    """C7 where nearly all good trials were done early: these trials."""
    severity = Severity.WARNING if far_too_long else Severity.NOTE
    decays = training.decay.decays is True and not far_too_long
    length, names = training.length, tuple(r.trial for r in shown)
    best = f"{len(shown)} of the {numbers['good_trials']} best trials"
    begin = f"{UNKNOWN if decays else 'Shorter training would do'}: {best} stopped improving"
    condition = f", {training.condition}" if training.condition else ""
    if lengths_vary:
        share = percent(EARLY if far_too_long else SATURATED_BEFORE)
        sentence = f"{begin} before {share} of their own length{condition}."
        return _finding(severity, numbers, sentence, trials=names, settled=not decays), not decays
    at = max(r.best_step if far_too_long else r.saturated_at or 0 for r in shown)
    shorter = min(length, max(1, round_steps(SPARE * (at + 1), up=True)))
    if decays:
        sentence = (
            f"{begin} by step {at} of {length}, while {training.decay.subject} lowered the "
            f"learning rate. {training.another(shorter)}"
        )
        return _finding(severity, numbers, sentence, trials=names, settled=False), False
    if far_too_long:
        begin = f"Training is far too long: {best} have their best checkpoint"
    sentence = (
        f"{begin} by step {at} of {length}. Training {shorter} steps would be enough{condition}."
    )
    if far_too_long and all(r.best_step == r.steps[0] for r in shown):
        better = "higher" if training.objective.sign > 0 else "lower"
        sentence += f" If {better} values are better, correct the direction of the objective."
    numbers["steps_saved"] = length - shorter
    because = f"{best} stopped improving by step {at}"
    remedy = training.remedy(RemedyKind.TRAIN_SHORTER, shorter, because)
    return _finding(severity, numbers, sentence, remedy, names), True


def _not_shorter(
    saturated: int, of: int, training: Training, *, readable: bool, used: bool
) -> tuple[Severity, str]:
    """What is said where not nearly all were done early; a pass where most were not."""
    share = percent(SATURATED_BEFORE)
    if not readable:
        return Severity.NOTE, (
            f"{UNKNOWN}: when a trial stops improving shows from {FEWEST_POINTS} evaluations on."
        )
    if used and 2 * saturated < of:
        return Severity.PASS, "The training length is used: longer trials are better."
    if training.decay.decays:
        return Severity.NOTE, (
            f"{UNKNOWN}: under {training.decay.subject}, curves improve until their end at any "
            f"length. {training.another(round_steps(training.length / LONGER_BY))}"
        )
    if 2 * saturated < of:
        who = f"only {saturated}" if saturated else "none"
        return Severity.PASS, (
            f"The training length is used: {who} of the {of} best trials stopped improving before "
            f"{share} of training.{training.holds}"
        )
    return Severity.NOTE, (
        f"It is not clear whether shorter training would do: {saturated} of the {of} best trials "
        f"stopped improving before {share} of training. Shorter training is advised only if "
        + ("all of so few" if of < SO_FEW else f"{percent(MOST)} of them")
        + " do. Keep the length."
    )


def wrong_way(readings: Sequence[CurveReading], objective: Objective) -> Finding | None:
    """A doubt of the direction: its name contradicts it, and the good trials get worse from the
    first tenth of training on. None where that is not so."""
    early = [r for r in readings if r.best_fraction <= EARLY]
    if not contradicted(objective) or not _nearly_all(len(early), len(readings)):
        return None
    better = "higher" if objective.sign > 0 else "lower"
    done = "minimized" if objective.sign > 0 else "maximized"
    because = f"{objective.metric} is {done}, but for a metric of this name {better} is better"
    return Finding(
        check="C7",
        severity=Severity.PROBLEM,
        subject=objective.metric,
        numbers={"best_in_first_tenth": len(early), "good_trials": len(readings)},
        sentence=f"Check the direction of the objective: {because}. {len(early)} of the "
        f"{len(readings)} best trials have their best value in the first tenth of training.",
        remedy=Remedy(kind=RemedyKind.INSPECT, because=because),
        trials=tuple(r.trial for r in early),
    )


def _nearly_all(some: int, of: int) -> bool:
    """Whether so many are MOST of the good trials, and surely more than half of all like them."""
    return some >= MOST * of and most_by_a_margin(some, of)


def _finding(
    severity: Severity,
    numbers: dict[str, Number],
    sentence: str,
    remedy: Remedy | None = None,
    trials: tuple[str, ...] = (),
    *,
    settled: bool | None = None,
) -> Finding:
    """A finding of C7; without trials that it names it is settled where it passes."""
    if settled is None:
        settled = bool(trials) or severity is Severity.PASS
    return Finding(
        check="C7", severity=severity, subject="max_train_steps", numbers=numbers,
        sentence=sentence, remedy=remedy, trials=trials, settled=settled,
    )  # fmt: skip
