"""Quasi-random search, Halton and Sobol, and plain random for comparison (B6).

Quasi-random points cover every projection of the space evenly at every number of trials, which
independent ones do not (Bousquet et al. 2017, arXiv 1706.03200). Scrambling (Owen 2017, "A
randomized Halton algorithm in R", arXiv 1706.02808; Owen 1998 for Sobol) breaks the correlation
of high dimensions; the random shift keeps the first point out of the corner.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.design import Round
from tunebook.domain.space import Branch
from tunebook.domain.trial import Configuration
from tunebook.search import Searcher

if TYPE_CHECKING:
    from jaxtyping import Float, Int

SOBOL_BLOCK = 64
"""Sobol points drawn at a time: a power of two, which the sequence's balance needs."""


def halton_units(dimensions: int, seed: int, indices: Sequence[int]) -> Float[np.ndarray, "n d"]:
    """Scrambled, randomly shifted Halton points (modulo 1) in the unit cube, one row an index.

    Time does not grow with the index.
    """
    if dimensions == 0 or len(indices) == 0:
        return np.empty((len(indices), dimensions))
    index = np.asarray(indices, dtype=np.int64)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    units = np.zeros((len(index), dimensions))
    for column, base in zip(units.T, primes(dimensions), strict=True):
        _add_van_der_corput(column, index, base, rng)
    return np.asarray((units + _shift(dimensions, seed)) % 1.0)


def _add_van_der_corput(
    column: Float[np.ndarray, "n"],
    index: Int[np.ndarray, "n"],
    base: int,
    rng: np.random.Generator,
) -> None:
    """Write an index's digits in a base, each permuted (Owen 2017, algorithm 1), as a fraction.

    The same numbers, to the last bit, as `scipy.stats.qmc.Halton` has; that takes as long to load
    as a short round takes to run.
    """
    digits = np.repeat(np.arange(base)[None], math.ceil(54 / math.log2(base)) - 1, axis=0)
    left, share = index, 1 / base
    for permuted in digits:
        rng.shuffle(permuted)
        left, digit = np.divmod(left, base)
        column += permuted[digit] * share
        share /= base


def primes(count: int) -> list[int]:
    """The first primes."""
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def sobol_units(dimensions: int, seed: int, indices: Sequence[int]) -> Float[np.ndarray, "n d"]:
    """Scrambled Sobol points in the unit cube, made by blocks of 64, one row an index.

    Time hardly grows with the index (3 ms for index 1,000,000 in 10 dimensions).
    """
    units = np.empty((len(indices), dimensions))
    if dimensions == 0 or len(indices) == 0:
        return units
    from scipy.stats import qmc  # noqa: PLC0415 - takes longer to load than a round to plan

    # SciPy renamed the argument in 1.15; a Generator means the same to both.
    rng = "rng" if "rng" in inspect.signature(qmc.Sobol).parameters else "seed"
    engine = qmc.Sobol(dimensions, scramble=True, **{rng: np.random.default_rng(seed)})
    index = np.asarray(indices, dtype=np.int64)
    at = 0
    for block in np.unique(index // SOBOL_BLOCK):
        if block > at:
            engine.fast_forward(int(block - at) * SOBOL_BLOCK)
        drawn = engine.random(SOBOL_BLOCK)
        at = int(block) + 1
        here = index // SOBOL_BLOCK == block
        units[here] = drawn[index[here] % SOBOL_BLOCK]
    return units


def random_units(dimensions: int, seed: int, indices: Sequence[int]) -> Float[np.ndarray, "n d"]:
    """Independent uniform points in the unit cube, one row an index.

    Time does not depend on the index.
    """
    units = np.empty((len(indices), dimensions))
    for row, k in enumerate(indices):
        units[row] = _uniform(seed, int(k), dimensions)
    return units


def _shift(dimensions: int, seed: int) -> Float[np.ndarray, "d"]:
    # A stream of its own: counter 2 ** 64 - 1 belongs to no index.
    return _uniform(seed, 2**64 - 1, dimensions)


def _uniform(seed: int, index: int, dimensions: int) -> Float[np.ndarray, "d"]:
    """`dimensions` uniform numbers from the counter (0, index): no state, no order.

    Made from the raw 64 bits (NumPy keeps a bit generator's stream, not a distribution's).
    """
    # The counter's lowest word counts the draws; the next holds the index.
    counter = np.array([0, index, 0, 0], dtype=np.uint64)
    bits = np.random.Philox(key=seed, counter=counter).random_raw(dimensions)
    return np.asarray((bits >> np.uint64(11)) * 2.0**-53)


def _configurations(branch: Branch, units: Float[np.ndarray, "n d"]) -> list[Configuration]:
    """Points of the unit cube as values. Dimensions go to names in alphabetical order.

    So two spaces that are equal have the same points, however their keys were written.
    """
    column = {name: i for i, name in enumerate(sorted(branch.axes))}
    return [
        {name: axis.from_unit(float(row[column[name]])) for name, axis in branch.axes.items()}
        for row in units
    ]


def _searcher(
    units: Callable[[int, int, Sequence[int]], Float[np.ndarray, "n d"]],
) -> Searcher:
    """The searcher that places points of the unit cube in a space."""

    def search(
        branch: Branch,
        seed: int,
        indices: Sequence[int],
        plan: Round,  # noqa: ARG001 - as every searcher
    ) -> list[Configuration]:
        return _configurations(branch, units(len(branch.axes), seed, indices))

    return search


halton = _searcher(halton_units)
sobol = _searcher(sobol_units)
random = _searcher(random_units)
