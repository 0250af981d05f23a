"""Which trials differ by what alone: a seed, a repeat of the search, a split of the data (D2).

A hyperparameter whose name says so is a label: of the data's split, or of one of several repeats
of the same search. It says under what a trial was run, and is no part of its configuration here.
A trial that took part in choosing its configuration is no repeat of it: its value is flattered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tunebook.domain.design import Role
from tunebook.domain.roles import last_part
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Configuration, Value
from tunebook.statistics.fresh_seeds import choosing_trials

SPLIT_NAMES = frozenset(
    {"split", "fold", "data_split", "cv_fold", "split_seed", "data_seed", "split_number",
     "fold_number", "cv_split", "data_fold"}
)  # fmt: skip
REPEAT_NAMES = frozenset(
    {"search_seed", "study_seed", "search_repeat", "study_repeat", "repetition", "repeat",
     "search_number", "study_number"}
)  # fmt: skip

Key = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One complete trial and what tells it from others.

    Attributes:
        trial: its name.
        loss: the objective, lower is better.
        key: its configuration, without labels; `setting` the scientific part of it.
        split, repeat: its labels, None where the table has none.
        chose: it may have taken part in choosing its configuration.
    """

    trial: str
    loss: float
    key: Key
    setting: Key
    split: Key | None
    repeat: Key | None
    chose: bool


def is_split(name: str) -> bool:
    """True for a hyperparameter that says which split of the data a trial had."""
    return last_part(name) in SPLIT_NAMES


def is_repeat(name: str) -> bool:
    """True for one that says which repeat of the search a trial belongs to."""
    return last_part(name) in REPEAT_NAMES


def labels_of(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those of the hyperparameters that name a split, and those that name a repeat."""
    known = list(dict.fromkeys(names))
    return tuple(n for n in known if is_split(n)), tuple(n for n in known if is_repeat(n))


def without_labels(table: TrialTable) -> TrialTable:
    """The same trials, in whose space no label varies: it is nothing to tune.

    A label that is scientific was asked about, and stays.
    """
    hidden = {
        n
        for branch in table.branches.values()
        for n in branch.axes
        if (is_split(n) or is_repeat(n)) and table.roles.get(n) is not Role.SCIENTIFIC
    }
    if not hidden:
        return table
    branches = {
        name: replace(b, axes={n: axis for n, axis in b.axes.items() if n not in hidden})
        for name, b in table.branches.items()
    }
    roles = {n: role for n, role in table.roles.items() if n not in hidden}
    return replace(table, branches=branches, roles=roles)


def labelled(table: TrialTable) -> tuple[Labelled, ...]:
    """Complete trials with a finite objective; of copies, of one seed as well, the first."""
    splits, repeats = _labels(table)
    hidden = {*splits, *repeats}
    keys = _parts(table.config, lambda n: n not in hidden)
    split_of, repeat_of = (_parts(table.config, set(n).__contains__) for n in (splits, repeats))
    setting_of = _parts(table.config, (set(table.scientific) - hidden).__contains__)
    chose = _chose(table.seed, keys, repeat_of)
    found: list[Labelled] = []
    seen: set[tuple[object, ...]] = set()
    for i, (loss, seed) in enumerate(zip(table.losses.tolist(), table.seed, strict=True)):
        if not math.isfinite(loss):
            continue
        copy = (keys[i], split_of[i], repeat_of[i], seed)
        if seed is not None and copy in seen:
            continue
        seen.add(copy)
        found.append(
            Labelled(
                trial=table.name[i],
                loss=loss,
                key=keys[i],
                setting=setting_of[i],
                split=split_of[i] or None,
                repeat=repeat_of[i] or None,
                chose=i in chose and not (table.rerun_of and table.rerun_of[i]),
            )
        )
    return tuple(found)


def _labels(table: TrialTable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of splits and repeats among the hyperparameters of the table."""
    return labels_of(n for names in dict.fromkeys(map(tuple, table.config)) for n in names)


def _parts(configs: Iterable[Configuration], wanted: Callable[[str], bool]) -> list[Key]:
    """Of each configuration the hyperparameters with such names, in the order of names."""
    orders: dict[tuple[str, ...], list[str]] = {}
    found = []
    for config in configs:
        names = tuple(config)
        if (order := orders.get(names)) is None:
            order = orders[names] = sorted(filter(wanted, names))
        found.append(tuple([(n, config[n]) for n in order]))
    return found


def _chose(seeds: tuple[int | None, ...], keys: list[Key], repeat_of: list[Key]) -> set[int]:
    """Trials that chose a configuration which was then run again, within each repeat.

    Where at least half of the configurations were run again, none was singled out. The splits
    of a configuration are runs of it.
    """
    by_repeat: dict[Key, dict[Key, list[int]]] = {}
    for i, (key, repeat) in enumerate(zip(keys, repeat_of, strict=True)):
        by_repeat.setdefault(repeat, {}).setdefault(key, []).append(i)
    found: set[int] = set()
    for own in by_repeat.values():
        groups = list(own.values())
        several = sum(len(rows) > 1 for rows in groups)
        if 0 < several < len(groups) / 2:
            found |= choosing_trials(seeds, groups)
    return found
