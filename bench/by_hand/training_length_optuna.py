"""How long should training be: the question of bench/training_length.py by hand, with Optuna.

As a careful engineer would write it: lengths that double, a study of the learning rate at each,
the best one with fresh seeds, and the shortest length whose mean is close enough to the best.
"""

import sys
from pathlib import Path

import numpy as np
import optuna

sys.path.insert(0, str(Path(__file__).parents[1]))
from training_length_training import losses_of

BUDGET, LEAST, TRIALS, SEEDS = 8192, 0.01, 12, 8


def best_loss(workload, seed, steps, rate):
    losses = [loss for _, loss, _ in losses_of(workload, seed, steps, rate, 1e-4, constant=False)]
    return float(np.nanmin(losses))


def main(workload, first_seed):
    lengths = [BUDGET // 2**k for k in range(6, -1, -1)]
    means, trials, trained = [], 0, 0
    for steps in lengths:

        def objective(trial, steps=steps):
            rate = trial.suggest_float("learning_rate", 0.003, 1.0, log=True)
            return best_loss(workload, first_seed + trial.number, steps, rate)

        sampler = optuna.samplers.QMCSampler(seed=first_seed)
        study = optuna.create_study(sampler=sampler)
        study.optimize(objective, n_trials=TRIALS)
        rate = study.best_params["learning_rate"]
        fresh = [best_loss(workload, first_seed + 1000 + s, steps, rate) for s in range(SEEDS)]
        means.append(np.mean(fresh))
        trials, trained = trials + TRIALS + SEEDS, trained + (TRIALS + SEEDS) * steps
        print(f"{steps} steps: {means[-1]:.4f} +- {np.std(fresh, ddof=1):.4f} at {rate:.3g}")
    enough = next(n for n, m in zip(lengths, means, strict=True) if m <= min(means) + LEAST)
    verdict = "compute-bound" if enough == BUDGET else "saturated"
    print(f"{verdict}: {enough} steps; {trials} trials, {trained / BUDGET:.1f} budgets")
    return enough, trials, trained / BUDGET


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main(sys.argv[1], int(sys.argv[2]))
