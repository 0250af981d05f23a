"""The best learning rate at each training length, from all lengths' trials together (E1 E5).

One trial a rate says little, since seeds differ. Near its optimum the loss is nearly a parabola in
the logarithm of the rate, and the optimum drifts slowly with the length. So one curvature, one
drift and a level for each length are fitted by least squares to the trials near each length's
optimum: first near its best trial, then near what was fitted. Losses are capped, since those of
rates that hardly train would outweigh all others. Assumes that seeds matter less than an order of
magnitude of the rate does; where the fit has no optimum, the best trial itself is taken.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tunebook.procedures.steps.tuned_sweep import edge_at

FEWEST = 4
"""Trials of a length that the parabola is fitted to, at least."""
NEAR = 4.0
"""Times or part of the optimum: what is fitted to."""
CAP = 3.0
"""Times what the third best lies above the best: losses beyond are as bad as that."""
ROUNDS = 4
DRIFTS = np.linspace(-0.75, 0.75, 61)
"""Powers of the length that the best rate may go with."""

Tried = Mapping[int, Sequence[tuple[float, float]]]
"""Length to (rate, loss) of its trials; lower is better, not finite where it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDrift:
    """Where the best rate lies.

    Attributes:
        rate: at `length`; power: of the length that it goes with.
        length: the longest that was tried.
        within: lowest and highest rate that were not bad, by length.
        edge: "low" or "high" where the best lies at an end of what the longest length tried.
    """

    rate: float
    power: float
    length: int
    within: Mapping[int, tuple[float, float]]
    edge: str

    def at(self, length: float) -> float:
        """The best rate at a length, within what was good at the nearest one."""
        rate = self.rate * math.pow(length / self.length, self.power)
        low, high = self.within[min(self.within, key=lambda n: abs(math.log(n / length)))]
        return min(max(rate, low), high)


def rate_drift(tried: Tried) -> RateDrift | None:
    """Fit all lengths together.

    Args:
        tried: one length or more.

    Returns:
        None where no trial has a finite loss.
    """
    kept = {length: own for length, rows in sorted(tried.items()) if (own := _finite(rows))}
    if not kept:
        return None
    longest = max(kept)
    fitted = _fit(tuple((length, tuple(rows)) for length, rows in kept.items()))
    # With few trials a length, the best of them is as good a guess as there is.
    found, power = fitted if fitted else (math.log(min(kept[longest], key=lambda x: x[1])[0]), 0.0)
    within = {length: _ends(rows) for length, rows in kept.items()}
    low, high = (math.log(r) for r in within[longest])
    found = min(max(found, low), high)
    return RateDrift(
        rate=math.exp(found),
        power=power,
        length=longest,
        within=within,
        edge=edge_at(math.exp(found), [rate for rate, _ in tried[longest]]),
    )


def _finite(rows: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(r, loss) for r, loss in rows if math.isfinite(loss)]


@functools.lru_cache(maxsize=64)  # each next round asks for the fit of the same trials again
def _fit(
    kept: tuple[tuple[int, tuple[tuple[float, float], ...]], ...],
) -> tuple[float, float] | None:
    """Logarithm of the best rate at the longest length, and its drift; None without an optimum."""
    enough = {length: rows for length, rows in kept if len(rows) >= FEWEST}
    longest = max(length for length, _ in kept)
    if longest not in enough:
        return None
    centres = {n: math.log(min(rows, key=lambda x: x[1])[0]) for n, rows in enough.items()}
    found = None
    for _ in range(ROUNDS):
        near = {n: _near(rows, centres[n]) for n, rows in enough.items()}
        found = _parabola(near, longest)
        if found is None:
            return None
        at, drift = found
        ends = {n: [math.log(r) for r in _ends(rows)] for n, rows in enough.items()}
        centres = {
            n: min(max(at + drift * math.log(n / longest), low), high)
            for n, (low, high) in ends.items()
        }
    return found


def _near(rows: Sequence[tuple[float, float]], centre: float) -> list[tuple[float, float]]:
    """Trials near the centre, FEWEST at least, their losses capped."""
    cap = _cap(rows)
    order = sorted(rows, key=lambda x: abs(math.log(x[0]) - centre))
    count = sum(abs(math.log(r) - centre) <= math.log(NEAR) for r, _ in rows)
    return [(r, min(loss, cap)) for r, loss in order[: max(count, FEWEST)]]


def _parabola(near: Tried, longest: int) -> tuple[float, float] | None:
    """Optimum at the longest length and drift, both of the rate's logarithm."""
    level = np.array([k for k, rows in enumerate(near.values()) for _ in rows])
    x = np.array([math.log(r) for rows in near.values() for r, _ in rows])
    y = np.array([loss for rows in near.values() for _, loss in rows])
    t = np.array([math.log(n / longest) for n, rows in near.items() for _ in rows])
    levels = np.eye(len(near))[level]
    fits: list[tuple[float, float, float]] = []
    for drift in DRIFTS if len(near) > 1 else (0.0,):
        moved = x - drift * t
        design = np.column_stack([levels, moved, moved**2])
        answer, *_ = np.linalg.lstsq(design, y, rcond=None)
        bend = float(answer[-1])
        if bend > 0:
            error = float(((design @ answer - y) ** 2).sum())
            fits.append((error, -float(answer[-2]) / (2 * bend), float(drift)))
    if not fits:
        return None
    freedom = max(len(y) - len(near) - 3, 1)
    room = min(fits)[0] * (1 + 2 / freedom)
    # Of drifts that explain the trials alike, the one that assumes the least.
    _, found, drift = min((f for f in fits if f[0] <= room), key=lambda f: abs(f[2]))
    return found, drift


def _cap(rows: Sequence[tuple[float, float]]) -> float:
    losses = sorted(loss for _, loss in rows)
    third = losses[min(2, len(losses) - 1)]
    return losses[0] + CAP * (third - losses[0])


def _ends(rows: Sequence[tuple[float, float]]) -> tuple[float, float]:
    cap = _cap(rows)
    good = [r for r, loss in rows if loss <= cap]
    return min(good), max(good)
