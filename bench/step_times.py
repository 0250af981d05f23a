"""How often the interval of a step's time holds the time of a long undisturbed loop (A3).

    python bench/step_times.py --repeats 20

A network of PyTorch and one of JAX are timed again and again by the procedure throughput, in
turns with a loop of the same steps that reports nothing. The loop's median over the repeats is
taken for the truth. Needs a machine on which nothing else runs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import jax
import numpy as np
import torch

import tunebook as tb
from batch_size_training import advance, start, timed

SIZES, LOOP_S = (64, 256), 1.0


def network(batch: int):
    """A small network of PyTorch, and its next step."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    x = torch.randn(batch, 64)
    y, held = x[:, :10].argmax(1), torch.randn(20_000, 64)

    def step() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, lambda: float(net(held).argmax(1).float().mean())


def train_torch(trial) -> None:
    """Train where evaluations take as long as many steps."""
    step, evaluate = network(trial.config["batch_size"])
    for n in range(trial.max_train_steps):
        loss = step()
        if trial.evaluate_at(n):
            trial.report(n, {"valid/error": evaluate(), "train/loss": float(loss.detach())})


def loop_torch(batch: int) -> float:
    """Seconds of a step in a loop that does nothing else."""
    step, _ = network(batch)
    for _ in range(20):
        step()
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < LOOP_S:
        step()
        count += 1
    return (time.perf_counter() - began) / count


def loop_jax(batch: int) -> float:
    """The same, compiled: two calls of different length, less what a call takes."""
    key = jax.random.PRNGKey(0)
    weights = start("teacher", key)
    velocity = jax.tree.map(jax.numpy.zeros_like, weights)
    took = {}
    for steps in (10, 4010):
        every = []
        for _ in range(4):
            began = time.perf_counter()
            float(advance(weights, velocity, key, 0.01, 0.0, name="teacher", batch=batch,
                          steps=steps)[2])  # fmt: skip
            every.append(time.perf_counter() - began)
        took[steps] = float(np.median(every[1:]))
    return (took[4010] - took[10]) / 4000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    jax_fixed = {"workload": "teacher", "momentum": 0.0, "learning_rate": 0.01}
    for name, train, loop, fixed in (
        ("PyTorch", train_torch, loop_torch, {}),
        ("JAX", timed, loop_jax, jax_fixed),
    ):
        found: dict[int, list] = {b: [] for b in SIZES}
        loops: dict[int, list[float]] = {b: [] for b in SIZES}
        folder = Path(tempfile.mkdtemp())
        with tb.Book(folder / "book.db", objective=tb.minimize("valid/error")) as book:
            for n in range(repeats):
                said = book.procedure(
                    "throughput", train, question=f"repeat {n}", smallest=SIZES[0], largest=256,
                    max_train_steps=200_000, trial_s=1.0, fixed={"batch_size": 64, **fixed},
                    workers=0, progress=False, seed=n,
                )  # fmt: skip
                numbers = {k: v for f in said.findings for k, v in f.numbers.items()}
                for size in SIZES:
                    loops[size].append(loop(size))
                    found[size].append(numbers.get(f"seconds a step at {size}"))
        for size in SIZES:
            truth = float(np.median(loops[size]))
            known = [i for i in found[size] if i is not None]
            held = sum(i.low <= truth <= i.high for i in known)
            off = np.median([abs(i.estimate / truth - 1) for i in known])
            wide = np.median([(i.high - i.low) / 2 / i.estimate for i in known])
            spread = np.std(loops[size]) / truth
            print(f"| {name} | {size} | {1e3 * truth:.3g} | {spread:.1%} | {len(known)} | {held} | "
                  f"{off:.1%} | {wide:.1%} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
