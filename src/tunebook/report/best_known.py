"""The best trial of a round beside the launched baseline: which one to use (D6 A5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.domain.decision import Decision, Launch, Side, Verdict
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import number, plural
from tunebook.report.outcome import Best


@dataclass(frozen=True, slots=True, kw_only=True)
class BestKnown:
    """The best trial of a round, and what is known of the baseline beside it.

    Attributes:
        best: of the round's search; its value is optimistic.
        metric: of the objective.
        baseline: the newest launch, or None.
        mean: of the baseline's reruns at the round's number of steps; None where unknown.
        rerun: the best trial as the newest decision of the round reran it, or None.
        decision: the newest one of the round, or None.
        wins: the baseline is at least as good as the best trial.
    """

    best: Best
    metric: str
    baseline: Launch | None
    mean: float | None
    rerun: Side | None
    decision: Decision | None
    wins: bool

    @property
    def baseline_text(self) -> str:
        """The baseline with the mean of its reruns; empty where there is no baseline."""
        if self.baseline is None:
            return ""
        mean = self.baseline.expected.estimate if self.mean is None else self.mean
        return (
            f"{self.metric} {number(mean)}, baseline (launch {self.baseline.number}), "
            "mean of its reruns"
        )

    @property
    def trial_text(self) -> str:
        """The best trial with its value."""
        return f"{self.metric} {number(self.best.value)}, trial {self.best.trial}"

    @property
    def note(self) -> str:
        """What speaks against the best trial, in sentences; empty where nothing is known."""
        parts = [*self._reruns(), *self._verdict()]
        if self.baseline is not None and dict(self.baseline.config) == dict(self.best.config):
            return f"Trial {self.best.trial} is the launched baseline."
        if self.wins and not parts:
            parts.append("It is not better than the baseline.")
        return " ".join(parts)

    def _reruns(self) -> list[str]:
        if self.rerun is None:
            return []
        against = "" if self.mean is None else f"; the baseline's is {number(self.mean)}"
        n = plural(len(self.rerun.reruns), "rerun")
        return [
            f"The mean of its {n} with new seeds is {number(self.rerun.mean.estimate)}{against}."
        ]

    def _verdict(self) -> list[str]:
        decision = self.decision
        if decision is None or (self.rerun is None and decision.verdict is not Verdict.ADOPT):
            return []
        adopted = decision.verdict is Verdict.ADOPT
        if adopted and self.rerun is not None and dict(self.rerun.config) == dict(decision.config):
            return []
        if adopted:
            other = next(
                (s for s in decision.sides if dict(s.config) == dict(decision.config)), None
            )
            trial = (
                f" trial {other.selected_by}" if other and other.selected_by else " another trial"
            )
            return [f"Decision {decision.number} adopts{trial}, not this one."]
        if decision.verdict is Verdict.KEEP and decision.baseline is not None:
            return [f"Decision {decision.number} dropped it and keeps the baseline."]
        if self.rerun is not None and self.rerun.unused:
            return [f"Decision {decision.number} dropped it."]
        return []


def best_known(
    best: Best,
    objective: Objective,
    max_train_steps: int,
    launches: Sequence[Launch],
    decisions: Sequence[Decision],
) -> BestKnown:
    """Compare the best trial of a round with the launched baseline.

    The trial counts by the mean of its reruns, where a decision has rerun it.

    Args:
        best: of the round.
        objective: of the book.
        max_train_steps: of the round; a baseline of another length is compared only where a
            decision of the round reran it.
        launches: of the book, oldest first.
        decisions: of the round, oldest first.
    """
    baseline = launches[-1] if launches else None
    decision = decisions[-1] if decisions else None
    sides = decision.sides if decision else ()
    rerun = next((s for s in sides if s.selected_by == best.trial), None)
    mean = _mean_of(baseline, decision, max_train_steps)
    value = rerun.mean.estimate if rerun else best.value
    same = baseline is not None and dict(baseline.config) == dict(best.config)
    worse = mean is not None and not objective.sign * value < objective.sign * mean
    return BestKnown(
        best=best,
        metric=objective.metric,
        baseline=baseline,
        mean=mean,
        rerun=rerun,
        decision=decision,
        wins=same or worse,
    )


def _mean_of(
    baseline: Launch | None, decision: Decision | None, max_train_steps: int
) -> float | None:
    """The mean of the baseline's reruns at so many steps, where it is known."""
    if baseline is None:
        return None
    if decision is not None and decision.baseline == baseline.number:
        return next((s.mean.estimate for s in decision.sides if s.name == "baseline"), None)
    return baseline.expected.estimate if baseline.max_train_steps == max_train_steps else None
