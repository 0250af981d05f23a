"""Numbers as sentences have them: steps to two digits, intervals in brackets (C5 C6 C7)."""

from __future__ import annotations

import math

from tunebook.domain.finding import Interval


def rounded(steps: float, *, up: bool = False) -> int:
    """To two digits, as people write a number of steps.

    Example:
        >>> rounded(1284), rounded(1284, up=True)
        (1300, 1300)
    """
    unit = 10 ** max(0, math.floor(math.log10(max(steps, 1))) - 1)
    return int((math.ceil(steps / unit) if up else round(steps / unit)) * unit)


def percent(share: float) -> str:
    """A share in whole percent; below one in a hundred, its first digit.

    Example:
        >>> percent(0.437), percent(0.0052), percent(0.0)
        ('44 %', '0.5 %', '0 %')
    """
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else f"{100 * share:.1g} %"


LONGER_BY = 1.5
"""[P]: the least that moves a best step at the end out of the last quarter is a third more."""


def half_again(length: float) -> float:
    """The training length to try where longer is better; as people write it, from ten up.

    Example:
        >>> half_again(100), half_again(3)
        (150, 4.5)
    """
    longer = LONGER_BY * length
    return rounded(longer) if longer > 10 else longer


def spelled(interval: Interval, digits: int = 2) -> str:
    """`0.087 (0.011 to 0.16)`; the estimate alone where a bound is not known."""
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return f"{interval.estimate:.{digits}g}"
    return (
        f"{interval.estimate:.{digits}g} ({interval.low:.{digits}g} to {interval.high:.{digits}g})"
    )


def counted(count: int, noun: str) -> str:
    """`1 trial`, `3 trials`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
