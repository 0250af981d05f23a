"""Coordinates of hyperparameters in which people combine them: x, log x, log(1 - x) (C3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.formats.names import spell
from tunebook.domain.space import Axis, Choice, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value

if TYPE_CHECKING:
    from jaxtyping import Float

NEAR_ONE = 0.9
"""A hyperparameter between 0 and 1 that reaches this may act by 1 - x, as momentum does."""
WIDE = 3.0
"""Ratio of its ends from which a positive hyperparameter may act by its logarithm."""


class Form(StrEnum):
    """How a hyperparameter enters a combination."""

    PLAIN = "x"
    LOG = "log x"
    LOG_OF_REST = "log (1 - x)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coordinate:
    """A hyperparameter of each trial in one form."""

    hyperparameter: str
    form: Form
    places: Float[np.ndarray, "trials"]

    @property
    def logarithmic(self) -> bool:
        """Whether combinations of it are products and quotients."""
        return self.form is not Form.PLAIN

    @property
    def span(self) -> float:
        """Width of the middle nine tenths: log (1 - x) has a far end."""
        low, high = np.quantile(self.places, [0.05, 0.95])
        return float(high - low)

    @property
    def inner(self) -> str:
        """`momentum`, `1 - momentum`: what stands in its logarithm."""
        rest = self.form is Form.LOG_OF_REST
        return f"1 - {self.hyperparameter}" if rest else self.hyperparameter

    @property
    def term(self) -> str:
        """`momentum`, `(1 - momentum)`, as a factor."""
        return f"({self.inner})" if self.form is Form.LOG_OF_REST else self.inner

    def value(self, place: float) -> float:
        """The hyperparameter's value at a place."""
        if self.form is Form.LOG:
            return math.exp(place)
        return -math.expm1(place) if self.form is Form.LOG_OF_REST else place


def coordinates(own: TrialTable, study: str) -> dict[str, list[Coordinate]]:
    """The forms in which each ordered hyperparameter of a study may act; its own scale first."""
    found = {}
    for name, axis in own.branches[study].axes.items():
        values = _numbers(axis, own.column(name))
        if values is None or len(np.unique(values)) < 3:
            continue
        forms = [(form, _places(values, form)) for form in _forms(axis, values)]
        found[name] = [
            Coordinate(hyperparameter=name, form=form, places=places) for form, places in forms
        ]
    return found


def written(a: Coordinate, b: Coordinate, told: float) -> str:
    """`learning_rate / (1 - momentum)`, `width * sqrt(depth)`, `dropout + 2 * smoothing`."""
    if a.logarithmic and b.logarithmic:
        power = abs(told)
        term = b.term if power != 0.5 else f"sqrt({b.inner})"
        term += "" if power in (1, 0.5) else f"^{spell(power)}"
        return f"{a.term} {'*' if told > 0 else '/'} {term}"
    weight = "" if abs(told) == 1 else f"{spell(abs(told))} * "
    return f"{_summand(a)} {'+' if told > 0 else '-'} {weight}{_summand(b)}"


def _summand(coordinate: Coordinate) -> str:
    return f"log({coordinate.inner})" if coordinate.logarithmic else coordinate.inner


def _numbers(axis: Axis, column: Sequence[Value | None]) -> Float[np.ndarray, "trials"] | None:
    """Values as numbers; None where they have no order, as the values of most choices."""
    if isinstance(axis, Choice) and not all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in axis.values
    ):
        return None
    values = np.array([math.nan if v is None else float(v) for v in column])
    return values if np.isfinite(values).all() else None


def _forms(axis: Axis, values: Float[np.ndarray, "trials"]) -> list[Form]:
    scale = Scale.LINEAR if isinstance(axis, Choice) else axis.scale
    low, high = float(values.min()), float(values.max())
    if scale is Scale.NEAR_ONE:
        return [Form.LOG_OF_REST]
    if scale is Scale.LOG:
        return [Form.LOG]
    forms = [Form.PLAIN]
    if low >= 0 and NEAR_ONE <= high < 1:
        forms.append(Form.LOG_OF_REST)
    if low > 0 and high / low >= WIDE:
        forms.append(Form.LOG)
    return forms


def _places(values: Float[np.ndarray, "trials"], form: Form) -> Float[np.ndarray, "trials"]:
    if form is Form.LOG:
        return np.asarray(np.log(values))
    return np.asarray(np.log1p(-values)) if form is Form.LOG_OF_REST else values
