"""The gradient noise scale: a cheap forecast of where perfect scaling ends (F1).

McCandlish et al. 2018, appendix A.1: from the squared norms of gradients over a small and a large
batch, unbiased for the true gradient's and for the noise's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tunebook.domain.finding import Interval, NotApplicable

FEWEST = 10


def noise_scale(
    small: Sequence[float],
    large: Sequence[float],
    *,
    small_batch: int,
    large_batch: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Interval | NotApplicable:
    """The batch size at which noise and signal of the gradient are alike.

    Estimator: ratio of the two unbiased means; interval by 1,000 bootstrap draws of both
    samples. Assumes gradients of independent batches at one set of weights; it changes as
    training goes on, and is a forecast of the bend of steps against batch size, of its order of
    magnitude alone.

    Args:
        small, large: squared norms of gradients, each over a batch of its own.
        small_batch, large_batch: examples in such a batch.

    Returns:
        NotApplicable with too few gradients, or where the noise drowns the gradient.
    """
    few = min(len(small), len(large))
    if few < FEWEST or large_batch <= small_batch:
        return NotApplicable(
            check="F1",
            reason=f"{few} gradients of each size, {small_batch} and {large_batch} examples",
            needs=f"{FEWEST} gradients of two sizes, the larger 16 times the smaller or more",
        )
    a, b = np.asarray(small, dtype=float), np.asarray(large, dtype=float)
    draws = 1000
    means = np.stack(
        [
            rng.choice(a, (draws, len(a))).mean(axis=1),
            rng.choice(b, (draws, len(b))).mean(axis=1),
        ]
    )
    signal, noise = _parts(a.mean(), b.mean(), small_batch, large_batch)
    signals, noises = _parts(means[0], means[1], small_batch, large_batch)
    tail = (1 - confidence) / 2
    if signal <= 0 or np.mean(signals <= 0) > tail:
        return NotApplicable(
            check="F1",
            reason="the noise drowns the gradient: its mean over the larger batches can't be told "
            "from 0",
            needs=f"larger batches than {large_batch}, or more of them",
        )
    low, high = np.quantile(noises / signals, [tail, 1 - tail])
    return Interval(float(noise / signal), float(low), float(high), confidence)


def _parts(
    small: float | np.ndarray, large: float | np.ndarray, small_batch: int, large_batch: int
) -> tuple[np.ndarray, np.ndarray]:
    """Squared norm of the true gradient, and the trace of one example's covariance."""
    signal = (large_batch * np.asarray(large) - small_batch * np.asarray(small)) / (
        large_batch - small_batch
    )
    noise = (np.asarray(small) - np.asarray(large)) / (1 / small_batch - 1 / large_batch)
    return signal, noise
