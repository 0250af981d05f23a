"""The space of a sweep that was run elsewhere: as declared, or read off its trials (B3 C1).

What is read off the trials is a guess with rules, each named where it stands. A range from the
lowest to the highest value tried is narrower than the range that was searched.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tunebook.words.csv_columns import ABSENT, number_of
from tunebook.words.design import Role
from tunebook.words.space import (
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
from tunebook.words.trial import Configuration, Value

Column = Sequence[Value | None]

_WHOLE = re.compile(r"[+-]?\d+(\.0+)?")
_TWO_DECADES = 99.99  # less than 100, so that 0.001 to 0.1 counts whatever its rounding
_ONE_DECADE = 9.999
_FEW_LEVELS = 8  # a scientific number with so few values, each tried often, is a list of them
_TRIALS_A_LEVEL = 5
_LABELS = 20  # a text with more values than this, most of them there once, names the trial
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
    return [c or None for c in cells]


def names_the_trial(column: Column) -> bool:
    """True for texts that are a label of the trial rather than a hyperparameter."""
    there = [v for v in column if v is not None]
    distinct = set(there)
    texts = [v for v in distinct if isinstance(v, str)]
    if any(v.startswith(("{", "[")) for v in texts):
        return True  # a whole configuration as JSON, which other columns spell out
    return bool(texts) and len(distinct) > _LABELS and len(distinct) > len(there) / 2


def infer_space(
    columns: Mapping[str, Column], scientific: Sequence[str], rows: int
) -> PlacedTrials:
    """Read the space off the trials.

    One branch for each combination of scientific values (texts, and numbers with few values)
    and for each pattern of absent hyperparameters. Where the values of one text say which are
    absent (momentum is there for optimizer=momentum alone), branches are split by that text.
    """
    kept = {n: c for n, c in columns.items() if any(v is not None for v in c)}
    settled = [n for n in scientific if n in kept and _is_listed(kept[n])]
    settled += _explaining(kept, settled, rows)
    scales = {n: _scale_of(c) for n, c in kept.items()}
    groups: dict[tuple[Value | None, ...], list[int]] = {}
    for i in range(rows):
        groups.setdefault(tuple(kept[n][i] for n in settled), []).append(i)
    study, found = [""] * rows, {}
    for group, members in groups.items():
        conditions = {n: v for n, v in zip(settled, group, strict=True) if v is not None}
        patterns: dict[tuple[str, ...], list[int]] = {}
        for i in members:
            patterns.setdefault(_absent(kept, settled, i), []).append(i)
        common = set.intersection(*(set(p) for p in patterns))
        for pattern, same in patterns.items():
            axes = _axes(kept, [n for n in kept if n not in {*settled, *pattern}], same, scales)
            branch = Branch(conditions=conditions, axes=axes)
            missing = [n for n in pattern if n not in common]
            name = " ".join([branch.name, "without " + ", ".join(missing)] if missing
                            else [branch.name]).strip()  # fmt: skip
            found[name] = branch
            for i in same:
                study[i] = name
    config: list[Configuration] = [
        {n: v for n, c in kept.items() if (v := c[i]) is not None} for i in range(rows)
    ]
    varied = {n for branch in found.values() for n in branch.axes} | {
        n for n in settled if len(set(kept[n])) > 1
    }
    roles = {
        n: Role.SCIENTIFIC if n in scientific else Role.NUISANCE if n in varied else Role.FIXED
        for n in kept
    }
    return PlacedTrials(study=study, config=config, reasons={}, branches=found, roles=roles)


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
        values = {n: _value_on(axis, row[n]) for n, axis in home.axes.items()}
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


def _value_on(axis: Axis, cell: str) -> Value | None:
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


def _explaining(columns: Mapping[str, Column], settled: Sequence[str], rows: int) -> list[str]:
    """The text whose value, with those settled, says which hyperparameters are absent."""

    def explains(names: Sequence[str]) -> bool:
        patterns: dict[tuple[Value | None, ...], tuple[str, ...]] = {}
        return all(
            patterns.setdefault(tuple(columns[n][i] for n in names), pattern) == pattern
            for i, pattern in enumerate(absent)
        )

    absent = [_absent(columns, settled, i) for i in range(rows)]
    if explains(settled):
        return []
    texts = [
        n
        for n, c in columns.items()
        if n not in settled and all(isinstance(v, str | bool) for v in c)
    ]
    texts.sort(key=lambda n: len(set(columns[n])))
    return next(([n] for n in texts if explains([*settled, n])), [])


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


def _scale_of(column: Column) -> Scale:
    """The scale on which a column's values lie most evenly.

    Log is asked only where all are positive and span two decades, log of 1 - x only where all
    are in [0, 1) and 1 - x spans one; even uniform values may, so the least Kolmogorov distance
    to an even spread decides.
    """
    there = [v for v in column if v is not None]
    if not there or any(isinstance(v, str | bool) for v in there):
        return Scale.LINEAR
    values = np.sort(np.array([float(v) for v in there]))
    low, high = values[0], values[-1]
    places = {}
    if low > 0 and low <= high / _TWO_DECADES:
        places[Scale.LOG] = np.log(values)
    if 0 <= low < high < 1 and (1 - low) / (1 - high) >= _ONE_DECADE:
        places[Scale.NEAR_ONE] = -np.log1p(-values)
    places[Scale.LINEAR] = values
    if low == high or len(places) == 1:
        return Scale.LINEAR
    return min(places, key=lambda scale: _unevenness(places[scale]))


def _unevenness(places: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Kolmogorov distance between sorted places and an even spread over their range."""
    n = len(places)
    units = (places - places[0]) / (places[-1] - places[0])
    upper = np.arange(1, n + 1) / n - units
    return float(np.max(np.maximum(upper, 1 / n - upper)))
