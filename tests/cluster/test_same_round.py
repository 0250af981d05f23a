"""One round on processes here, on Ray, on SLURM, and on a PostgreSQL server: one and the same.

Real networks: deterministic training gives the same table bit by bit, wherever it ran.
"""

from __future__ import annotations

import pytest

import tunebook as tb

CODE = '''
import torch
from sklearn.datasets import load_digits


def train(trial):
    """A small network on digits, seeded by the trial."""
    torch.manual_seed(trial.seed)
    torch.set_num_threads(1)
    digits = load_digits()
    x = torch.tensor(digits.data / 16, dtype=torch.float32)
    y = torch.tensor(digits.target)
    width, rate = trial.config["width"], trial.config["learning_rate"]
    net = torch.nn.Sequential(
        torch.nn.Linear(64, width), torch.nn.ReLU(), torch.nn.Linear(width, 10)
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    for step in range(trial.max_train_steps):
        batch = torch.randint(1200, (32,))
        loss = torch.nn.functional.cross_entropy(net(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if trial.evaluate_at(step):
            with torch.no_grad():
                wrong = (net(x[1200:]).argmax(1) != y[1200:]).double().mean()
            trial.report(step, {"valid/error": wrong.item(), "train/loss": loss.item()})
'''


def table_of(round_):
    """All of a round that training has to do with, times left out."""
    table = round_.table()
    curves = {
        name: [tuple(column.tolist() for column in curve.of(n)) for n in range(len(table))]
        for name, curve in table.curves.items()
    }
    trials = [(t.number, t.index, dict(t.config), t.seed, t.status) for t in round_.trials]
    return trials, curves


def played(place, train, **how):
    with tb.Book(place, objective=tb.minimize("valid/error")) as book:
        round_ = book.round(
            "Does the width matter?",
            scientific={"width": tb.choice(8, 24)},
            nuisance={"learning_rate": tb.log_uniform(1e-3, 1.0)},
            trials=6,
            max_train_steps=60,
            seed=5,
        )
        round_.run(train, **how)
        return table_of(round_)


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    file = tmp_path_factory.mktemp("code") / "digits_round.py"
    file.write_text(CODE)
    return f"{file}:train"


@pytest.fixture(scope="module")
def here(train, tmp_path_factory):
    """The round on processes of this machine, in a file."""
    return played(tmp_path_factory.mktemp("here") / "book.db", train, workers=2)


def test_it_trains(here):
    trials, curves = here
    assert len(trials) == 6
    assert all(trial[-1] == "complete" for trial in trials)
    assert set(curves) == {"valid/error", "train/loss"}
    assert len({tuple(values) for _, values in curves["train/loss"]}) == 6
    assert min(values[-1] for _, values in curves["valid/error"]) < 0.5


def test_on_ray(here, ray, train, tmp_path):
    executor = tb.ray(3, address=ray.address)
    assert played(tmp_path / "book.db", train, executor=executor) == here


def test_on_slurm(here, slurm, train, tmp_path):
    assert played(tmp_path / "book.db", train, executor=tb.slurm(workers=3, cpus=1)) == here


@pytest.mark.parametrize("where", ["processes", "ray", "slurm"])
def test_in_a_book_on_a_server(here, where, url, ray, slurm, train, tmp_path, monkeypatch):
    monkeypatch.setenv("TUNEBOOK_FILES", str(tmp_path / "files"))
    how = {
        "processes": lambda: {"workers": 2},
        "ray": lambda: {"executor": tb.ray(3, address=ray.address)},
        "slurm": lambda: {"executor": tb.slurm(workers=3, cpus=1)},
    }
    assert played(url, train, **how[where]()) == here
