"""Procedures beside the same trials by hand with Optuna: equal trials, equal processes, in pairs.

    python bench/procedures_by_hand.py --rows build/procedures_by_hand.jsonl

Each pair runs a procedure in a new book, then a script that gives Optuna the same rounds: a study
each, the same configurations, seeds and lengths, with the same training function. Either side trains
in one process, one trial at a time. The script keeps nothing, and draws no conclusion.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SMALL: dict[str, dict[str, Any]] = {
    "instability": {
        "module": "deep_digits", "train": "unstable", "metric": "valid/error", "workers": 0,
        "asked": {"max_train_steps": 400, "learning_rates": (3e-4, 3.0),
                  "fixed": {"warmup_steps": 0, "clip_norm": 0.0}},
    },
    "training-length": {
        "module": "training_length_training", "train": "train", "metric": "valid/loss", "workers": 0,
        "asked": {"max_train_steps": 8192, "learning_rates": (0.003, 1.0), "least_improvement": 0.01,
                  "fixed": {"workload": "digits", "learning_rate": 0.1, "weight_decay": 1e-4,
                            "schedule": "cosine"}},
    },
    "batch-size": {
        "module": "batch_size_training", "train": "train", "metric": "valid/error", "workers": 1,
        "asked": {"batch_sizes": (32, 128, 512), "target": 0.36, "learning_rates": (0.02, 4.0),
                  "trials": 10, "seeds": 4, "least_steps": 400, "max_train_steps": 4000,
                  "fixed": {"workload": "teacher", "momentum": 0.0, "target": 0.36, "batch_size": 32}},
    },
    "throughput": {
        "module": "batch_size_training", "train": "timed", "metric": "valid/error", "workers": 1,
        "asked": {"smallest": 32, "largest": 1024, "longer": 0, "max_train_steps": 2000,
                  "trial_s": 1.0, "fixed": {"workload": "teacher", "momentum": 0.0,
                                            "learning_rate": 0.1, "batch_size": 32}},
    },
    "optimizers": {
        "module": "optimizers_training", "train": "train", "metric": "valid/error", "workers": 1,
        "asked": {"optimizers": ("sgd", "adam"), "trials": 16, "seeds": 5, "max_train_steps": 200,
                  "fixed": {"workload": "text"}},
    },
}  # fmt: skip
"""Each at a size that takes seconds to a minute; `chance` and reports play no part in the time."""


def by_tunebook(name: str) -> None:
    """The procedure, then its trials as JSON for the script."""
    import importlib

    import tunebook as tb

    case = SMALL[name]
    train = getattr(importlib.import_module(case["module"]), case["train"])
    with tb.Book("p.db", objective=tb.minimize(case["metric"])) as book:
        print(
            book.procedure(name, train, workers=case["workers"], progress=False, **case["asked"])
        )
    trials = [
        [[dict(t.config), t.seed, t.max_train_steps, r.plan.evaluations] for t in r.trials]
        for r in book_rounds(tb)
    ]
    Path("trials.json").write_text(json.dumps(trials))


def book_rounds(tb: Any) -> list[Any]:
    """The rounds, read from the book again."""
    return list(tb.Book("p.db").rounds)


class Diverged(Exception):
    """The objective is NaN: a script stops there, as Tunebook does."""


class Plain:
    """What the training functions ask of a trial, and nothing of Tunebook."""

    def __init__(
        self, config: dict[str, Any], seed: int, steps: int, times: int, metric: str
    ) -> None:
        self.config, self.seed, self.max_train_steps = config, seed, steps
        self.best, self._times, self._metric = float("inf"), times, metric

    def report(self, step: int, metrics: dict[str, float]) -> None:
        """Keep the best, as a script does."""
        value = metrics[self._metric]
        if value != value:
            raise Diverged(step)
        self.best = min(self.best, value)

    def evaluate_at(self, step: int) -> bool:
        """Evenly over the steps, as often as the round asks."""
        n = min(self._times, self.max_train_steps)
        return (step + 1) * n // self.max_train_steps > step * n // self.max_train_steps


def by_hand(name: str) -> None:
    """The same trials, a study of Optuna for each round."""
    import importlib

    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    case = SMALL[name]
    train = getattr(importlib.import_module(case["module"]), case["train"])
    for of_round in json.loads(Path("trials.json").read_text()):
        study = optuna.create_study()
        for config, *_ in of_round:
            study.enqueue_trial({}, user_attrs={"config": config})

        def objective(trial: Any, of_round: Any = of_round) -> float:
            run = Plain(*of_round[trial.number], case["metric"])
            with suppress(Diverged):
                train(run)
            return run.best

        study.optimize(objective, n_trials=len(of_round))
    print(study.best_value)


def timed(side: str, name: str, folder: Path, source: str) -> dict[str, float]:
    """Wall and processor seconds of one side in a process of its own."""
    found = [source] if source else []
    path = os.pathsep.join([*found, str(HERE), str(HERE / "claims")])
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--side", side, "--only", name],
        cwd=folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        raise SystemExit(f"{side} {name}: {ended.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", choices=[*SMALL])
    parser.add_argument("--side", choices=["tunebook", "hand"])
    parser.add_argument("--source", default="", help="folder of another Tunebook to time")
    parser.add_argument("--rows", type=Path, default=Path("build/procedures_by_hand.jsonl"))
    asked = parser.parse_args()
    if asked.side:
        (by_tunebook if asked.side == "tunebook" else by_hand)(asked.only)
        return
    asked.rows.parent.mkdir(exist_ok=True)
    rows: dict[str, list[dict[str, Any]]] = {}
    for pair in range(asked.pairs):
        for name in [asked.only] if asked.only else SMALL:
            with tempfile.TemporaryDirectory() as folder:
                ours = timed("tunebook", name, Path(folder), asked.source)
                hand = timed("hand", name, Path(folder), asked.source)
                trials = sum(map(len, json.loads((Path(folder) / "trials.json").read_text())))
            row = {
                "procedure": name,
                "pair": pair,
                "trials": trials,
                "tunebook": ours,
                "hand": hand,
            }
            rows.setdefault(name, []).append(row)
            with asked.rows.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
    print(table(rows))


def table(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Medians of the pairs, and of their ratios."""
    lines = ["| procedure | trials | by hand, s | Tunebook, s | times, wall | times, processor |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for name, pairs in rows.items():

        def middle(of: Any, pairs: Any = pairs) -> float:
            return statistics.median(of(p) for p in pairs)

        walls = (middle(lambda p: p["hand"]["wall"]), middle(lambda p: p["tunebook"]["wall"]))
        times = [middle(lambda p, k=k: p["tunebook"][k] / p["hand"][k]) for k in ("wall", "cpu")]
        lines.append(
            f"| {name} | {pairs[0]['trials']} | {walls[0]:.1f} | {walls[1]:.1f} | "
            f"{times[0]:.2f} | {times[1]:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
