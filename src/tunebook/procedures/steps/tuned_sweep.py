"""A sweep that moves its range where the best is at an edge, and more seeds where they are open.

A procedure that tunes a range sweeps it, moves it at most MOVES times, and confirms what it found
with new seeds. Where those leave the answer open, it trains more of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError
from tunebook.domain.formats.names import spell
from tunebook.domain.origin import Stage
from tunebook.domain.space import Float, Scale
from tunebook.domain.trial import Value
from tunebook.procedures.steps.arguments import Arguments
from tunebook.procedures.steps.stages import Done, DoneStage

MOVES = 2
"""How often a range whose best is at its edge is moved."""
EDGE = 0.1
"""Of a range, on its logarithm: a best in the outermost tenth is at the edge."""
AT_EDGE = "the best rate lies at the edge"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateArguments(Arguments):
    """Arguments of a procedure that tunes the learning rate.

    Attributes:
        learning_rates: lowest and highest of the first sweep.
        trials: of a sweep.
        seeds: new ones, of each setting that is confirmed.
    """

    learning_rates: tuple[float, float]
    trials: int
    seeds: int

    def __post_init__(self) -> None:
        Arguments.__post_init__(self)
        check_range("learning_rates", self.learning_rates)

    @property
    def rate(self) -> str:
        """What training calls the learning rate."""
        return self.called("learning_rate")

    @property
    def middle(self) -> float:
        """The middle of the swept rates, on a logarithmic scale."""
        return math.sqrt(self.learning_rates[0] * self.learning_rates[1])

    def sweep(
        self, stage: Stage, asks: str, place: int, low: float, high: float, **attributes: Any
    ) -> Round:
        """Learning rates over a range, evenly on its logarithm, one seed each; see `round`."""
        return self.round(
            stage, asks, place, nuisance={self.rate: Float(low, high, Scale.LOG)},
            searcher="grid", levels={self.rate: self.trials}, trials=self.trials, **attributes,
        )  # fmt: skip


def required(name: str, given: Mapping[str, Any], needed: Mapping[str, tuple[str, str]]) -> None:
    """Raise for an argument that only a person can give.

    Args:
        name: of the procedure.
        needed: argument to why it is needed, and an example.
    """
    for argument, (why, example) in needed.items():
        if argument not in given:
            raise DesignError(
                f"the procedure {name} {why}; no {argument} was given",
                next_step=f"give {argument}={example}",
            )


def middle_rate(given: Mapping[str, Any]) -> dict[str, Value]:
    """The learning rate in the middle of its range, where the configuration has none."""
    name = dict(given.get("names", {})).get("learning_rate", "learning_rate")
    rates = given["learning_rates"]
    if name in given.get("fixed", {}) or len(rates) != 2:
        return {}
    return {name: math.sqrt(abs(rates[0] * rates[1]))}


def check_range(name: str, ends: tuple[float, float], *, zero: bool = False) -> None:
    """Raise unless a range rises and is above 0, or begins at 0 where `zero` allows it."""
    low, high = ends
    if not low < high < math.inf or low < 0 or (low == 0 and not zero):
        raise DesignError(
            f"{name} has a lowest and a highest value, {'not below' if zero else 'above'} 0; "
            f"got {spell(low)}, {spell(high)}",
            next_step=f"give {name}=(1e-3, 1.0), for example, wide enough for every stage",
        )


def moved_stage(kind: str, moved: int, name: str, at: float = 0.0) -> Stage:
    """The stage of a sweep whose range was moved so often."""
    name += f", moved {moved}" if moved else ""
    return Stage(kind=kind, at=at, index=moved, name=name)


def sweeps_in(done: Done, kind: str, at: float = 0.0) -> list[DoneStage]:
    """The finished sweeps of one kind and place, in the order of their moves."""
    stages = [Stage(kind=kind, at=at, index=moved) for moved in range(MOVES + 1)]
    return [done[stage] for stage in stages if stage in done]


def next_range(
    ends: tuple[float, float], sweeps: int, middle: float | None
) -> tuple[float, float] | None:
    """The range to sweep next; None where none is needed, or the range was moved MOVES times.

    Args:
        ends: of the first range; the others are as wide on the logarithm.
        sweeps: that are finished.
        middle: of the next range, where the best is at an edge; else None.
    """
    if not sweeps:
        return ends
    if middle is None or sweeps > MOVES:
        return None
    half = math.sqrt(ends[1] / ends[0])
    return middle / half, middle * half


def edge_at(value: float, tried: Sequence[float], *, share: float = EDGE) -> str:
    """`low` or `high` where a value is in the outermost share of what was tried, else empty."""
    low, high = math.log(min(tried)), math.log(max(tried))
    place = (math.log(value) - low) / max(high - low, 1e-9)
    return "low" if place < share else "high" if place > 1 - share else ""


def more_seeds(plan: Round, most: int) -> Round | None:
    """The plan with twice its trials, and no more than `most`; None where it has those."""
    return replace(plan, trials=min(2 * plan.trials, most)) if plan.trials < most else None
