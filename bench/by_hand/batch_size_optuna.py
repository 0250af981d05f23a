"""How far do larger batches shorten training: the question of batch-size by hand, with Optuna.

As a careful engineer would write it: a study of the learning rate at each batch size, the range
moved where the best lies at its edge, the fastest with fresh seeds, slopes, and time to the target.
"""

import json
import math
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import optuna

sys.path.insert(0, str(Path(__file__).parents[1]))
from batch_size_training import steps_to_target

SIZES, TARGET, LOW, HIGH = (8, 32, 128, 512, 2048), 0.32, 0.02, 4.0
TRIALS, SEEDS, MOST_STEPS, LEAST_STEPS, MOVES, EDGE = 10, 4, 16_000, 400, 2, 0.1


def steps_at(size, rate, seed):
    config = {"workload": "teacher", "momentum": 0.0, "target": TARGET}
    most = max(MOST_STEPS * SIZES[0] // size, LEAST_STEPS)
    return steps_to_target({**config, "batch_size": size, "learning_rate": rate}, seed, most)


def tuned(size, seed):
    """The fastest rate, the range moved while it lies at the edge; and the trials spent."""
    low, high, tried = LOW, HIGH, {}
    for moved in range(MOVES + 1):
        rates = np.geomspace(low, high, TRIALS).tolist()
        sampler = optuna.samplers.GridSampler({"learning_rate": rates})
        study = optuna.create_study(sampler=sampler)

        def objective(trial, first=seed + 100 * moved):
            rate = trial.suggest_float("learning_rate", 0.0, 1e9)
            tried[rate] = steps_at(size, rate, first + trial.number)
            return min(tried[rate], 1e9)

        study.optimize(objective, n_trials=TRIALS)
        best = min(tried, key=tried.get)
        if math.isinf(tried[best]):
            raise SystemExit(f"batch size {size} never reached {TARGET}: try an easier target")
        at = math.log(best / min(tried)) / math.log(max(tried) / min(tried))
        if EDGE <= at <= 1 - EDGE:
            break
        half = math.sqrt(HIGH / LOW)
        low, high = best / half, best * half
    return best, len(tried)


def main():
    began, trials, median = time.perf_counter(), 0, {}
    for k, size in enumerate(SIZES):
        rate, spent = tuned(size, 1000 * k)
        fresh, seconds = [], []
        for s in range(SEEDS):
            start = time.perf_counter()
            fresh.append(steps_at(size, rate, 100_000 + 1000 * k + s))
            seconds.append(time.perf_counter() - start)
        median[size], trials = float(np.median(fresh)), trials + spent + SEEDS
        print(f"{size}: {fresh} steps at {rate:.3g}, {np.median(seconds):.2f} s to the target")
    for a, b in pairwise(SIZES):
        slope = math.log(median[b] / median[a]) / math.log(b / a)
        print(f"from {a} to {b} the slope is {slope:.2f}")
    print(json.dumps({"trials": trials, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
