"""What is trained while faults are injected: the same numbers wherever and however often it runs.

Each report, once `report` has returned, is also noted in the file that ACKNOWLEDGED names, and
each arrival at the end in the same file.
"""

from __future__ import annotations

import os
import select
import time

CHECKPOINT_EVERY = 6


def nap(seconds: float) -> None:
    """Sleep; libfaketime breaks `time.sleep` (clock_nanosleep on the monotonic clock)."""
    select.select([], [], [], seconds)


def train(trial):
    """Report the sum of a series at every step, and go on from the last checkpoint."""
    state = [0.0]

    def load(path):
        state[0] = float(path.read_text())

    start = trial.resume(load)
    _note(f"began {trial.number} {trial.attempt} {start} {time.time()}")
    for step in range(start, trial.max_train_steps):
        nap(trial.config["pace"])
        state[0] += trial.seed / (step + 1)
        trial.report(step, {"loss": state[0]})
        _note(f"step {trial.number} {trial.attempt} {step} {state[0]!r} {time.time()}")
        if step % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
            trial.checkpoint(step, lambda path: path.write_text(repr(state[0])))
        if trial.should_stop():
            return
    _note(f"end {trial.number} {trial.attempt} {time.time()}")


def expected(seed: int, steps: int) -> list[float]:
    """What a trial of this seed reports."""
    total, values = 0.0, []
    for step in range(steps):
        total += seed / (step + 1)
        values.append(total)
    return values


def _note(line: str) -> None:
    file = os.open(os.environ["ACKNOWLEDGED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(file, line.encode() + b"\n")
    os.close(file)
