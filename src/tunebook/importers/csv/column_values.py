"""What a column's values alone say of it: a label, a counter, a date, a measurement (C11).

A number was measured where nearly every row has a value of its own while the other columns form a
grid or repeat, or where it foretells the objective nearly alone and lies evenly on no scale, as a
searched number does. How often that is wrong: docs/claims/csv_reading.md.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tunebook.importers.csv.column_names import any_of, plain_name
from tunebook.importers.csv.column_profile import Look, moment_of
from tunebook.importers.csv.columns import is_parted, number_of
from tunebook.importers.csv.known_tools import words
from tunebook.importers.csv.scales import unevenness

FEWEST = 10
"""Rows below which values alone say nothing."""
FORETELLS = 0.95
"""Rank correlation with the objective from which a number foretells it nearly alone."""
UNEVEN = 1.63
"""Kolmogorov distance times the root of the rows: above it in 1 % of evenly spread columns."""
_HASH = re.compile(r"(?=[0-9a-f]*\d)[0-9a-f]{7,40}")
LABELS = 20
"""A text with more values than this, most of them there once, names the trial."""


def names_something(look: Look) -> bool:
    """True for texts that are dates, commits, or one a trial: they were not searched."""
    return is_date(look) or is_label(look) or is_hash(look)


def is_label(look: Look) -> bool:
    """True for texts of which nearly every row has its own: they name the trial."""
    if look.numeric or not look.there:
        return False
    if 2 * sum(number_of(c) is not None or is_parted(c) for c in look.there) > len(look.there):
        return False  # numbers, with a slip in one
    if look.distinct > LABELS and look.distinct > len(look.there) / 2:
        return True
    # Whole configurations as JSON, one a trial, are labels however few; recurring lists are not.
    return look.own and look.distinct > 2 and all(c[:1] in "{[" for c in look.there)


def is_hash(look: Look) -> bool:
    """True for texts that are all hexadecimal numbers of 7 digits and more: commits."""
    if look.numeric or not look.there:
        return False
    letters = any(not c.isdigit() for c in look.there)
    return letters and all(_HASH.fullmatch(c) for c in look.there)


def is_date(look: Look) -> bool:
    """True for texts that are all dates."""
    return (
        bool(look.there) and not look.numeric and all(moment_of(c) is not None for c in look.there)
    )


def measured(
    candidates: Mapping[str, Look],
    seeds: Sequence[str],
    cells: Mapping[str, Sequence[str]],
    objective: NDArray[np.float64],
) -> dict[str, str]:
    """Columns that were measured, not set, by their values; to each the reason.

    Args:
        candidates: columns that nothing else says to be results.
        seeds: columns of seeds, which repeat configurations.
        cells: of every column.
        objective: of every row, NaN where it has none.
    """
    free = {
        name: look
        for name, look in candidates.items()
        if look.numeric and look.own and look.rows >= FEWEST and not is_tuned(name)
    }
    found = {}
    for name, look in free.items():
        others = [
            n for n in candidates if n != name and n not in free and candidates[n].distinct > 1
        ]
        grids = [[cells[n] for n in own] for own in (others, (*others, *seeds))]
        if any(_is_grid(columns, look.rows) for columns in grids):
            found[name] = "has a value of its own in each row, while the others form a grid"
        elif len(candidates) > 1 and _foretells(look, objective):
            found[name] = "foretells the objective nearly alone"
    return found if len(found) < sum(look.distinct > 1 for look in candidates.values()) else {}


def labels_of_configurations(
    candidates: Mapping[str, Look], cells: Mapping[str, Sequence[str]]
) -> list[str]:
    """Columns that number the configurations: they count up, and decide every other column.

    Args:
        candidates: hyperparameters of which nothing but their values is known, and others.
        cells: of every column.
    """
    varied = [n for n, look in candidates.items() if look.distinct > 1]
    splits = words()["labels_of_variation"]
    found = []
    for name in varied:
        look = candidates[name]
        others = [n for n in varied if n != name and plain_name(n) not in splits]
        repeats = 2 < look.distinct <= len(look.there) / 2
        named = plain_name(name) in (*words()["trials"], *words()["configurations"])
        if len(others) < 2 or not (look.whole and repeats and (named or _counts_up(look))):
            continue
        if is_tuned(name):
            continue
        pairs = set(zip(cells[name], zip(*(cells[n] for n in others), strict=True), strict=True))
        if len(pairs) == look.distinct == len({combined for _, combined in pairs}):
            found.append(name)
    return found


def _counts_up(look: Look) -> bool:
    """True where the different numbers are 0, 1, 2, ... or 1, 2, 3, ... as they first appear."""
    assert look.numbers is not None
    first = list(dict.fromkeys(look.numbers[~np.isnan(look.numbers)].tolist()))
    return first[0] in (0.0, 1.0) and all(b - a == 1 for a, b in itertools.pairwise(first))


def is_tuned(name: str) -> bool:
    """True for a name with a word of those that are tuned."""
    return any_of("tuned", plain_name(name).split("_"))


def _is_grid(columns: Sequence[Sequence[str]], rows: int) -> bool:
    """True where the rows of at least two columns are all combinations, equally often.

    Six cells or more and each equally often: of random rows that is a rarity.
    """
    if len(columns) < 2:
        return False
    levels = [len(set(column)) for column in columns]
    combined = Counter(zip(*columns, strict=True))
    if min(levels) < 2 or len(combined) < 6 or len(combined) > rows:
        return False
    whole = int(np.prod(levels, dtype=float)) == len(combined)
    even = len(set(combined.values())) == 1
    repeated = even and next(iter(combined.values())) >= 2
    return (whole and even) or repeated


def _foretells(look: Look, objective: NDArray[np.float64]) -> bool:
    """True where ranks agree with the objective's, and no scale spreads the values evenly."""
    assert look.numbers is not None
    both = np.isfinite(look.numbers) & np.isfinite(objective)
    if both.sum() < FEWEST:
        return False
    x, y = look.numbers[both], objective[both]
    with np.errstate(invalid="ignore"):
        agree = abs(float(np.corrcoef(_ranks(x), _ranks(y))[0, 1]))
    if not agree >= FORETELLS:  # nan of a constant
        return False
    return not _is_even(x) and not (x.min() > 0 and _is_even(np.log(x)))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks; equal values share their mean rank."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - counts / 2)[where])


def _is_even(values: NDArray[np.float64]) -> bool:
    """True where a Kolmogorov test can't tell the values from an even spread over their range."""
    if values.min() == values.max():
        return False
    return unevenness(np.sort(values)) * math.sqrt(len(values)) <= UNEVEN
