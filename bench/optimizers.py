"""Momentum against Adam in spaces that are pinned and open, and eight optimizers at once (G1 G2).

    make bench-optimizers

Each row is one run of the procedure optimizers on a book of its own; books stay in build/, and a
run that was stopped goes on. docs/optimizer_comparison.md and its picture are written from what
the procedure says, and from the script of bench/by_hand/ that does the same by hand.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import tunebook as tb
from optimizers_page import page
from tunebook.charts.render import to_svg

HERE = Path(__file__).parent
TRIALS, SEEDS, STEPS = 48, 10, 1000
MANY = 192
"""Trials of each of the eight, once more: 48 tell none of them apart."""
EIGHT = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "nadam", "lion")
PAIR = ("momentum", "adam")
CHOI = {
    "epsilon 10, beta1 0.999": {"spaces": {"adam": {"epsilon": 10.0, "beta1": 0.999}}},
    "epsilon 10, beta1 0": {"spaces": {"adam": {"epsilon": 10.0, "beta1": 0.0}}},
    "epsilon 10": {"spaces": {"adam": {"epsilon": 10.0}}},
    "epsilon 1, beta1 0": {"spaces": {"adam": {"epsilon": 1.0, "beta1": 0.0}}},
    "epsilon 0.1, beta1 0": {"spaces": {"adam": {"epsilon": 0.1, "beta1": 0.0}}},
    "epsilon 0.01, beta1 0": {"spaces": {"adam": {"epsilon": 0.01, "beta1": 0.0}}},
    "epsilon 1e-8, beta1 0.9 (defaults)": {"spaces": {"adam": {"epsilon": 1e-8, "beta1": 0.9}}},
    "open: the catalogue's": {},
    "open: inclusive": {"inclusive": True},
}
"""What Adam's space is in each row."""
WORKLOADS = ("text", "teacher")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", default="", help="rows whose name holds this; no page is written"
    )
    parser.add_argument("--books", type=Path, default=Path("build/optimizers"))
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    asked.books.mkdir(parents=True, exist_ok=True)
    found = {}
    for workload in WORKLOADS:
        for row, more in CHOI.items():
            name = f"{workload}, {row}"
            if asked.only in name:
                found[workload, row] = play(name, workload, {"optimizers": PAIR, **more}, asked)
    eight = "text, eight optimizers"
    if asked.only and asked.only not in eight:
        return
    race = play(eight, "text", {"optimizers": EIGHT}, asked)
    other = play("teacher, eight optimizers", "teacher", {"optimizers": EIGHT}, asked)
    longer = play(f"{eight}, {MANY} trials", "text", {"optimizers": EIGHT, "trials": MANY}, asked)
    by_hand = script(asked.books / "by_hand.json")
    if asked.only:
        return
    fresh = next(p for p in longer.pictures if p.name == "optimizers-fresh-seeds")
    budgets = next(p for p in longer.pictures if p.name == "optimizers-budgets")
    (asked.docs / "optimizer_comparison.svg").write_text(to_svg(budgets))
    (asked.docs / "optimizer_seeds.svg").write_text(to_svg(fresh))
    versions = {"python": platform.python_version(), "jax": version("jax"),
                "optax": version("optax"), "optuna": version("optuna"),
                "tunebook": version("tunebook")}  # fmt: skip
    text = page(
        found, race, longer, other, by_hand, versions, trials=TRIALS, seeds=SEEDS, steps=STEPS
    )
    (asked.docs / "optimizer_comparison.md").write_text(text)


def play(name: str, workload: str, more: dict, asked: argparse.Namespace):
    """Run the procedure to its end, or go on with it; a new run's seconds are kept beside it."""
    file = asked.books / f"{''.join(c if c.isalnum() else '_' for c in name)}.db"
    began = time.monotonic()
    with tb.Book(file, objective=tb.minimize("valid/error"), training_objective="train/loss") as b:
        said = b.procedure(
            "optimizers",
            f"{HERE / 'optimizers_training.py'}:train",
            **{"trials": TRIALS, **more},
            seeds=SEEDS,
            max_train_steps=STEPS,
            fixed={"optimizer": "momentum", "workload": workload},
            workers=asked.workers,
        )
    seconds = file.with_suffix(".json")
    if not seconds.exists():
        seconds.write_text(json.dumps({"seconds": time.monotonic() - began}))
    said.seconds = json.loads(seconds.read_text())["seconds"]
    print(f"{name}: {said.seconds:.0f} s; {said.sentence}", flush=True)
    return said


def script(rows: Path) -> dict:
    """What the script by hand prints as JSON; run once."""
    if not rows.exists():
        began = time.monotonic()
        ran = subprocess.run(
            [sys.executable, str(HERE / "by_hand" / "optimizers_optuna.py")],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        rows.write_text(json.dumps({"seconds": time.monotonic() - began, "printed": ran.stdout}))
    return json.loads(rows.read_text())


if __name__ == "__main__":
    main()
