"""The space of a sweep that was run elsewhere: as declared, or read off its trials (B3 C1).

What is read off the trials is a guess with rules, each named where it stands. A range from the
lowest to the highest value tried is narrower than the range that was searched.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tunebook.domain.design import Role
from tunebook.domain.formats.equal_numbers import representatives
from tunebook.domain.space import (
    Axis,
    Branch,
    Choice,
    Float,
    Integer,
    Per,
    Scale,
    branches,
    leaves,
    spell,
)  # fmt: skip
from tunebook.domain.trial import Configuration, Value
from tunebook.importers.csv.columns import ABSENT, number_of
from tunebook.importers.csv.scales import scale_of

Column = Sequence[Value | None]

_WHOLE = re.compile(r"[+-]?\d+(\.0+)?")
_FEW_LEVELS = 8  # a scientific number with so few values, each tried often, is a list of them
_TRIALS_A_LEVEL = 5
_LABELS = 20  # texts: a choice with more values than this explains nothing
_SLACK = 1e-4  # of an axis: values are often written with few digits


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTrials:
    """Trials with their studies.

    Attributes:
        study: of each trial; empty where it has none.
        config: of each trial.
        reasons: why a trial has no study, by its row.
        branches: the flat space of each study.
        roles: of every hyperparameter.
    """

    study: list[str]
    config: list[Configuration]
    reasons: dict[int, str]
    branches: dict[str, Branch]
    roles: dict[str, Role]


def values_of(cells: Sequence[str]) -> list[Value | None]:
    """A column's values: whole numbers, numbers, true or false, else texts; None for empty.

    In a column of numbers, words such as "none" and "nan" are empty cells too.
    """
    there = [c for c in cells if c]
    if there and all(c.lower() in ("true", "false") for c in there):
        return [c.lower() == "true" if c else None for c in cells]
    digits = [c for c in there if c.lower() not in ABSENT and c.lower() != "nan"]
    if digits and all(number_of(c) is not None for c in digits):
        whole = all(_WHOLE.fullmatch(c) for c in digits)
        read = dict.fromkeys(digits)
        numbers = {c: int(float(c)) if "." in c else int(c) for c in read} if whole else {}
        return [None if c not in read else numbers[c] if whole else float(c) for c in cells]
    return [None if not c or c.lower() == "nan" else c for c in cells]


def infer_space(
    columns: Mapping[str, Column],
    scientific: Sequence[str],
    complete: Sequence[bool],
    workloads: Sequence[str] = (),
    declared: Mapping[str, Axis] = MappingProxyType({}),
) -> PlacedTrials:
    """Read the space off the trials.

    One branch for each combination of workloads and of scientific values (texts, and numbers with
    few values), and for each pattern of absent hyperparameters among complete trials: where a run
    failed, what is absent is evidence of nothing. Where the values of a choice say what is absent
    (momentum is there for optimizer=sgd alone), branches are split by that choice.

    Args:
        columns: of each hyperparameter, its value in each row; None where the cell is empty.
        scientific: hyperparameters whose effect is the question.
        complete: of each row, whether it has a result.
        workloads: hyperparameters that name what was trained on.
        declared: ranges that the source states; others go from the lowest to the highest value.
    """
    kept = {n: one_value_each(c) for n, c in columns.items() if any(v is not None for v in c)}
    rows = len(complete)
    telling = [i for i in range(rows) if complete[i]] or list(range(rows))
    settled = [n for n in workloads if n in kept and n not in scientific]
    settled += [n for n in scientific if n in kept and _is_listed(kept[n])]
    _fill_choices(kept, settled, telling, declared)
    settled += _explaining(kept, settled, telling)
    groups: dict[tuple[Value | None, ...], list[int]] = {}
    for i in range(rows):
        groups.setdefault(tuple(kept[n][i] for n in settled), []).append(i)
    study, found, reasons = [""] * rows, dict[str, Branch](), dict[int, str]()
    scales = {n: scale_of(c) for n, c in kept.items()}
    config: list[Configuration] = [
        {n: v for n, c in kept.items() if (v := c[i]) is not None} for i in range(rows)
    ]
    for group, members in groups.items():
        conditions = {n: v for n, v in zip(settled, group, strict=True) if v is not None}
        patterns = _patterns(kept, settled, members, set(telling), rows)
        common = set.intersection(*(set(p) for p in patterns)) if patterns else set()
        varying = list(dict.fromkeys(n for p in patterns for n in p if n not in common))
        for pattern, same in patterns.items():
            axes = _axes(kept, [n for n in kept if n not in {*settled, *pattern}], same, scales)
            axes = {n: declared.get(n, axis) for n, axis in axes.items()}
            branch = Branch(conditions=conditions, axes=axes)
            name = " ".join(filter(None, (branch.name, _told_apart(pattern, common, varying))))
            found[name] = branch
            for i in same:
                study[i] = name
                config[i] = {n: v for n, v in config[i].items() if n not in pattern}
        placed = {i for same in patterns.values() for i in same}
        for i in (i for i in members if i not in placed):
            reasons[i] = (
                f"{', '.join(_absent(kept, settled, i)[:3])} is empty, as in no other trial"
            )
    varied = {n for branch in found.values() for n in branch.axes} | {
        n for n in settled if len(set(kept[n])) > 1
    }
    roles = {
        n: Role.SCIENTIFIC if n in scientific else Role.NUISANCE if n in varied else Role.FIXED
        for n in kept
    }
    return PlacedTrials(study=study, config=config, reasons=reasons, branches=found, roles=roles)


def _fill_choices(
    columns: dict[str, Column],
    settled: Sequence[str],
    telling: Sequence[int],
    declared: Mapping[str, Axis],
) -> None:
    """An empty cell of a choice that nothing explains is a choice too, none; changes `columns`.

    As pandas writes None into a CSV. Whether a number exists is a condition: none is no place in
    its range.
    """
    for name, column in list(columns.items()):
        absent = [column[i] is None for i in telling]
        few = min(sum(absent), len(absent) - sum(absent)) < max(2, len(telling) // 20)
        if name in {*settled, *declared} or not _is_words(column) or few:
            continue
        if any(isinstance(v, bool) for v in column):
            continue
        chosen = _explaining({**columns}, settled, telling)
        if not _explains(columns, [*settled, *chosen], telling, absent):
            spelled = {v.lower(): v for v in column if isinstance(v, str)}
            none = spelled.get("none", "none")
            columns[name] = [none if v is None else v for v in column]


def _told_apart(pattern: Sequence[str], common: set[str], varying: Sequence[str]) -> str:
    """What tells a branch from the others of its group: what is absent, else what is there."""
    missing = [n for n in pattern if n not in common]
    if missing:
        return "without " + ", ".join(missing)
    return "with " + ", ".join(varying) if varying else ""


def _patterns(
    columns: Mapping[str, Column],
    settled: Sequence[str],
    members: Sequence[int],
    telling: set[int],
    rows: int,
) -> dict[tuple[str, ...], list[int]]:
    """Patterns of absent hyperparameters to their rows, as complete trials show them.

    A pattern of fewer trials than `_rare` is no condition but a forgotten cell. Other rows join
    the fullest pattern whose hyperparameters they all have; where there is none they are not
    placed.
    """
    seen: dict[tuple[str, ...], list[int]] = {}
    for i in members:
        if i in telling:
            seen.setdefault(_absent(columns, settled, i), []).append(i)
    if not seen:
        for i in members:
            seen.setdefault(_absent(columns, settled, i), []).append(i)
    most = max(map(len, seen.values()))
    patterns = {p: own for p, own in seen.items() if len(own) >= min(_rare(rows), most)}
    placed = {i for own in patterns.values() for i in own}
    for i in members:
        if i in placed:
            continue
        absent = set(_absent(columns, settled, i))
        fitting = [p for p in patterns if absent <= set(p)]
        if (absent and fitting and i not in telling) or (not absent and fitting):
            patterns[min(fitting, key=lambda p: (len(p), -len(patterns[p])))].append(i)
    return {p: sorted(own) for p, own in patterns.items()}


def _rare(rows: int) -> int:
    return 2 if rows < 100 else max(2, rows // 50)


def one_value_each(column: Column) -> Column:
    """The column in which numbers that differ in their last digits alone are one number."""
    same = representatives(v for v in column if isinstance(v, float))
    if not same:
        return column
    return [same.get(v, v) if isinstance(v, float) else v for v in column]


def place_in_space(
    cells: Mapping[str, Sequence[str]],
    space: Mapping[str, Axis | Per],
    scientific: Sequence[str],
    rows: int,
) -> PlacedTrials:
    """Find each trial's branch of a declared space; cells that do not exist there are ignored."""
    split = frozenset(
        n for n in scientific if all(isinstance(leaf, Choice) for leaf in leaves(space[n]))
    )
    flat = branches(space, split)
    study, config = [""] * rows, [dict[str, Value]() for _ in range(rows)]
    reasons: dict[int, str] = {}
    for i in range(rows):
        row = {n: cells[n][i] for n in space}
        home = next(
            (b for b in flat if all(_same(row[n], v) for n, v in b.conditions.items())), None
        )
        if home is None:
            named = {n for b in flat for n in b.conditions}
            said = ", ".join(f"{n}={row[n]}" for n in space if n in named)
            reasons[i] = f"{said} is no branch of the space"
            continue
        values = {n: value_on(axis, row[n]) for n, axis in home.axes.items()}
        outside = next((n for n, v in values.items() if v is None), None)
        if outside is not None:
            reasons[i] = (
                f"{outside}={row[outside]} lies outside its range"
                if row[outside]
                else f"{outside} is empty"
            )
            continue
        study[i] = home.name
        config[i] = {**home.conditions, **{n: v for n, v in values.items() if v is not None}}
    roles = {n: Role.SCIENTIFIC if n in scientific else Role.NUISANCE for n in space}
    return PlacedTrials(
        study=study,
        config=list(config),
        reasons=reasons,
        branches={b.name: b for b in flat},
        roles=roles,
    )


