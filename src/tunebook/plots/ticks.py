"""Ticks as people write them, and a little spread that is the same in every drawing."""

from __future__ import annotations

import hashlib
import math

# 1e-3, 0.01, 0.1, 1, 10, ..., 1e5: what people write by hand.
NUMBER_LABEL = (
    "datum.value != 0 && abs(datum.value) < 0.00999 ? format(datum.value, '~e') : "
    "abs(datum.value) >= 99999 ? replace(format(datum.value, '~e'), '+', '') : "
    "format(datum.value, '~r')"
)


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
    return float(f"{value:.6g}")


def jitter(name: str) -> float:
    """A number in [-0.5, 0.5) that depends on the name alone: the same in every drawing."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32 - 0.5
