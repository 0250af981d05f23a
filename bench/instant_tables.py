"""Sweeps as CSV files of given sizes, for timing what reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np


def plain_table(path: Path, trials: int, hyperparameters: int, seed: int = 0) -> None:
    """Independent hyperparameters in [0, 1], a bowl in the first three, a little noise.

    Args:
        path: of the file to write.
        trials: rows.
        hyperparameters: columns beside the loss; three at least.
        seed: of the values.
    """
    rng = np.random.default_rng(seed)
    units = rng.random((trials, hyperparameters))
    loss = 0.1 + ((units[:, :3] - 0.5) ** 2) @ [1.0, 0.5, 0.2] + 0.01 * rng.normal(size=trials)
    names = [f"x{i}" for i in range(hyperparameters)]
    rows = ([f"{v:.6g}" for v in (*u, y)] for u, y in zip(units, loss, strict=True))
    _write(path, [*names, "loss"], rows)


def conditional_table(path: Path, trials: int = 180, seed: int = 0) -> None:
    """Networks of one to eight layers, each with a width and a dropout of its own: 16 columns.

    Args:
        path: of the file to write.
        trials: rows.
        seed: of the values.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(trials):
        layers = int(rng.integers(1, 8))
        rate = 10 ** rng.uniform(-4, -1)
        widths, dropouts = rng.integers(16, 256, 7), rng.uniform(0, 0.5, 7)
        loss = 0.1 + 0.05 * (np.log10(rate) + 2.5) ** 2 + 0.02 * abs(layers - 4)
        loss += 0.05 * float(np.mean(dropouts[:layers])) + 0.01 * rng.normal()
        own = [f"{rate:.6g}", str(layers)]
        for layer in range(7):
            there = layer < layers
            own += [str(widths[layer]) if there else "", f"{dropouts[layer]:.4f}" if there else ""]
        rows.append([*own, f"{loss:.6g}"])
    layered = [f"{name}_{layer}" for layer in range(1, 8) for name in ("width", "dropout")]
    _write(path, ["learning_rate", "layers", *layered, "loss"], rows)


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
