"""Halton, Sobol, random: even, never in a corner, and never changed by a new library (B6)."""

from __future__ import annotations

import inspect
import time
from itertools import combinations

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, qmc

from strategies import examples
from tunebook.search import quasirandom
from tunebook.search.quasirandom import halton_units, random_units, sobol_units

SEQUENCES = {"halton": halton_units, "sobol": sobol_units, "random": random_units}
RNG = "rng" if "rng" in inspect.signature(qmc.Halton).parameters else "seed"
every = pytest.mark.parametrize("units", SEQUENCES.values(), ids=SEQUENCES)
quasi = pytest.mark.parametrize("units", [halton_units, sobol_units], ids=["halton", "sobol"])


@every
@settings(deadline=None, max_examples=examples(30))
@given(
    dimensions=st.integers(1, 12),
    seed=st.integers(0, 2**64 - 1),
    indices=st.lists(st.integers(0, 5000), max_size=20),
)
def test_any_indices_in_any_order(units, dimensions, seed, indices):
    found = units(dimensions, seed, indices)
    assert found.shape == (len(indices), dimensions)
    assert ((found >= 0) & (found < 1)).all()
    for row, k in zip(found[:3], indices, strict=False):
        np.testing.assert_array_equal(units(dimensions, seed, [k])[0], row)


@quasi
@pytest.mark.parametrize("dimensions", [2, 5, 10])
@pytest.mark.parametrize("trials", [32, 50, 128])
def test_discrepancy_is_lower_than_random(units, dimensions, trials):
    def discrepancy(of):
        seeds = range(20)
        return [qmc.discrepancy(of(dimensions, s, range(trials))) for s in seeds]

    even, independent = discrepancy(units), discrepancy(random_units)
    assert np.mean(even) < 0.75 * np.mean(independent)
    assert np.mean([e < min(independent) for e in even]) > 0.5


@quasi
def test_every_prefix_is_even(units):
    """A study is read while it runs: no prefix may leave half of an axis empty."""
    for seed in range(20):
        found = units(4, seed, range(64))
        for n in range(8, 65):
            below = (found[:n] < 0.5).mean(axis=0)
            assert (abs(below - 0.5) <= 0.3).all()


@quasi
def test_projections_of_ten_dimensions_are_even(units):
    """Every pair of axes has a trial in each of 3 x 3 cells by 128 trials, on most seeds."""
    empty = 0
    for seed in range(10):
        cells = (units(10, seed, range(128)) * 3).astype(int)
        for a, b in combinations(range(10), 2):
            counts = np.bincount(cells[:, a] * 3 + cells[:, b], minlength=9)
            empty += int((counts == 0).any())
            assert counts.max() < 128 / 2
    assert empty <= 5


@every
def test_the_first_point_is_anywhere(units):
    """Peers begin in the corner or the middle of the box; here it is uniform over seeds."""
    first = np.concatenate([units(3, seed, [0]) for seed in range(400)])
    for axis in first.T:
        # One of 9 tests fails by chance at most once in 10^5 runs, and the seeds are fixed.
        assert kstest(axis, "uniform").pvalue > 1e-6
    corner = (first < 0.02) | (first > 0.98)
    assert corner.all(axis=1).mean() < 0.01


@every
def test_a_far_index_takes_no_longer(units):
    began = time.process_time()
    units(10, 1, [1_000_000])
    assert time.process_time() - began < 1  # 3 ms where nothing else runs


def test_following_indices_of_sobol_are_one_call(monkeypatch):
    calls = []
    draw = qmc.Sobol.random

    def counted(self, n=1, **more):
        calls.append(n)
        return draw(self, n, **more)

    monkeypatch.setattr(qmc.Sobol, "random", counted)
    sobol_units(6, 3, range(64, 128))
    assert len(calls) == 1


@pytest.mark.parametrize("dimensions", [1, 2, 7, 40, 200])
@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_halton_points_are_those_of_scipy_before_the_shift(dimensions, seed):
    rng = np.random.default_rng(seed)
    engine = qmc.Halton(dimensions, scramble=True, **{RNG: rng})
    drawn = engine.random(300) + quasirandom._shift(dimensions, seed)
    np.testing.assert_array_equal(halton_units(dimensions, seed, range(300)), drawn % 1.0)


def test_random_is_independent_of_where_it_is_asked():
    """Neighbouring indices and seeds share nothing."""
    grid = np.stack([random_units(3, seed, range(500)) for seed in range(4)])
    flat = grid.reshape(4, -1)
    assert kstest(flat.ravel(), "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(flat)[np.triu_indices(4, 1)]).max() < 0.1
    lagged = np.corrcoef(grid[0, :-1, 0], grid[0, 1:, 0])[0, 1]
    assert abs(lagged) < 0.15


PINNED = {
    "halton": {
        0: [0.2941284274008278, 0.571746389565202, 0.3070616644740023],
        1: [0.7941284274008279, 0.2384130562318687, 0.7070616644740026],
        63: [0.3410034274008279, 0.5840920685775477, 0.2190616644740023],
        64: [0.3019409274008278, 0.25075873524421444, 0.019061664474002704],
        1000: [0.2521362399008278, 0.22789636670283353, 0.3045016644740023],
    },
    "sobol": {
        0: [0.6504268515855074, 0.9173101615160704, 0.10045647248625755],
        1: [0.1471061259508133, 0.25034659542143345, 0.6244625495746732],
        63: [0.6376623623073101, 0.021855078637599945, 0.26470613572746515],
        64: [0.626534734852612, 0.5522499633952975, 0.7828302551060915],
        1000: [0.5016772877424955, 0.9569836966693401, 0.5960129098966718],
    },
    "random": {
        0: [0.8720734548204873, 0.29536538151378355, 0.4200976785072422],
        1: [0.8734503010139788, 0.8446071616843288, 0.10946603105512465],
        63: [0.6694104426021564, 0.904984605037644, 0.24260440697266228],
        64: [0.5918070487897803, 0.4587607169740303, 0.46388635053137894],
        1000: [0.20429112262964877, 0.3134745033737567, 0.026755731961463858],
    },
}


@pytest.mark.parametrize("name", PINNED)
def test_points_stay_what_they_were(name):
    """A study is planned today and extended in a year: the points may not change in between."""
    for k, expected in PINNED[name].items():
        found = SEQUENCES[name](3, 7, [k])[0]
        assert np.allclose(found, expected, rtol=0, atol=1e-12), (
            f"{name} point {k} is {found.tolist()} with SciPy {scipy.__version__} and NumPy "
            f"{np.__version__}, and was {expected}: rounds planned before can't be extended. "
            "Pin the library in pyproject.toml, or keep the old sequence under its name"
        )
