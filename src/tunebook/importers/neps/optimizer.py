"""What NePS says of its optimizer in `optimizer_info.yaml` (C11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.domain.origin import GRID, RANDOM
from tunebook.importers.json_files import number
from tunebook.importers.neps.folders import OPTIMIZER
from tunebook.importers.yaml_text import read_yaml

_PLAIN = {
    "random_search": RANDOM, "neps_random_search": RANDOM,
    "grid_search": GRID, "neps_grid_search": GRID,
}  # fmt: skip
_BRACKETS = frozenset(
    {"successive_halving", "hyperband", "mo_hyperband", "asha", "moasha", "async_hb"}
)
_BAYESIAN = "bayesian_optimization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """The optimizer of a run.

    Attributes:
        name: as NePS calls it, `asha`; "" where it is not known.
        sampler: of a bracket optimizer, "uniform", "prior", or another one.
        initial: of Bayesian optimization, how many results come before the model; "ndim" is the
            number of hyperparameters.
        fidelity: name of the hyperparameter that counts training, or "".
        full: its value for a full training, or None.
        note: why it is not known, a sentence; else "".
    """

    name: str = ""
    sampler: str = ""
    initial: int | str | None = None
    fidelity: str = ""
    full: float | None = None
    note: str = ""

    @property
    def pruner(self) -> str:
        """What stops trials early, or ""."""
        told = self.fidelity or self.name in _BRACKETS
        return self.name if told and self.name not in (*_PLAIN, _BAYESIAN) else ""

    def choosers(self, names: Sequence[str], results: Sequence[bool], varied: int) -> list[str]:
        """What chose each trial, in the order of choosing; "" where it is not known.

        Args:
            names: of the trials.
            results: whether each has a result.
            varied: number of hyperparameters that take several values.
        """
        if self.name in _PLAIN:
            return [_PLAIN[self.name]] * len(names)
        if self.name in _BRACKETS and self.sampler in ("uniform", "prior"):
            return [RANDOM] * len(names)
        initial = varied if self.initial == "ndim" else self.initial
        if self.name != _BAYESIAN or not isinstance(initial, int):
            return [self.name] * len(names)
        chosen, before = [], 0
        for there in results:
            chosen.append(RANDOM if before < initial else self.name)
            before += there
        return chosen


def read_optimizer(folder: Path) -> Optimizer:
    """The optimizer of a run; an empty one, which says why, where it can't be read."""
    file = folder / OPTIMIZER
    if not file.is_file():
        return Optimizer(note=f"{OPTIMIZER} is missing: the optimizer is not known.")
    try:
        value = read_yaml(file.read_bytes(), OPTIMIZER).value
    except (TableError, OSError) as error:
        why = error.rule if isinstance(error, TableError) else f"{OPTIMIZER} can't be read"
        return Optimizer(note=f"{why}: the optimizer is not known.")
    read = _table(value)
    info, derived = _table(read.get("info")), _table(read.get("derived"))
    fidelity = _table(derived.get("fidelity"))
    initial = info.get("initial_design_size")
    return Optimizer(
        name=str(read.get("name") or ""),
        sampler=str(info.get("sampler") or ""),
        initial=initial if isinstance(initial, int | str) else None,
        fidelity=str(fidelity.get("name") or ""),
        full=number(fidelity.get("upper")),
    )


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
