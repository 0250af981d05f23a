"""Bounds on what running and deciding may be told, before anything is started (D1)."""

from __future__ import annotations

import math

from tunebook.domain.decision import Estimand
from tunebook.domain.errors import DesignError
from tunebook.domain.formats import scalars

MAX_RERUNS = 20
"""Of `decide`, where nothing else is said."""
_WHOLE = (
    ("workers", 0, 4),
    ("memory_limit_mb", 1, 4096),
    ("max_reruns", 0, MAX_RERUNS),
    ("validation_examples", 1, 10_000),
)


def check_limits(
    *,
    workers: int | None = None,
    memory_limit_mb: int | None = None,
    max_reruns: int | None = None,
    time_budget_s: float | None = None,
    error_rate: float | None = None,
    estimand: str | None = None,
    infeasible_as: float | None = None,
    validation_examples: int | None = None,
) -> None:
    """Refuse what can't be meant; None is left out.

    Raises:
        DesignError: names the argument, its value and what it should be.
    """
    given = {
        "workers": workers,
        "memory_limit_mb": memory_limit_mb,
        "max_reruns": max_reruns,
        "validation_examples": validation_examples,
    }
    for key, least, example in _WHOLE:
        if given[key] is not None:
            scalars.whole(key, given[key], least=least, example=example)
    if time_budget_s is not None:
        seconds = scalars.number("time_budget_s", time_budget_s, what="seconds")
        if math.isnan(seconds) or seconds <= 0:
            raise DesignError(
                f"time_budget_s is above 0, or left out; got {time_budget_s!r}",
                next_step="give the seconds after which no trial begins: time_budget_s=3600",
            )
    if error_rate is not None:
        rate = scalars.number("error_rate", error_rate, what="a chance")
        if not 0 < rate < 1:
            raise DesignError(
                f"error_rate is a chance, above 0 and below 1; got {error_rate!r}",
                next_step="give error_rate=0.05, or leave it out",
            )
    known = [e.value for e in Estimand]
    if estimand is not None and estimand not in known:
        raise DesignError(
            f"an estimand is {' or '.join(map(repr, known))}; got {estimand!r}",
            next_step='give estimand="mean", or "beats" for the chance to beat the baseline',
        )
    if infeasible_as is not None:
        worst = scalars.number("infeasible_as", infeasible_as, what="a value of the objective")
        if not math.isfinite(worst):
            raise DesignError(
                f"infeasible_as is a finite number; got {infeasible_as!r}",
                next_step='name a value of the objective; estimand="beats" needs none',
            )
