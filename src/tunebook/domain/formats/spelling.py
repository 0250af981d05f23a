"""Short spellings for what people write most: ranges, choices, conditions, objectives (B3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from tunebook.domain.design import Direction, Objective, Reduce
from tunebook.domain.errors import SpaceError
from tunebook.domain.space import Axis, Choice, Float, Integer, Per, Scale
from tunebook.domain.trial import Value


def uniform(low: float, high: float) -> Float:
    """A real number between `low` and `high`, evenly.

    Example:
        >>> uniform(0.0, 0.5)
        Float(low=0.0, high=0.5, scale=<Scale.LINEAR: 'linear'>)
    """
    return Float(low, high)


def log_uniform(low: float, high: float) -> Float:
    """A positive real number, even in its logarithm: learning rates, weight decays.

    Example:
        >>> round(log_uniform(1e-4, 1).from_unit(0.5), 6)
        0.01
    """
    return Float(low, high, Scale.LOG)


def near_one(low: float, high: float) -> Float:
    """A real number below 1, even in the logarithm of 1 - x: momentum, beta2.

    Example:
        >>> round(near_one(0.9, 0.999).from_unit(0.5), 6)
        0.99
    """
    return Float(low, high, Scale.NEAR_ONE)


def integer(low: int, high: int, *, log: bool = False) -> Integer:
    """A whole number from `low` to `high`, both included.

    Example:
        >>> integer(1, 4).from_unit(0.99)
        4
    """
    return Integer(low, high, Scale.LOG if log else Scale.LINEAR)


def choice(*values: Value) -> Choice:
    """One of several values, without an order.

    Example:
        >>> choice("nesterov", "adam").values
        ('nesterov', 'adam')
    """
    return Choice(values)


def per(
    on: str,
    when: Mapping[Value, Axis | Per | Value] | None = None,
    /,
    **named: Axis | Per | Value,
) -> Per:
    """A hyperparameter with a range of its own under each value of the choice `on`.

    Under values that are not listed it does not exist. A plain value holds it fixed there.

    Args:
        on: name of the choice that it depends on.
        when: value of that choice to range, for values that are no Python names.
        named: the same, for values that are.

    Example:
        >>> per("optimizer", adam=log_uniform(1e-5, 0.1)).on
        'optimizer'
    """
    listed: list[tuple[Value, Axis | Per]] = []
    for value, axis in [*(when or {}).items(), *named.items()]:
        if isinstance(axis, Axis | Per):
            listed.append((value, axis))
        elif isinstance(axis, bool | int | float | str):
            listed.append((value, Choice((axis,))))
        else:
            raise SpaceError(
                f"under {on}={value} a hyperparameter has a range or a value; got {axis!r}",
                next_step="give tb.uniform(...), tb.log_uniform(...), tb.choice(...) or a number",
            )
    return Per(on, tuple(listed))


def minimize(metric: str, *, reduce: str = "best") -> Objective:
    """Lower is better; a trial counts with the best (or `"last"`) value of its curve, or the mean
    of its last ones (`"mean-last-5"`).

    Example:
        >>> minimize("valid/error").metric
        'valid/error'
    """
    return Objective(metric, Direction.MINIMIZE, cast(Reduce, reduce))


def maximize(metric: str, *, reduce: str = "best") -> Objective:
    """Higher is better; a trial counts with the best (or `"last"`) value of its curve, or the mean
    of its last ones (`"mean-last-5"`).

    Example:
        >>> maximize("valid/accuracy").sign
        -1
    """
    return Objective(metric, Direction.MAXIMIZE, cast(Reduce, reduce))
