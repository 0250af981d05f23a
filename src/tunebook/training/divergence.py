"""When NaN means that training diverged, and when a metric has no value yet (C3)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tunebook.domain.metric_direction import likely_direction, words_of

FIRST = 3
"""Evaluations in a row, from the first on, after which a metric that is NaN has diverged."""


class Divergence:
    """Follows the objective of one trial.

    A correlation, an F1 or an AUROC has no value before the first updates. NaN of such a metric
    ends the trial only if a finite value came before, if a training loss is NaN too, or at the
    third evaluation in a row. NaN of a loss or an error ends it at once.

    Args:
        metric: the objective.
        training_objective: of the book; empty for none.

    Attributes:
        nan_at: the step from which the objective is NaN; None while it is not.
        withheld: steps of NaN that are not in the log: a metric that gets a value later begins
            there.
    """

    def __init__(self, metric: str, training_objective: str = "") -> None:
        self.nan_at: int | None = None
        self.withheld: list[int] = []
        self._metric, self._training = metric, training_objective
        self._has_value = likely_direction(metric) == "minimize"
        self._loss_is_nan = False
        self._count = 0

    def take(self, step: int, numbers: Mapping[str, float]) -> Mapping[str, float]:
        """Take in what is reported at a step; returns what of it goes into the log now."""
        self._loss_is_nan |= any(math.isnan(v) and self._is_loss(n) for n, v in numbers.items())
        value = numbers.get(self._metric)
        if value is None or self.certain:
            return numbers
        if not math.isnan(value):
            self.nan_at, self.withheld, self._has_value = None, [], True
            return numbers
        self.nan_at = step if self.nan_at is None else self.nan_at
        self._count += 1
        if self.certain:
            return numbers
        self.withheld.append(step)
        return {name: v for name, v in numbers.items() if name != self._metric}

    @property
    def certain(self) -> bool:
        """True once the objective's NaN can't be one of its first evaluations alone."""
        if self.nan_at is None:
            return False
        return self._has_value or self._loss_is_nan or self._count >= FIRST

    def _is_loss(self, name: str) -> bool:
        if name == self._metric:
            return False
        return name == self._training or bool({"loss", "losses"} & set(words_of(name)))
