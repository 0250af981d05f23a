"""The procedure training-length against an exhaustive search, twenty times each (E1 E3 E4 E5).

    make bench-training-length

`digits` is done long before its budget, `teacher` never. Each repeat is the whole procedure in a
book of its own with seeds of its own; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import tunebook as tb  # noqa: E402
from training_length_exhaustive import search  # noqa: E402
from training_length_page import write_page  # noqa: E402
from training_length_training import train  # noqa: E402

BUDGET = 8192
LEAST = 0.01
WORKLOADS = ("digits", "teacher")


def main() -> None:
    """Run what is missing, a line of JSON each, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, default=Path("build/training_length.jsonl"))
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--page", type=Path, default=Path("docs/training_length.md"))
    asked = parser.parse_args()
    asked.rows.parent.mkdir(exist_ok=True)
    there = asked.rows.read_text().splitlines() if asked.rows.exists() else []
    rows = [json.loads(line) for line in there]
    done = {(row["workload"], row["repeat"]) for row in rows}
    for repeat in range(asked.repeats):
        for workload in WORKLOADS:
            if (workload, repeat) not in done:
                rows.append(one(workload, repeat))
                with asked.rows.open("a") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
                print(rows[-1], flush=True)
    found = {
        w: search(w, BUDGET, asked.rows.with_name(f"training_length_{w}.json"))
        for w in (*WORKLOADS, "text")
    }
    write_page(asked.page, rows, found, budget=BUDGET, least=LEAST)


def one(workload: str, repeat: int) -> dict[str, object]:
    """The whole procedure, once."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        book = tb.Book(
            Path(folder) / "book.db",
            objective=tb.minimize("valid/loss"),
            training_objective="train/loss",
        )
        with book:
            found = book.procedure(
                "training-length", train, workers=0, progress=False, max_train_steps=BUDGET,
                learning_rates=(0.003, 1.0), least_improvement=LEAST, fitted=0.05,
                plain={"weight_decay": 0.0, "schedule": "constant"},
                fixed={"workload": workload, "learning_rate": 0.1, "weight_decay": 1e-4,
                       "schedule": "cosine"},
                seed=1_000_000 * (repeat + 1),
            )  # fmt: skip
            steps = sum(t.max_train_steps for r in book.rounds for t in r.trials)
            twice = next(
                (f.numbers["gain of twice the budget"] for f in found.findings
                 if "gain of twice the budget" in f.numbers), None,
            )  # fmt: skip
            return {
                "workload": workload,
                "repeat": repeat,
                **found.answer,
                "twice": [twice.estimate, twice.low, twice.high] if twice else None,
                "trials": sum(len(r.trials) for r in book.rounds),
                "budgets": steps / BUDGET,
                "seconds": time.monotonic() - began,
                "sentence": found.sentence,
            }


if __name__ == "__main__":
    main()
