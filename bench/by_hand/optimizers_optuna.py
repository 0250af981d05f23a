"""Which of eight optimizers trains best: the comparison of bench/optimizers.py by hand, with Optuna.

As a careful engineer would write it: a study for each optimizer, the same ranges, equal budgets,
the best configuration of each run with new seeds, t-tests with Holm's correction.
"""

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import optuna
from scipy.stats import ttest_ind

sys.path.insert(0, str(Path(__file__).parents[1]))
from optimizers_training import best_error

TRIALS, SEEDS, STEPS, ALPHA = 48, 10, 1000, 0.05


def rate(trial, low, high):
    return {"learning_rate": trial.suggest_float("learning_rate", low, high, log=True)}


def near_one(trial, name, low, high):
    return {name: 1 - trial.suggest_float(f"1 - {name}", 1 - high, 1 - low, log=True)}


def log(trial, name, low, high):
    return {name: trial.suggest_float(name, low, high, log=True)}


def epsilon(trial):
    return log(trial, "epsilon", 1e-10, 1e-3)


SPACES = {
    "sgd": lambda t: rate(t, 1e-2, 10),
    "momentum": lambda t: {**rate(t, 5e-3, 5), **near_one(t, "momentum", 0.7, 0.995)},
    "nesterov": lambda t: {**rate(t, 5e-3, 5), **near_one(t, "momentum", 0.7, 0.995)},
    "rmsprop": lambda t: {
        **rate(t, 3e-5, 3e-2), **near_one(t, "momentum", 0.5, 0.98), **epsilon(t)
    },
    "adam": lambda t: {**rate(t, 3e-5, 3e-2), **near_one(t, "beta1", 0.5, 0.98), **epsilon(t)},
    "adamw": lambda t: {
        **rate(t, 3e-5, 3e-2), **near_one(t, "beta1", 0.5, 0.98), **epsilon(t),
        **log(t, "weight_decay", 5e-3, 1.0),
    },
    "nadam": lambda t: {**rate(t, 3e-5, 3e-2), **near_one(t, "beta1", 0.9, 0.996), **epsilon(t)},
    "lion": lambda t: {
        **rate(t, 3e-6, 1e-2), **near_one(t, "beta1", 0.8, 0.98),
        **log(t, "weight_decay", 1.5e-2, 10.0),
    },
}  # fmt: skip


def main():
    fresh = {}
    for k, (name, space) in enumerate(SPACES.items()):

        def objective(trial, name=name, space=space, k=k):
            config = {"workload": "text", "optimizer": name, **space(trial)}
            trial.set_user_attr("config", config)
            return best_error(config, seed=1000 * k + trial.number, steps=STEPS)

        study = optuna.create_study(sampler=optuna.samplers.QMCSampler(seed=k))
        study.optimize(objective, n_trials=TRIALS, catch=(Exception,))
        best = study.best_trial.user_attrs["config"]
        fresh[name] = [best_error(best, seed=100_000 + s, steps=STEPS) for s in range(SEEDS)]
        print(f"{name}: {np.mean(fresh[name]):.4f} +- {np.std(fresh[name], ddof=1):.4f}, {best}")
    pairs = list(combinations(fresh, 2))
    p_values = [ttest_ind(fresh[a], fresh[b], equal_var=False).pvalue for a, b in pairs]
    for rank, i in enumerate(np.argsort(p_values)):
        if p_values[i] > ALPHA / (len(pairs) - rank):
            break
        a, b = sorted(pairs[i], key=lambda name: np.mean(fresh[name]))
        print(f"{a} is better than {b} (p = {p_values[i]:.2g})")


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
