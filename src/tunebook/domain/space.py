"""Search spaces: axes, their scales, conditions between them, and flat branches (B3, B9).

Every axis maps to and from the unit interval of its scale, where all search and analysis happen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tunebook.domain.errors import SpaceError, nearest
from tunebook.domain.formats.names import spell as spell
from tunebook.domain.formats.names import unmistakable
from tunebook.domain.formats.scalars import bound, choices
from tunebook.domain.frozen import freeze
from tunebook.domain.range_checks import check_range, check_whole, check_width
from tunebook.domain.trial import Configuration, Value


class Scale(StrEnum):
    """How values lie along an axis."""

    LINEAR = "linear"
    LOG = "log"
    NEAR_ONE = "near_one"  # log of 1 - x: momentum 0.9 to 0.999 lies evenly


@dataclass(frozen=True, slots=True)
class Float:
    """A real-valued hyperparameter between `low` and `high`, both included."""

    low: float
    high: float
    scale: Scale = Scale.LINEAR

    def __post_init__(self) -> None:
        for end in ("low", "high"):
            object.__setattr__(self, end, bound(getattr(self, end), whole_number=False))
        object.__setattr__(self, "scale", _scale(self.scale))
        check_range(self.low, self.high)
        if self.scale is Scale.LOG and self.low <= 0:
            raise SpaceError(
                f"a log scale needs bounds above 0; the range is {spell(self.low)} to "
                f"{spell(self.high)}",
                next_step="raise the lower bound, or leave scale out (in Python tb.uniform) for a "
                "linear scale",
            )
        if self.scale is Scale.NEAR_ONE and self.high >= 1:
            raise SpaceError(
                "the scale log of 1 - x needs bounds below 1; "
                f"the range is {spell(self.low)} to {spell(self.high)}",
                next_step="lower the upper bound, as in tb.near_one(0.9, 0.999)",
            )
        if self.scale is Scale.NEAR_ONE and self.low < 0:
            raise SpaceError(
                "the scale log of 1 - x is for numbers from 0 to 1; "
                f"the range is {spell(self.low)} to {spell(self.high)}",
                next_step="raise the lower bound to 0 or more, or use tb.uniform(...)",
            )
        ends = _forward(self.low, self.scale), _forward(self.high, self.scale)
        check_width(self.low, self.high, ends)

    def from_unit(self, u: float) -> float:
        """Value at `u` in [0, 1], exactly `low` at 0 and `high` at 1."""
        if u <= 0:
            return self.low
        if u >= 1:
            return self.high
        a, b = _forward(self.low, self.scale), _forward(self.high, self.scale)
        return min(max(_backward(a + u * (b - a), self.scale), self.low), self.high)

    def to_unit(self, value: float) -> float:
        """Place of `value` on the scale: 0 at `low`, 1 at `high`; beyond them outside."""
        a, b = _forward(self.low, self.scale), _forward(self.high, self.scale)
        return (_forward(value, self.scale) - a) / (b - a)

    def holds(self, value: Value) -> bool:
        """True where `value` is a number within the range."""
        return _is_number(value) and self.low <= float(value) <= self.high


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole-numbered hyperparameter between `low` and `high`, both included."""

    low: int
    high: int
    scale: Scale = Scale.LINEAR

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", _scale(self.scale))
        for end in ("low", "high"):
            object.__setattr__(self, end, bound(getattr(self, end), whole_number=True))
        check_whole(self.low, self.high)
        check_range(self.low, self.high)
        if self.scale is Scale.LOG and self.low < 1:
            raise SpaceError(
                f"a log scale needs integers from 1; the range is {self.low} to {self.high}",
                next_step="raise the lower bound, or leave out log=True",
            )
        if self.scale is Scale.NEAR_ONE:
            raise SpaceError(
                "the scale log of 1 - x is for real numbers; got an integer",
                next_step="use the scale linear or log, or a real range: tb.near_one(0.9, 0.999)",
            )

    def _ends(self) -> tuple[float, float]:
        return (
            _forward(self.low - 0.5, self.scale),
            _forward(self.high + 0.5, self.scale),
        )

    def from_unit(self, u: float) -> int:
        """The integer whose cell holds `u`; cells have equal width on the linear scale."""
        a, b = self._ends()
        value = round(_backward(a + min(max(u, 0.0), 1.0) * (b - a), self.scale))
        return min(max(value, self.low), self.high)

    def to_unit(self, value: float) -> float:
        """Middle of the cell of `value`."""
        a, b = self._ends()
        return (_forward(value, self.scale) - a) / (b - a)

    def holds(self, value: Value) -> bool:
        """True where `value` is a whole number within the range."""
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values, without an order."""

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", choices(self.values))

    def from_unit(self, u: float) -> Value:
        """The value whose cell, of n equal ones, holds `u`."""
        return self.values[min(max(int(u * len(self.values)), 0), len(self.values) - 1)]

    def to_unit(self, value: Value) -> float:
        """Middle of the cell of `value`."""
        return (self.values.index(value) + 0.5) / len(self.values)

    def holds(self, value: Value) -> bool:
        """True where `value` is one of the values."""
        return value in self.values


Axis = Float | Integer | Choice


def listed_choice(where: str, values: Sequence[Value]) -> Choice:
    """The choice that a plain list of values stands for, `[false, true]`.

    Args:
        where: role and name, `scientific.batch_norm`; values: of the choice.

    Raises:
        SpaceError: two numbers that could be the bounds of a range; a scientific list is values.
    """
    numbers = len(values) == 2 and all(type(v) in (int, float) for v in values)
    if numbers and not where.startswith("scientific"):
        a, b = values
        wide = 0 < 100 * min(values) <= max(values)  # type: ignore[operator]
        log = ', scale = "log"' * wide
        raise SpaceError(
            f"{where} = [{a!r}, {b!r}] could be a range or two values",
            next_step=f"for a range write {{ low = {a!r}, high = {b!r}{log} }} or in Python "
            f"tb.{'log_' * wide}uniform; for values {{ choice = [{a!r}, {b!r}] }} or tb.choice",
        )
    return Choice(tuple(values))


@dataclass(frozen=True, slots=True)
class Per:
    """A hyperparameter that exists under some values of another, with a range for each.

    Attributes:
        on: the choice that it depends on.
        when: (value of that choice, axis under it), in order; under a value that is not
            listed the hyperparameter does not exist.
    """

    on: str
    when: tuple[tuple[Value, Axis | Per], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", tuple((v, a) for v, a in self.when))
        if not self.when:
            raise SpaceError(
                f'a condition on "{self.on}" names at least one of its values',
                next_step=f'give a range under a value: tb.per("{self.on}", ...=tb.uniform(0, 1))',
            )
        listed = [v for v, _ in self.when]
        twice = [v for i, v in enumerate(listed) if v in listed[:i]]
        if twice:
            raise SpaceError(
                f'a condition names each value of "{self.on}" once; {spell(twice[0])} '
                "stands twice",
                next_step="keep one of the two ranges",
            )

    def under(self, value: Value) -> Axis | Per | None:
        """The axis where `on` has this value, or None where the hyperparameter is absent."""
        return next((axis for listed, axis in self.when if listed == value), None)


@dataclass(frozen=True, slots=True)
class Constraint:
    """`left < right` or `left <= right` between hyperparameters, or one and a number.

    It holds where both sides exist and the relation is true, and wherever a side is absent.
    """

    left: str
    relation: str
    right: str | float

    def __post_init__(self) -> None:
        if self.relation not in ("<", "<="):
            raise SpaceError(
                f'a constraint is "a < b" or "a <= b"; got {self.relation!r}',
                next_step="turn the sides around for > and >=",
            )

    def allows(self, config: Configuration) -> bool:
        """True where `config` satisfies the constraint."""
        right = config.get(self.right) if isinstance(self.right, str) else self.right
        left = config.get(self.left)
        if left is None or right is None:
            return True
        if not (_is_number(left) and _is_number(right)):
            raise SpaceError(f"a constraint compares numbers; got {left!r} and {right!r}")
        return float(left) < float(right) if self.relation == "<" else float(left) <= float(right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A flat space: every hyperparameter in it exists.

    Attributes:
        conditions: the choices that are settled in this branch, with their values.
        axes: the hyperparameters left to vary, by name, in order.
    """

    conditions: Configuration = field(default_factory=dict)
    axes: Mapping[str, Axis] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "conditions", "axes")

    @property
    def name(self) -> str:
        """`optimizer=adam, schedule=cosine`; empty where nothing is settled."""
        return ", ".join(f"{k}={unmistakable(v)}" for k, v in self.conditions.items())


