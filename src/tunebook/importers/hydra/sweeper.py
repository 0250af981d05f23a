"""What `hydra.yaml` knows of a sweep: its sweeper, its sampler, the ranges that it was given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunebook.domain.origin import GRID, QUASI_RANDOM, RANDOM
from tunebook.domain.space import Axis
from tunebook.importers.ranges import choice_of, number_range

_SAMPLERS = {
    "TPESampler": "TPE", "MOTPESampler": "TPE", "RandomSampler": RANDOM, "GridSampler": GRID,
    "QMCSampler": QUASI_RANDOM, "CmaEsSampler": "CMA-ES", "GPSampler": "a Gaussian process",
    "NSGAIISampler": "an evolutionary search",
}  # fmt: skip
_STARTUP = 10
_NUMBER = r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*"
_INTERVAL = re.compile(rf"interval\((?:start=)?{_NUMBER},(?:\s*end=)?{_NUMBER}\)")
_RANGE = re.compile(rf"range\((?:start=)?{_NUMBER},(?:\s*stop=)?{_NUMBER}(?:,[^)]*)?\)")
_CHOICE = re.compile(r"choice\(([^()\[\]{}]*)\)")
_PLAIN = re.compile(r"[^()\[\]{}$]*,[^()\[\]{}$]*")
_LOG = re.compile(r"tag\([^()]*\blog\b")


@dataclass(slots=True, kw_only=True)
class Sweeper:
    """How jobs were chosen.

    Attributes:
        name: of the class, empty where it is not told.
        sampler: what chose configurations; empty where that is not known.
        startup: jobs that were drawn at random before it began.
        direction: of the value that a job returns, where there is one.
        params: by hyperparameter, the text of its sweep.
    """

    name: str = ""
    sampler: str = ""
    startup: int = 0
    direction: str = ""
    params: dict[str, str] = field(default_factory=dict)

    def chosen(self, job: int) -> str:
        """What chose a job, by its place in the sweep; empty where that is not known."""
        return RANDOM if self.sampler and job < self.startup else self.sampler


def read_sweeper(hydra: Mapping[str, Any], overrides: Sequence[str]) -> Sweeper:
    """A sweeper from the content of `hydra.yaml` and the overrides of the whole sweep."""
    sweeper = _at(hydra, "hydra", "sweeper")
    own = sweeper if isinstance(sweeper, Mapping) else {}
    found = Sweeper(name=str(own.get("_target_", "")).rpartition(".")[2])
    sampler = own.get("sampler")
    target = sampler.get("_target_", "") if isinstance(sampler, Mapping) else ""
    if found.name == "BasicSweeper":
        found.sampler = GRID
    elif found.name == "OptunaSweeper":
        found.sampler = _SAMPLERS.get(str(target).rpartition(".")[2], "")
        startup = sampler.get("n_startup_trials") if isinstance(sampler, Mapping) else None
        if found.sampler in ("TPE", "a Gaussian process"):
            found.startup = startup if isinstance(startup, int) else _STARTUP
    elif found.name == "AxSweeper":
        found.sampler = "Ax"
    elif found.name == "NevergradSweeper":
        named = str(_at(own, "optim", "optimizer") or "Nevergrad")
        found.sampler = RANDOM if named == "RandomSearch" else named
    direction = own.get("direction")
    if isinstance(direction, str):
        found.direction = direction.rpartition(".")[2].lower()
    params = own.get("params")
    if isinstance(params, Mapping):
        found.params = {_bare(name): str(text) for name, text in params.items()}
    for override in overrides:
        name, sign, text = str(override).partition("=")
        if sign:
            found.params[_bare(name)] = text
    return found


def _at(table: Any, *names: str) -> Any:
    for name in names:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table


def _bare(name: str) -> str:
    return name.strip().lstrip("+~").partition("@")[0]


def range_of(text: str, values: Sequence[Any]) -> Axis | None:
    """The range that a sweep's text declares; None where it is none, or no more than its values.

    Args:
        text: such as `interval(0.1, 1)`, `tag(log, interval(1e-5, 0.1))`, `choice(a, b)`, `a,b`.
        values: that jobs had; all of them are in the range.

    Example:
        >>> range_of("tag(log, interval(1e-4, 1))", [0.1, 0.01])
        Float(low=0.0001, high=1.0, scale=<Scale.LOG: 'log'>)
    """
    whole = all(isinstance(v, int) and not isinstance(v, bool) for v in values)
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    between = _INTERVAL.search(text) or _RANGE.search(text)
    axis: Axis | None = None
    if between is not None and numeric:
        low, high = float(between[1]), float(between[2])
        axis = number_range(low, high, whole=whole, log=bool(_LOG.search(text)))
    elif not numeric:
        listed = _CHOICE.search(text)
        plain = _PLAIN.fullmatch(text)
        inner = listed[1] if listed else plain[0] if plain else ""
        named = [part.strip().strip("'\"") for part in inner.split(",") if part.strip()]
        axis = choice_of(named) if all(isinstance(v, str) for v in values) else None
    return axis if axis is not None and values and all(axis.holds(v) for v in values) else None
