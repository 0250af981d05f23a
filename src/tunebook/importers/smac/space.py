"""Spaces of ConfigSpace as JSON, and what SMAC says chose a configuration (C11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.origin import BY_HAND, GRID, QUASI_RANDOM, RANDOM
from tunebook.domain.space import Axis
from tunebook.importers.ranges import choice_of, number_range

_DESIGNS = {
    "Sobol": QUASI_RANDOM, "Latin Hypercube": QUASI_RANDOM, "Random": RANDOM, "Factorial": GRID,
    "Default": BY_HAND,
}  # fmt: skip
_INITIAL = "Initial Design: "
_CLASSES = {
    "SobolInitialDesign": QUASI_RANDOM, "LatinHypercubeInitialDesign": QUASI_RANDOM,
    "RandomInitialDesign": RANDOM, "FactorialInitialDesign": GRID,
}  # fmt: skip
_MODELS = {
    "GaussianProcess": "a Gaussian process", "MCMCGaussianProcess": "a Gaussian process",
    "RandomForest": "a random forest",
}  # fmt: skip
_UNKNOWN = ("", "custom", "unknown", "none")


def ranges(read: Mapping[str, Any]) -> tuple[dict[str, Axis], list[str]]:
    """The range of each hyperparameter, with notes on what ranges can't show."""
    listing = read.get("hyperparameters")
    entries = listing if isinstance(listing, list) else []
    found = {str(e.get("name")): _axis(e) for e in entries if isinstance(e, dict)}
    notes = []
    forbidden = read.get("forbiddens")
    if isinstance(forbidden, list) and forbidden:
        notes.append(f"The space has {plural(len(forbidden), 'forbidden clause')}: not shown.")
    open_ended = [
        str(e.get("name"))
        for e in entries
        if isinstance(e, dict) and str(e.get("type")).startswith(("normal", "beta"))
    ]
    if open_ended:
        notes.append(f"{listed(open_ended, 6)}: drawn unevenly, which the range does not show.")
    return {name: axis for name, axis in found.items() if axis is not None}, notes


def _axis(own: Mapping[str, Any]) -> Axis | None:
    kind = str(own.get("type"))
    if kind.endswith(("_int", "_float")):
        whole, log = kind.endswith("_int"), own.get("log") is True
        return number_range(own.get("lower"), own.get("upper"), whole=whole, log=log)
    if kind == "categorical":
        return choice_of(own.get("choices"))
    if kind != "ordinal":
        return None
    values = own.get("sequence")
    single = values if isinstance(values, list) else []
    numbers = [v for v in single if isinstance(v, int | float) and not isinstance(v, bool)]
    if single and len(numbers) == len(single):
        whole = all(isinstance(v, int) for v in numbers)
        return number_range(min(numbers), max(numbers), whole=whole)
    return choice_of(single)


def chooser(origin: str, number: int, meta: Mapping[str, Any]) -> str:
    """What chose a configuration.

    SMAC gives the starting points of its local search the origin of the search: of the first
    configurations, which are those of the initial design, the design's class says more.

    Args:
        origin: as the run history has it, `Initial Design: Sobol`.
        number: of the configuration, from 1.
        meta: of the scenario.
    """
    if origin.startswith(_INITIAL):
        return _DESIGNS.get(origin.removeprefix(_INITIAL), "")
    if origin.startswith("Random Search") and "sorted" not in origin.lower():
        return RANDOM
    design = _part(meta, "initial_design")
    count = design.get("n_configs")
    if isinstance(count, int) and number <= count and str(design.get("name")) in _CLASSES:
        return _CLASSES[str(design["name"])]
    if origin.lower() in _UNKNOWN:
        return ""
    model = str(_part(meta, "model").get("name", ""))
    return _MODELS.get(model, model or origin)


def _part(meta: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = meta.get(name)
    return part if isinstance(part, dict) else {}
