"""A short real study: networks of JAX, done soon on digits and never on a teacher's labels (E4)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

import tunebook as tb

pytestmark = pytest.mark.slow
BENCH = Path(__file__).parents[3] / "bench" / "training_length_training.py"
BUDGET = 2048


@pytest.fixture(scope="module")
def training():
    pytest.importorskip("jax")
    spec = importlib.util.spec_from_file_location("training_length_training", BENCH)
    made = importlib.util.module_from_spec(spec)
    sys.modules["training_length_training"] = made
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize(
    ("workload", "verdict"), [("digits", "saturated"), ("teacher", "compute-bound")]
)
def test_the_verdict_is_that_of_an_exhaustive_search(training, tmp_path, workload, verdict):
    """Which docs/training_length.md reports."""
    objective = tb.minimize("valid/loss")
    with tb.Book(tmp_path / "book.db", objective=objective) as book:
        said = book.procedure(
            "training-length",
            training.train,
            workers=0,
            progress=False,
            max_train_steps=BUDGET,
            learning_rates=(0.01, 0.6),
            least_improvement=0.01,
            trials=8,
            seeds=4,
            fixed={"workload": workload, "learning_rate": 0.1, "weight_decay": 1e-4,
                   "schedule": "cosine"},
        )  # fmt: skip
    assert said.finished, said.sentence
    assert said.answer["verdict"] == verdict, said.sentence
    if verdict == "saturated":
        # By exhaustive search 401 steps; with four seeds it is less sure than with eight.
        assert 200 < said.answer["max_train_steps"] < 800
    else:
        assert said.answer["max_train_steps"] == BUDGET
