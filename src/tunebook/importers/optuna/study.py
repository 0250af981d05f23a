"""A study of Optuna as its storages keep it, and its distributions as ranges."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunebook.domain.space import Axis, Choice, Float, Integer, Scale
from tunebook.domain.trial import Value

STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")
"""By their number in a journal; a database has the names."""
ENDED = ("COMPLETE", "PRUNED", "FAIL")


NEEDED = frozenset({"studies", "trials", "trial_params"})
"""Tables that every version has."""


@dataclass(slots=True, kw_only=True)
class StudyTrial:
    """One trial.

    Attributes:
        number: its place in the study.
        state: one of STATES.
        values: of the objectives; empty where it has none.
        start, complete: ISO 8601, or empty.
        params: name to Optuna's own number and the distribution as JSON.
        user, system: attributes, decoded.
        reported: step to intermediate value.
    """

    number: int
    state: str
    values: list[float] = field(default_factory=list)
    start: str = ""
    complete: str = ""
    params: dict[str, tuple[float, str]] = field(default_factory=dict)
    user: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    reported: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Study:
    """A study with its trials, in their order.

    Attributes:
        name: of the study.
        directions: "minimize" or "maximize" for each objective.
        system: attributes of the study, decoded.
        trials: by number.
    """

    name: str
    directions: list[str]
    system: dict[str, Any] = field(default_factory=dict)
    trials: list[StudyTrial] = field(default_factory=list)

    @property
    def metrics(self) -> list[str]:
        """Names of the objectives, as `trials_dataframe` has them."""
        named = self.system.get("study:metric_names")
        if isinstance(named, list) and len(named) == len(self.directions):
            return [f"values_{name}" for name in named]
        if len(self.directions) == 1:
            return ["value"]
        return [f"values_{i}" for i in range(len(self.directions))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A distribution: what it draws from.

    Attributes:
        axis: None where it holds one value.
        choices: of a categorical one, as they are spelled; else empty.
        whole: it draws whole numbers.
    """

    axis: Axis | None
    choices: tuple[Value, ...] = ()
    whole: bool = False

    def value(self, internal: float) -> Value:
        """The value that Optuna keeps as this number."""
        if self.choices:
            return self.choices[int(internal)]
        return int(internal) if self.whole else float(internal)


def range_of(text: str) -> Range:
    """Read a distribution's JSON, of any version since 1.

    Raises:
        ValueError: it is none that is known.
    """
    read = json.loads(text)
    name, of = str(read["name"]), dict(read["attributes"])
    if name == "CategoricalDistribution":
        choices = _spelled(of["choices"])
        return Range(axis=Choice(choices) if len(choices) > 1 else None, choices=choices)
    if not name.startswith(("Float", "Int", "Uniform", "LogUniform", "DiscreteUniform")):
        raise ValueError(f"an unknown distribution {name}")
    whole = name.startswith("Int")
    log = bool(of.get("log")) or "Log" in name
    low, high = float(of["low"]), float(of["high"])
    return Range(axis=_axis(low, high, whole=whole, log=log), whole=whole)


def _axis(low: float, high: float, *, whole: bool, log: bool) -> Axis | None:
    if not low < high or not (math.isfinite(low) and math.isfinite(high)):
        return None
    scale = Scale.LOG if log and low > 0 else Scale.LINEAR
    return Integer(int(low), int(high), scale) if whole else Float(low, high, scale)


def _spelled(choices: Sequence[object]) -> tuple[Value, ...]:
    """Choices as values; texts where kinds are mixed, so that `1`, `True` and `"1"` differ."""
    kinds = {type(c) for c in choices}
    if any(kinds <= of for of in ({str}, {bool}, {int, float})):
        return tuple(choices)  # type: ignore[arg-type]
    plain = tuple(c if isinstance(c, str) else json.dumps(c) for c in choices)
    return plain if len(set(plain)) == len(plain) else tuple(map(json.dumps, choices))


def joined(ranges: Iterable[Range]) -> tuple[Axis | None, bool]:
    """One range that holds all of them, and whether they differed."""
    axes = list(dict.fromkeys(r.axis for r in ranges))
    found = [a for a in axes if a is not None]
    if not found:
        return None, len(axes) > 1
    first = found[0]
    if isinstance(first, Choice):
        values = dict.fromkeys(v for a in found if isinstance(a, Choice) for v in a.values)
        return Choice(tuple(values)), len(axes) > 1
    numbers = [a for a in found if not isinstance(a, Choice)]
    low, high = min(a.low for a in numbers), max(a.high for a in numbers)
    whole = all(isinstance(a, Integer) for a in numbers)
    log = all(a.scale is Scale.LOG for a in numbers)
    return _axis(float(low), float(high), whole=whole, log=log), len(axes) > 1


def holding(axis: Axis, values: Sequence[Value]) -> Axis:
    """The range, widened to hold these values too."""
    if isinstance(axis, Choice):
        return axis
    numbers = [float(v) for v in values]
    low, high = min(axis.low, *numbers), max(axis.high, *numbers)
    log = axis.scale is Scale.LOG
    return _axis(low, high, whole=isinstance(axis, Integer), log=log) or axis


def decoded(attributes: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Attributes from their JSON; one that is none is kept as text."""
    found: dict[str, Any] = {}
    for key, text in attributes:
        try:
            found[key] = json.loads(text)
        except (ValueError, RecursionError):
            found[key] = text
    return found
