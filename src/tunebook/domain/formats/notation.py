"""Objectives and constraints as short texts, both ways: `minimize:NAME`, `a < b` (B3 C11)."""

from __future__ import annotations

import math
import re
from typing import cast

from tunebook.domain.design import Direction, Objective, Reduce
from tunebook.domain.errors import DesignError, nearest
from tunebook.domain.space import Constraint

_RELATION = re.compile(r"(?s)(.*?)(<=|>=|<|>)(.*)")


def parse_objective(text: str, *, reduce: str = "best") -> Objective:
    """Read `minimize:NAME` or `maximize:NAME`.

    Args:
        text: the direction, a colon, and the metric's name (which may hold colons itself).
        reduce: "best", "last" or "mean-last-5": how a curve becomes one number.

    Raises:
        DesignError: no direction, or an unknown one.
    """
    direction, colon, metric = (part.strip() for part in text.partition(":"))
    known = [d.value for d in Direction]
    if not (colon and metric) or direction not in known:
        slip = "" if direction in known else nearest(direction, known)
        named = metric or ("valid/error" if direction in known else direction)
        raise DesignError(
            f'an objective is "minimize:NAME" or "maximize:NAME"; got "{text}".{slip}',
            next_step=f'write "minimize:{named or "valid/error"}" if lower is better, else '
            f'"maximize:{named or "valid/error"}"',
        )
    try:
        return Objective(metric, Direction(direction), cast(Reduce, reduce))
    except DesignError:
        raise DesignError(
            'a curve is reduced to its "best" or its "last" value, or to the mean of its last '
            f'ones, "mean-last-5"; got "{reduce}"',
            next_step="say best, last or mean-last-5",
        ) from None


def parse_metric(text: str) -> str:
    """Return the metric's name of `NAME`, `minimize:NAME` or `maximize:NAME`."""
    direction, _, metric = (part.strip() for part in text.partition(":"))
    return metric if metric and direction in list(Direction) else text


def check_metric(text: str) -> None:
    """Refuse a metric whose name begins with a misspelt direction, such as `minimise:`.

    Raises:
        DesignError: it does; names the direction that is meant.
    """
    direction, colon, _ = (part.strip() for part in text.partition(":"))
    if colon and nearest(direction, Direction):
        parse_objective(text)


def format_objective(objective: Objective) -> str:
    """`minimize:NAME`; how a curve is reduced is written apart."""
    return f"{objective.direction.value}:{objective.metric}"


def parse_constraint(text: str) -> Constraint:
    """Read `a < b`, `a <= b`, `a <= 0.3`; `a > b` is read as `b < a`.

    Raises:
        DesignError: no relation, a side left out, or a number on the wrong side.
    """
    match = _RELATION.fullmatch(text)
    sides = [side.strip() for side in match.group(1, 3)] if match else []
    if match is None or not all(sides):
        raise DesignError(
            f'a constraint is "a < b", "a <= b" or "a <= 0.3"; got "{text}"',
            next_step="name two hyperparameters, or one and the number that it stays below",
        )
    relation = match.group(2)
    if relation.startswith(">"):
        relation, sides = relation.replace(">", "<"), sides[::-1]
    left, right = sides
    if _number(left) is not None:
        raise DesignError(
            f'a constraint has a hyperparameter on its lower side; "{text}" has {left}',
            next_step=f'a lower bound belongs into the range of "{right}"',
        )
    number = _number(right)
    return Constraint(left, relation, right if number is None else number)


def format_constraint(constraint: Constraint) -> str | None:
    """`a < b`, or None where such a text would not be read back as the same constraint."""
    right = constraint.right if isinstance(constraint.right, str) else repr(constraint.right)
    text = f"{constraint.left} {constraint.relation} {right}"
    try:
        back = parse_constraint(text)
    except DesignError:
        return None
    return text if back == constraint else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
