"""How often the procedure `instability` is right, on networks that are unstable and are not.

make bench-instability

Each repeat is the whole procedure in a book of its own, with seeds of its own. What it found is
then held against fresh seeds that it never saw. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "claims"))

import deep_digits  # noqa: E402

import tunebook as tb  # noqa: E402
from tunebook.procedures.instability.training_stability import read_run  # noqa: E402

STEPS = 400
FRESH = 20
FALL = 2.0
"""Of the cross-entropy of ten classes, in runs that train: from about 2.3 to 0.3."""
SWEPT = {"unstable": (3e-4, 3.0), "stable": (1e-3, 10.0)}


def main() -> None:
    """Run what is missing of the repeats, a line of JSON each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=Path, default=Path("build/instability.jsonl"))
    parser.add_argument("--repeats", type=int, default=20)
    asked = parser.parse_args()
    asked.rows.parent.mkdir(exist_ok=True)
    there = (
        [json.loads(x) for x in asked.rows.read_text().splitlines()] if asked.rows.exists() else []
    )
    done = {(row["network"], row["repeat"]) for row in there}
    for repeat in range(asked.repeats):
        for network in SWEPT:
            if (network, repeat) not in done:
                row = one(network, repeat)
                with asked.rows.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(row, flush=True)


def one(network: str, repeat: int) -> dict[str, object]:
    """The procedure on one network, then what it found on fresh seeds."""
    train = getattr(deep_digits, network)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        book = tb.Book(
            Path(folder) / "digits.db", objective=tb.minimize("valid/error"), chance=0.9,
            training_objective="train/loss",
        )  # fmt: skip
        found = book.procedure(
            "instability", train, workers=0, progress=False, max_train_steps=STEPS,
            learning_rates=SWEPT[network], fixed={"warmup_steps": 0, "clip_norm": 0.0},
            seed=1_000_000 * (repeat + 1),
        )  # fmt: skip
        trials = sum(len(r.trials) for r in book.rounds)
        steps = sum(t.max_train_steps for r in book.rounds for t in r.trials)
        seconds = time.monotonic() - began
        answer = dict(found.answer)
        rate, clip = answer["unstable_learning_rate"], answer["clip_norm_that_holds"]
        fresh = {}
        if rate is not None:
            fresh["unstable"] = failing(train, learning_rate=rate)
            fresh["best"] = failing(train, learning_rate=answer["best_learning_rate"])
        if answer["warmup_steps"] is not None:
            fresh["warmup"] = failing(
                train, learning_rate=answer["warmup_learning_rate"],
                warmup_steps=int(answer["warmup_steps"]),
            )  # fmt: skip
        if clip is not None:
            fresh["clip"] = failing(train, learning_rate=rate, clip_norm=clip)
        sentences = {f.check: f.sentence for f in found.findings}
        book.close()
    return {
        "network": network, "repeat": repeat, "answer": answer, "fresh": fresh,
        "sentences": sentences, "trials": trials, "steps": steps, "seconds": round(seconds, 1),
    }  # fmt: skip


class Watched:
    """The handle that training holds, for fresh seeds outside any book: keeps what it reports."""

    def __init__(self, seed: int, config: dict[str, float]) -> None:
        self.seed, self.config = seed, config
        self.max_train_steps = STEPS + int(config["warmup_steps"])
        self.reported: list[tuple[int, dict[str, float]]] = []

    def evaluate_at(self, step: int) -> bool:
        """Every other step, as in the procedure."""
        return step % 2 == 1 or step == self.max_train_steps - 1

    def report(self, step: int, metrics: dict[str, float]) -> None:
        """Keep it."""
        self.reported.append((step, metrics))


def failing(train, **config: float) -> dict[str, float]:
    """Seeds that fail of FRESH fresh ones, and their median objective."""
    import numpy as np

    failed, errors = 0, []
    for seed in range(FRESH):
        trial = Watched(7_000_000 + seed, {"warmup_steps": 0, "clip_norm": 0.0, **config})
        train(trial)
        steps = np.array([s for s, _ in trial.reported])
        losses = np.array([m["train/loss"] for _, m in trial.reported])
        read = read_run(str(seed), steps, losses, fall=FALL, max_train_steps=STEPS)
        failed += read.fate.fails
        errors.append(min(m["valid/error"] for _, m in trial.reported))
    return {"failed": failed, "of": FRESH, "error": float(np.median(errors))}


if __name__ == "__main__":
    main()
