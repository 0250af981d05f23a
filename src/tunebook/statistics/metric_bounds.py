"""The best value that a metric can reach, as far as its name and its values tell (C2 C6 C9 D3).

An error or a loss is 0 at best, unless a negative value was reported; an accuracy 1, or 100 where
it is counted in percent. What a name does not say is not bounded. An exact fact, no estimate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval
from tunebook.domain.metric_direction import DOWN, likely_direction, words_of

if TYPE_CHECKING:
    from jaxtyping import Float

SHARES = frozenset(
    {"accuracy", "acc", "accuracies", "top", "top1", "top5", "acc1", "acc5", "map", "ap",
     "precision", "recall", "sensitivity", "specificity", "f1", "fbeta", "auc", "auroc", "auprc",
     "aucpr", "rocauc", "iou", "miou", "jaccard", "dice", "exact", "em", "ndcg", "mrr",
     "success", "win", "pass"}
)  # fmt: skip
"""Words of metrics that are shares: 0 to 1, or to 100 in percent."""
NEGATIVE_AT_TIMES = frozenset({"loss", "losses", "nll", "nelbo", "deviance"})
"""Words of metrics that are mostly 0 at best; that of a density can lie below."""


def bound_is_certain(objective: Objective) -> bool:
    """Whether a best value that the name tells holds for every problem.

    Example:
        >>> bound_is_certain(Objective("valid/error")), bound_is_certain(Objective("valid/loss"))
        (True, False)
    """
    return not set(words_of(objective.metric)) & NEGATIVE_AT_TIMES


def certain_best(
    objective: Objective, values: Float[np.ndarray, "values"], chance: float | None = None
) -> float:
    """The best value that can be, in the metric's own units, where its name makes that certain.

    Args:
        objective: its metric and direction.
        values: all that are known of the metric.
        chance: the metric's value of guessing, where it is known.

    Returns:
        The unreachable infinity of the better side where no bound is certain.

    Example:
        >>> certain_best(Objective("valid/error"), np.array([0.3, 0.2]))
        0.0
    """
    if not bound_is_certain(objective) or not np.isfinite(values).any():
        return -objective.sign * math.inf
    known = values if chance is None else np.append(values, chance)
    return objective.sign * best_loss(objective, known)


def cut_at_best(interval: Interval, objective: Objective, best: float) -> Interval:
    """An interval of the metric that ends at the best value that can be, as does its estimate."""
    nearest = max if objective.sign > 0 else min
    return replace(
        interval,
        estimate=nearest(interval.estimate, best),
        low=nearest(interval.low, best),
        high=nearest(interval.high, best),
    )


def gain_left(
    objective: Objective, value: float, *, chance: float | None = None, seen: Sequence[float] = ()
) -> float:
    """By how much a metric can still improve on a value.

    Args:
        objective: its metric and direction.
        value: that is to be improved, in the metric's own units.
        chance: the metric's value of guessing, where it is known.
        seen: other known values; a negative error, or an accuracy above 1, moves the bound.

    Returns:
        Infinity where no bound is known.

    Example:
        >>> gain_left(Objective("valid/error"), 0.03)
        0.03
    """
    known = [value, *seen, *([] if chance is None else [chance])]
    best = best_loss(objective, np.array(known, float))
    return objective.sign * value - best if math.isfinite(value) else math.inf


def best_loss(objective: Objective, values: Float[np.ndarray, "values"]) -> float:
    """The lowest loss (the objective, its sign turned so that lower is better) that can be.

    Args:
        objective: its metric and direction.
        values: all that are known of the metric, in its own units.

    Returns:
        Minus infinity where no bound is known.

    Example:
        >>> best_loss(Objective("valid/error"), np.array([0.3, 0.2]))
        0.0
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return -math.inf
    own = set(words_of(objective.metric))
    down = objective.sign > 0
    error = likely_direction(objective.metric) == "minimize" and bool(own & DOWN)
    share = likely_direction(objective.metric) == "maximize" and bool(own & SHARES)
    if down:
        return 0.0 if (error or share) and finite.min() >= 0 else -math.inf
    if share and finite.min() >= 0 and finite.max() <= 100:
        return -1.0 if finite.max() <= 1 else -100.0
    return -math.inf


def most_gain(
    objective: Objective, expected: Interval, seen: Sequence[float], chance: float | None
) -> float:
    """By how much a metric can surely improve on a baseline at most.

    Judged at the worse end of the baseline's interval, so that a mean that is not well known
    excludes nothing.

    Args:
        objective: its metric and direction.
        expected: of the baseline.
        seen: values of trials, in the metric's own units; NaN where there is none.
        chance: the metric's value of guessing, where it is known.

    Returns:
        Infinity where the metric's name gives no bound that is certain.
    """
    if not bound_is_certain(objective):
        return math.inf
    worst = max((expected.low, expected.high), key=lambda x: objective.sign * x)
    finite = [x for x in seen if math.isfinite(x)]
    return gain_left(objective, worst, chance=chance, seen=finite)
