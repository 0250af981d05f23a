"""One sweep, recorded by a tool of five: python -P same_sweep.py OUT optuna|wandb|mlflow|ray|csv.

Each records the same 32 trials of 10 steps in the same order: the configuration, `val_loss` at each
step, and, but for Optuna, which has one curve a trial, `train_loss`.
"""

import csv
import json
import math
import os
import random
import sys
from pathlib import Path

OUT = Path(sys.argv[1]).resolve()
TRIALS, STEPS = 32, 10


def configurations():
    draw = random.Random(7)
    for _ in range(TRIALS):
        yield {
            "lr": 10 ** draw.uniform(-4, -1),
            "width": draw.choice([16, 32, 64]),
            "dropout": draw.uniform(0, 0.5),
            "optimizer": draw.choice(["adam", "sgd"]),
        }


def losses(config, step):
    """val_loss and train_loss: a function of both, so that each tool has the same numbers."""
    draw = random.Random(f"{config['lr']!r} {step}")
    at = 0.06 * (math.log10(config["lr"]) + 2.5) ** 2 + 0.04 * config["dropout"] + 0.3
    at += 0.05 * (config["optimizer"] == "sgd") + 1.5 / (1 + step) + draw.gauss(0, 0.004)
    return at + 2.0 / config["width"], at - 0.05


def write_csv():
    with (
        open(OUT / "trials.csv", "w", newline="") as t,
        open(OUT / "curves.csv", "w", newline="") as c,
    ):
        trials, curves = csv.writer(t), csv.writer(c)
        trials.writerow(["trial", "lr", "width", "dropout", "optimizer"])
        curves.writerow(["trial", "step", "metric", "value"])
        for i, config in enumerate(configurations()):
            trials.writerow([i, *map(repr, list(config.values())[:3]), config["optimizer"]])
            for step in range(1, STEPS + 1):
                for metric, value in zip(
                    ("val_loss", "train_loss"), losses(config, step), strict=True
                ):
                    curves.writerow([i, step, metric, repr(value)])


def write_optuna():
    import optuna

    study = optuna.create_study(storage=f"sqlite:///{OUT / 'optuna.db'}", study_name="sweep")
    study.set_metric_names(["val_loss"])
    ranges = {
        "lr": optuna.distributions.FloatDistribution(1e-4, 0.1, log=True),
        "width": optuna.distributions.CategoricalDistribution([16, 32, 64]),
        "dropout": optuna.distributions.FloatDistribution(0, 0.5),
        "optimizer": optuna.distributions.CategoricalDistribution(["adam", "sgd"]),
    }
    for config in configurations():
        reached = {step: losses(config, step)[0] for step in range(1, STEPS + 1)}
        study.add_trial(
            optuna.create_trial(
                params=config,
                distributions=ranges,
                value=reached[STEPS],
                intermediate_values=reached,
            )
        )


def write_wandb():
    os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
    import wandb

    for i, config in enumerate(configurations()):
        run = wandb.init(project="sweep", dir=OUT, config=config, name=f"run-{i}")
        for step in range(1, STEPS + 1):
            valid, train = losses(config, step)
            run.log({"val_loss": valid, "train_loss": train}, step=step)
        run.finish()


def write_mlflow():
    os.environ |= {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
    import mlflow

    mlflow.set_tracking_uri(str(OUT / "mlruns"))
    mlflow.set_experiment("sweep")
    for config in configurations():
        with mlflow.start_run():
            mlflow.log_params(config)
            for step in range(1, STEPS + 1):
                valid, train = losses(config, step)
                mlflow.log_metrics({"val_loss": valid, "train_loss": train}, step=step)


def train_with_ray(config):
    from ray import tune

    for step in range(1, STEPS + 1):
        valid, train = losses(config, step)
        tune.report({"val_loss": valid, "train_loss": train})


def write_ray():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray import tune

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
    own = list(configurations())
    tuner = tune.Tuner(
        lambda chosen: train_with_ray(
            own[chosen["number"]] | {k: v for k, v in chosen.items() if k != "number"}
        ),
        param_space={"number": tune.grid_search(list(range(TRIALS)))}
        | {
            name: tune.sample_from(lambda spec, n=name: own[spec["config"]["number"]][n])
            for name in own[0]
        },
        run_config=tune.RunConfig(name="ray", storage_path=str(OUT)),
        tune_config=tune.TuneConfig(max_concurrent_trials=1),
    )
    tuner.fit()
    ray.shutdown()


if __name__ == "__main__":
    globals()[f"write_{sys.argv[2]}"]()
    (OUT / "truth.json").write_text(json.dumps({"trials": list(configurations())}))
