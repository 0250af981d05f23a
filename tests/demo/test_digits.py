"""The demo's training is the same to the last digit in any number of workers (B6)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tunebook as tb

pytest.importorskip("jax")
pytestmark = pytest.mark.slow

DEMO = Path(__file__).parents[2] / "demo"


def trained(folder: Path, workers: int) -> tb.TrialTable:
    with tb.Book(folder / "digits.db", objective=tb.minimize("valid/error"), chance=0.89) as book:
        asked = book.round(
            "Is it the same in any number of workers?",
            scientific={"optimizer": tb.choice("nesterov", "adam")},
            nuisance={
                "learning_rate": tb.log_uniform(1e-4, 1e-1),
                "momentum": tb.per("optimizer", nesterov=tb.near_one(0.5, 0.95)),
                "beta1": tb.per("optimizer", adam=tb.near_one(0.5, 0.99)),
            },
            trials=8,
            max_train_steps=60,
        )
        asked.run("digits:train", workers=workers, progress=False)
        return asked.table()


def test_one_and_three_workers_train_alike(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(DEMO)
    for folder in ("one", "three"):
        (tmp_path / folder).mkdir()
    one, three = trained(tmp_path / "one", 1), trained(tmp_path / "three", 3)
    assert (one.config, one.seed, one.status) == (three.config, three.seed, three.status)
    assert np.isfinite(one.value).sum() >= 6
    np.testing.assert_array_equal(one.value, three.value)
    assert set(one.curves) == {"train/loss", "valid/error"}
    for metric, curves in one.curves.items():
        np.testing.assert_array_equal(curves.values, three.curves[metric].values)
        assert len(curves.values) == 8 * 20
