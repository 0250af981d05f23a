"""Training length: what is asked of it, and the plan of each of its rounds (E1 E4 E5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError, nearest
from tunebook.domain.formats import scalars
from tunebook.domain.formats.names import spell
from tunebook.domain.space import Float, Scale
from tunebook.domain.trial import Value
from tunebook.procedures.steps.arguments import Asked
from tunebook.procedures.training_length.transfer import transfers

MOVES = 2
"""How often a range whose best learning rate lies at its edge is moved."""
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
"""Times the fresh seeds that are asked for: as many may be added where they leave it open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingLengthAsked(Asked):
    """Arguments of the procedure. `max_train_steps` is the budget: the most that a trial may get.

    Attributes:
        learning_rates: lowest and highest; tuned anew at every length.
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
        seeds: fresh ones at each length, the same at all; up to four times as many where they
            leave it open.
    """

    learning_rates: tuple[float, float]
    least_improvement: float
    fitted: float | None = None
    loss: str = "train/loss"
    plain: Mapping[str, Value] = field(default_factory=dict)
    reopen: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    shortest: int | None = None
    trials: int = 12
    seeds: int = 8

    def __post_init__(self) -> None:
        Asked.__post_init__(self)
        for name in ("plain", "reopen"):
            table = scalars.table(name, getattr(self, name))
            object.__setattr__(self, name, MappingProxyType(dict(table)))
        _check_range("learning_rates", self.learning_rates, above_zero=True)
        for name, ends in self.reopen.items():
            _check_range(f'reopen["{name}"]', ends, above_zero=False)
        if self.rate in self.reopen:
            raise DesignError(
                f"{self.rate} is the learning rate, which is tuned anew in any case",
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
    def rate(self) -> str:
        """What training calls the learning rate."""
        return self.called("learning_rate")

    @property
    def lengths(self) -> tuple[int, ...]:
        """The budget and its halves, rising."""
        halves = [round(self.max_train_steps / 2**k) for k in range(HALVINGS, -1, -1)]
        return tuple(n for n in halves if n >= FEWEST_STEPS)


def _check_range(name: str, ends: tuple[float, float], *, above_zero: bool) -> None:
    low, high = ends
    if not low < high < math.inf or (low <= 0 if above_zero else low < 0):
        raise DesignError(
            f"{name} is a lowest and a highest value, not below 0; got {spell(low)}, "
            f"{spell(high)}",
            next_step=f"give {name}=(1e-3, 1.0), for example",
        )


def fit(asked: TrainingLengthAsked, steps: int, low: float, high: float, moved: int) -> Round:
    """A sweep without regularisation: how soon is the training set fitted? (E1)"""
    return asked.round(
        fit_name(steps, moved),
        f"Which learning rate fits the training set the fastest within {steps} steps?",
        1 + moved + (MOVES + 1) * asked.lengths.index(steps),
        nuisance={asked.rate: Float(low, high, Scale.LOG)}, searcher="grid",
        levels={asked.rate: asked.trials}, trials=asked.trials,
        fixed={k: v for k, v in asked.plain.items() if k != asked.rate},
        max_train_steps=steps, evaluations=min(steps, 4 * EVALUATIONS),
    )  # fmt: skip


def fit_name(steps: int, moved: int) -> str:
    """The stage of the sweep for a first length."""
    return f"fit within {steps}" + (f", moved {moved}" if moved else "")


def tune(
    asked: TrainingLengthAsked,
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
    trials = asked.trials if first else max(FEWEST_TRIALS, asked.trials // 2)
    alone = set(ranges) == {asked.rate}
    axes = {n: Float(a, b, Scale.LOG if a > 0 else Scale.LINEAR) for n, (a, b) in ranges.items()}
    return asked.round(
        tune_name(steps, moved), f"Which {_listed(ranges)} is best in {steps} steps?",
        100 + moved + (MOVES + 1) * asked.lengths.index(steps),
        nuisance=axes, searcher="grid" if alone else "halton",
        levels={asked.rate: trials} if alone else {}, trials=trials, fixed=dict(held),
        max_train_steps=steps, evaluations=min(steps, EVALUATIONS),
    )  # fmt: skip


def tune_name(steps: int, moved: int) -> str:
    """The stage of a length, and those in moved ranges."""
    return f"tune at {steps}" + (f", moved {moved}" if moved else "")


def confirm(
    asked: TrainingLengthAsked, steps: int, values: Mapping[str, Value], seeds: int, name: str = ""
) -> Round:
    """The best configuration of a length with fresh seeds, the same ones at every length."""
    return asked.round(
        name or confirm_name(steps),
        f"What do {steps} steps reach with fresh seeds?", 99,
        fixed=dict(values), trials=seeds,
        max_train_steps=steps, evaluations=min(steps, EVALUATIONS),
    )  # fmt: skip


def confirm_name(steps: int) -> str:
    """The stage of a length's fresh seeds."""
    return f"confirm at {steps}"


def between_name(number: int) -> str:
    """The stage of a length between two that double; `number` from 1."""
    return f"between {number}"


def reopened(asked: TrainingLengthAsked) -> tuple[str, ...]:
    """What is tuned again at longer lengths, besides the learning rate."""
    return tuple(n for n in asked.reopen if not transfers(n).carried)


def _listed(names: Mapping[str, object]) -> str:
    return " and ".join(names)