def branches(
    axes: Mapping[str, Axis | Per], split_on: frozenset[str] = frozenset()
) -> tuple[Branch, ...]:
    """Split a tree of conditions into flat branches, in the order in which values are written.

    Args:
        axes: hyperparameters by name.
        split_on: choices to settle although nothing depends on them (the scientific ones).

    Raises:
        SpaceError: a condition on something absent, on something that is no choice, on a
            value that the choice does not have, or in a circle.
    """
    _check_conditions(axes)
    parents = {axis.on for per in axes.values() for axis in _pers(per)}
    order = _topological(axes)
    return tuple(
        Branch(conditions=settled, axes={n: flat[n] for n in axes if n in flat})
        for settled, flat in _split(axes, order, parents | split_on, {}, {})
    )


def _split(
    axes: Mapping[str, Axis | Per],
    order: list[str],
    settle: frozenset[str] | set[str],
    settled: dict[str, Value],
    flat: dict[str, Axis],
) -> Iterator[tuple[dict[str, Value], dict[str, Axis]]]:
    if not order:
        yield settled, flat
        return
    name, rest = order[0], order[1:]
    axis: Axis | Per | None = axes[name]
    while isinstance(axis, Per):
        axis = axis.under(settled[axis.on]) if axis.on in settled else None
    if axis is None:
        yield from _split(axes, rest, settle, settled, flat)
    elif name in settle and isinstance(axis, Choice):
        for value in axis.values:
            yield from _split(axes, rest, settle, {**settled, name: value}, flat)
    else:
        yield from _split(axes, rest, settle, settled, {**flat, name: axis})


