"""The gradient noise scale of the benchmark, on gradients whose noise is known (F1)."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from tunebook.domain.finding import NotApplicable

noise_scale = runpy.run_path(str(Path(__file__).parents[3] / "bench/noise_scale.py"))[
    "noise_scale"
]


@pytest.mark.parametrize("size", [20.0, 2000.0])
def test_the_noise_scale_of_gaussian_gradients(size):
    rng = np.random.default_rng(7)
    # 50 dimensions, true gradient of squared norm 1, covariance with trace `size`.
    mean, spread = np.full(50, 50**-0.5), (size / 50) ** 0.5

    def norms(batch, count):
        drawn = mean + spread / batch**0.5 * rng.standard_normal((count, 50))
        return (drawn**2).sum(axis=1)

    found = noise_scale(
        norms(16, 400), norms(1024, 400), small_batch=16, large_batch=1024, rng=rng
    )
    assert found.low <= size <= found.high
    assert found.high / found.low < 1.5


def test_noise_that_drowns_the_gradient_is_no_number():
    rng = np.random.default_rng(8)

    def norms(batch):
        return (rng.standard_normal((20, 50)) ** 2).sum(axis=1) / batch

    told = noise_scale(norms(16), norms(64), small_batch=16, large_batch=64, rng=rng)
    assert isinstance(told, NotApplicable) and "drowns" in told.reason
    few = noise_scale([1.0], [1.0], small_batch=16, large_batch=64, rng=rng)
    assert isinstance(few, NotApplicable)
