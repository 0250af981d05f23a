"""A small sweep as records, and the table that is read of a source, for tests of readers."""

from __future__ import annotations

from typing import Any

from tunebook.domain.table import TrialTable
from tunebook.importers.csv.sweep import read_sweep
from tunebook.importers.source import SweepSource

RUNS: list[dict[str, Any]] = [
    {
        "name": f"run-{i}",
        "config": {
            "lr": 10 ** (-4 + (i * 37 % 30) / 10),
            "model": {"width": (16, 32, 64)[i % 3]},
            "schedule": (None, "cosine")[i % 2],
        },
        "metrics": {"val_loss": 0.3 + (i * 13 % 30) / 100},
        "host": "node-1",
    }
    for i in range(30)
]
FLAT: list[dict[str, Any]] = [
    {
        "lr": r["config"]["lr"],
        "width": r["config"]["model"]["width"],
        "val_loss": r["metrics"]["val_loss"],
    }
    for r in RUNS
]
NAMES = [r["name"] for r in RUNS]


def table_of(
    source: SweepSource,
    objective: str = "minimize:val_loss",
    reduce: str | None = None,
    **more: Any,
) -> TrialTable:
    """The table of a source, with no flag but the objective."""
    arguments: dict[str, Any] = {"hyperparameters": None, "scientific": (), "chance": None}
    arguments |= {"space": None, "training_objective": "", "adaptive": False}
    return TrialTable(
        **read_sweep(source, objective=objective, reduce=reduce, **{**arguments, **more})
    )
