"""What the bounds of a range must be (B3)."""

from __future__ import annotations

import math

from tunebook.domain.errors import SpaceError
from tunebook.domain.formats.names import spell

LEAST = 1e-12
"""Of the size of its bounds: narrower ranges hold nothing but rounding."""


def check_range(low: float, high: float) -> None:
    """Refuse bounds that are infinite, equal or in the wrong order."""
    if not (math.isfinite(low) and math.isfinite(high)):
        raise SpaceError(
            f"a range has finite bounds; got {low!r} to {high!r}",
            next_step="give the widest bounds that could make sense, perhaps on a log scale",
        )
    if low == high:
        raise SpaceError(
            f"a range has two different bounds; got {spell(low)} to {spell(high)}",
            next_step=f"widen it, or fix the hyperparameter at {spell(low)}",
        )
    if low > high:
        raise SpaceError(
            f"a range has low > high: {spell(low)} > {spell(high)}",
            next_step=f"swap the bounds: low = {spell(high)}, high = {spell(low)}",
        )


def check_width(low: float, high: float, ends: tuple[float, float]) -> None:
    """Refuse a range whose units would be infinite, or nothing but rounding.

    Args:
        low, high: its bounds.
        ends: their places on its scale.
    """
    width = ends[1] - ends[0]
    if not math.isfinite(width):
        raise SpaceError(
            f"a range is at most 1.8e308 wide; got {spell(low)} to {spell(high)}",
            next_step="use a log scale, or bounds that could make sense",
        )
    if width < LEAST * max(abs(ends[0]), abs(ends[1])):
        raise SpaceError(
            f"the bounds of a range differ by more than rounding; got {low!r} to {high!r}",
            next_step=f"widen it, or fix the hyperparameter at {spell(low)}",
        )


def check_whole(low: int, high: int) -> None:
    """Refuse integers that no file of numbers holds."""
    if max(abs(low), abs(high)) >= 2**63:
        raise SpaceError(
            "the bounds of a range of integers have at most 63 bits; one has "
            f"{max(low.bit_length(), high.bit_length())}",
            next_step="vary a power of it: tb.integer(1, 63) for the exponent",
        )
