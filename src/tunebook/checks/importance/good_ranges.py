"""Which values of a hyperparameter are good? The range around its best value (C10).

Two answers, for each numeric hyperparameter of a study. `low` to `high` is what was seen: the
values of the BEST best configurations, from the lowest to the highest. `reach` is the wider range
that carries the claim: it contains the value with the best mean response, the others at their own
best, in 95 % of studies.

Estimator of the reach: from the good values on to the next value that was tried on each side; to
the bound, or to where all trials fail, where what is left up to it is at most NEAR_BOUND of the
range. Seeds of one configuration count once, as their mean.

Assumption: near the optimum, good trials are as likely on one side of it as on the other. Then all
BEST of them lie on one side in 2 of 256 studies; the next tried value, and five percent, allow for
responses that are steeper on one side. No model of the response is fitted: the order of the trials
decides alone, so neither noise that grows away from the optimum nor failing trials disturb it.
Random or quasi-random search only: where earlier results chose later trials, these crowd where the
search looked, and no range is given.

Measured: docs/claims/good_ranges.md.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.importance.good_range import BEST, GoodRange
from tunebook.domain.finding import subject_name
from tunebook.domain.formats.numbers import percent
from tunebook.domain.formats.places import places_on
from tunebook.domain.space import Axis, Choice
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.statistics.scientific_values import by_configuration

if TYPE_CHECKING:
    from jaxtyping import Bool, Int

FEWEST = 16
"""Configurations below which the best BEST are half of all, and show nothing."""
NEAR_BOUND = 1 / 3
WIDEST = 2 / 3
"""Share of the searched range from which a range narrows nothing down."""
RARE = 0.05
"""A value of a choice is ruled out where chance alone would keep it from the best this rarely."""


def good_ranges(
    table: TrialTable, only: Collection[tuple[str, str]] | None = None
) -> tuple[GoodRange, ...]:
    """The good range of each hyperparameter of each study.

    Args:
        table: trials of a random or quasi-random search.
        only: (study, hyperparameter) pairs to read; all that were varied if left out.

    Example:
        >>> from tunebook.checks.importance.good_ranges import good_ranges
        >>> ranges = good_ranges(table)  # doctest: +SKIP
        >>> ranges[0].low, ranges[0].high, ranges[0].reach  # doctest: +SKIP
        (0.0031, 0.042, (0.0024, 0.05))
    """
    studies = np.array(table.study, dtype=object)
    found: list[GoodRange] = []
    for key, branch in table.branches.items():
        names = [n for n in branch.axes if only is None or (key, n) in only]
        rows = np.flatnonzero(table.counted & (studies == key))
        losses, own = by_configuration(table.take(rows))
        first = rows[own].tolist()
        if not names or not np.isfinite(losses).any():
            continue
        order = np.argsort(losses, kind="stable")
        best = order[: min(BEST, int(np.isfinite(losses).sum()))]
        why = _too_thin(table, len(first), len(best))
        for name in names:
            held = [table.config[i][name] for i in first]
            axis = branch.axes[name]
            common: dict[str, object] = {
                "study": key,
                "hyperparameter": name,
                "subject": subject_name(name, branch.conditions),
                "best": held[int(best[0])],
                "configurations": len(first),
            }
            found.append(
                GoodRange(**common, reason=why)  # type: ignore[arg-type]
                if why
                else _choice(common, held, best)
                if isinstance(axis, Choice)
                else _range(common, axis, held, best, np.isfinite(losses))
            )
    return tuple(found)


def _too_thin(table: TrialTable, configurations: int, complete: int) -> str:
    if table.adaptive:
        return "earlier results chose later trials"
    if configurations < FEWEST:
        return f"{configurations} configurations ended, it takes {FEWEST}"
    if complete < BEST:
        return f"{complete} configurations completed, it takes {BEST}"
    return ""


def _range(
    common: dict[str, object],
    axis: Axis,
    held: list[Value],
    best: Int[np.ndarray, "best"],
    complete: Bool[np.ndarray, "configurations"],
) -> GoodRange:
    units = places_on(axis, held)

    def below(unit: float) -> float:
        return float(units[units < unit].max(initial=0.0))

    def above(unit: float) -> float:
        return float(units[units > unit].min(initial=1.0))

    lowest, highest = (int(best[k]) for k in (units[best].argmin(), units[best].argmax()))
    low, high = below(float(units[lowest])), above(float(units[highest]))
    # Beyond these nothing completed: the bound, or the next tried value, which failed.
    least, most = below(float(units[complete].min())), above(float(units[complete].max()))
    near = NEAR_BOUND * (high - low)
    low, high = (
        min(low, least) if low - least <= near else low,
        max(high, most) if most - high <= near else high,
    )
    open_low, open_high = low <= 0, high >= 1
    if high - low > WIDEST:
        wide = f"the best value may be anywhere in {percent(high - low)} of the range"
        return GoodRange(**common, share=high - low, reason=wide)  # type: ignore[arg-type]
    return GoodRange(
        **common,  # type: ignore[arg-type]
        low=held[lowest],
        high=held[highest],
        reach=(axis.from_unit(low), axis.from_unit(high)),
        open_low=open_low,
        open_high=open_high,
        share=high - low,
    )


def _choice(
    common: dict[str, object], held: list[Value], best: Int[np.ndarray, "best"]
) -> GoodRange:
    """Values among the best, apart from those whose absence there chance explains."""
    good = tuple(dict.fromkeys(held[i] for i in best.tolist()))
    tried = list(dict.fromkeys(held))
    shares = {value: sum(v == value for v in held) / len(held) for value in tried}
    possible = tuple(v for v in tried if v not in good and (1 - shares[v]) ** len(best) > RARE)
    left = len(good) + len(possible)
    if left == len(tried):
        return GoodRange(**common, reason="no value is ruled out")  # type: ignore[arg-type]
    return GoodRange(**common, values=good, possible=possible, share=left / len(tried))  # type: ignore[arg-type]
