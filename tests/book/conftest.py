"""A small book on a response surface that is known: quick trials in this process."""

from __future__ import annotations

import math
import shutil

import pytest

from tunebook.book.notebook import Book
from tunebook.domain.formats.spelling import choice, log_uniform, minimize

QUIET = {"workers": 0, "progress": False}
RATES = {"learning_rate": log_uniform(1e-3, 1)}


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


@pytest.fixture(scope="session")
def launched_folder(tmp_path_factory):
    """A book with launch 0, at a learning rate that is far too low: made once, and copied."""
    folder = tmp_path_factory.mktemp("launched")
    with Book(folder / "bowl.db", objective=minimize("loss"), chance=0.6) as made:
        first = made.round("Does it learn?", fixed={"optimizer": "nesterov", "learning_rate": 1e-3},
                           trials=4, max_train_steps=40)  # fmt: skip
        first.run(bowl, **QUIET)
        made.launch(first.decide(bowl, max_reruns=4, **QUIET))
    return folder


@pytest.fixture
def launched(launched_folder, tmp_path):
    """A copy of that book."""
    shutil.copytree(launched_folder, tmp_path, dirs_exist_ok=True)
    with Book(tmp_path / "bowl.db") as opened:
        yield opened


@pytest.fixture(scope="session")
def decided_folder(launched_folder, tmp_path_factory):
    """Its second round asks whether Adam is better, and is decided."""
    folder = tmp_path_factory.mktemp("decided")
    shutil.copytree(launched_folder, folder, dirs_exist_ok=True)
    with Book(folder / "bowl.db") as made:
        asked = made.round("Does Adam beat Nesterov?",
                           scientific={"optimizer": choice("nesterov", "adam")}, nuisance=RATES,
                           trials=24, max_train_steps=40, least_improvement=0.01)  # fmt: skip
        asked.run(bowl, **QUIET)
        asked.decide(bowl, max_reruns=18, **QUIET)
    return folder


@pytest.fixture
def decided(decided_folder, tmp_path):
    """A copy of that book."""
    shutil.copytree(decided_folder, tmp_path, dirs_exist_ok=True)
    with Book(tmp_path / "bowl.db") as opened:
        yield opened


@pytest.fixture
def rates():
    return RATES
