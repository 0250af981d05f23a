"""Ranges that other tools declare, as axes of a space."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

from tunebook.domain.errors import SpaceError
from tunebook.domain.space import Axis, Choice, Float, Integer, Scale
from tunebook.domain.trial import Value


def number_range(
    low: object, high: object, *, whole: bool = False, log: bool = False
) -> Axis | None:
    """A range of numbers; None where it holds one value or is no range.

    Args:
        low, high: its bounds, both included.
        whole: it holds whole numbers alone.
        log: of its tool's own scale; taken only where both bounds are positive.
    """
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None
    scale = Scale.LOG if log and low > 0 else Scale.LINEAR
    try:
        if whole:
            return Integer(math.ceil(low), math.floor(high), scale)
        return Float(float(low), float(high), scale)
    except SpaceError:
        return None


def choice_of(values: object) -> Choice | None:
    """A choice as `Run.config` spells its values; None where there are fewer than two."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        return None
    spelled = _spelled(values)
    try:
        return Choice(tuple(dict.fromkeys(spelled))) if len(set(spelled)) > 1 else None
    except SpaceError:
        return None


def _spelled(values: Sequence[object]) -> tuple[Value, ...]:
    """Values of one kind as they are; texts where kinds are mixed."""
    kinds = {type(v) for v in values}
    if any(kinds <= of for of in ({str}, {bool}, {int, float})):
        return tuple(values)  # type: ignore[arg-type]
    return tuple(v if isinstance(v, str) else json.dumps(v) for v in values)


def joined(ranges: Iterable[Axis | None]) -> tuple[Axis | None, bool]:
    """One range that holds all of them, and whether they differed; None where they can't join."""
    found = [axis for axis in dict.fromkeys(ranges) if axis is not None]
    if len(found) < 2:
        return (found[0] if found else None), False
    choices = [axis for axis in found if isinstance(axis, Choice)]
    if choices:
        if len(choices) < len(found):
            return None, True
        return choice_of([v for axis in choices for v in axis.values]), True
    numbers = [axis for axis in found if not isinstance(axis, Choice)]
    return number_range(
        min(axis.low for axis in numbers),
        max(axis.high for axis in numbers),
        whole=all(isinstance(axis, Integer) for axis in numbers),
        log=all(axis.scale is Scale.LOG for axis in numbers),
    ), True
