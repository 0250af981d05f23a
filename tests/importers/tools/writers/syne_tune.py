"""Tunings that Syne Tune runs: OUT/asha, OUT/searched and OUT/random.

OUT/truth.json has the trials of `asha`; OUT/NAME.json those of NAME, as `load_experiment` reads
them.
"""

import json
import logging
import os
import sys
from pathlib import Path

OUT = Path(sys.argv[1]).resolve()
os.environ["SYNETUNE_FOLDER"] = str(OUT)

from syne_tune import StoppingCriterion, Tuner  # noqa: E402
from syne_tune.backend import LocalBackend  # noqa: E402
from syne_tune.config_space import choice, logfinrange, loguniform, randint, uniform  # noqa: E402
from syne_tune.experiments import load_experiment  # noqa: E402
from syne_tune.optimizer.baselines import ASHA, REA, RandomSearch  # noqa: E402

logging.getLogger().setLevel(logging.ERROR)
LONGEST = 9
TRAIN = """
import argparse, math
from syne_tune import Reporter
asked = argparse.ArgumentParser()
for name in ("lr", "layers", "dropout", "optimizer", "width", "epochs"):
    asked.add_argument(f"--{name}")
own, _ = asked.parse_known_args()
report = Reporter()
for epoch in range(1, int(own.epochs) + 1):
    if float(own.lr) > 0.4 and epoch == 2:
        raise SystemExit(3)
    loss = abs(math.log10(float(own.lr)) + 2) / 4 + 0.1 * int(own.layers) + 1 / epoch
    report(epoch=epoch, loss=loss, accuracy=1 / (1 + loss))
"""
(OUT / "train.py").write_text(TRAIN)
SPACE = {
    "lr": loguniform(1e-4, 1.0), "layers": randint(1, 4), "dropout": uniform(0.0, 0.5),
    "optimizer": choice(["sgd", "adam"]), "width": logfinrange(8, 64, 4, cast_int=True),
    "epochs": LONGEST,
}  # fmt: skip


def tune(name, scheduler, trials):
    tuner = Tuner(
        trial_backend=LocalBackend(entry_point=str(OUT / "train.py")),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_finished=trials),
        n_workers=2, sleep_time=0.2, tuner_name=name, suffix_tuner_name=False,
        max_failures=9, results_update_interval=1, print_update_interval=60,
    )  # fmt: skip
    tuner.run()
    (OUT / ("truth.json" if name == "asha" else f"{name}.json")).write_text(
        json.dumps(truth(name), default=lambda value: value.item())
    )


def truth(name):
    table = load_experiment(name).results
    runs = {}
    for trial, rows in table.groupby("trial_id"):
        rows = rows.sort_values("epoch")
        last = rows.iloc[-1]
        complete = last["epoch"] == LONGEST
        stopped = last["st_decision"] == "STOP"
        runs[str(trial)] = {
            "config": {c: last[f"config_{c}"] for c in SPACE},
            "results": {metric: last[metric] for metric in ("loss", "accuracy")},
            "curves": {
                metric: [rows["epoch"].tolist(), rows[metric].tolist()]
                for metric in ("loss", "accuracy")
            },
            "status": "complete" if complete else "pruned" if stopped else "running",
        }
    return {"runs": runs}


tune("asha", ASHA(SPACE, metric="loss", time_attr="epoch", max_t=LONGEST, grace_period=1,
                  reduction_factor=3, random_seed=0), 8)  # fmt: skip
tune("searched", REA(SPACE, metric="loss", population_size=3, sample_size=2, random_seed=0), 6)
tune("random", RandomSearch(SPACE, metrics=["accuracy"], do_minimize=False, random_seed=0), 4)
