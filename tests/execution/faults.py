"""Training code that goes wrong in every way that a trial can."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

from tunebook.domain.errors import Infeasible


def train(trial):
    """The fault that the configuration names; most of them after a first sound report."""
    fault = trial.config["fault"]
    print(f"about to be {fault}")
    if fault not in ("never reported", "returns a number"):
        trial.report(0, {"valid/error": 0.5, "train/loss": 1.0})
    return FAULTS[fault](trial)


def complete(trial):
    for step in range(1, trial.max_train_steps):
        if trial.evaluate_at(step):
            trial.report(step, {"valid/error": 0.5 / (step + 1)})


def returns_a_number(trial):
    return 0.25


def exception(trial):
    trial.report(3, {"valid/error": 0.4})
    raise ValueError("the wheels came off")


def hang(trial):
    while True:
        time.sleep(0.05)


def gives_up_late(trial):
    step = 0
    while not trial.should_stop():
        time.sleep(0.05)
        step = 1
    trial.report(step, {"valid/error": 0.3})


def deaf_hang(trial):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang(trial)


def nan(trial):
    trial.report(1, {"valid/error": float("nan")})
    trial.report(2, {"valid/error": 0.1})


def infinite(trial):
    trial.report(1, {"valid/error": float("inf")})


def text(trial):
    trial.report(1, {"valid/error": "low", "train/loss": 0.9})


def backwards(trial):
    trial.report(5, {"valid/error": 0.4})
    trial.report(3, {"valid/error": 0.2})  # one such step is passed over
    trial.report(4, {"valid/error": 0.3})


def twice(trial):
    trial.report(3, {"valid/error": 0.5})
    trial.report(3, {"valid/error": 0.6})  # one such step is passed over
    trial.report(5, {"valid/error": 0.4})
    trial.report(5, {"valid/error": 0.3})


def never_reported(trial):
    trial.report(1, {"valid/err": 0.1})


def chance(trial):
    trial.report(1, {"valid/error": 0.95})


def memory(trial):
    held = b"x" * 2**29
    while held:
        time.sleep(0.05)


def own_exit(trial):
    os._exit(3)


def polite_exit(trial):
    sys.exit("enough")


def killed(trial):
    os.kill(os.getpid(), signal.SIGKILL)


def segfault(trial):
    ctypes.string_at(0)


def flood(trial):
    for i in range(30_000):
        print(f"line {i:06d} " + "." * 1000)
    raise RuntimeError("after the flood")


def declared(trial):
    raise Infeasible("the kernel does not fit into the image")


def stray_child(trial):
    if os.fork() == 0:
        time.sleep(600)
    os._exit(4)


FAULTS = {
    "complete": complete,
    "returns a number": returns_a_number,
    "exception": exception,
    "hang": hang,
    "gives up late": gives_up_late,
    "deaf hang": deaf_hang,
    "nan": nan,
    "inf": infinite,
    "text": text,
    "backwards": backwards,
    "twice": twice,
    "never reported": never_reported,
    "memory": memory,
    "own exit": own_exit,
    "polite exit": polite_exit,
    "killed": killed,
    "segfault": segfault,
    "flood": flood,
    "declared": declared,
    "stray child": stray_child,
}
"""By the name that a configuration gives it."""

HERE = frozenset(
    {"complete", "returns a number", "exception", "nan", "inf", "text", "backwards", "twice",
     "never reported", "polite exit", "declared"}
)  # fmt: skip
"""Those that a trial in the caller's own process survives."""
