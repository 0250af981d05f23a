"""Tags by which Optuna's callback for MLflow says what its trials are (C11)."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tunebook.domain.space import Axis, Choice
from tunebook.importers.mlflow.experiment import Recorded
from tunebook.importers.optuna.study import Range, joined, range_of

_RANGE = "_distribution"
_NEEDED = frozenset({"number", "state", "direction"})
_STATES = {"PRUNED": "pruned", "FAIL": "failed"}
"""MLflow itself calls such a run finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the tags say.

    Attributes:
        declared: the range of each parameter.
        direction: "minimize" or "maximize"; empty where the tags say none, or several.
        differ: parameters whose range changed during the study; all of its ranges are joined.
    """

    declared: Mapping[str, Axis] = field(default_factory=dict)
    direction: str = ""
    differ: tuple[str, ...] = ()


def take_tags(runs: Sequence[Recorded]) -> Told:
    """Read the tags, and correct the states of runs that Optuna pruned; changes `runs`."""
    own = [run for run in runs if run.tags.keys() >= _NEEDED]
    ranges: dict[str, list[Range]] = {}
    for run in own:
        run.status = _STATES.get(run.tags["state"].rpartition(".")[2], run.status)
        for tag, text in run.tags.items():
            name = tag.removesuffix(_RANGE)
            if name != tag and (found := _range(text)) is not None:
                ranges.setdefault(name, []).append(found)
        run.tags = {n: v for n, v in run.tags.items() if not n.endswith(_RANGE)}
    if len(own) < len(runs):
        ranges = {}  # other runs may lie outside
    declared, differ = {}, []
    for name, found_ranges in ranges.items():
        axis, differs = joined(found_ranges)
        differ += [name] if differs else []
        if axis is not None:
            declared[name] = axis
    ways = {run.tags["direction"].lower() for run in own}
    way = ways.pop() if len(ways) == 1 and len(own) == len(runs) else ""
    return Told(
        declared=declared,
        direction=way if way in ("minimize", "maximize") else "",
        differ=tuple(differ),
    )


def _range(text: str) -> Range | None:
    """The range that a distribution's own text says; None where it says none."""
    try:
        call = ast.parse(text, mode="eval").body
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            return None
        values = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
        found = range_of(json.dumps({"name": call.func.id, "attributes": values}))
    except (SyntaxError, ValueError, TypeError, KeyError, RecursionError, MemoryError):
        return None
    choices = values.get("choices", ())
    if not isinstance(found.axis, Choice) or all(isinstance(c, int | float) for c in choices):
        return found
    texts = tuple(map(str, choices))  # as MLflow keeps parameters
    return Range(axis=Choice(texts), choices=texts) if len(set(texts)) > 1 else None
