"""Numbers that differ in the last digit alone are one value: 0.3 and 0.1 + 0.2 (C11).

Arithmetic and float32 leave such differences behind. Taken for different values they make a range
of one value, and new configurations of repeated ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tunebook.domain.trial import Value

ALIKE = 2.0**-22
"""Relative difference of a number and its float32, with a bit to spare."""


def representatives(values: Iterable[Value | None]) -> Mapping[Value, Value]:
    """Map each number that another one stands for to that one; empty where all differ.

    Of numbers that are alike the one with the fewest digits stands for all. Numbers are compared
    in order, each with the smallest of its group, so that a fine grid is not merged in a chain.
    Integers, booleans and texts stay as they are.

    Example:
        >>> dict(representatives([0.3, 0.1 + 0.2, 0.5, 7, None, "relu"]))
        {0.30000000000000004: 0.3}
    """
    numbers = sorted({v for v in values if isinstance(v, float) and v == v})
    found: dict[Value, Value] = {}
    group: list[float] = []
    for number in [*numbers, None]:
        if number is not None and group and number - group[0] <= ALIKE * abs(number):
            group.append(number)
            continue
        if len(group) > 1:
            best = min(group, key=lambda v: (len(repr(v)), v))
            found |= {v: best for v in group if v != best}
        group = [] if number is None else [number]
    return found
