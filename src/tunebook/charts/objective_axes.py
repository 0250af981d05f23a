"""The objective's axis: lower or higher is better, with outliers kept from ruining it.

A trial that diverged to a finite 1e6 must not press all others into one line, and one that has
no objective at all must be seen: both are drawn at the picture's bad edge, by shape and in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tunebook.charts.specification import Spec, channel
from tunebook.charts.ticks import number_label, six_digits, ticks_between
from tunebook.domain.design import Direction, Objective

# Beyond best + REACH * (upper quartile - best) a trial is off the scale. For normal values that
# is past four standard deviations: 1 in 30,000 would be cut, so what is cut is no bulk.
REACH = 3.0
WIDE = 30.0
"""The same, for the question whether the values ask for a logarithmic axis."""

DECADE = 5.0
"""Ratio of worst to best above which lower-is-better values get a logarithmic axis: on a linear
one the good half would be a fifth of the height. Where higher is better it would spread the bad
end instead, so the axis stays linear."""

FEW_OFF = 0.1
"""Share of the values that may be off the scale: more are no outliers but half the story."""

ROOM = 0.06
"""Share of the objective's axis left free at the good end, and that the bad edge is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveScale:
    """Where objective values are drawn.

    Attributes:
        log: on a logarithmic axis, since the values span about a decade or more.
        good, bad: ends of the axis's honest part, in the objective's units.
        edge: where values beyond `bad` are drawn.
        strip: where trials without a value are drawn; None where there is no such trial.
        ends: of the whole axis, lower first.
        ticks: several of them among the values.
        title: of the axis.
        sign: 1 where the bad end is the upper one, -1 where it is the lower.
    """

    log: bool
    good: float
    bad: float
    edge: float
    strip: float | None
    ends: tuple[float, float]
    ticks: tuple[float, ...]
    title: str
    sign: int

    def clips(self, value: float) -> bool:
        """True where the value lies beyond the honest part."""
        if not math.isfinite(value) or (self.log and value <= 0):
            return True
        return self.sign * (value - self.bad) > 0

    def shown(self, value: float) -> float:
        """Where the value is drawn: itself, or the edge."""
        return self.edge if self.clips(value) else float(value)

    def strip_at(self, spread: float) -> float | None:
        """A place in the strip, `spread` in [-0.5, 0.5] off its middle; None without a strip."""
        if self.strip is None:
            return None
        end = self.ends[1] if self.sign > 0 else self.ends[0]
        if self.log:
            return six_digits(self.strip * (end / self.strip) ** (1.4 * spread))
        return six_digits(self.strip + 1.4 * spread * (end - self.strip))

    def interval(self, low: float, high: float) -> tuple[float, float]:
        """Where an interval's ends are drawn; one that is not known at the end of the axis."""
        low_at = self.shown(low) if math.isfinite(low) else self.ends[0]
        return low_at, self.shown(high) if math.isfinite(high) else self.ends[1]

    def y(self, field: str = "shown", *, title: str | None = None, right: bool = False) -> Spec:
        """The vertical encoding of a field that holds such values."""
        axis = self._axis(orient="right" if right else "left", grid=not right)
        return channel(field, type="quantitative", title=title or self.title,
                     scale=self.scale(), axis=axis)  # fmt: skip

    def x(self, field: str = "shown", *, title: str | None = None) -> Spec:
        """The horizontal encoding of a field that holds such values."""
        return channel(field, type="quantitative", title=title or self.title,
                     scale=self.scale(), axis=self._axis(orient="bottom", grid=True))  # fmt: skip

    def _axis(self, *, orient: Any, grid: bool) -> Spec:
        ticks = list(self.ticks)
        label = number_label(ticks, log=self.log)
        if self.strip is not None:
            ticks.append(self.strip)
            middle = _between(self.edge, self.strip, log=self.log)
            sign = ">" if self.sign > 0 else "<"
            label = f"datum.value {sign} {six_digits(middle)!r} ? 'infeasible' : ({label})"
        return dict(
            values=ticks,
            labelExpr=label,
            labelOverlap=orient == "bottom",
            orient=orient,
            grid=grid,
        )

    def scale(self) -> Spec:
        """The scale itself, for what is drawn without an axis."""
        return dict(
            type="log" if self.log else "linear",
            domain=list(self.ends),
            nice=False,
            **({} if self.log else {"zero": False}),
            clamp=True,
        )


