"""Runs of NePS: OUT/bayesian, OUT/asha and OUT/random.

OUT/truth.json has the trials of `bayesian`; OUT/NAME.json those of NAME, as `neps.status` and its
state read them.
"""

import json
import logging
import math
import sys
from pathlib import Path

import neps
from neps.state import NePSState

OUT = Path(sys.argv[1]).resolve()
logging.disable(logging.CRITICAL)
LONGEST = 9


class Space(neps.PipelineSpace):
    lr = neps.Float(1e-4, 1.0, log=True)
    layers = neps.Integer(1, 4)
    optimizer = neps.Categorical(("sgd", "adam"))


class Fidelities(neps.PipelineSpace):
    lr = neps.Float(1e-4, 1.0, log=True)
    layers = neps.Integer(1, 4)
    optimizer = neps.Categorical(("sgd", "adam"))
    epochs = neps.IntegerFidelity(1, LONGEST)


def train(lr, layers, optimizer, epochs=LONGEST):
    if lr > 0.4:
        raise RuntimeError("CUDA out of memory")
    curve = [
        abs(math.log10(lr) + 2) / 4 + 0.1 * layers + 1 / step for step in range(1, epochs + 1)
    ]
    return {"objective_to_minimize": curve[-1], "cost": epochs, "learning_curve": curve,
            "info_dict": {"accuracy": 1 / (1 + curve[-1])}}  # fmt: skip


def run(name, space, optimizer, trials):
    neps.run(
        evaluate_pipeline=train, pipeline_space=space, root_directory=OUT / name,
        total_evaluations_to_spend=trials, optimizer=optimizer, ignore_errors=True,
        overwrite_root_directory=True,
    )  # fmt: skip
    (OUT / ("truth.json" if name == "bayesian" else f"{name}.json")).write_text(
        json.dumps(truth(name))
    )


def truth(name):
    state = NePSState.create_or_load(OUT / name, load_only=True)
    runs = {}
    for trial in state.lock_and_read_trials().values():
        report = trial.report
        curve = report.learning_curve if report else None
        results = {}
        if report and report.objective_to_minimize is not None:
            results = {"objective_to_minimize": report.objective_to_minimize, "cost": report.cost}
        status = {"success": "complete"}.get(str(trial.metadata.state), str(trial.metadata.state))
        cut = trial.config.get("epochs", LONGEST) < LONGEST
        status = "pruned" if cut and status == "complete" else status
        runs[trial.id] = {
            "config": {n: v for n, v in trial.config.items() if n != "epochs"},
            "results": results,
            "curves": {"objective_to_minimize": [[*range(1, len(curve) + 1)], curve]}
            if curve
            else {},
            "status": status,
        }
    return {"runs": runs}


run("bayesian", Space(), "bayesian_optimization", 10)
run("asha", Fidelities(), "asha", 12)
run("random", Space(), "random_search", 5)
