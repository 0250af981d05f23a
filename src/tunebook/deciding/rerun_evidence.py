"""Fresh-seed reruns of each side, and what is asked of them (D1 D3 D4)."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.domain.decision import Estimand
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval

FEWEST = 3
"""Reruns a side below which a standard deviation is no estimate."""
FIRST_ADOPT = 4
"""Reruns a side from which one may be adopted: of three, all may be lucky in one group of two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEvidence:
    """Fresh-seed reruns of one configuration.

    Attributes:
        name: of the side, as the decision calls it.
        values: the objective of the complete reruns, in its own units.
        infeasible: how many reruns did not complete.
        seeds: of the complete reruns, in the order of `values`, then of the infeasible ones;
            empty where sides are not paired.
        last: the metric at the last evaluation of each complete rerun, where `values` are the
            best of curves; empty where `values` were not chosen by their size.
    """

    name: str
    values: tuple[float, ...]
    infeasible: int = 0
    seeds: tuple[int, ...] = ()
    last: tuple[float, ...] = ()

    @property
    def not_chosen(self) -> tuple[float, ...]:
        """One value a complete rerun, at a step that its result did not choose.

        The best of many evaluations exceeds chance without any learning, so that only these can
        be compared with the chance of one guess.
        """
        return self.last or self.values

    @property
    def reruns(self) -> int:
        """Complete and infeasible ones."""
        return len(self.values) + self.infeasible


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the evidence.

    Attributes:
        objective: which metric decides.
        least_improvement: in its units, 0 or more; of no account without a baseline.
        chance: its value of guessing, or None where it is not known.
        estimand: what of the reruns decides.
        infeasible_as: what an infeasible rerun counts as in a mean; chance where it is None.
        paired: sides are compared seed by seed.
        validation_examples: that an accuracy or an error rate is measured on; without a baseline
            the choice of examples is then part of the standard error. None: not known.
    """

    objective: Objective
    least_improvement: float = 0.0
    chance: float | None = None
    estimand: Estimand = Estimand.MEAN
    infeasible_as: float | None = None
    paired: bool = False
    validation_examples: int | None = None

    @property
    def worst(self) -> float | None:
        """What an infeasible rerun counts as, in the objective's units; None: not known."""
        return self.chance if self.infeasible_as is None else self.infeasible_as

    def margin(self, baseline: SideEvidence | None) -> float:
        """By how much a rerun must be better, in the objective's units."""
        return self.least_improvement if baseline is not None else 0.0

    def bar(self, baseline: SideEvidence | None) -> float:
        """What a gain must exceed: the margin, or one half where it is a chance."""
        return 0.5 if self.estimand is Estimand.BEATS else self.margin(baseline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one look says of one candidate.

    Attributes:
        side: its reruns up to that look; `baseline` those that they were compared with.
        gain: over the baseline (over chance without one), positive is better; the chance to
            beat it where that is the estimand.
        adopted, dropped: whether the look ended its reruns, and how.
        variance: of one rerun's difference.
        left: reruns of a side that the plan still had after this look.
    """

    side: SideEvidence
    baseline: SideEvidence | None
    gain: Interval
    adopted: bool
    dropped: bool
    variance: float
    left: int = 0

    @property
    def ended_early(self) -> bool:
        """The candidate was dropped before the last look, since an adoption was unlikely."""
        return self.dropped and self.left > 0
