"""How exactly C9 reads a study of some size, from a table of simulated studies (B5).

Each row sums up studies on a bowl about the middle, equally wide on all hyperparameters;
`bench/claims/planning_table.py` makes them. Errors are in standard deviations of the seeds' noise.
Between rows it is interpolated along the logarithms of hyperparameters and trials and along the
noise; beyond them the end of the table counts.
"""

from __future__ import annotations

import csv
import functools
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from importlib import resources
from itertools import product

import numpy as np

AXES = (1, 2, 3, 4, 6, 8, 12)
TRIALS = (5, 8, 9, 12, 16, 24, 32, 64, 128, 256, 512)
NOISE = (0.15, 0.5, 0.85)
"""Of the seeds, in standard deviations of a trial over the space."""
FILE = "readings.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What C9 says of studies of one size.

    Attributes:
        known: share of them in which the selected level is fitted.
        error: geometric mean of the fitted level's standard error.
        spread: standard deviation of its logarithm.
        strays: standard deviation of differences between levels, over their errors.
        freedom: degrees of freedom of the error, on average.
        seen, seen_spread, seen_strays: the same of the best seen.
    """

    known: float
    error: float
    spread: float
    strays: float
    freedom: float
    seen: float
    seen_spread: float
    seen_strays: float


COLUMNS = tuple(f.name for f in fields(Reading))
_LOGS = np.isin(COLUMNS, ("error", "freedom", "seen"))


def reading(axes: int, trials: float, noise: float) -> Reading:
    """What C9 says of a study.

    Args:
        axes: hyperparameters that vary in it, 1 or more.
        trials: of it, 5 or more.
        noise: of the seeds, over the standard deviation of a trial over the space.
    """
    table = _table()
    places = (
        _place([math.log(a) for a in AXES], math.log(axes)),
        _place([math.log(n) for n in TRIALS], math.log(trials)),
        _place(NOISE, noise),
    )
    found = np.zeros(len(COLUMNS))
    for corner in product((0, 1), repeat=3):
        sides = list(zip(corner, places, strict=True))
        if weight := math.prod(along if up else 1 - along for up, (_, along) in sides):
            found += weight * table[tuple(k + up for up, (k, _) in sides)]
    found[_LOGS] = np.exp(found[_LOGS])
    return Reading(**dict(zip(COLUMNS, found.tolist(), strict=True)))


def _place(grid: Sequence[float], at: float) -> tuple[int, float]:
    """The interval of a grid in which a number lies, and how far along it."""
    at = min(max(at, grid[0]), grid[-1])
    k = min(int(np.searchsorted(grid, at, side="right")) - 1, len(grid) - 2)
    return k, (at - grid[k]) / (grid[k + 1] - grid[k])


@functools.cache
def _table() -> np.ndarray:
    """Rows by hyperparameters, trials and noise; what is a size as its logarithm."""
    table = np.full((len(AXES), len(TRIALS), len(NOISE), len(COLUMNS)), np.nan)
    text = resources.files(__package__).joinpath(FILE).read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        at = AXES.index(int(row["axes"])), TRIALS.index(int(row["trials"]))
        table[(*at, NOISE.index(float(row["noise"])))] = [float(row[c]) for c in COLUMNS]
    table[..., _LOGS] = np.log(table[..., _LOGS])
    return table


def as_row(axes: int, trials: int, noise: float, found: Reading) -> list[str]:
    """A row of the table's file."""
    return [str(axes), str(trials), str(noise), *(f"{x:.4g}" for x in astuple(found))]
