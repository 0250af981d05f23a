"""The plan of a round that another tool ran: its space as one tree, its configurations by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tunebook.domain.design import Role, Round
from tunebook.domain.errors import TableError
from tunebook.domain.formats.json_text import alike
from tunebook.domain.roles import is_batch_size
from tunebook.domain.space import Axis, Branch, Choice, Per
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Configuration, Value

_ABSENT = object()


def plan_of(table: TrialTable, goal: str, *, steps: int, note: str = "") -> Round:
    """A plan whose points are the configurations of a table, in its order.

    Args:
        table: trials of a sweep.
        goal: of the round.
        steps: that its trials trained, as far as that is known.
        note: of the round.

    Raises:
        TableError: a hyperparameter exists for some trials, and no choice says for which.
        DesignError: the plan breaks a rule, such as a training length that was searched.
    """
    names = dict.fromkeys(n for config in table.config for n in config)
    rows = _rows(table)
    settled = list(dict.fromkeys(n for b in table.branches.values() for n in b.conditions))
    tree: dict[str, Any] = {}
    for name in names:
        held = {key: _held(name, b, rows[key]) for key, b in table.branches.items() if key in rows}
        choice = _settled(name, held, table)
        tree[name] = _per(name, held, choice, settled, table.branches)
    varied = {n: a for n, a in tree.items() if isinstance(a, Per) or not _is_one(a)}
    fixed = {n: a.values[0] for n, a in tree.items() if n not in varied}
    scientific = {n: a for n, a in varied.items() if table.roles.get(n) is Role.SCIENTIFIC}
    return Round(
        goal=goal,
        scientific=scientific,
        nuisance={n: a for n, a in varied.items() if n not in scientific},
        fixed=fixed,
        trials=len(table),
        max_train_steps=max(1, steps),
        searcher="by_hand",
        points=tuple({n: v for n, v in c.items() if n in varied} for c in table.config),
        overrule=("A4",) if any(map(is_batch_size, varied)) else (),
        note=note,
    )


def _rows(table: TrialTable) -> dict[str, list[Configuration]]:
    """The configurations of each study that has any."""
    found: dict[str, list[Configuration]] = {}
    for key, config in zip(table.study, table.config, strict=True):
        found.setdefault(key, []).append(config)
    return found


def _held(name: str, branch: Branch, configs: Sequence[Configuration]) -> Any:
    """The axis of a hyperparameter in a branch, its values there as a choice, or absent."""
    if name in branch.axes:
        return branch.axes[name]
    values = dict.fromkeys(c[name] for c in configs if name in c)
    return Choice(tuple(values)) if values else _ABSENT


def _settled(name: str, held: Mapping[str, Any], table: TrialTable) -> Choice | None:
    """All values of a choice that tells branches apart; None for what is none."""
    branches = table.branches
    values = dict.fromkeys(
        branches[k].conditions[name] for k in held if name in branches[k].conditions
    )
    return Choice(tuple(values)) if values else None


def _per(
    name: str,
    held: Mapping[str, Any],
    choice: Choice | None,
    settled: Sequence[str],
    branches: Mapping[str, Branch],
) -> Axis | Per:
    """One axis where it is the same everywhere, else one under each value of a choice."""
    found = list(held.values())
    if choice is not None and _ABSENT not in found:
        return choice
    if all(alike(found[0], one) if one is not _ABSENT else False for one in found):
        return found[0]  # type: ignore[no-any-return]
    for on in settled:
        if on == name or not all(on in branches[key].conditions for key in held):
            continue
        under: dict[Value, dict[str, Any]] = {}
        for key, one in held.items():
            under.setdefault(branches[key].conditions[on], {})[key] = one
        if len(under) < 2:
            continue
        there = {v: own for v, own in under.items() if any(o is not _ABSENT for o in own.values())}
        rest = [n for n in settled if n != on]
        try:
            return Per(
                on,
                tuple((v, _per(name, own, choice, rest, branches)) for v, own in there.items()),
            )
        except TableError:
            continue
    raise TableError(
        f'"{name}" exists for some trials only, and no choice says for which: a round has no '
        "place for that",
        next_step="leave it out: name the hyperparameters to read, --hyperparameters A,B",
    )


def _is_one(axis: Axis) -> bool:
    return isinstance(axis, Choice) and len(axis.values) == 1
