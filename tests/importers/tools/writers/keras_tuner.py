"""Searches that Keras Tuner runs: OUT/bayesian, OUT/random, OUT/hyperband and OUT/grid.

OUT/truth.json has the trials of `bayesian`; OUT/NAME.json those of NAME, as the oracle reads them.
"""

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial

OUT = Path(sys.argv[1]).resolve()
rng = np.random.default_rng(0)
X = rng.normal(size=(64, 4)).astype("float32")
Y = X[:, :1] - 2 * X[:, 1:2] + 0.1 * rng.normal(size=(64, 1)).astype("float32")


def build(hp):
    model = keras.Sequential([keras.Input((4,))])
    for layer in range(hp.Int("layers", 0, 2)):
        with hp.conditional_scope("layers", list(range(layer + 1, 3))):
            width = hp.Int(f"width_{layer}", 2, 16, sampling="log")
            act = hp.Choice(f"act_{layer}", ["relu", "tanh"])
            model.add(keras.layers.Dense(width, activation=act))
    model.add(keras.layers.Dense(1, use_bias=hp.Boolean("bias")))
    rate = hp.Float("lr", 1e-4, 10, sampling="log")
    if hp.Choice("optimizer", ["sgd", "adam"]) == "sgd":
        with hp.conditional_scope("optimizer", ["sgd"]):
            momentum = hp.Float("momentum", 0.0, 0.9, step=0.3)
        optimizer = keras.optimizers.SGD(rate, momentum=momentum)
    else:
        optimizer = keras.optimizers.Adam(rate)
    if rate > 1:
        raise keras_tuner.errors.FailedTrialError("the learning rate is too large")
    hp.Fixed("batch", 32)
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def search(name, tuner, epochs=2, **options):
    own = tuner(
        build, objective=keras_tuner.Objective("val_loss", "min"), directory=OUT,
        project_name=name, seed=1, max_consecutive_failed_trials=9, **options,
    )  # fmt: skip
    own.search(X[:48], Y[:48], validation_data=(X[48:], Y[48:]), epochs=epochs, verbose=0)


def truth(name):
    ended = {"COMPLETED": "complete", "FAILED": "failed", "INVALID": "failed"}
    runs = {}
    for file in sorted((OUT / name).glob("trial_*/trial.json")):
        trial = Trial.load(str(file))
        values = trial.hyperparameters.values
        history = trial.metrics
        full = values.get("tuner/epochs", 4) == 4
        status = ended[trial.status]
        runs[trial.trial_id] = {
            "config": {n: v for n, v in values.items() if not n.startswith("tuner/")},
            "results": {metric: history.get_best_value(metric) for metric in history.metrics},
            "status": status if full or status != "complete" else "pruned",
        }
    return {"runs": runs}


search("bayesian", keras_tuner.BayesianOptimization, max_trials=10, num_initial_points=4)
search("random", keras_tuner.RandomSearch, max_trials=5, executions_per_trial=2)
search("hyperband", keras_tuner.Hyperband, max_epochs=4, factor=2)
search("grid", keras_tuner.GridSearch, max_trials=4)
for name in ("bayesian", "random", "hyperband", "grid"):
    (OUT / ("truth.json" if name == "bayesian" else f"{name}.json")).write_text(
        json.dumps(truth(name))
    )
