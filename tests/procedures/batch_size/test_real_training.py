"""A short real study: networks of JAX, a teacher's labels, five batch sizes (A3 A4 F1 F2 F3)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

import tunebook as tb

pytestmark = pytest.mark.slow
BENCH = Path(__file__).parents[3] / "bench" / "batch_size_training.py"


@pytest.fixture(scope="module")
def training():
    pytest.importorskip("jax")
    spec = importlib.util.spec_from_file_location("batch_size_training", BENCH)
    made = importlib.util.module_from_spec(spec)
    sys.modules["batch_size_training"] = made
    spec.loader.exec_module(made)
    return made


@pytest.mark.processor_limit(300)
def test_steps_fall_with_the_batch_size_and_less_so_later(training, tmp_path):
    sizes = (8, 32, 128, 512, 2048)
    with tb.Book(tmp_path / "book.db", objective=tb.minimize("valid/error")) as book:
        said = book.procedure(
            "batch-size",
            training.train,
            batch_sizes=sizes,
            target=0.42,
            learning_rates=(0.03, 3.0),
            trials=8,
            seeds=3,
            least_steps=200,
            max_train_steps=8_000,
            fixed={"workload": "teacher", "momentum": 0.0, "target": 0.42, "batch_size": 8,
                   "learning_rate": 0.1},
            workers=0,
            progress=False,
        )  # fmt: skip
        through = book.procedure(
            "throughput",
            training.timed,
            smallest=128,
            largest=2048,
            longer=2,
            trial_s=0.15,
            max_train_steps=40_000,
            fixed={
                "workload": "teacher",
                "momentum": 0.0,
                "batch_size": 128,
                "learning_rate": 0.1,
            },
            workers=0,
            progress=False,
        )
        chosen = book.procedure("batch-size", run=False)
    assert said.finished, said.sentence
    (regimes,) = [f for f in said.findings if f.check == "F1"]
    fitted = said.pictures[0].layer("fitted").column("steps")
    # Four times the batch: close to a quarter of the steps at first, and far from it at last.
    assert 0.2 < fitted[1] / fitted[0] < 0.5
    assert fitted[4] / fitted[3] > 0.45
    assert regimes.numbers["least steps"].estimate < fitted[4] * 1.05
    (budgets,) = [f for f in said.findings if f.check == "F3"]
    assert "a budget in epochs hides" in budgets.sentence
    best = dict(
        zip(
            *(said.pictures[2].layer("best steps").column(c) for c in ("batch", "value")),
            strict=True,
        )
    )
    assert best[2048] < best[min(best)]
    assert through.answer["largest_that_fits"] == 2048
    assert through.answer["step_s_2048"] > 2 * through.answer["step_s_128"]
    (choice,) = [f for f in chosen.findings if f.check == "A4"]
    assert "8 (its step time is not known)" in choice.sentence
    assert {f"seconds to the target at {b}" for b in (128, 512, 2048)} <= choice.numbers.keys()
