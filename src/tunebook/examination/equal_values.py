"""A table in which values that differ in the last digit alone are one value (C11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tunebook.domain.formats.equal_numbers import representatives
from tunebook.domain.space import Axis, Branch, Choice, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value


def with_equal_values(table: TrialTable) -> TrialTable:
    """The same trials with one number for each value; the table itself where all differ.

    Such numbers come from arithmetic and float32. Read as different they would make repeats of a
    configuration new ones, and choices of one value two. On a scale of 1 - x the last digits
    matter, so that its values stay as they are.
    """
    near_one = {
        n for b in table.branches.values() for n, a in b.axes.items()
        if not isinstance(a, Choice) and a.scale is Scale.NEAR_ONE
    }  # fmt: skip
    names = dict.fromkeys(n for c in table.config for n in c if n not in near_one)
    merged = {n: same for n in names if (same := representatives(table.column(n)))}
    if not merged:
        return table
    config = tuple(
        {n: merged[n].get(v, v) if n in merged else v for n, v in c.items()} for c in table.config
    )
    branches = {key: replace(b, axes=_axes(b, merged)) for key, b in table.branches.items()}
    return replace(table, config=config, branches=branches)


def _axes(branch: Branch, merged: Mapping[str, Mapping[Value, Value]]) -> dict[str, Axis]:
    """The axes of a branch, each choice with one of its equal values."""
    found: dict[str, Axis] = {}
    for name, axis in branch.axes.items():
        same = merged.get(name, {})
        if isinstance(axis, Choice) and any(v in same for v in axis.values):
            axis = Choice(tuple(dict.fromkeys(same.get(v, v) for v in axis.values)))
        found[name] = axis
    return found
