"""Axes as people read them: hyperparameters on their scales, objectives with outliers kept out.

A trial that diverged to a finite 1e6 must not press all others into one line, and one that has
no objective at all must be seen: both are drawn at the picture's bad edge, by shape and in words.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import altair as alt
import numpy as np

from tunebook.words.design import Direction, Objective
from tunebook.words.space import Axis, Choice, Integer, Scale, spell
from tunebook.words.trial import Value

# 1e-3, 0.01, 0.1, 1, 10, ..., 1e5: what people write by hand.
NUMBER_LABEL = (
    "datum.value != 0 && abs(datum.value) < 0.00999 ? format(datum.value, '~e') : "
    "abs(datum.value) >= 99999 ? replace(format(datum.value, '~e'), '+', '') : "
    "format(datum.value, '~r')"
)
NEAR_ONE_LABEL = "format(1 - datum.value, '.6~r')"

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

FEW = 12
"""Steps of a whole-numbered axis up to which its trials are spread a little."""
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
        ticks: in the honest part.
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

    def y(self, field: str = "shown", *, title: str | None = None, right: bool = False) -> alt.Y:
        """The vertical encoding of a field that holds such values."""
        axis = self._axis(orient="right" if right else "left", grid=not right)
        return alt.Y(field, type="quantitative", title=title or self.title,
                     scale=self.scale(), axis=axis)  # fmt: skip

    def x(self, field: str = "shown", *, title: str | None = None) -> alt.X:
        """The horizontal encoding of a field that holds such values."""
        return alt.X(field, type="quantitative", title=title or self.title,
                     scale=self.scale(), axis=self._axis(orient="bottom", grid=True))  # fmt: skip

    def _axis(self, *, orient: Any, grid: bool) -> alt.Axis:
        ticks = list(self.ticks)
        label = NUMBER_LABEL
        if self.strip is not None:
            ticks.append(self.strip)
            middle = _between(self.edge, self.strip, log=self.log)
            sign = ">" if self.sign > 0 else "<"
            label = f"datum.value {sign} {_short(middle)!r} ? 'infeasible' : ({label})"
        return alt.Axis(
            values=ticks, labelExpr=label, labelOverlap=False, orient=orient, grid=grid
        )

    def scale(self) -> alt.Scale:
        """The scale itself, for what is drawn without an axis."""
        return alt.Scale(
            type="log" if self.log else "linear",
            domain=list(self.ends),
            nice=False,
            zero=alt.Undefined if self.log else False,
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
    if len(finite) == 0:
        blank = _laid_out(0.0, 1.0, False, missing, title or _axis_title(objective), objective)
        return replace(blank, ticks=())
    losses = np.sort(sign * finite)
    log = sign > 0 and _is_log(np.append(losses[losses <= _reach(losses, max(reach, WIDE))], keep))
    if log:
        finite = finite[finite > 0]
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
    good_end = a - towards_bad * ROOM * span
    edge = b + towards_bad * ROOM * span
    strip = edge + towards_bad * 1.6 * ROOM * span
    bad_end = strip + towards_bad * ROOM * span if missing else edge + towards_bad * 0.01 * span

    def back(place: float) -> float:
        return _short(10**place if log else place)

    low, high = sorted((back(good_end), back(bad_end)))
    honest = sorted((back(good_end), back(edge)))
    return ObjectiveScale(
        log=log,
        good=good,
        bad=bad,
        edge=back(edge),
        strip=back(strip) if missing else None,
        ends=(low, high),
        ticks=tuple(ticks_between(*honest, log=log)),
        title=title,
        sign=objective.sign,
    )


def _axis_title(objective: Objective) -> str:
    better = "lower" if objective.direction is Direction.MINIMIZE else "higher"
    return f"{objective.metric} ({better} is better)"


def _reach(losses: np.ndarray, reach: float) -> float:
    best, upper = float(losses[0]), float(np.quantile(losses, 0.75))
    # Where three quarters are alike there is no spread to measure by; nothing is cut.
    if upper <= best or len(losses) < 5:
        return float(losses[-1])
    few = max(1, int(FEW_OFF * len(losses)))
    return max(best + reach * (upper - best), float(losses[-1 - few]))


def _is_log(values: np.ndarray) -> bool:
    return bool(values.min() > 0 and values.max() / values.min() > DECADE)


def _between(a: float, b: float, *, log: bool) -> float:
    return math.sqrt(a * b) if log else (a + b) / 2


def _short(value: float) -> float:
    """Six digits, which survive being written and read again."""
    return float(f"{value:.6g}")


def ticks_between(low: float, high: float, *, log: bool = False, most: int = 6) -> list[float]:
    """Round numbers within [low, high]: decades on a log axis, with 2 and 5 where few.

    Example:
        >>> ticks_between(0.0005, 3, log=True)
        [0.001, 0.01, 0.1, 1.0]
        >>> ticks_between(0, 1)
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not log:
        return _linear_ticks(low, high, most)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = [float(f"1e{e}") for e in range(first, last + 1)]
    inside = [d for d in decades if low * (1 - 1e-9) <= d <= high * (1 + 1e-9)]
    if len(inside) >= 3:
        return inside[:: math.ceil(len(inside) / most)]
    for steps in ((1, 3), (1, 2, 5), tuple(range(1, 10))):
        fine = [float(f"{s}e{e}") for e in range(first, last + 1) for s in steps]
        inside = [x for x in fine if low * (1 - 1e-9) <= x <= high * (1 + 1e-9)]
        if len(inside) >= 3:
            return inside
    return _linear_ticks(low, high, most)


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * s for s in (1, 2, 2.5, 5, 10) if power * s >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [_short(i * step) for i in range(first, last + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HyperparameterScale:
    """Where values of one hyperparameter are drawn.

    Attributes:
        axis: of the search space.
        ends: of the drawing, as places; wider than the axis where a new range is proposed.
    """

    axis: Axis
    ends: tuple[float, float]

    def place(self, value: Value, trial: str = "") -> float:
        """The number that is drawn for a value; choices and few integers spread, by trial."""
        if isinstance(self.axis, Choice):
            spread = jitter(trial) * 0.5 if trial else 0.0
            return self.axis.values.index(value) + spread
        number = float(value)
        if self._few and trial:
            return number + 0.3 * jitter(trial)
        return 1 - number if self.axis.scale is Scale.NEAR_ONE else number

    @property
    def _few(self) -> bool:
        """Whole numbers so few that trials would lie on each other."""
        axis = self.axis
        if not isinstance(axis, Integer) or axis.scale is not Scale.LINEAR:
            return False
        return axis.high - axis.low <= FEW

    def x(self, title: str, field: str = "x") -> alt.X:
        """The encoding of a field that holds such places."""
        return alt.X(
            field,
            type="quantitative",
            title=title,
            scale=self.scale(),
            axis=self._axis(),
        )

    def scale(self) -> alt.Scale:
        """The scale itself."""
        log = not isinstance(self.axis, Choice) and self.axis.scale is not Scale.LINEAR
        near_one = not isinstance(self.axis, Choice) and self.axis.scale is Scale.NEAR_ONE
        return alt.Scale(
            type="log" if log else "linear",
            domain=sorted(self.ends),
            reverse=near_one,
            nice=False,
            zero=alt.Undefined if log else False,
        )

    def _axis(self) -> alt.Axis:
        if isinstance(self.axis, Choice):
            names = [
                _clipped_text(spell(v), 40 // len(self.axis.values)) for v in self.axis.values
            ]
            return alt.Axis(
                values=list(range(len(names))),
                labelExpr=f"{json.dumps(names)}[datum.value]",
                grid=False,
                labelOverlap=False,
                labelAngle=0,
            )
        low, high = sorted(self.ends)
        if self.axis.scale is Scale.NEAR_ONE:
            return alt.Axis(values=ticks_between(low, high, log=True), labelExpr=NEAR_ONE_LABEL,
                            grid=False, labelOverlap=True)  # fmt: skip
        ticks = ticks_between(low, high, log=self.axis.scale is Scale.LOG)
        if isinstance(self.axis, Integer):
            ticks = whole_ticks(low, high, log=self.axis.scale is Scale.LOG)
        return alt.Axis(values=ticks, labelExpr=NUMBER_LABEL, grid=False, labelOverlap=True)


def hyperparameter_scale(axis: Axis, *, also: Sequence[float] = ()) -> HyperparameterScale:
    """Fit a horizontal axis to a hyperparameter.

    Args:
        axis: of the search space.
        also: values beyond its bounds that must lie on it, such as a proposed bound.
    """
    if isinstance(axis, Choice):
        return HyperparameterScale(axis=axis, ends=(-0.5, len(axis.values) - 0.5))
    bounds = [float(axis.low), float(axis.high), *also]
    if axis.scale is Scale.NEAR_ONE:
        bounds = [_short(1 - b) for b in bounds if b < 1]
    low, high = min(bounds), max(bounds)
    if isinstance(axis, Integer) and axis.scale is Scale.LINEAR and axis.high - axis.low <= FEW:
        return HyperparameterScale(axis=axis, ends=(low - 0.5, high + 0.5))
    if axis.scale is Scale.LINEAR:
        margin = (high - low) * 0.03
        return HyperparameterScale(axis=axis, ends=(_short(low - margin), _short(high + margin)))
    factor = (high / low) ** 0.03
    return HyperparameterScale(axis=axis, ends=(_short(low / factor), _short(high * factor)))


def whole_ticks(low: float, high: float, *, log: bool = False) -> list[float]:
    """Whole numbers within [low, high], not too many; powers of two on a log axis."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if not log:
        return sorted({float(round(t)) for t in _linear_ticks(first, last, min(8, last - first))})
    doubling = [2.0**e for e in range(0, 64) if first <= 2**e <= last]
    return doubling if 2 <= len(doubling) <= 9 else ticks_between(low, high, log=True)


def _clipped_text(text: str, most: int) -> str:
    most = max(most, 6)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def jitter(name: str) -> float:
    """A number in [-0.5, 0.5) that depends on the name alone: the same in every drawing."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32 - 0.5
