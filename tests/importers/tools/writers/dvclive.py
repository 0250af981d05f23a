"""Runs that DVCLive logs in a repository of DVC; with the numbers that DVC reads of them.

Run in its environment: python -P dvclive.py OUT. OUT/exps holds the runs.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

os.environ["DVC_NO_ANALYTICS"] = "1"

import dvc.api
from dvclive import Live

STEPS = 6


def main():
    out = Path(sys.argv[1]).resolve()
    os.chdir(out)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-qm", "start"], check=True)
    rng = random.Random(0)
    logged = {}
    for number in range(12):
        name = f"exps/run{number}"
        folder = f"{name}/dvclive" if number % 2 else name
        points = logged[name.removeprefix("exps/")] = {"train/loss": {}, "accuracy": {}}
        with Live(folder, save_dvc_exp=False) as live:
            rate = 10 ** rng.uniform(-5, 0)
            live.log_params(
                {
                    "lr": rate,
                    "model": {"width": rng.choice([16, 32]), "act": rng.choice(["relu", None])},
                    "betas": [0.9, 0.999],
                    "bias": rng.random() < 0.5,
                    "note": "<b>ü: 1e-3</b>",
                }
            )
            for step in range(3 if number == 4 else STEPS):
                values = {"train/loss": 1 / (step + 1) + rng.gauss(0, 0.01), "accuracy": step / 7}
                if rate > 0.1 and step > 3:
                    values["train/loss"] = float("nan")
                for metric, value in values.items():
                    live.log_metric(metric, value)
                    points[metric][step] = value
                live.next_step()
            live.log_metric("test/final", rng.random(), plot=False)
            live.log_metric("far", float("inf"), plot=False)
            live.log_metric("verdict", "good", plot=False)
    runs = {}
    for name, points in logged.items():
        own = "dvclive/" if Path(f"exps/{name}/dvclive").is_dir() else ""
        shown = dvc.api.metrics_show(f"exps/{name}/{own}metrics.json")
        results = {
            "train/loss": shown["train"]["loss"],
            "accuracy": shown["accuracy"],
            "test/final": shown["test"]["final"],
            "far": shown["far"],
        }
        config = dvc.api.params_show(f"exps/{name}/{own}params.yaml")
        model = config.pop("model")
        runs[name] = {
            "config": {**config, "model.width": model["width"], "model.act": model["act"]},
            "results": {m: float(v) if isinstance(v, str) else v for m, v in results.items()},
            "curves": {m: [list(p), list(p.values())] for m, p in points.items()},
        }
    Path("truth.json").write_text(json.dumps({"runs": runs}), "utf-8")


if __name__ == "__main__":
    main()
