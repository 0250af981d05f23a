"""The curves that the store's measurements write and read: what training reports, and noise.

Of `loss` each curve falls from 1.5 to 3 towards 0.05 to 1 with a time constant of 5 to 40 steps,
with 1 % of multiplicative noise, in single precision as frameworks have it, given as Python
floats. Of `error` it is that over 3, as a count of wrong answers among 10,000. `random` has
uniform random numbers of double precision, which nothing can pack.
"""

from __future__ import annotations

import numpy as np

POINTS = 100
KINDS = ("loss", "error", "random")


def values(kind: str, trials: int, seed: int = 0) -> np.ndarray:
    """Values of shape (trials, POINTS); the same for each tool."""
    rng = np.random.default_rng(seed)
    if kind == "random":
        return rng.random((trials, POINTS))
    low, high = rng.uniform(0.05, 1, (trials, 1)), rng.uniform(1.5, 3, (trials, 1))
    fall = np.exp(-np.arange(POINTS) / rng.uniform(5, 40, (trials, 1)))
    curve = (low + (high - low) * fall) * (1 + 0.01 * rng.normal(size=(trials, POINTS)))
    if kind == "error":
        return np.rint(curve / 3 * 10_000) / 10_000
    return curve.astype(np.float32).astype(np.float64)


def times(trials: int, seed: int = 0) -> np.ndarray:
    """Seconds of each report: a tenth of a second apart and 3 % of noise, as a log rounds them."""
    rng = np.random.default_rng(seed + 1)
    apart = 0.1 * (1 + 0.03 * np.abs(rng.normal(size=(trials, POINTS))))
    return np.round(np.cumsum(apart, axis=1), 4)
