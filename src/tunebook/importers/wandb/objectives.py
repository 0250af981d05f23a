"""What scripts said of their metrics: which way is better, and which value counts (C11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import starmap

import numpy as np
from numpy.typing import NDArray

from tunebook.importers.wandb.joining import JoinedRun
from tunebook.importers.wandb.run_file import Column
from tunebook.importers.wandb.step_axes import said_of

Ended = tuple[Mapping[str, Column], Mapping[str, float]]
"""Curves and summary of a run that ended well."""


def objectives_of(runs: Sequence[JoinedRun]) -> tuple[str, ...]:
    """Metrics of which scripts said which values are better, as "minimize:val_loss"."""
    ways: dict[str, str] = {}
    for run in runs:
        defined = run.defined
        for name in run.columns if defined else ():
            said = said_of(name, defined)
            way = (said.goal or _way(said.summaries)) if said is not None else ""
            if way:
                ways.setdefault(name, way)
    return tuple(f"{way}:{name}" for name, way in ways.items())


def _way(summaries: Sequence[str]) -> str:
    """The direction that the kept value shows: the lowest, or the highest."""
    if ("min" in summaries) == ("max" in summaries):
        return ""
    return "minimize" if "min" in summaries else "maximize"


def reduce_of(metrics: Sequence[str], runs: Sequence[Ended]) -> tuple[dict[str, str], list[str]]:
    """How each curve becomes the value in the summary: "last" or "best".

    Returns:
        By metric; and the metrics of which the summary has neither in some run.
    """
    found: dict[str, str] = {}
    neither = []
    for name in metrics:
        own = [(curves[name].values, summary) for curves, summary in runs if name in curves]
        ends = [(values, summary[name]) for values, summary in own if name in summary]
        if not ends and any(f"{name}.{way}" in s for _, s in own for way in ("min", "max")):
            found[name] = "best"
            continue
        how = next((how for how, reach in _WAYS if all(starmap(_reaches(reach), ends))), "")
        found[name] = how or "last"
        if not how:
            neither.append(name)
    return found, neither


def _reaches(reach: Callable[[NDArray[np.float64]], float]) -> Callable[..., bool]:
    def same(values: NDArray[np.float64], told: float) -> bool:
        reached = reach(values)
        return bool(reached == told or (np.isnan(reached) and np.isnan(told)))

    return same


def _last(values: NDArray[np.float64]) -> float:
    return float(values[-1])


def _lowest(values: NDArray[np.float64]) -> float:
    return float(np.fmin.reduce(values))


def _highest(values: NDArray[np.float64]) -> float:
    return float(np.fmax.reduce(values))


_WAYS = (("last", _last), ("best", _lowest), ("best", _highest))