def objective_scale(
    values: Sequence[float] | np.ndarray,
    objective: Objective,
    *,
    missing: bool = False,
    title: str | None = None,
    keep: Sequence[float] = (),
    reach: float = REACH,
) -> ObjectiveScale:
    """Fit an axis to objective values, robust to a few absurd ones.

    Args:
        values: in the objective's units; those that are not finite are ignored.
        objective: its direction says which end is bad.
        missing: leave a strip at the bad end for trials without a value.
        title: of the axis; the metric's name if left out.
        reach: how far off the scale begins, in spreads between the best and the upper quartile.
        keep: further values that must lie on the axis, such as a baseline.
    """
    sign = objective.sign
    finite = np.asarray([v for v in values if v is not None and math.isfinite(v)], dtype=float)
    finite = np.clip(finite, -HUGE, HUGE)
    keep = [min(max(k, -HUGE), HUGE) for k in keep]
    if len(finite) == 0:
        blank = _laid_out(0.0, 1.0, False, missing, title or _axis_title(objective), objective)
        return replace(blank, ticks=())
    losses = np.sort(sign * finite)
    log = sign > 0 and _is_log(np.append(losses[losses <= _reach(losses, max(reach, WIDE))], keep))
    if log:
        finite = np.maximum(finite[finite > 0], 1 / HUGE)
        logs = np.sort(sign * np.log10(finite))
        kept = sign * 10 ** (sign * logs[logs <= _reach(logs, reach)])
    else:
        kept = losses[losses <= _reach(losses, reach)]
    inside = np.concatenate([kept, [sign * k for k in keep if math.isfinite(k)]])
    good, bad = float(sign * inside.min()), float(sign * inside.max())
    return _laid_out(good, bad, log, missing, title or _axis_title(objective), objective)


def _laid_out(
    good: float, bad: float, log: bool, missing: bool, title: str, objective: Objective
) -> ObjectiveScale:
    a, b = (math.log10(good), math.log10(bad)) if log else (good, bad)
    towards_bad = float(objective.sign)
    span = abs(b - a) or (0.3 if log else abs(a) * 0.1 or 1.0)
    # Ends that differ within six digits, which is what survives in a page.
    span = max(span, 1e-3 * max(abs(a), abs(b)))
    good_end = a - towards_bad * ROOM * span
    edge = b + towards_bad * ROOM * span
    strip = edge + towards_bad * 1.6 * ROOM * span
    bad_end = strip + towards_bad * ROOM * span if missing else edge + towards_bad * 0.01 * span

    def back(place: float) -> float:
        return six_digits(10**place if log else place)

    low, high = sorted((back(good_end), back(bad_end)))
    honest = sorted((back(good_end), back(edge)))
    return ObjectiveScale(
        log=log,
        good=good,
        bad=bad,
        edge=back(edge),
        strip=back(strip) if missing else None,
        ends=(low, high),
        ticks=tuple(_ticks(sorted((good, bad)), honest, log=log)),
        title=title,
        sign=objective.sign,
    )


def _ticks(values: Sequence[float], honest: Sequence[float], *, log: bool) -> list[float]:
    """Ticks of the honest part; more of them where few lie among the values."""
    low, high = values
    ticks = ticks_between(*honest, log=log)
    among = [t for t in ticks if low <= t <= high]
    if len(among) >= FEWEST_TICKS or not high > low:
        return ticks
    finer = ticks_between(low, high, log=log)
    return finer if len(finer) >= FEWEST_TICKS else ticks


FEWEST_TICKS = 3
HUGE = 1e150
"""Values beyond are drawn as this one: their ratios and squares would have no number."""
LONGEST = 22
"""Letters of a metric's name on an axis; tooltips and texts have all of it."""


def _axis_title(objective: Objective) -> str:
    better = "lower" if objective.direction is Direction.MINIMIZE else "higher"
    return f"{shortened(objective.metric)} ({better} is better)"


def shortened(name: str) -> str:
    """A metric's name that leaves room on an axis for which way is better."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 8]}…{name[-7:]}"


def _reach(losses: np.ndarray, reach: float) -> float:
    best, upper = float(losses[0]), float(np.quantile(losses, 0.75))
    # Where three quarters are alike there is no spread to measure by; nothing is cut.
    if upper <= best or len(losses) < 5:
        return float(losses[-1])
    few = max(1, int(FEW_OFF * len(losses)))
    return max(best + reach * (upper - best), float(losses[-1 - few]))


def _is_log(values: np.ndarray) -> bool:
    least, most = float(values.min()), float(values.max())
    return least > 0 and math.log10(most) - math.log10(least) > math.log10(DECADE)


def _between(a: float, b: float, *, log: bool) -> float:
    return math.sqrt(a * b) if log else (a + b) / 2
