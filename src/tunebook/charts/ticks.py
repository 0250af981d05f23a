"""Ticks as people write them, and a little spread that is the same in every drawing."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from tunebook.domain.formats.numbers import round_to

DECIMAL = "format(datum.value, '~r')"
SCIENTIFIC = "datum.value == 0 ? '0' : replace(format(datum.value, '~e'), '+', '')"

DIGITS = ((1,), (1, 3), (1, 2, 3, 5), (1, 2, 3, 4, 5, 6, 8), tuple(range(1, 10)))
"""Leading digits of the ticks of a log axis, from few to many."""
SEVERAL = 4


def number_label(ticks: Sequence[float], *, log: bool = False) -> str:
    """The expression that writes the ticks of one axis, all of them in one notation.

    Example:
        >>> number_label([0.001, 0.01, 0.1], log=True) == DECIMAL
        True
        >>> number_label([1e-4, 1e-3, 0.01], log=True) == SCIENTIFIC
        True
    """
    sizes = [abs(t) for t in ticks if t]
    if not sizes:
        return DECIMAL
    small = min(sizes) < 0.00099 if log else max(sizes) < 0.00999
    return SCIENTIFIC if small or max(sizes) >= 99999 else DECIMAL


def ticks_between(low: float, high: float, *, log: bool = False, most: int = 6) -> list[float]:
    """Round numbers within [low, high]: decades on a log axis, with more digits where few.

    Example:
        >>> ticks_between(0.0005, 3, log=True)
        [0.001, 0.01, 0.1, 1.0]
        >>> ticks_between(0.024, 0.45, log=True)
        [0.03, 0.05, 0.1, 0.2, 0.3]
        >>> ticks_between(0, 1)
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not log:
        return _linear_ticks(low, high, most)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in DIGITS:
        written = [float(f"{d}e{e}") for e in range(first, last + 1) for d in digits]
        inside = [x for x in written if low * (1 - 1e-9) <= x <= high * (1 + 1e-9)]
        if len(inside) >= SEVERAL:
            return inside[:: math.ceil(len(inside) / most)] if digits == (1,) else inside
    return _linear_ticks(low, high, most)


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * s for s in (1, 2, 2.5, 5, 10) if power * s >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [six_digits(i * step) for i in range(first, last + 1)]


def whole_ticks(low: float, high: float, *, log: bool = False) -> list[float]:
    """Whole numbers within [low, high], not too many; powers of two on a log axis."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if not log:
        return sorted({float(round(t)) for t in _linear_ticks(first, last, min(8, last - first))})
    doubling = [2.0**e for e in range(0, 64) if first <= 2**e <= last]
    return doubling if 2 <= len(doubling) <= 9 else ticks_between(low, high, log=True)


def six_digits(value: float) -> float:
    """Six digits, which survive being written and read again."""
    return round_to(value, 6)


def jitter(name: str) -> float:
    """A number in [-0.5, 0.5) that depends on the name alone: the same in every drawing."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32 - 0.5
