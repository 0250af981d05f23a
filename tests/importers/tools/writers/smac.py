"""Runs of SMAC: OUT/NAME/SEED for blackbox, hyperband and random.

OUT/truth.json has the trials of `blackbox`; OUT/NAME.json those of NAME, as its run history reads
them.
"""

import json
import math
import sys
from pathlib import Path

from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    Integer,
)
from smac import BlackBoxFacade, MultiFidelityFacade, RandomFacade, Scenario
from smac.initial_design import SobolInitialDesign

OUT = Path(sys.argv[1]).resolve()
STATUS = {"SUCCESS": "complete", "CRASHED": "crashed", "TIMEOUT": "timeout",
          "MEMORYOUT": "memoryout", "RUNNING": "running"}  # fmt: skip


def space():
    made = ConfigurationSpace(seed=0)
    optimizer = Categorical("optimizer", ["sgd", "adam"])
    momentum = Float("momentum", (0.0, 0.9))
    made.add(
        Float("lr", (1e-4, 1.0), log=True),
        Integer("layers", (1, 4)),
        Categorical("rank", [8, 16, 32], ordered=True),
        optimizer,
        momentum,
        Constant("batch", 32),
    )
    made.add(EqualsCondition(momentum, optimizer, "sgd"))
    return made


def train(config, seed=0, budget=None):
    if config["lr"] > 0.4:
        raise RuntimeError("CUDA out of memory")
    value = abs(math.log10(config["lr"]) + 2) / 4 + 0.1 * config["layers"]
    return value + (seed % 7) / 100 + 1 / (budget or 9)


def run(name, facade, scenario, **options):
    own = Scenario(space(), output_directory=OUT, name=name, crash_cost=9.0, **scenario)
    made = facade(own, train, overwrite=True, logging_level=False, **options)
    made.optimize()
    (OUT / ("truth.json" if name == "blackbox" else f"{name}.json")).write_text(
        json.dumps(truth(made), default=lambda value: value.item())
    )


def truth(made):
    runs, history = {}, made.runhistory
    budgets, seeds = ({getattr(key, part) for key in history} for part in ("budget", "seed"))
    for key, value in history.items():
        config = history.get_config(key.config_id)
        name = str(key.config_id)
        name += f" seed {key.seed}" if len(seeds) > 1 else ""
        name += f" budget {key.budget:g}" if len(budgets) > 1 else ""
        status = STATUS[value.status.name]
        cut = key.budget is not None and key.budget < max(budgets)
        runs[name] = {
            "config": dict(config),
            "results": {"cost": value.cost} if status == "complete" else {},
            "status": "pruned" if cut and status == "complete" else status,
            "origin": config.origin,
        }
    return {"runs": runs}


run(
    "blackbox", BlackBoxFacade, {"n_trials": 14, "seed": 1},
    initial_design=SobolInitialDesign(
        Scenario(space(), n_trials=14, seed=1, output_directory=OUT, name="blackbox", crash_cost=9.0), n_configs=6
    ),
)  # fmt: skip
run(
    "hyperband", MultiFidelityFacade,
    {"n_trials": 20, "seed": 1, "min_budget": 1, "max_budget": 9},
)  # fmt: skip
run("random", RandomFacade, {"n_trials": 8, "seed": 1, "deterministic": False})
