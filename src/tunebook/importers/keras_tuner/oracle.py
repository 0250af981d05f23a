"""The state of an oracle of Keras Tuner: order, space, and what its fields say of its class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.domain.origin import RANDOM
from tunebook.domain.space import Axis
from tunebook.importers.json_files import read_object
from tunebook.importers.keras_tuner.folders import ORACLE
from tunebook.importers.ranges import choice_of, joined, number_range

GAUSSIAN = "a Gaussian process"
HYPERBAND = "Hyperband"


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """What a project's `oracle.json` says.

    Attributes:
        order: names of trials in the order in which they began.
        began: start of each trial, local time, where the search displayed it.
        space: hyperparameters as they were declared, `{"class_name", "config"}`.
        initial: of a Bayesian search, how many completed trials come before the model; else None.
        longest: of Hyperband, the epochs of a full training; else None.
        unread: why there is no state, or "".
    """

    order: Sequence[str] = ()
    began: Mapping[str, str] = field(default_factory=dict)
    space: Sequence[Mapping[str, Any]] = ()
    initial: int | None = None
    longest: float | None = None
    unread: str = ""


def read_oracle(project: Path) -> Oracle:
    """The oracle's state; an empty one, which says why, where it can't be read."""
    file = project / ORACLE
    if not file.is_file():
        return Oracle(unread=f"{ORACLE} is missing")
    try:
        read = read_object(file)
    except TableError as error:
        return Oracle(unread=error.rule)
    space = declared_in(read)
    display = read.get("display")
    began = display.get("trial_start") if isinstance(display, dict) else None
    order = read.get("start_order")
    longest = read.get("max_epochs")
    return Oracle(
        order=[str(name) for name in order] if isinstance(order, list) else (),
        began={str(k): str(v) for k, v in began.items()} if isinstance(began, dict) else {},
        space=space,
        initial=_initial(read, len(space)),
        longest=longest if isinstance(longest, int | float) else None,
    )


def _initial(read: Mapping[str, Any], dimensions: int) -> int | None:
    if not {"num_initial_points", "alpha", "beta"} <= read.keys():
        return None
    told = read["num_initial_points"]
    # The default of BayesianOptimizationOracle.populate_space.
    return told if isinstance(told, int) and told else max(3 * dimensions, 3)


def declared_in(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The declared hyperparameters in the state of an oracle or a trial."""
    own = state.get("hyperparameters")
    space = own.get("space") if isinstance(own, dict) else None
    entries = space if isinstance(space, list) else []
    return [e for e in entries if isinstance(e, dict) and isinstance(e.get("config"), dict)]


def ranges(space: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Axis], list[str]]:
    """The range of each hyperparameter, with notes where several conditions declare one."""
    found: dict[str, list[Axis | None]] = {}
    reverse: dict[str, None] = {}
    for entry in space:
        own = entry["config"]
        name = str(own.get("name", ""))
        found.setdefault(name, []).append(_axis(str(entry.get("class_name", "")), own))
        if own.get("sampling") == "reverse_log":
            reverse[name] = None
    declared, notes = {}, []
    for name, axes in found.items():
        axis, differ = joined(axes)
        if axis is not None:
            declared[name] = axis
        if differ:
            notes.append(f"{name} has another range under each condition; all are joined.")
    if reverse:
        notes.append(f"{', '.join(reverse)}: the sampling reverse_log is shown on a linear scale.")
    return declared, notes


def _axis(kind: str, own: Mapping[str, Any]) -> Axis | None:
    if kind == "Boolean":
        return choice_of([False, True])
    if kind == "Choice":
        return choice_of(own.get("values"))
    if kind in ("Int", "Float"):
        return number_range(
            own.get("min_value"),
            own.get("max_value"),
            whole=kind == "Int",
            log=own.get("sampling") == "log",
        )
    return None


def choosers(oracle: Oracle, names: Sequence[str], completed: Sequence[bool]) -> list[str]:
    """What chose each trial, in their order; empty where the state does not say."""
    if oracle.longest is not None:
        return [RANDOM] * len(names)
    if oracle.initial is None:
        return [""] * len(names)
    chosen, before = [], 0
    for ended in completed:
        chosen.append(RANDOM if before < oracle.initial else GAUSSIAN)
        before += ended
    return chosen
