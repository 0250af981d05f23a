"""C9 on real searches that are cut in two at random: nothing differs, yet one half has the best.

python bench/claims/isolation_splits.py SHARED_DATA
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from tunebook.checks.isolation import check as isolation
from tunebook.domain.design import Role
from tunebook.domain.finding import NotApplicable
from tunebook.domain.space import Branch
from tunebook.domain.table import TrialTable

ADAM = ("learning_rate", "beta1", "beta2", "epsilon", "l1", "l2", "linear_decay",
        "exponential_decay")  # fmt: skip
SEARCHES: dict[str, dict] = {
    "opda/convnext": {
        "objective": "maximize:top_1",
        "hyperparameters": ("epochs", "batch_size", "lr", "lr_peak_epoch", "momentum",
                            "weight_decay", "label_smoothing"),
    },
    "opda/deberta-base": {
        "objective": "maximize:matched",
        "hyperparameters": ("num_train_epochs", "train_batch_size", "learning_rate",
                            "warmup_steps", "cls_drop_out"),
    },
    "taskset/imdb-patch128-lstm128-avg-bs64": {
        "objective": "minimize:valid_loss", "hyperparameters": ADAM, "reduce": "last",
    },
    "taskset/imdb-patch32-gru64-avg-bs128": {
        "objective": "minimize:valid_loss", "hyperparameters": ADAM, "reduce": "last",
    },
}  # fmt: skip


def search(folder: Path, name: str) -> TrialTable:
    """One search, its curves reduced to the objective."""
    table = TrialTable.from_csv(
        folder / f"{name}-trials.csv.gz", folder / f"{name}-curves.csv.gz", **SEARCHES[name]
    )
    return replace(table, curves={})


def split(table: TrialTable, rng: np.random.Generator, trials: int | None = None) -> TrialTable:
    """The table, or so many of its trials, as two scientific values drawn by lot."""
    chosen = rng.permutation(len(table))[: trials or len(table)]
    part = table.take(chosen)
    halves = tuple("ab"[i % 2] for i in range(len(part)))
    (branch,) = part.branches.values()
    return replace(
        part,
        study=halves,
        config=tuple({"half": h, **c} for h, c in zip(halves, part.config, strict=True)),
        branches={h: Branch(conditions={"half": h}, axes=branch.axes) for h in "ab"},
        roles={"half": Role.SCIENTIFIC, **part.roles},
    )


def told_apart(table: TrialTable, trials: int | None, repeats: int, seed: int) -> tuple[int, int]:
    """Splits that were told apart, and splits of which C9 spoke."""
    rng = np.random.default_rng(seed)
    told = spoke = 0
    for _ in range(repeats):
        result = isolation.check(split(table, rng, trials))
        if not isinstance(result, NotApplicable):
            pairs = result.hyperparameters[0].pairs
            spoke += any(np.isfinite(p.difference) for p in pairs)
            told += any(p.significant for p in pairs)
    return told, spoke


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=1000)
    asked = parser.parse_args()
    for name in SEARCHES:
        whole = search(asked.folder, name)
        for trials in (None, 128, 64):
            told, spoke = told_apart(whole, trials, asked.repeats, 1)
            print(
                f"| {name} | {trials or len(whole)} | {told} | {spoke} | {asked.repeats} |",
                flush=True,
            )