def _pers(axis: Axis | Per) -> Iterator[Per]:
    if isinstance(axis, Per):
        yield axis
        for _, below in axis.when:
            yield from _pers(below)


def leaves(axis: Axis | Per) -> Iterator[Axis]:
    """Every flat axis that a hyperparameter has under some condition."""
    if isinstance(axis, Per):
        for _, below in axis.when:
            yield from leaves(below)
    else:
        yield axis


def _check_conditions(axes: Mapping[str, Axis | Per]) -> None:
    for name, axis in axes.items():
        for per in _pers(axis):
            if per.on not in axes:
                raise SpaceError(
                    f'"{name}" depends on "{per.on}", which has no role in this round'
                    + (f".{close}" if (close := nearest(per.on, [*axes.keys() - {name}])) else ""),
                    next_step=f'give "{per.on}" a role (a tb.choice(...), or a fixed value), or '
                    "drop the condition",
                )
            parents = list(leaves(axes[per.on]))
            if not all(isinstance(p, Choice) for p in parents):
                raise SpaceError(
                    f'"{name}" depends on "{per.on}", which is not a choice',
                    next_step=f'make "{per.on}" a tb.choice(...)',
                )
            known = [v for p in parents if isinstance(p, Choice) for v in p.values]
            for value, _ in per.when:
                if value not in known:
                    raise SpaceError(
                        f'"{name}" exists when {per.on}={spell(value)}, '
                        f'but "{per.on}" is one of {", ".join(map(spell, known))}',
                        next_step=f'correct the value, or add it to "{per.on}"',
                    )


def _topological(axes: Mapping[str, Axis | Per]) -> list[str]:
    order: list[str] = []
    path: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise SpaceError(
                f"conditions go in a circle: {circle}",
                next_step="drop one of these conditions",
            )
        path.append(name)
        for per in _pers(axes[name]):
            visit(per.on)
        path.pop()
        order.append(name)

    for name in axes:
        visit(name)
    return order


def _scale(scale: str) -> Scale:
    try:
        return Scale(scale)
    except ValueError:
        raise SpaceError(
            f"a scale is one of {', '.join(Scale)}; got {scale!r}.{nearest(str(scale), Scale)}",
            next_step='leave it out for a linear scale, or say scale="log"',
        ) from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _forward(value: float, scale: Scale) -> float:
    if scale is Scale.LOG:
        return math.log(value)
    return -math.log1p(-value) if scale is Scale.NEAR_ONE else float(value)


def _backward(place: float, scale: Scale) -> float:
    if scale is Scale.LOG:
        return math.exp(place)
    return -math.expm1(-place) if scale is Scale.NEAR_ONE else place
