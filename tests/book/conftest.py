"""A small book on a response surface that is known: quick trials in this process."""

from __future__ import annotations

import math

import pytest

from tunebook.book.notebook import Book
from tunebook.words.spelling import log_uniform, minimize


def noise(seed: int) -> float:
    """Roughly normal, mean 0, standard deviation 1: a hash of the seed."""
    parts = [((seed * 2654435761 + k * 40503) % 1009) / 1009 for k in range(12)]
    return sum(parts) - 6.0


def bowl(trial) -> None:
    """Best at a learning rate of 0.03; Adam has `gain` over anything else; seeds make noise."""
    rate = trial.config["learning_rate"]
    gain = 0.05 if trial.config.get("optimizer") == "adam" else 0.0
    loss = 0.3 + 0.05 * math.log10(rate / 0.03) ** 2 - gain + 0.004 * noise(trial.seed)
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            trial.report(step, {"loss": loss + 0.3 * math.exp(-8 * step / trial.max_train_steps)})


@pytest.fixture
def book(tmp_path):
    with Book(tmp_path / "bowl.db", objective=minimize("loss"), chance=0.6) as opened:
        yield opened


@pytest.fixture
def train():
    return bowl


@pytest.fixture
def launched(book, train):
    """A book with launch 0, at a learning rate that is far too low."""
    first = book.round("Does it learn?", fixed={"optimizer": "nesterov", "learning_rate": 1e-3},
                       trials=4, max_train_steps=40)  # fmt: skip
    first.run(train, workers=0, progress=False)
    book.launch(first.decide(train, max_reruns=4, workers=0, progress=False))
    return book


@pytest.fixture
def rates():
    return {"learning_rate": log_uniform(1e-3, 1)}
