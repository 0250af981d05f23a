"""What chose each row of a known tool's table, by the columns in which the tool says so (C11)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tunebook.domain.origin import BY_HAND, QUASI_RANDOM, RANDOM
from tunebook.importers.optuna.marks import chosen_of
from tunebook.importers.optuna.study import StudyTrial

Cells = Mapping[str, Sequence[str]]

_SYSTEM = "system_attrs_"
_AX = {"sobol": QUASI_RANDOM, "uniform": RANDOM, "center": BY_HAND, "manual": BY_HAND,
       "custom": BY_HAND}  # fmt: skip


def chosen_by(tool: str, cells: Cells) -> tuple[str, ...]:
    """What chose each row, as `domain/origin.py` names it; empty where no row says."""
    return _BY_TOOL[tool](cells) if tool in _BY_TOOL else ()


def _optuna(cells: Cells) -> tuple[str, ...]:
    """The marks in the system attributes of `trials_dataframe`."""
    lower = {name.lower(): cells[name] for name in cells}
    keys = {n[len(_SYSTEM) :]: own for n, own in lower.items() if n.startswith(_SYSTEM)}
    if not keys:
        return ()
    rows = len(next(iter(cells.values())))
    states, numbers = lower.get("state", [""] * rows), lower.get("number", [""] * rows)
    trials = [
        StudyTrial(
            number=int(numbers[i]) if numbers[i].isdecimal() else i,
            state=states[i].rpartition(".")[2].upper(),
            system={k: _read(own[i]) for k, own in keys.items() if own[i]},
        )
        for i in range(rows)
    ]
    order = sorted(range(rows), key=lambda i: trials[i].number)
    found = dict(zip(order, chosen_of([trials[i] for i in order], {}), strict=False))
    return tuple(found[i] for i in range(rows)) if found else ()


def _read(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return cell


def _ax(cells: Cells) -> tuple[str, ...]:
    """The node, the method or the model that generated each arm."""
    for column in ("generation_node", "generation_method", "generation_model_key"):
        own = cells.get(column, ())
        if any(own):
            return tuple(_ax_name(cell) for cell in own)
    return ()


def _ax_name(cell: str) -> str:
    known = (name for part, name in _AX.items() if re.search(part, cell, re.IGNORECASE))
    return next(known, cell)


_BY_TOOL: Mapping[str, Callable[[Cells], tuple[str, ...]]] = {"Optuna": _optuna, "Ax": _ax}
