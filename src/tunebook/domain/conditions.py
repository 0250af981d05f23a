"""Which hyperparameters decide whether others exist (B3 B2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tunebook.domain.design import Round
from tunebook.domain.space import Axis, Choice, Per, leaves


def decided_by(plan: Round) -> dict[str, tuple[str, ...]]:
    """For each hyperparameter that exists in some trials only, those whose values decide it.

    One that exists under every value of another, with a range for each, is not among them.
    """
    axes: dict[str, Axis | Per] = dict(plan.varied)
    for name, value in plan.fixed.items():
        axes[name] = value if isinstance(value, Per) else Choice((value,))
    found = {name: tuple(dict.fromkeys(_deciding(axis, axes))) for name, axis in axes.items()}
    return {name: on for name, on in found.items() if on}


def _deciding(axis: Axis | Per, axes: Mapping[str, Axis | Per]) -> Iterator[str]:
    if not isinstance(axis, Per):
        return
    parent = axes.get(axis.on)
    known = (
        [v for a in leaves(parent) if isinstance(a, Choice) for v in a.values] if parent else []
    )
    if any(axis.under(value) is None for value in known):
        yield axis.on
        yield from _deciding(parent, axes) if parent is not None else ()
    for _, below in axis.when:
        yield from _deciding(below, axes)
