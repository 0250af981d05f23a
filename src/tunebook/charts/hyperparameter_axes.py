"""A hyperparameter's axis, on the scale of its search space."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.charts.specification import Spec, channel
from tunebook.charts.ticks import jitter, number_label, six_digits, ticks_between, whole_ticks
from tunebook.domain.space import Axis, Choice, Integer, Scale, spell
from tunebook.domain.trial import Value

NEAR_ONE_LABEL = "format(1 - datum.value, '.6~r')"

FEW = 12
"""Steps of a whole-numbered axis up to which its trials are spread a little, and values of a
choice up to which all have their names."""


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

    def x(self, title: str, field: str = "x") -> Spec:
        """The encoding of a field that holds such places."""
        return channel(field, **self._encoding(title))

    def y(self, title: str, field: str = "y") -> Spec:
        """The same as a vertical axis, for pictures of two hyperparameters."""
        return channel(field, **self._encoding(title))

    def _encoding(self, title: str) -> dict[str, Any]:
        scale, axis = self.scale(), self._axis()
        return {"type": "quantitative", "title": title, "scale": scale, "axis": axis}

    def scale(self) -> Spec:
        """The scale itself."""
        log = not isinstance(self.axis, Choice) and self.axis.scale is not Scale.LINEAR
        near_one = not isinstance(self.axis, Choice) and self.axis.scale is Scale.NEAR_ONE
        return dict(
            type="log" if log else "linear",
            domain=sorted(self.ends),
            reverse=near_one,
            nice=False,
            **({} if log else {"zero": False}),
        )

    def _axis(self) -> Spec:
        if isinstance(self.axis, Choice):
            values = self.axis.values
            # Of many, evenly chosen ones have a name: all would lie on one another.
            step = -(-len(values) // FEW)
            named = values[::step]
            names = [_clipped_text(spell(v), 40 // len(named)) for v in named]
            return dict(
                values=list(range(0, len(values), step)),
                labelExpr=f"{json.dumps(names)}[datum.value / {step}]",
                grid=False,
                labelOverlap=False,
                labelAngle=0,
            )
        low, high = sorted(self.ends)
        if self.axis.scale is Scale.NEAR_ONE:
            return dict(values=ticks_between(low, high, log=True), labelExpr=NEAR_ONE_LABEL,
                            grid=False, labelOverlap=True)  # fmt: skip
        log = self.axis.scale is Scale.LOG
        ticks = ticks_between(low, high, log=log)
        if isinstance(self.axis, Integer):
            ticks = whole_ticks(low, high, log=log)
        label = number_label(ticks, log=log)
        return dict(values=ticks, labelExpr=label, grid=False, labelOverlap=True)


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
        bounds = [six_digits(1 - b) for b in bounds if b < 1]
    low, high = min(bounds), max(bounds)
    if isinstance(axis, Integer) and axis.scale is Scale.LINEAR and axis.high - axis.low <= FEW:
        return HyperparameterScale(axis=axis, ends=(low - 0.5, high + 0.5))
    if axis.scale is Scale.LINEAR:
        margin = (high - low) * 0.03
        low, high = low - margin, high + margin
    else:
        factor = (high / low) ** 0.03
        low, high = low / factor, high * factor
    return HyperparameterScale(axis=axis, ends=(six_digits(low), six_digits(high)))


def _clipped_text(text: str, most: int) -> str:
    most = max(most, 6)
    return text if len(text) <= most else f"{text[: most - 1]}…"
