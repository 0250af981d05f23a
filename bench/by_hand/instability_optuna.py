"""Does instability hold training back: the question of bench/instability.py by hand, with Optuna.

As a careful engineer would write it: a sweep of the learning rate, the best and rates above it
with fresh seeds, a warm-up and a clipping threshold where those fail, each tried with fresh seeds.
"""

import sys
from pathlib import Path

import numpy as np
import optuna

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "claims"))
import deep_digits

from instability import Watched

TRIALS, SEEDS, SWEPT = 24, 5, {"unstable": (3e-4, 3.0), "stable": (1e-3, 10.0)}
count = 0


def run(network, seed, **config):
    """Losses, gradient norms, and the best error."""
    global count
    count += 1
    trial = Watched(seed, {"warmup_steps": 0, "clip_norm": 0.0, **config})
    getattr(deep_digits, network)(trial)
    told = [metrics for _, metrics in trial.reported]
    columns = [np.array([m[k] for m in told]) for k in ("train/loss", "train/grad_norm")]
    return *columns, min(m["valid/error"] for m in told)


def fails(losses):
    """Not finite, or never below where it began, or high again at the end."""
    if not np.isfinite(losses).all():
        return True
    smooth = np.convolve(losses, np.ones(10) / 10, "valid")
    return smooth.min() > 0.9 * smooth[0] or smooth[-1] > smooth.min() + 0.25 * np.ptp(smooth)


def failing(network, first, **config):
    return sum(fails(run(network, first + s, **config)[0]) for s in range(SEEDS))


def main(network, first):
    low, high = SWEPT[network]

    def objective(trial):
        rate = trial.suggest_float("learning_rate", low, high, log=True)
        losses, _, error = run(network, first + trial.number, learning_rate=rate)
        return float("inf") if fails(losses) else error

    study = optuna.create_study(sampler=optuna.samplers.QMCSampler(seed=first))
    study.optimize(objective, n_trials=TRIALS)
    best = study.best_params["learning_rate"]
    bad = next(
        (
            t * best
            for t in (1, 2, 4)
            if failing(network, first + 1000, learning_rate=t * best) > 1
        ),
        None,
    )
    if bad is None:
        print(f"stable: best {best:.3g}; {count} trials")
        return
    print(f"unstable at {bad:.3g}: best {best:.3g}")
    for times in (10, 3, 1):
        for warmup in (2, 5, 15, 40):
            asked = {"learning_rate": times * bad, "warmup_steps": warmup}
            if failing(network, first + 2000, **asked) == 0:
                print(f"warm-up of {warmup} steps holds at {times} times that rate")
                break
        else:
            continue
        break
    norms = [run(network, first + 3000 + s, learning_rate=best)[1] for s in range(SEEDS)]
    for share in (0.9, 0.75, 0.5):
        clip = float(np.quantile(np.concatenate(norms), share))
        if failing(network, first + 4000, learning_rate=bad, clip_norm=clip) == 0:
            print(f"clipping at {clip:.3g} ({share:.0%}) holds at that rate")
            break
    print(f"{count} trials")


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main(sys.argv[1], int(sys.argv[2]))
