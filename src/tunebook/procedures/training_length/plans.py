"""Training length: its arguments, and the plan of each of its rounds (E1 E4 E5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError, nearest
from tunebook.domain.formats import scalars
from tunebook.domain.origin import Stage
from tunebook.domain.space import Float, Scale
from tunebook.domain.trial import Value
from tunebook.procedures.steps.arguments import MERGED
from tunebook.procedures.steps.tuned_sweep import MOVES, RateArguments, check_range, moved_stage
from tunebook.procedures.training_length.transfer import transfers

HALVINGS = 6
"""Of the budget: the shortest length that is trained is a sixty-fourth of it."""
FEWEST_STEPS = 16
EVALUATIONS = 50
SHORTEST_BUDGET = 8 * FEWEST_STEPS
FIRST_HALVINGS = 3
"""Where nothing tells a first length, growth begins at an eighth of the budget."""
FIT_HALVINGS = (4, 2)
"""The sweep for a first length trains a sixteenth, then a quarter of the budget."""
BETWEEN = 2
"""Lengths that are measured between those that double."""
FEWEST_TRIALS = 6
MOST_SEEDS = 4
"""Times the new seeds of the arguments: as many may be added where they leave the answer open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingLengthArguments(RateArguments):
    """Arguments of the procedure. `max_train_steps` is the budget: the most that a trial may get.

    Attributes:
        learning_rates: lowest and highest; tuned at every length.
        least_improvement: what longer training must bring to be worth its steps, in the metric's
            units.
        fitted: a value of `loss` at which the training set counts as fitted; with it, the first
            length is what the fastest trial needs to get there. Without it, growth begins at
            `shortest`, or an eighth of the budget.
        loss: training code's metric of the training set.
        plain: values for that first sweep: no regularisation, a constant schedule.
        reopen: lowest and highest of further hyperparameters, tuned at the first length; at
            longer ones again unless their kind carries over.
        shortest: steps at which growth begins.
        trials: at the first length; half as many at each longer one.
        seeds: new ones at each length, the same at all; up to four times as many where they
            leave the answer open.
    """

    TABLES: ClassVar[tuple[str, ...]] = (*MERGED, "plain", "reopen")

    least_improvement: float
    fitted: float | None = None
    loss: str = "train/loss"
    plain: Mapping[str, Value] = field(default_factory=dict)
    reopen: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    shortest: int | None = None
    trials: int = 12
    seeds: int = 8

    def __post_init__(self) -> None:
        RateArguments.__post_init__(self)
        for name, ends in self.reopen.items():
            check_range(f'reopen["{name}"]', ends, zero=True)
        if self.rate in self.reopen:
            raise DesignError(
                f"{self.rate} is the learning rate, which is tuned at every length in any case",
                next_step="leave it out of reopen; learning_rates gives its range",
            )
        for name in self.plain:
            if name not in self.fixed and name not in self.reopen:
                raise DesignError(
                    f'plain sets "{name}", which is not in the configuration.'
                    + nearest(name, [*self.fixed, *self.reopen]),
                    next_step="give its usual value too: fixed={...}",
                )
        if not 0 < self.least_improvement < math.inf:
            raise DesignError(
                f"least_improvement is above 0; got {self.least_improvement!r}",
                next_step="give what longer training must bring to be worth its steps, in the "
                "objective's units",
            )
        scalars.whole("trials", self.trials, least=FEWEST_TRIALS, most=1000, example=12)
        scalars.whole("seeds", self.seeds, least=4, most=100, example=8)
        scalars.whole("max_train_steps", self.max_train_steps, least=SHORTEST_BUDGET, example=8000)
        if self.shortest is not None:
            most = self.max_train_steps // 2
            scalars.whole("shortest", self.shortest, least=FEWEST_STEPS, most=most, example=1000)

    @property
    def lengths(self) -> tuple[int, ...]:
        """The budget and its halves, rising."""
        halves = [round(self.max_train_steps / 2**k) for k in range(HALVINGS, -1, -1)]
        return tuple(n for n in halves if n >= FEWEST_STEPS)


def fit(args: TrainingLengthArguments, steps: int, low: float, high: float, moved: int) -> Round:
    """A sweep without regularisation: how soon is the training set fitted? (E1)"""
    return args.sweep(
        moved_stage("fit", moved, f"fit within {steps}", steps),
        f"Which learning rate fits the training set the fastest within {steps} steps?",
        _place(args, steps, moved), low, high,
        fixed={k: v for k, v in args.plain.items() if k != args.rate},
        max_train_steps=steps, evaluations=min(steps, 4 * EVALUATIONS),
    )  # fmt: skip


def tune(
    args: TrainingLengthArguments,
    steps: int,
    ranges: Mapping[str, tuple[float, float]],
    held: Mapping[str, Value],
    moved: int,
    *,
    first: bool,
) -> Round:
    """Tune what does not carry over, at one length.

    Args:
        ranges: of the learning rate and of what is reopened here.
        held: values that were carried over.
        first: it is the first length: all trials, for the whole space.
    """
    trials = args.trials if first else max(FEWEST_TRIALS, args.trials // 2)
    alone = set(ranges) == {args.rate}
    axes = {n: Float(a, b, Scale.LOG if a > 0 else Scale.LINEAR) for n, (a, b) in ranges.items()}
    return args.round(
        moved_stage("tune", moved, f"tune at {steps}", steps),
        f"Which {' and '.join(ranges)} is best in {steps} steps?",
        99 + _place(args, steps, moved), nuisance=axes, searcher="grid" if alone else "halton",
        levels={args.rate: trials} if alone else {}, trials=trials, fixed=dict(held),
        max_train_steps=steps, evaluations=min(steps, EVALUATIONS),
    )  # fmt: skip


def confirm(
    args: TrainingLengthArguments,
    stage: Stage,
    steps: int,
    values: Mapping[str, Value],
    seeds: int,
) -> Round:
    """The best configuration of a length with new seeds, the same ones at every length."""
    return args.round(
        stage, f"What do {steps} steps reach with new seeds?", 99,
        fixed=dict(values), trials=seeds,
        max_train_steps=steps, evaluations=min(steps, EVALUATIONS),
    )  # fmt: skip


def confirm_stage(steps: int) -> Stage:
    """The stage of a length's new seeds."""
    return Stage(kind="confirm", at=steps, name=f"confirm at {steps}")


def between_stage(index: int) -> Stage:
    """The stage of a length between two that double; `index` from 0."""
    return Stage(kind="between", index=index, name=f"between {index + 1}")


CONFIRMS = ("confirm", "between")
"""Kinds of stages that train new seeds."""


def reopened(args: TrainingLengthArguments) -> tuple[str, ...]:
    """What is tuned again at longer lengths, besides the learning rate."""
    return tuple(n for n in args.reopen if not transfers(n).carried)


def _place(args: TrainingLengthArguments, steps: int, moved: int) -> int:
    return 1 + moved + (MOVES + 1) * args.lengths.index(steps)
