"""Experiments that Ax runs, as JSON: OUT/bayesian.json, OUT/two.json and OUT/random.json.

OUT/truth.json has the trials of `bayesian`; OUT/NAME.truth.json those of NAME, as `summarize` and
the experiment read them.
"""

import json
import math
import sys
from pathlib import Path

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

OUT = Path(sys.argv[1]).resolve()
SPACE = [
    RangeParameterConfig(name="lr", parameter_type="float", bounds=(1e-4, 1.0), scaling="log"),
    RangeParameterConfig(name="layers", parameter_type="int", bounds=(1, 4)),
    RangeParameterConfig(name="dropout", parameter_type="float", bounds=(0.0, 0.5), step_size=0.1),
    ChoiceParameterConfig(name="optimizer", parameter_type="str", values=["sgd", "adam", "lion"]),
    ChoiceParameterConfig(name="norm", parameter_type="bool", values=[True, False]),
    ChoiceParameterConfig(name="batch", parameter_type="int", values=[32]),
]


def loss_at(p, step=8):
    return (
        abs(math.log10(p["lr"]) + 2) / 4 + 0.1 * p["layers"] + p.get("dropout", 0.0) / 9 + 1 / step
    )


def run(client, trials, ends=(), curves=False):
    for _ in range(trials):
        for index, parameters in client.get_next_trials(max_trials=1).items():
            finish(client, index, parameters, ends, curves)


def finish(client, index, parameters, ends, curves):
    end = ends[index] if index < len(ends) else "complete"
    if end == "failed":
        client.mark_trial_failed(index, failed_reason="CUDA out of memory")
    elif end == "abandoned":
        client.mark_trial_abandoned(index)
    elif end == "early":
        client.attach_data(index, {"loss": loss_at(parameters, 3)}, progression=3)
        client.mark_trial_early_stopped(index)
    elif end == "complete":
        for step in range(1, 8) if curves else ():
            client.attach_data(index, {"loss": loss_at(parameters, step)}, progression=step)
        data = {"loss": loss_at(parameters)}
        if "time" in client._experiment.metrics:
            data["time"] = parameters["layers"] * 1.5
        client.complete_trial(index, data, **({"progression": 8} if curves else {}))


def truth(client):
    names = {"COMPLETED": "complete", "FAILED": "failed", "ABANDONED": "abandoned",
             "EARLY_STOPPED": "pruned", "RUNNING": "running"}  # fmt: skip
    experiment, runs = client._experiment, {}
    rows = experiment.lookup_data().full_df
    table = client.summarize().set_index("trial_index")
    for index, trial in experiment.trials.items():
        own = rows[rows["trial_index"] == index]
        # The file has 10 decimals; pandas reads them with an error in the last bit.
        own = own.assign(mean=own["mean"].round(10))
        curves, results = {}, {}
        for metric in sorted(set(own["metric_signature"])):
            of = own[own["metric_signature"] == metric].sort_values("step")
            steps = of["step"].tolist()
            results[metric] = of["mean"].tolist()[-1]
            if not math.isnan(steps[-1]):
                curves[metric] = [[int(s) for s in steps], of["mean"].tolist()]
        runs[str(index)] = {
            "config": dict(trial.arm.parameters),
            "results": results,
            "curves": curves,
            "status": names[trial.status.name],
            "chosen": str(table["generation_node"].get(index)),
        }
    return {"runs": runs}


def save(name, client):
    file = str(OUT / f"{name}.json")
    client.save_to_json_file(file)
    client = Client.load_from_json_file(file)
    where = OUT / ("truth.json" if name == "bayesian" else f"{name}.truth.json")
    where.write_text(json.dumps(truth(client)))


bayesian = Client(random_seed=0)
bayesian.configure_experiment(
    name="tuning <b>", parameters=SPACE, parameter_constraints=["layers + dropout <= 5"]
)
bayesian.configure_optimization(objective="-loss")
bayesian.attach_baseline({"lr": 0.01, "layers": 2, "dropout": 0.1, "optimizer": "sgd",
                          "norm": True, "batch": 32})  # fmt: skip
by_hand = bayesian.attach_trial({"lr": 0.02, "layers": 1, "dropout": 0.2, "optimizer": "adam",
                                 "norm": False, "batch": 32})  # fmt: skip
finish(bayesian, 0, bayesian._experiment.trials[0].arm.parameters, (), True)
finish(bayesian, by_hand, bayesian._experiment.trials[by_hand].arm.parameters, (), True)
run(bayesian, 7, ["complete"] * 4 + ["failed", "early", "abandoned", "running"], curves=True)
save("bayesian", bayesian)

two = Client(random_seed=0)
two.configure_experiment(name="two", parameters=SPACE[:2])
two.configure_optimization(objective="-loss, -time", outcome_constraints=["time <= 5"])
run(two, 6)
save("two", two)

random = Client(random_seed=0)
random.configure_experiment(name="random", parameters=SPACE[:2])
random.configure_optimization(objective="-loss")
random.configure_generation_strategy(method="random_search")
run(random, 5)
save("random", random)
