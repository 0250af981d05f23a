"""Overhead of a trial and points stored a second, against Optuna in the same run.

Both keep everything in an SQLite file. Runs alternate and are repeated; medians and the full
range are written to docs/benchmarks.md with the versions.

    make bench
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

TRIALS = 200
POINTS_TRIALS, POINTS = 20, 500

TUNEBOOK_TRIALS = """
import sys, time
import tunebook as tb
def train(trial):
    return (trial.config["x"] - 0.3) ** 2
book = tb.Book(sys.argv[1] + "/t.db", objective=tb.minimize("loss"))
found = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=int(sys.argv[2]),
                   max_train_steps=1)
# One trial first: the process is up, as Optuna's is.
began = time.perf_counter()
found.run(train, workers=1, progress=False)
print(time.perf_counter() - began)
"""

OPTUNA_TRIALS = """
import sys, time
import optuna
optuna.logging.set_verbosity(optuna.logging.WARNING)
def objective(trial):
    return (trial.suggest_float("x", 0, 1) - 0.3) ** 2
study = optuna.create_study(storage=f"sqlite:///{sys.argv[1]}/o.db",
                            sampler=optuna.samplers.QMCSampler(qmc_type="halton", scramble=True, seed=0))
began = time.perf_counter()
study.optimize(objective, n_trials=int(sys.argv[2]))
print(time.perf_counter() - began)
"""

TUNEBOOK_POINTS = """
import sys, time
import tunebook as tb
def train(trial):
    for step in range(trial.max_train_steps):
        trial.report(step, {"loss": 1.0 / (step + 1)})
book = tb.Book(sys.argv[1] + "/p.db", objective=tb.minimize("loss"))
found = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=int(sys.argv[2]),
                   max_train_steps=int(sys.argv[3]))
began = time.perf_counter()
found.run(train, workers=1, progress=False)
print(time.perf_counter() - began)
assert sum(len(c.steps) for c in found.table().curves.values()) == int(sys.argv[2]) * int(sys.argv[3])
"""

OPTUNA_POINTS = """
import sys, time
import optuna
optuna.logging.set_verbosity(optuna.logging.WARNING)
def objective(trial):
    trial.suggest_float("x", 0, 1)
    for step in range(int(sys.argv[3])):
        trial.report(1.0 / (step + 1), step)
    return 0.0
study = optuna.create_study(storage=f"sqlite:///{sys.argv[1]}/o.db",
                            sampler=optuna.samplers.QMCSampler(qmc_type="halton", scramble=True, seed=0))
began = time.perf_counter()
study.optimize(objective, n_trials=int(sys.argv[2]))
print(time.perf_counter() - began)
"""


def seconds(script: str, *sizes: int) -> float:
    """Run a script in a process and a folder of its own; what it timed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-c", script, folder, *map(str, sizes)]
        ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    return float(ended.stdout.split()[-1])


def wall(*command: str) -> float:
    """Seconds from start to end of a command."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def spread(values: list[float], unit: str = "", digits: int = 3) -> str:
    """Median and full range, as people write them."""
    low, middle, high = (
        f"{float(f'{v:.{digits}g}'):,.{max(0, digits - len(str(int(v))))}f}"
        for v in (min(values), statistics.median(values), max(values))
    )
    return f"{middle}{unit} ({low} to {high})"


def measure(repeats: int) -> dict[str, list[float]]:
    """All measurements, the two tools in turn."""
    python = sys.executable
    tunebook = str(Path(python).with_name("tunebook"))
    rows: dict[str, list[float]] = {}
    for _ in range(repeats):
        each = {
            "import tunebook": wall(python, "-c", "import tunebook") - wall(python, "-c", "pass"),
            "import optuna": wall(python, "-c", "import optuna") - wall(python, "-c", "pass"),
            "tunebook --help": wall(tunebook, "--help"),
            "optuna --help": wall(str(Path(python).with_name("optuna")), "--help"),
            "trial, Tunebook": seconds(TUNEBOOK_TRIALS, TRIALS) / TRIALS,
            "trial, Optuna": seconds(OPTUNA_TRIALS, TRIALS) / TRIALS,
            "points, Tunebook": POINTS_TRIALS
            * POINTS
            / seconds(TUNEBOOK_POINTS, POINTS_TRIALS, POINTS),
            "points, Optuna": POINTS_TRIALS
            * POINTS
            / seconds(OPTUNA_POINTS, POINTS_TRIALS, POINTS),
            "million, Tunebook": 1e6 / seconds(TUNEBOOK_POINTS, 20, 50_000),
        }
        for name, value in each.items():
            rows.setdefault(name, []).append(value)
    return rows


def page(rows: dict[str, list[float]], repeats: int) -> str:
    """The measurements as a page."""
    ms = {name: [1000 * v for v in values] for name, values in rows.items()}
    per_trial = statistics.median(rows["trial, Optuna"]) / statistics.median(
        rows["trial, Tunebook"]
    )
    points = statistics.median(rows["points, Tunebook"]) / statistics.median(
        rows["points, Optuna"]
    )
    return f"""# Benchmarks

`make bench` measures both tools in one run, in turn, {repeats} times each, and writes this page: medians, with the whole range in
brackets. Tunebook {version("tunebook")}, Optuna {version("optuna")}, Python {platform.python_version()}, 2 cores, a shared machine. Both keep
everything in a new SQLite file; the objective does nothing, so that what is left is the tool.

| | Tunebook | Optuna | ratio |
|---|---|---|---|
| overhead of a trial, {TRIALS} trials (ms) | {spread(ms["trial, Tunebook"])} | {spread(ms["trial, Optuna"])} | {per_trial:.2g} times faster |
| points stored a second, {POINTS_TRIALS} trials of {POINTS} | {spread(rows["points, Tunebook"])} | {spread(rows["points, Optuna"])} | {points:.3g} times more |
| the same, 20 trials of 50,000 | {spread(rows["million, Tunebook"])} | not measured | |
| import (ms over an empty Python) | {spread(ms["import tunebook"])} | {spread(ms["import optuna"])} | |
| `--help` (ms) | {spread(ms["tunebook --help"])} | {spread(ms["optuna --help"])} | |

What is compared is not the same work. A Tunebook trial crosses into a worker process and back, which isolates it from
the round; an Optuna trial runs in the calling process. Tunebook's figures include starting that worker. A point that
Tunebook's `report` has returned is on file, and in the database within a second; Optuna commits each point.
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    text = page(measure(asked.repeats), asked.repeats)
    (Path(__file__).parents[1] / "docs/benchmarks.md").write_text(text, "utf-8")
    print(text)
