"""Batch size: what is asked of it, and the plan of each of its rounds (F1 F2 F4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError
from tunebook.domain.formats import scalars
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import range_text
from tunebook.domain.space import Float, Scale
from tunebook.procedures.steps.arguments import Asked

MOVES = 2
"""How often a size whose best learning rate lies at the edge is tuned again."""
EVALUATIONS = 200
"""Over a trial: steps to the target are known to a two-hundredth of its length."""
FEWEST_STEPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSizeAsked(Asked):
    """Arguments of the procedure. `max_train_steps` is that of the smallest batch size.

    Attributes:
        batch_sizes: to be tuned each on its own; powers of two from 16 to 1,024 if left out.
        target: of the objective, in its own units.
        learning_rates: lowest and highest that every size is tuned over.
        trials: of each size.
        seeds: fresh ones, of the best configuration of each size.
        least_steps: no size trains for fewer; larger sizes else see as many examples as the
            smallest does.
    """

    batch_sizes: tuple[int, ...]
    target: float
    learning_rates: tuple[float, float]
    trials: int = 16
    seeds: int = 5
    least_steps: int = 500

    def __post_init__(self) -> None:
        Asked.__post_init__(self)
        sizes = tuple(self.batch_sizes)
        whole = all(isinstance(b, int) and not isinstance(b, bool) and b > 0 for b in sizes)
        if len(sizes) < 2 or not whole or list(sizes) != sorted(set(sizes)):
            raise DesignError(
                f"batch_sizes are two whole numbers or more, rising; got {list(sizes)!r}",
                next_step="give batch_sizes=(16, 32, 64, 128, 256, 512)",
            )
        low, high = self.learning_rates
        if not 0 < low < high or not math.isfinite(high):
            raise DesignError(
                f"learning_rates is a lowest and a highest rate, above 0; got {spell(low)}, "
                f"{spell(high)}",
                next_step="give learning_rates=(1e-3, 10), wide enough for every batch size",
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
    def rate(self) -> str:
        """What training calls the learning rate."""
        return self.called("learning_rate")

    @property
    def size(self) -> str:
        """What training calls the batch size."""
        return self.called("batch_size")

    def steps_of(self, size: int) -> int:
        """Of a trial at a batch size: as many examples as at the smallest, or the least steps."""
        alike = math.ceil(self.max_train_steps * self.batch_sizes[0] / size)
        return max(alike, min(self.least_steps, self.max_train_steps))


def tune(asked: BatchSizeAsked, size: int, low: float, high: float, moved: int) -> Round:
    """Learning rates at one batch size."""
    steps = asked.steps_of(size)
    return asked.round(
        tune_name(size, moved),
        f"Which learning rate from {range_text(low, high, 3)} is the fastest at batch size "
        f"{size}?",
        1 + (MOVES + 2) * asked.batch_sizes.index(size) + moved,
        nuisance={asked.rate: Float(low, high, Scale.LOG)}, searcher="grid",
        levels={asked.rate: asked.trials}, trials=asked.trials, fixed={asked.size: size},
        max_train_steps=steps, evaluations=min(steps, EVALUATIONS),
    )  # fmt: skip


def tune_name(size: int, moved: int) -> str:
    """The stage of a size, and those in moved ranges."""
    return f"tune at {size}" + (f", moved {moved}" if moved else "")


def confirm(asked: BatchSizeAsked, size: int, rate: float) -> Round:
    """The fastest configuration of a size, with fresh seeds."""
    steps = asked.steps_of(size)
    return asked.round(
        confirm_name(size), f"How many steps does batch size {size} take with fresh seeds?",
        1 + (MOVES + 2) * asked.batch_sizes.index(size) + MOVES + 1,
        fixed={asked.size: size, asked.rate: rate}, trials=asked.seeds,
        max_train_steps=steps, evaluations=min(steps, EVALUATIONS),
    )  # fmt: skip


def confirm_name(size: int) -> str:
    """The stage of a size's reruns."""
    return f"confirm at {size}"