def _same(cell: str, value: Value) -> bool:
    if isinstance(value, str | bool):
        return cell == value or cell.lower() == spell(value)
    return number_of(cell) == value


def value_on(axis: Axis, cell: str) -> Value | None:
    """The cell's value on an axis; a little outside is its end, further is None."""
    if isinstance(axis, Choice):
        return next((v for v in axis.values if _same(cell, v)), None)
    number = number_of(cell)
    if number is None or not math.isfinite(number):
        return None
    if isinstance(axis, Integer):
        return int(number) if number == int(number) and axis.holds(int(number)) else None
    near = min(max(number, axis.low), axis.high)
    if axis.holds(number) or abs(near - number) <= _SLACK * abs(number):
        return near
    return None


def _is_listed(column: Column) -> bool:
    there = [v for v in column if v is not None]
    distinct = len(set(there))
    if all(isinstance(v, str | bool) for v in there):
        return True
    return distinct <= _FEW_LEVELS and len(there) >= _TRIALS_A_LEVEL * distinct


def _absent(columns: Mapping[str, Column], settled: Sequence[str], row: int) -> tuple[str, ...]:
    return tuple(n for n, c in columns.items() if n not in settled and c[row] is None)


def _explaining(
    columns: Mapping[str, Column], settled: Sequence[str], telling: Sequence[int]
) -> list[str]:
    """The choices whose values, with those settled, say which hyperparameters are absent.

    Texts before numbers with few values, as `layers` is for `width_3`; each explains one
    hyperparameter at least that none before it did.
    """
    chosen: list[str] = []
    partly = {n: [columns[n][i] is None for i in telling] for n in columns if n not in settled}
    open_ = {n: own for n, own in partly.items() if any(own) and not all(own)}
    parents = [
        n
        for n, own in partly.items()
        if not any(own) and _is_parent([columns[n][i] for i in telling])
    ]
    parents.sort(key=lambda n: (not _is_words(columns[n]), len(set(columns[n]))))
    open_ = {n: own for n, own in open_.items() if not _explains(columns, settled, telling, own)}
    while open_:
        gains = {
            p: [
                n
                for n, own in open_.items()
                if _explains(columns, [*settled, *chosen, p], telling, own)
            ]
            for p in parents
            if p not in chosen
        }
        best = max(gains, key=lambda p: len(gains[p]), default=None)
        if best is None or not gains[best]:
            break
        chosen.append(best)
        open_ = {n: own for n, own in open_.items() if n not in gains[best]}
    return chosen


