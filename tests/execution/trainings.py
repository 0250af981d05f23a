"""Training functions that workers import by name: nothing heavy comes along.

A function of a test's own module would bring the book and pytest into every worker, half a second
of processor time each.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

NAMES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def quick(trial):
    """Every step, at once."""
    for step in range(trial.max_train_steps):
        trial.report(step, {"valid/error": trial.config["x"] + 1 / (step + 1)})


def paced(trial):
    """Every step, some time apart."""
    for step in range(trial.max_train_steps):
        trial.report(step, {"valid/error": 1 / (step + 1)})
        time.sleep(0.03)


def brief(trial):
    """As long as the configuration says."""
    trial.report(0, {"valid/error": 0.5})
    time.sleep(trial.config["x"])
    trial.report(1, {"valid/error": 0.4})


def broken(trial):
    """Crashes after a report."""
    trial.report(0, {"valid/error": 0.5})
    raise ValueError(f"the wheels came off at {trial.config['x']}")


def who(trial):
    """Reports the worker's process id; configuration 13 breaks it."""
    trial.report(0, {"valid/error": float(os.getpid())})
    if trial.config["x"] == 13:
        raise ValueError("unlucky")


def environment(trial):
    """Prints what is set for it."""
    print("settings " + json.dumps({k: os.environ.get(k) for k in NAMES}))
    raise RuntimeError("look at the output")


def seen(trial):
    """Reports the GPU that it was given, once all trials have met: each has a worker of its own."""
    here = Path(os.environ["MEETING"])
    (here / str(trial.number)).touch()
    while len(list(here.iterdir())) < int(os.environ["ATTENDANTS"]):
        time.sleep(0.02)
    trial.report(0, {"valid/error": float(os.environ["CUDA_VISIBLE_DEVICES"])})
    share = os.environ.get("XLA_PYTHON_CLIENT_MEM_FRACTION", "1")
    trial.report(1, {"valid/error": float(share)})
