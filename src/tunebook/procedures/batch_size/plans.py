"""Batch size: its arguments, and the plan of each of its rounds (F1 F2 F4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError
from tunebook.domain.formats import scalars
from tunebook.domain.formats.numbers import range_text
from tunebook.domain.origin import Stage
from tunebook.procedures.steps.tuned_sweep import MOVES, RateArguments, moved_stage

EVALUATIONS = 200
"""Over a trial: steps to the target are known to a two-hundredth of its length."""
FEWEST_STEPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSizeArguments(RateArguments):
    """Arguments of the procedure. `max_train_steps` is that of the smallest batch size.

    Attributes:
        batch_sizes: each is tuned by itself; powers of two from 16 to 1,024 if left out.
        target: of the objective, in its own units.
        learning_rates: lowest and highest that every size is tuned over.
        trials: of each size.
        seeds: new ones, of the best configuration of each size.
        least_steps: no size trains for fewer; otherwise larger sizes see as many examples as the
            smallest does.
    """

    batch_sizes: tuple[int, ...]
    target: float
    trials: int = 16
    seeds: int = 5
    least_steps: int = 500

    def __post_init__(self) -> None:
        RateArguments.__post_init__(self)
        sizes = tuple(self.batch_sizes)
        whole = all(isinstance(b, int) and not isinstance(b, bool) and b > 0 for b in sizes)
        if len(sizes) < 2 or not whole or list(sizes) != sorted(set(sizes)):
            raise DesignError(
                f"batch_sizes are two whole numbers or more, rising; got {list(sizes)!r}",
                next_step="give batch_sizes=(16, 32, 64, 128, 256, 512)",
            )
        if not math.isfinite(self.target):
            raise DesignError(
                f"target is a value of the objective; got {self.target!r}",
                next_step="give one that every batch size can reach",
            )
        scalars.whole("trials", self.trials, least=8, most=1000, example=16)
        scalars.whole("seeds", self.seeds, least=3, most=100, example=5)
        scalars.whole("least_steps", self.least_steps, least=FEWEST_STEPS, example=500)
        scalars.whole("max_train_steps", self.max_train_steps, least=FEWEST_STEPS, example=10_000)

    @property
    def size(self) -> str:
        """What training calls the batch size."""
        return self.called("batch_size")

    def steps_of(self, size: int) -> int:
        """Of a trial at a batch size: as many examples as at the smallest, or the least steps."""
        alike = math.ceil(self.max_train_steps * self.batch_sizes[0] / size)
        return max(alike, min(self.least_steps, self.max_train_steps))


def tune(args: BatchSizeArguments, size: int, low: float, high: float, moved: int) -> Round:
    """Learning rates at one batch size."""
    steps = args.steps_of(size)
    return args.sweep(
        moved_stage("tune", moved, f"tune at {size}", size),
        f"Which learning rate from {range_text(low, high, 3)} is the fastest at batch size "
        f"{size}?",
        _place(args, size) + moved, low, high, fixed={args.size: size},
        max_train_steps=steps, evaluations=min(steps, EVALUATIONS),
    )  # fmt: skip


def confirm(args: BatchSizeArguments, size: int, rate: float) -> Round:
    """The fastest configuration of a size, with new seeds."""
    steps = args.steps_of(size)
    return args.round(
        confirm_stage(size), f"How many steps does batch size {size} take with new seeds?",
        _place(args, size) + MOVES + 1, fixed={args.size: size, args.rate: rate},
        trials=args.seeds, max_train_steps=steps, evaluations=min(steps, EVALUATIONS),
    )  # fmt: skip


def confirm_stage(size: int) -> Stage:
    """The stage of a size's reruns."""
    return Stage(kind="confirm", at=size, name=f"confirm at {size}")


def _place(args: BatchSizeArguments, size: int) -> int:
    return 1 + (MOVES + 2) * args.batch_sizes.index(size)
