"""How exactly C9 reads a study, by its hyperparameters, trials and noise: the planner's table (B5).

    python bench/claims/planning_table.py

Each cell runs studies on a bowl about the middle, equally wide on all hyperparameters, whose trials
have a standard deviation of one, and reads each as C9 does. The planner scales what C9 said of an
earlier study by this table; without an earlier one the table is all there is.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np

from tunebook.domain.space import Float
from tunebook.planning.reading_table import (
    AXES,
    COLUMNS,
    FILE,
    NOISE,
    TRIALS,
    Reading,
    as_row,
)
from tunebook.search.quasirandom import halton_units
from tunebook.statistics.response.resampling import mean_best, spread_of_best
from tunebook.statistics.response.selected_response import study_selects
from tunebook.statistics.value_pairs import SEEN

TABLE = Path(__file__).parents[2] / "src/tunebook/planning" / FILE
BOWL = 180**-0.5
"""Standard deviation of (u - 0.5) ** 2 over evenly spread u in [0, 1]."""


def simulated(axes: int, trials: int, noise: float, studies: int, seed: int = 0) -> Reading:
    """What C9 says of so many studies of one size."""
    rng = np.random.default_rng([seed, axes, trials, round(100 * noise)])
    size = (1 - noise**2) ** 0.5 / (BOWL * axes**0.5)
    fitted, freedoms, seen = [], [], []
    for _ in range(studies):
        units = halton_units(axes, int(rng.integers(2**62)), range(trials))
        losses = size * ((units - 0.5) ** 2).sum(axis=1) + noise * rng.normal(size=trials)
        found = study_selects([Float(0.0, 1.0)] * axes, units, losses, trials)
        if found.known:
            fitted.append((found.level, found.error))
            freedoms.append(found.freedom)
        seen.append((mean_best(losses, trials), SEEN * spread_of_best(losses)))
    known = len(fitted) / studies
    error, spread, strays = _summary(fitted, noise) if known > 0.5 else (math.nan,) * 3
    best, best_spread, best_strays = _summary(seen, noise)
    return Reading(
        known=known,
        error=error,
        spread=spread,
        strays=strays,
        freedom=float(np.mean(freedoms)) if known > 0.5 else math.nan,
        seen=best,
        seen_spread=best_spread,
        seen_strays=best_strays,
    )


def _summary(read: Sequence[tuple[float, float]], noise: float) -> tuple[float, float, float]:
    """Of levels and their errors: mean error, its spread, and how far differences stray."""
    level, error = np.array(read).T
    logs = np.log(error)
    i, j = np.triu_indices(len(level), 1)
    strays = ((level[i] - level[j]) ** 2 / (error[i] ** 2 + error[j] ** 2)).mean() ** 0.5
    return float(np.exp(logs.mean()) / noise), float(logs.std()), float(strays)


def studies_of(axes: int) -> int:
    """Studies of a cell: many hyperparameters take long to fit."""
    return 96 if axes <= 4 else 64 if axes <= 6 else 48 if axes <= 8 else 24


def row(cell: tuple[int, int, float]) -> list[str]:
    """One line of the table."""
    return as_row(*cell, simulated(*cell, studies_of(cell[0])))


if __name__ == "__main__":
    cells = list(product(AXES, TRIALS, NOISE))
    with ProcessPoolExecutor(os.cpu_count()) as pool, TABLE.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["axes", "trials", "noise", *COLUMNS])
        for line in pool.map(row, cells):
            lines.writerow(line)
            print(*line, flush=True)
