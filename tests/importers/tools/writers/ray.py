"""Sweeps that Ray Tune runs: OUT/random, OUT/searched, OUT/population and OUT/restored.

OUT/truth.json has the runs of `random`; OUT/NAME.json those of NAME, as `ExperimentAnalysis` reads
them.
"""

import json
import math
import os
import sys
from pathlib import Path

os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ["RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from ray import tune
from ray.tune.schedulers import ASHAScheduler, PopulationBasedTraining
from ray.tune.search.optuna import OptunaSearch

OUT = Path(sys.argv[1]).resolve()
LONGEST = 9


def loss_at(config, step):
    rate = abs(math.log10(config["lr"]) + 2)
    return rate / 4 + 0.1 * config.get("model", {}).get("layers", 1) + 1 / step


def train(config):
    for step in range(1, LONGEST + 1):
        if config["lr"] > 0.1 and step == 2:
            raise RuntimeError("CUDA out of memory")
        late = {"late/only": step / 7} if step > 5 else {}
        value = loss_at(config, step)
        tune.report({"loss": value, "nested": {"accuracy": 1 / (1 + value)}, **late})


class Steps(tune.Trainable):
    """A trainable that a population can copy: its state is its number of steps."""

    def setup(self, config):
        self.steps = 0

    def step(self):
        self.steps += 1
        return {"loss": loss_at(self.config, self.steps)}

    def save_checkpoint(self, checkpoint_dir):
        Path(checkpoint_dir, "steps").write_text(str(self.steps))

    def load_checkpoint(self, checkpoint_dir):
        self.steps = int(Path(checkpoint_dir, "steps").read_text())

    def reset_config(self, new_config):
        self.config = new_config
        return True


def twice(config):
    """Fails at step 5 the first time, then starts again from the beginning."""
    mark = OUT / f"began-{config['number']}"
    first = not mark.exists()
    mark.touch()
    for step in range(1, LONGEST + 1):
        if first and step == 5 and config["number"] % 2:
            raise RuntimeError("the node is lost")
        tune.report({"loss": loss_at(config, step) + 0.01 * first})


def tuned(name, trainable, space, **options):
    run = tune.RunConfig(name=name, storage_path=str(OUT), verbose=0, **options.pop("run", {}))
    tuner = tune.Tuner(
        trainable,
        param_space=space,
        tune_config=tune.TuneConfig(max_concurrent_trials=2, reuse_actors=True, **options),
        run_config=run,
    )
    tuner.fit()


def flat(config, above=""):
    found = {}
    for key, value in config.items():
        if isinstance(value, dict):
            found |= flat(value, f"{above}{key}.")
        else:
            found[above + key] = value
    return found


def truth(name):
    analysis = tune.ExperimentAnalysis(str(OUT / name))
    runs = {}
    for trial in analysis.trials:
        frame = analysis.trial_dataframes.get(trial.trial_id)
        curves = {}
        if frame is not None and len(frame):
            frame = frame.drop_duplicates("training_iteration", keep="last")
            for metric in ("loss", "nested/accuracy", "late/only"):
                if metric in frame:
                    own = frame[["training_iteration", metric]].dropna()
                    steps, values = own["training_iteration"], own[metric]
                    curves[metric] = [steps.tolist(), values.tolist()]
        last = trial.last_result.get("training_iteration", 0)
        status = {"TERMINATED": "complete", "ERROR": "failed"}[trial.status]
        runs[trial.trial_id] = {
            "config": flat(trial.last_result.get("config") or trial.config),
            "results": {metric: values[-1] for metric, (_, values) in curves.items() if values},
            "curves": curves,
            "status": "pruned" if status == "complete" and last < LONGEST else status,
        }
    return {"runs": runs}


ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
SPACE = {
    "lr": tune.loguniform(1e-4, 1),
    "optimizer": tune.choice(["sgd", "adam", None]),
    "model": {"layers": tune.randint(1, 5), "norm": tune.choice([True, False])},
    "batch": 32,
}
tuned(
    "random", train, SPACE, num_samples=16, metric="loss", mode="min",
    scheduler=ASHAScheduler(max_t=LONGEST, grace_period=3, reduction_factor=2),
)  # fmt: skip
tuned(
    "searched", train, {"lr": tune.loguniform(1e-4, 0.2), "batch": 32}, num_samples=6,
    search_alg=OptunaSearch(metric="loss", mode="min", seed=0),
)  # fmt: skip
tuned(
    "population", Steps, {"lr": tune.loguniform(1e-4, 1)}, num_samples=4,
    scheduler=PopulationBasedTraining(
        time_attr="training_iteration", metric="loss", mode="min", perturbation_interval=3,
        hyperparam_mutations={"lr": tune.loguniform(1e-4, 1)},
    ),
    run={"stop": {"training_iteration": LONGEST}},
)  # fmt: skip
tuned("restored", twice, {"number": tune.grid_search([0, 1, 2, 3]), "lr": tune.uniform(0.1, 0.5)})
tune.Tuner.restore(str(OUT / "restored"), twice, restart_errored=False, resume_errored=True).fit()
ray.shutdown()
for name in ("random", "searched", "population", "restored"):
    (OUT / ("truth.json" if name == "random" else f"{name}.json")).write_text(
        json.dumps(truth(name))
    )
