"""Values that people hand to a plan, as Python's own: whole numbers, texts, tables (B1 B2).

A NumPy number counts as the Python number that it stands for; anything that a book could not
keep is refused here, before it is part of a plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any

from tunebook.domain.errors import DesignError, SpaceError
from tunebook.domain.trial import Value


def plain(value: Any) -> Any:
    """Python's own number, text, or truth for one of another library; the rest as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, str):
        return str(value)
    return bool(value) if type(value).__name__ == "bool" else value


def is_value(value: object) -> bool:
    """True for what a hyperparameter can be: a number, a text, true or false."""
    return isinstance(value, bool | int | float | str)


def whole(key: str, value: Any, *, least: int, example: int, most: int | None = None) -> int:
    """A whole number within bounds.

    Raises:
        DesignError: it is none; names the key.
    """
    number = plain(value)
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise DesignError(
            f"{key} is a whole number of at least {least}; got {value!r}",
            next_step=f"give {key}={example}, for example",
        )
    if most is not None and number > most:
        raise DesignError(
            f"{key} is a whole number up to {most:,}; got {number}",
            next_step=f"give {key}={most} or less",
        )
    return number


def number(key: str, value: Any, *, what: str) -> float:
    """A number, NaN and infinities included.

    Raises:
        DesignError: it is none; names the key.
    """
    given = plain(value)
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise DesignError(
            f"{key} is a number; got {value!r}", next_step=f"give {key}=0.1, for example: {what}"
        )
    try:
        return float(given)
    except OverflowError:
        return math.inf


def text(key: str, value: Any) -> str:
    """A text.

    Raises:
        DesignError: it is none; names the key.
    """
    if not isinstance(value, str):
        raise DesignError(
            f"{key} is a text; got {value!r}", next_step=f'put it in quotes: {key}="..."'
        )
    return str(value)


def table(key: str, value: Any) -> Mapping[str, Any]:
    """A table by name, as it stands, read-only.

    Raises:
        DesignError: it is no table, or one of its names is no text.
    """
    if not isinstance(value, Mapping):
        raise DesignError(
            f"{key} is a table by hyperparameter; got {value!r}",
            next_step=f'give {key}={{"learning_rate": ...}}',
        )
    for name in value:
        if not isinstance(name, str) or not name:
            raise DesignError(
                f"a hyperparameter has a name; {key} has {name!r}",
                next_step=f'name it by a text: {key}={{"learning_rate": ...}}',
            )
    return MappingProxyType({name: plain(held) for name, held in value.items()})


def several(key: str, value: Any, example: str) -> tuple[Any, ...]:
    """A list as a tuple; a text is none.

    Raises:
        DesignError: it is no list; names the key.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise DesignError(
            f"{key} is a list; got {value!r}", next_step=f"give {key}=[{example}, ...]"
        )
    return tuple(value)


def point(key: str, value: Any) -> Mapping[str, Value]:
    """One configuration written by hand.

    Raises:
        DesignError: it is no table of values; names the place.
    """
    held = table(key, value)
    for name, given in held.items():
        if not is_value(given):
            raise DesignError(
                f'{key} has a number, a text, true or false for "{name}"; got {given!r}',
                next_step=f'give {key}={{"{name}": 0.1}}, for example',
            )
    return held


def bound(value: Any, *, whole_number: bool) -> Any:
    """One end of a range.

    Raises:
        SpaceError: it is no number, or no whole one.
    """
    given = plain(value)
    if whole_number and (isinstance(given, bool) or not isinstance(given, int)):
        raise SpaceError(
            f"an integer's bound is a whole number; got {given!r}",
            next_step="give whole numbers, as tb.integer(1, 8), or take tb.uniform(...)",
        )
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise SpaceError(
            f"a bound is a number; got {given!r}",
            next_step="give two numbers, as tb.uniform(0, 0.5)",
        )
    return given if whole_number else float(given)


def choices(values: Iterable[Any]) -> tuple[Value, ...]:
    """The values of a choice.

    Raises:
        SpaceError: none, one that is no value, or one twice.
    """
    listed = tuple(plain(v) for v in values)
    if not listed:
        raise SpaceError(
            "a choice has at least one value; got none",
            next_step='list its values, as tb.choice("nesterov", "adam")',
        )
    for value in listed:
        if not is_value(value):
            inside = ", ".join(map(repr, value)) if isinstance(value, list | tuple) else ""
            raise SpaceError(
                f"a choice's values are numbers, texts, true or false; got {value!r}",
                next_step=f"list the values themselves: tb.choice({inside})"
                if inside
                else "choose among names, and build the object from its name in training",
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise SpaceError(
                f"a choice's numbers are finite; got {value!r}",
                next_step="give a finite number, or choose among names",
            )
    twice = [v for i, v in enumerate(listed) if v in listed[:i]]
    if twice:
        raise SpaceError(
            f"a choice has each value once; {twice[0]!r} appears twice",
            next_step="remove one of them (1, 1.0 and true count as one value)",
        )
    return listed
