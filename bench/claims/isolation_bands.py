"""Coverage of C9's band: the best that can be had along a continuous scientific hyperparameter.

python bench/claims/isolation_bands.py
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from isolation_families import bowl, cusp, valley
from scipy.stats import qmc
from surfaces import table_of

from tunebook.checks.isolation.band import best_bands
from tunebook.domain.design import Role
from tunebook.domain.table import TrialTable
from tunebook.search.quasirandom import halton_units
from tunebook.statistics.estimators import proportion

RESPONSES: dict[str, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
    "bowl, 2 axes": (2, bowl()),
    "bowl, 3 axes, product": (3, bowl(product=0.8)),
    "cusp, 2 axes": (2, cusp()),
    "valley, 2 axes": (2, valley(0.25)),
}
SIZES, NOISE = (32, 64, 128), 0.05
ENDS = (1, 10, 19)
"""Places near the two ends and in the middle, of 21."""


def searched(rng: np.random.Generator, name: str, trials: int) -> TrialTable:
    """A search over `x0`, which is scientific, and nuisance hyperparameters."""
    axes, response = RESPONSES[name]
    units = halton_units(axes, int(rng.integers(2**62)), range(trials))
    made = table_of(units, response(units) + NOISE * rng.normal(size=trials))
    return replace(made, roles={**made.roles, "x0": Role.SCIENTIFIC})


@cache
def truth(name: str, trials: int, place: float) -> float:
    """Mean response of what a study of so many trials selects with `x0` held."""
    axes, response = RESPONSES[name]
    rng, means = np.random.default_rng(98), []
    for _ in range(400):
        rest = (qmc.Halton(axes - 1, seed=rng).random(trials) + rng.random(axes - 1)) % 1
        mean = response(np.column_stack([np.full(trials, place), rest]))
        seen = mean + NOISE * rng.normal(size=(200, trials))
        means.append(mean[seen.argmin(axis=1)].mean())
    return float(np.mean(means))


def row(name: str, trials: int, repeats: int) -> str:
    """Coverage over all places, at both ends and in the middle; and the band's half width."""
    rng = np.random.default_rng([trials, list(RESPONSES).index(name)])
    held, reach, fitted = [], [], 0
    for _ in range(repeats):
        table = searched(rng, name, trials)
        (band,) = best_bands(replace(table, curves={}), "x0", -math.inf)
        true = np.array([truth(name, band.trials, float(p)) for p in band.places])
        held.append((band.low <= true) & (true <= band.high))
        reach.append(np.median(band.high - band.low) / 2)
        fitted += band.fitted
    share = np.array(held)
    ends = [proportion(int(share[:, k].sum()), repeats) for k in ENDS]
    cells = [f"{e.estimate:.0%} ({e.low:.0%} to {e.high:.0%})" for e in ends]
    return (
        f"| {name} | {trials} | {share.mean():.1%} | {' | '.join(cells)} | "
        f"{np.median(reach):.3f} | {fitted / repeats:.0%} |"
    )


def section(repeats: int) -> list[str]:
    return [
        "",
        f"The band along a continuous scientific hyperparameter, pointwise, over {repeats} searches each (seed noise {NOISE}):",
        "",
        "| response | trials | covered, all places | low end | middle | high end | half width | from a fit |",
        "|---|---|---|---|---|---|---|---|",
        *(row(name, n, repeats) for name in RESPONSES for n in SIZES),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    print("\n".join(section(parser.parse_args().repeats)))
