"""Runs of one configuration under several seeds are replicates, and measure the noise (D2)."""

from __future__ import annotations

import numpy as np
import pytest

import tunebook as tb

NOISE = 0.1


def runs(seed_name, configurations=12, seeds=3):
    rng = np.random.default_rng(0)
    rates = 10 ** rng.uniform(-4, 0, configurations)
    return [
        {"run": f"r{i}_{s}", "lr": float(rate), **({seed_name: s} if seed_name else {}),
         "loss": float(abs(np.log10(rate) + 2) + NOISE * rng.normal())}
        for i, rate in enumerate(rates)
        for s in range(seeds)
    ]  # fmt: skip


@pytest.mark.parametrize("seed_name", ["seed", "random_state", "config.seed", ""])
def test_seeds_of_one_configuration_measure_the_noise_of_training(seed_name):
    found = tb.audit(runs(seed_name), objective="minimize:loss")
    assert list(found.table.roles) == ["lr"]
    assert len({c["lr"] for c in found.table.config}) == 12
    (trial, *_) = found.results["D2"].sources
    assert trial.deviation.low < NOISE < trial.deviation.high
    (sampling,) = found.results["C2"].studies
    assert sampling.study == ""


def test_a_configuration_that_no_seed_repeats_measures_nothing():
    found = tb.audit(runs("seed", configurations=36, seeds=1), objective="minimize:loss")
    sources = getattr(found.results["D2"], "sources", ())
    assert all(s.deviation is None for s in sources)
