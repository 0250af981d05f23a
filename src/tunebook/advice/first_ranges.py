"""Ranges of hyperparameters that are varied for the first time, by their names (B1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tunebook.domain.design import Round
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.domain.space import Float, Per, Scale

FIRST_RANGES: Mapping[str, Float] = {
    "momentum": Float(0.5, 0.99, Scale.NEAR_ONE),
    "weight_decay": Float(1e-6, 0.1, Scale.LOG),
    "dropout": Float(0.0, 0.5),
    "label_smoothing": Float(0.0, 0.2),
}
"""Hyperparameters in the order in which they are varied next, for a plan of no known optimizer."""


def words_of(name: str) -> set[str]:
    """The words of a hyperparameter's name: `optim.learningRate` has optim, learning and rate."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return set(re.split(r"[^a-z0-9]+", spaced.lower()))


def is_learning_rate(name: str) -> bool:
    """Whether a name says that it is the learning rate."""
    own = words_of(name)
    return {"learning", "rate"} <= own or bool(own & {"lr", "learningrate"})


def fixed_named(plan: Round, kind: str) -> str | None:
    """The first fixed hyperparameter that has the words of `kind`, such as `weight_decay`."""
    return next((n for n in plan.fixed if words_of(kind) <= words_of(n)), None)


def number_of(plan: Round, name: str) -> float | None:
    """The value of a fixed hyperparameter; None where it is no number."""
    value = plan.fixed[name]
    return None if isinstance(value, Per | bool | str) else value


def first_range(plan: Round, kind: str, value: float) -> Float:
    """The range to search first around a fixed value.

    That of the plan's optimizer in the catalogue, where it has one that holds the value; else that
    of FIRST_RANGES.
    """
    optimizer = plan.fixed.get("optimizer")
    known = OPTIMIZERS.get(optimizer) if isinstance(optimizer, str) else None
    axis = next((t.axis for t in known.tunables if t.name == kind), None) if known else None
    if isinstance(axis, Float) and (value <= 0 or axis.low <= value <= axis.high):
        return axis
    return FIRST_RANGES[kind]
