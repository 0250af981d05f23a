"""A book at a glance: what `status` says of it, without a curve or a check (D6)."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.domain.decision import Decision, Launch
from tunebook.domain.design import Objective
from tunebook.domain.trial import Status
from tunebook.report.steps import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundGlance:
    """A round at a glance.

    Attributes:
        number, goal: of the round.
        trials, reruns: the status of each.
        best: name and value of the best complete trial; None where there is none.
    """

    number: int
    goal: str
    trials: tuple[Status, ...]
    reruns: tuple[Status, ...]
    best: tuple[str, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookGlance:
    """A book at a glance.

    Attributes:
        name: of the workload.
        objective: the metric that decides.
        rounds, decisions, launches: in the order in which they were made.
        stands: where the newest round stands; None before the first round.
    """

    name: str
    objective: Objective
    rounds: tuple[RoundGlance, ...]
    decisions: tuple[Decision, ...]
    launches: tuple[Launch, ...]
    stands: Standing | None
