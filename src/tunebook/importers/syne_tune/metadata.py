"""What a tuner of Syne Tune says of itself in `metadata.json` (C11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.domain.origin import GRID, RANDOM
from tunebook.domain.space import Axis
from tunebook.importers.json_files import number, parsed, read_object
from tunebook.importers.ranges import choice_of, number_range
from tunebook.importers.syne_tune.folders import METADATA

_PLAIN = {"RandomSearch": RANDOM, "RandomSearcher": RANDOM, "GridSearch": GRID}
_STOPPING = {
    "ASHA": "ASHA", "AsynchronousSuccessiveHalving": "ASHA",
    "MedianStoppingRule": "the median stopping rule", "ASHABORE": "ASHA", "ASHACQR": "ASHA",
    "BOHB": "ASHA",
}  # fmt: skip
_POPULATION = "PopulationBasedTraining"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The scheduler and its space.

    Attributes:
        declared: ranges; objectives: "minimize:loss".
        chosen: what chose configurations, or "" where it is not known.
        pruner: what stopped trials, or "".
        population: configurations change during training.
        step: the column that counts training, or "".
        longest: steps of a full training, or None.
        notes: on what could not be read, a sentence each.
    """

    declared: Mapping[str, Axis] = field(default_factory=dict)
    objectives: tuple[str, ...] = ()
    chosen: str = ""
    pruner: str = ""
    population: bool = False
    step: str = ""
    longest: float | None = None
    notes: tuple[str, ...] = ()


def read_metadata(folder: Path) -> Tuning:
    """The metadata; what can't be read is left empty and noted."""
    try:
        read = read_object(folder / METADATA, f"{folder.name}/{METADATA}")
    except TableError as error:
        return Tuning(notes=(f"{error.rule}: ranges and the scheduler are not known.",))
    scheduler = str(read.get("scheduler_name", ""))
    own = read.get("scheduler_kwargs")
    options = own if isinstance(own, dict) else {}
    space = read.get("config_space")
    spelled = parsed(space) if isinstance(space, str) else space
    domains = spelled if isinstance(spelled, dict) else {}
    declared = {name: axis for name, told in domains.items() if (axis := _axis(told)) is not None}
    missing = () if domains else ("The space is not recorded: ranges are inferred.",)
    return Tuning(
        declared=declared,
        objectives=_objectives(read),
        chosen=_chosen(scheduler, options),
        pruner=_STOPPING.get(scheduler, ""),
        population=scheduler == _POPULATION,
        step=str(options.get("time_attr") or options.get("resource_attr") or ""),
        longest=number(options.get("max_t")),
        notes=missing,
    )


def _chosen(scheduler: str, options: Mapping[str, Any]) -> str:
    """The searcher; ASHA without a searcher of its own draws at random.

    Objects are written as null, so that a null searcher may be any.
    """
    if scheduler in _PLAIN:
        return _PLAIN[scheduler]
    if scheduler in ("AsynchronousSuccessiveHalving", "MedianStoppingRule"):
        searcher = options.get("searcher")
        return _PLAIN.get(searcher, searcher) if isinstance(searcher, str) else ""
    return RANDOM if scheduler == "ASHA" else scheduler


def _objectives(read: Mapping[str, Any]) -> tuple[str, ...]:
    names, modes = read.get("metric_names"), read.get("metric_mode")
    if not isinstance(names, list):
        return ()
    each = modes if isinstance(modes, list) else [modes] * len(names)
    if len(each) != len(names) or not set(each) <= {"min", "max"}:
        return ()
    return tuple(
        f"{'maximize' if mode == 'max' else 'minimize'}:{name}"
        for name, mode in zip(names, each, strict=True)
    )


def _axis(told: Any) -> Axis | None:
    own = told.get("domain_kwargs") if isinstance(told, dict) else None
    if not isinstance(own, dict):
        return None
    kind = told.get("domain_cls")
    low, high = own.get("lower"), own.get("upper")
    if kind in ("Float", "Integer"):
        log = str(told.get("sampler_cls", "")) == "LogUniform"
        return number_range(low, high, whole=kind == "Integer", log=log)
    if kind == "FiniteRange":
        whole, log = own.get("cast_int") is True, own.get("log_scale") is True
        return number_range(low, high, whole=whole, log=log)
    categories = own.get("categories")
    if not isinstance(categories, list):
        return None
    numbers = [v for v in categories if isinstance(v, int | float) and not isinstance(v, bool)]
    if kind in ("Ordinal", "OrdinalNearestNeighbor") and len(numbers) == len(categories) > 1:
        whole = all(isinstance(v, int) for v in numbers)
        log = own.get("log_scale") is True
        return number_range(min(numbers), max(numbers), whole=whole, log=log)
    return choice_of(categories)
