"""What a planned round would cost and tell, before it is spent (B5).

Trials and density are counted; the cost is what trials of an earlier round took, scaled by their
steps; the smallest difference between scientific values (`detectable_difference`) comes from what
C9 says of studies of their size and from what is known of the response (`response`); the gain that
the later decision adopts in 80 % of cases is that of its sequential design. What one change would
buy: `trade_offs`.

Nothing here is a test, so it has no error rate; what is promised is measured: of differences as
large as the one promised, the share that C9 tells apart (docs/claims/planning.md), and of gains as
large, the share that a decision adopts (docs/claims/decisions.md).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunebook.deciding.rerun_evidence import FIRST_ADOPT
from tunebook.deciding.sequential_design import planned
from tunebook.domain.design import Round, Study, studies
from tunebook.domain.errors import DesignError
from tunebook.domain.table import TrialTable
from tunebook.planning.cost import (
    PlannedCost,
    Timed,
    TriedTimes,
    planned_cost,
)
from tunebook.planning.detectable_difference import PlannedQuestion, questions
from tunebook.planning.earlier_trials import Searched, repeated_seeds, searched
from tunebook.planning.response import NOISE_SHARE, Ground, StandIn, stand_in
from tunebook.planning.too_few import candidates


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What a book has measured before the round that is planned.

    Attributes:
        table: search trials of the newest round with results, and `number` of that round.
        timed: how long trials took.
        reruns: fresh-seed reruns of the newest round that has enough, and `reruns_of` its number.
    """

    number: int
    table: TrialTable
    timed: Timed
    reruns: TrialTable | None = None
    reruns_of: int = 0

    @functools.cached_property
    def searched(self) -> tuple[Searched, ...]:
        """Studies that may stand in for planned ones, read once for all plans."""
        return tuple(s for key in self.table.branches if (s := searched(self.table, key)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reruns:
    """How the round will be decided.

    Attributes:
        most: fresh-seed reruns, over all sides.
        baseline: True where one is rerun beside the candidates.
        level: chance of adopting what is not worth it, over all candidates.
        after: level of the decision after it, if it adopts and if it does not; None without a
            baseline, where the account takes no part.
        left: by how much the metric can improve on the baseline, or without one on chance;
            infinite where no bound is certain.
    """

    most: int = 20
    baseline: bool = False
    level: float = 0.05
    after: tuple[float, float] | None = None
    left: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStudy:
    """One study.

    Attributes:
        name: of its branch; empty where the round is one study.
        trials: its share.
        axes: hyperparameters that vary in it.
        density: points per hyperparameter: the `axes`-th root of the trials.
    """

    name: str
    trials: int
    axes: int

    @property
    def density(self) -> float:
        return self.trials ** (1 / self.axes) if self.axes else float(self.trials)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDecision:
    """The decision that is to follow.

    Attributes:
        sides: candidates, and the baseline where there is one.
        reruns: of each side at most.
        level: chance of adopting what is not worth it.
        gain: above the least improvement (without a baseline: above chance), adopted in 80 % of
            cases; in the round's unit. NaN where the reruns allow no verdict.
        excess: the same in standard deviations of a rerun.
        after: level of the decision after it, if it adopts and if it does not.
        left: all that the metric can improve by, as far as its name tells.
    """

    sides: int
    reruns: int
    level: float
    gain: float
    excess: float
    after: tuple[float, float] | None = None
    left: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRound:
    """A plan, and what it would cost and tell.

    Attributes:
        plan: the round.
        number: of the round that the numbers come from; None where there is none.
        ground: what the simulated response stands on.
        metric: the unit of `noise`, `spread`, differences and gains; empty where that is the
            standard deviation of a trial over the space.
        noise: standard deviation between seeds, and `seeds_of`, the round whose reruns told it;
            None where it comes from the ground.
        spread: standard deviation of a trial over the space.
        studies: each with its share of the trials.
        questions: the smallest difference of each scientific hyperparameter; empty where it was
            not worked out.
        cost: None where no trial was timed.
        decision: what reruns will tell.
    """

    plan: Round
    number: int | None
    ground: Ground
    metric: str
    noise: float
    spread: float
    seeds_of: int | None
    studies: tuple[PlannedStudy, ...]
    questions: tuple[PlannedQuestion, ...]
    cost: PlannedCost | None
    decision: PlannedDecision

    @property
    def difference(self) -> float:
        """The smallest difference that all questions promise; NaN where none was worked out."""
        return max((q.difference for q in self.questions), default=math.nan)

    @property
    def promised_gain(self) -> float:
        """The gain that is adopted in 80 % of cases, the least improvement included."""
        return (self.plan.least_improvement if self.decision.after else 0.0) + self.decision.gain

    @property
    def out_of_reach(self) -> bool:
        """Whether the metric has less left than the gain that is adopted in 80 % of cases."""
        return bool(self.metric) and self.promised_gain >= self.decision.left

    @property
    def trials_a_study(self) -> int:
        """Of the study that has fewest."""
        return min(s.trials for s in self.studies)

    @property
    def density(self) -> float:
        """Points per hyperparameter, where they are fewest."""
        return min(s.density for s in self.studies)


def plan_ahead(
    plan: Round,
    measured: Measured | None,
    *,
    reruns: Reruns | None = None,
    tried: Mapping[str, TriedTimes] | None = None,
    workers: int = 1,
    differences: bool = True,
) -> PlannedRound:
    """What a round would cost and tell.

    Args:
        plan: the round, not yet run.
        measured: the last round with results, where there is one.
        reruns: how it will be decided.
        tried: times that a short test run measured, by study.
        workers: trials at a time.
        differences: False leaves out the smallest difference, for which C9 reads the last round.
    """
    split = studies(plan)
    seeds = repeated_seeds(measured.reruns) if measured and measured.reruns else None
    likes = stand_ins(split, measured, seeds)
    first = next(iter(likes.values()))
    noise = first.noise if seeds is None else seeds
    own_unit = measured is not None and (first.like is not None or seeds is not None)
    decided = reruns or Reruns()
    return PlannedRound(
        plan=plan,
        number=measured.number if measured and first.like is not None else None,
        ground=first.ground,
        metric=measured.table.objective.metric if measured and own_unit else "",
        noise=noise,
        spread=first.spread,
        seeds_of=measured.reruns_of if measured and seeds is not None else None,
        studies=tuple(
            PlannedStudy(name=s.name, trials=len(s.numbers), axes=len(s.branch.axes))
            for s in split
        ),
        questions=_questions(plan, likes) if differences else (),
        cost=planned_cost(plan, measured.timed if measured else None, tried or {}, workers),
        decision=_decision(plan, decided, noise),
    )


def stand_ins(
    split: Sequence[Study], measured: Measured | None, seeds: float | None = None
) -> dict[str, StandIn]:
    """What stands in for each study.

    Args:
        split: the plan's studies.
        measured: before it.
        seeds: standard deviation between seeds, by which an assumed response has its size.
    """
    size = 1.0 if not seeds else seeds / NOISE_SHARE
    earlier = measured.searched if measured else ()
    return {study.name: stand_in(study, earlier, size) for study in split}


def _questions(plan: Round, likes: Mapping[str, StandIn]) -> tuple[PlannedQuestion, ...]:
    """The smallest differences; none where the plan's points can't be had."""
    try:
        return questions(plan, likes)
    except DesignError:  # a grid with fewer points than trials: the run itself says so
        return ()


def _decision(plan: Round, reruns: Reruns, noise: float) -> PlannedDecision:
    """What the reruns tell."""
    arms = candidates(plan)
    sides = arms + reruns.baseline
    each = reruns.most // sides
    # Against chance one side's noise is all there is: the promise is then on the safe side.
    excess = planned(each, reruns.level / arms).excess if each >= FIRST_ADOPT else math.nan
    return PlannedDecision(
        sides=sides, reruns=each, level=reruns.level, gain=excess * noise, excess=excess,
        after=reruns.after, left=reruns.left,
    )  # fmt: skip