def _is_words(column: Column) -> bool:
    return all(isinstance(v, str | bool) for v in column if v is not None)


def _is_parent(column: Column) -> bool:
    """True where each value stands in enough rows that it can't explain an absence by chance."""
    distinct = len(set(column))
    few = _LABELS if _is_words(column) else _FEW_LEVELS
    return 2 <= distinct <= few and len(column) >= 2 * distinct


def _explains(
    columns: Mapping[str, Column],
    names: Sequence[str],
    rows: Sequence[int],
    absent: Sequence[bool],
) -> bool:
    """True where the values of these decide whether a hyperparameter is absent."""
    seen: dict[tuple[Value | None, ...], bool] = {}
    return bool(names) and all(
        seen.setdefault(tuple(columns[n][i] for n in names), missing) == missing
        for i, missing in zip(rows, absent, strict=True)
    )


def _axes(
    columns: Mapping[str, Column],
    names: Sequence[str],
    rows: Sequence[int],
    scales: Mapping[str, Scale],
) -> dict[str, Axis]:
    """An axis for each hyperparameter that takes two values or more in these rows."""
    axes: dict[str, Axis] = {}
    for name in names:
        distinct = list(dict.fromkeys(columns[name][i] for i in rows))
        values = [v for v in distinct if v is not None]
        if len(values) < 2:
            continue
        whole = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
        # Beyond 2**53 a float no longer tells neighbours apart: such numbers are labels.
        labels = any(abs(v) > 2**53 for v in whole)
        if len(whole) == len(values) and not labels:
            axes[name] = Integer(min(whole), max(whole), scales[name])
        elif labels or any(isinstance(v, str | bool) for v in values):
            axes[name] = Choice(tuple(values))
        else:
            numbers = [float(v) for v in values]
            axes[name] = Float(min(numbers), max(numbers), scales[name])
    return axes
