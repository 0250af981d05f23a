"""Curves over the steps that `define_metric` names, such as epochs (C11)."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from tunebook.importers.wandb.joining import JoinedRun
from tunebook.importers.wandb.run_file import Column, Defined


def said_of(name: str, defined: Sequence[Defined]) -> Defined | None:
    """What was said of a metric: by its name, else by a pattern; the last counts."""
    exact = [d for d in defined if d.name == name]
    if exact:
        return exact[-1]
    patterns = [d for d in defined if "*" in d.name and fnmatchcase(name, d.name)]
    return patterns[-1] if patterns else None


def curves_of(
    runs: Sequence[JoinedRun],
) -> tuple[list[dict[str, Column]], list[str], frozenset[str]]:
    """The curves of each run, with notes, and the metrics that count steps.

    A metric has one axis in all runs: its own one where that rises with whole numbers in every
    run, else W&B's count of steps, and a note says so.
    """
    axes: dict[str, str] = {}
    for run in runs:
        defined = run.defined
        for name in run.columns if defined else ():
            said = said_of(name, defined)
            if said is not None and said.step not in ("", "_step", name):
                axes[name] = said.step
    found = [dict(run.columns) for run in runs]
    notes = []
    for name, axis in axes.items():
        counted = [
            None if name not in run.columns else _over(run.columns[name], run.columns.get(axis))
            for run in runs
        ]
        there = [name in run.columns for run in runs]
        if all(c is not None for c, own in zip(counted, there, strict=True) if own):
            for curves, column in zip(found, counted, strict=True):
                if column is not None:
                    curves[name] = column
        else:
            notes.append(
                f"{name} counts its steps by {axis}, which does not rise by whole numbers in "
                "every run; its curves have W&B's own steps."
            )
    used = frozenset(axes.values())
    for curves in found:
        for axis in used:
            curves.pop(axis, None)
    return found, notes, used


def _over(column: Column, axis: Column | None) -> Column | None:
    """A column with the axis as its steps, or None where that is none for it."""
    if axis is None:
        return None
    at = np.searchsorted(axis.steps, column.steps, side="right") - 1
    if at[0] < 0:
        return None
    steps = axis.values[at]
    if not _rises(steps):
        return None
    return Column(steps=steps.astype(np.int64), values=column.values)


def _rises(steps: NDArray[np.float64]) -> bool:
    finite = np.isfinite(steps) & (np.abs(steps) < 2**53)
    if not finite.all():
        return False
    return bool((steps == np.floor(steps)).all() and (np.diff(steps) > 0).all())
