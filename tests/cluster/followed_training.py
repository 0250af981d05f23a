"""Training that a test can follow: the same numbers wherever it runs, and what it acknowledged.

Each report is also noted in the file that ACKNOWLEDGED names: trial, attempt, step, value, time.
"""

from __future__ import annotations

import os
import time


def train(trial):
    """Reports every step, the sum of a series so far; goes on from its last checkpoint."""
    state = [0.0]
    start = trial.resume(lambda path: state.insert(0, float(path.read_text())))
    for step in range(start, trial.max_train_steps):
        time.sleep(trial.config["pace"])
        state[0] += trial.seed / (step + 1)
        trial.report(step, {"valid/error": state[0]})
        _acknowledge(trial, step, state[0])
        if step % 5 == 4:
            trial.checkpoint(step, lambda path: path.write_text(repr(state[0])))
        if trial.should_stop():
            break


def expected(seed, steps):
    """What a trial of this seed reports."""
    total, values = 0.0, []
    for step in range(steps):
        total += seed / (step + 1)
        values.append(total)
    return values


def acknowledged():
    """Rows (trial, attempt, step, value, time) so far."""
    try:
        with open(os.environ["ACKNOWLEDGED"]) as rows:
            found = [line.split() for line in rows if line.endswith("\n")]
    except FileNotFoundError:
        return []
    return [(int(n), int(a), int(s), float(v), float(t)) for n, a, s, v, t in found]


def _acknowledge(trial, step, value):
    line = f"{trial.number} {trial.attempt} {step} {value!r} {time.time()}\n".encode()
    file = os.open(os.environ["ACKNOWLEDGED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line)
    os.close(file)
