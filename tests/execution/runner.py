"""A runner to be killed: `runner.py BOOK FUNCTION WORKERS GRACE_S` runs a book's first round.

A script without a main guard, whose training functions live in `__main__`. It prints its summary
as JSON. What training acknowledged is also written to `BOOK.acknowledged`, one line a report, so
that a test can compare.
"""

import json
import os
import signal
import sys
import time
from dataclasses import asdict

from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.local import LocalExecutor
from tunebook.execution.scheduler import run_trials
from tunebook.store.sql import SqlStore

BOOK = sys.argv[1]
OFFSET = 0.001


def acknowledge(trial, step, value):
    line = f"{trial.number} {trial.attempt} {step} {value!r}\n".encode()
    file = os.open(BOOK + ".acknowledged", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line)
    os.close(file)


def slow(trial):
    """Reports every step; goes on from its last checkpoint."""
    start = trial.resume(lambda path: path.read_text())
    for step in range(start, trial.max_train_steps):
        time.sleep(0.02)
        value = trial.seed * OFFSET + 1 / (step + 1)
        trial.report(step, {"valid/error": value})
        acknowledge(trial, step, value)
        if step % 5 == 4:
            trial.checkpoint(step, lambda path: path.write_text("state"))


def deaf(trial):
    """Notes that it was asked to stop, and goes on."""
    signal.signal(signal.SIGTERM, lambda *_: acknowledge(trial, 1, 0.0))
    acknowledge(trial, 0, 0.0)
    while True:
        time.sleep(0.02)


def quick(trial):
    return float(trial.config["x"]) + OFFSET


def loader(trial):
    """A data loader with two processes of its own."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    rows = TensorDataset(torch.arange(64.0).reshape(16, 4))
    for step, (batch,) in enumerate(DataLoader(rows, batch_size=4, num_workers=2)):
        trial.report(step, {"valid/error": float(batch.mean())})


store = SqlStore.open(BOOK, create=False)
code = training_code(globals()[sys.argv[2]])
LocalExecutor.close.__kwdefaults__["grace_s"] = float(sys.argv[4])
print("running", flush=True)
summary = run_trials(store, 1, code, RunOptions(workers=int(sys.argv[3])))
store.close()
print(json.dumps(asdict(summary)), flush=True)
