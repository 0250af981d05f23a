"""`optimizer_space = "optimizer"` in a round file: the catalogue's ranges, put in place (A2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tunebook.domain.errors import CodecError
from tunebook.domain.formats.plain_data import from_data, located, to_data

KEY = "optimizer_space"
_ROLES = ("scientific", "nuisance", "fixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a round file says of a ready-made space.

    Attributes:
        on: the hyperparameter that names the optimizer: a choice, or fixed.
        inclusive: wide enough for the optimizers that others include.
        names: what training code calls a hyperparameter, by its name in the catalogue.
    """

    on: str
    inclusive: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


def with_ready_space(data: Mapping[str, Any]) -> dict[str, Any]:
    """The file's data with the optimizers' hyperparameters in [nuisance] and [fixed].

    What the file itself says of a hyperparameter holds.

    Raises:
        CodecError: the key names no hyperparameter that chooses optimizers.
        DesignError: an optimizer that the catalogue does not have.
    """
    from tunebook.domain.optimizers.spaces import optimizer_defaults, optimizer_space

    filled = {key: value for key, value in data.items() if key != KEY}
    if KEY not in data:
        return filled
    given = data[KEY]
    ready = from_data(Ready, {"on": given} if isinstance(given, str) else given, path=KEY)
    optimizers = _chosen(data, ready.on)
    trials = from_data(int, data.get("trials", 0), path="trials")
    with located(KEY):
        space = optimizer_space(
            *optimizers,
            trials=trials,
            on=ready.on,
            inclusive=ready.inclusive,
            names=ready.names,
        )
        defaults = optimizer_defaults(
            *optimizers,
            trials=trials,
            on=ready.on,
            inclusive=ready.inclusive,
            names=ready.names,
        )
    said = {name for role in _ROLES for name in filled.get(role, {})}
    for role, more in (("nuisance", space), ("fixed", defaults)):
        added = {name: to_data(axis) for name, axis in more.items() if name not in said}
        if added:
            filled[role] = {**filled.get(role, {}), **added}
    return filled


def _chosen(data: Mapping[str, Any], on: str) -> list[str]:
    for role in _ROLES:
        held = data.get(role, {})
        if isinstance(held, Mapping) and on in held:
            entry = held[on]
            listed = entry.get("choice") if isinstance(entry, Mapping) else [entry]
            if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
                return [str(name) for name in listed]
    raise CodecError(
        f'{KEY} names the hyperparameter that names the optimizer; "{on}" is no choice of '
        "optimizers here, nor fixed at one",
        next_step=f'add [scientific] {on} = {{ choice = ["nesterov", "adam"] }}, or [fixed] '
        f'{on} = "adam"',
    )
