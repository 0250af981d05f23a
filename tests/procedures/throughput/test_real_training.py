"""Throughput of a real network under a real memory limit (A3)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tunebook.domain.finding import Severity

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")

ASKED = {
    "max_train_steps": 400,
    "trial_s": 0.2,
    "longer": 0,
    "fixed": {"batch_size": 64},
}


def train(trial) -> None:
    """A network of one wide layer on random examples: 32 KB of activations an example."""
    torch.set_num_threads(1)
    torch.manual_seed(trial.seed)
    net = torch.nn.Sequential(torch.nn.Linear(8, 4096), torch.nn.ReLU(), torch.nn.Linear(4096, 4))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    x = torch.randn(trial.config["batch_size"], 8)
    y = x[:, :4].argmax(1)
    for step in range(trial.max_train_steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        if trial.evaluate_at(step):
            trial.report(step, {"valid/loss": float(loss)})


@pytest.fixture(scope="module")
def limit_mb() -> int:
    """What PyTorch itself takes here, and 130 MB for training."""
    tell = "import torch, psutil; print(psutil.Process().memory_info().rss // 2**20)"
    told = subprocess.run([sys.executable, "-c", tell], capture_output=True, check=True, text=True)
    return int(told.stdout) + 130


def ask(book, limit_mb, **more):
    return book.procedure(
        "throughput", train, workers=1, progress=False, memory_limit_mb=limit_mb, **ASKED, **more
    )


def test_memory_really_ends_and_the_sizes_before_it_are_timed(new_book, limit_mb):
    said = ask(new_book(), limit_mb, smallest=256, largest=2**15)
    fits = said.findings[0]
    assert "does not fit into memory (out of memory" in fits.sentence, said
    assert f"may use {limit_mb} MB" in fits.sentence
    largest = fits.numbers["largest that fits"]
    assert 256 <= largest < 2**15
    (picture,) = said.pictures
    assert picture.layer("ends").column("batch") == [2 * largest]
    times = [n.estimate for k, n in said.findings[1].numbers.items() if k.startswith("seconds")]
    # One thread of arithmetic: more examples take longer.
    assert times[-1] > 0.2 * times[0] * largest / 256


def test_memory_that_ends_at_once_is_a_problem_with_a_way_out(new_book, limit_mb):
    said = ask(new_book(), limit_mb, smallest=2**14, largest=2**15)
    assert said.finished
    (none,) = said.findings
    assert none.severity is Severity.PROBLEM
    assert "The first batch size, 16384, does not fit" in none.sentence
    assert "smallest=2048" in none.sentence
    assert said.pictures == ()
