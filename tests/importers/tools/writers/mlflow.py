"""A sweep that MLflow logs, in a folder and in a database; with its own numbers of each.

Run in its environment: python -P mlflow.py OUT [TRIALS]. OUT/mlruns and OUT/store/mlflow.db hold the
same runs; truth.json is of the folder, truth-database.json of the database.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
from collections import defaultdict
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow
import pandas as pd
from mlflow.entities import Metric, ViewType
from mlflow.tracking import MlflowClient

STEPS = 8
LOST = "of_dataset"
"""The metric whose steps MLflow's own reader of folders loses."""


def train(client, rng, number, run, *, dataset=None):
    """One run's configuration and curves, as a script would log them."""
    rate, width = 10 ** rng.uniform(-4, 0), rng.choice([16, 32, 64])
    client.log_batch(
        run,
        params=[
            mlflow.entities.Param("lr", repr(rate)),
            mlflow.entities.Param("model/width", str(width)),
            mlflow.entities.Param("optimizer", rng.choice(["sgd", "adam"])),
            mlflow.entities.Param("epochs", str(STEPS)),
            mlflow.entities.Param("betas", "(0.9, 0.999)"),
            mlflow.entities.Param("warmup", rng.choice(["True", "False"])),
            mlflow.entities.Param("note ü", "<b>two\nlines</b>"),
        ],
    )
    moment = 1_700_000_000_000 + 100_000 * number
    points = []
    for step in range(1, STEPS + 1):
        loss = abs(math.log10(rate) + 2) / 3 + 1 / step + rng.gauss(0, 0.01) + 1 / width
        points.append(Metric("val/loss", loss, moment + 10 * step, step))
        points.append(Metric("train_loss", loss - 0.1, moment + 10 * step, step * 100))
    if rate > 0.3:
        points.append(Metric("val/loss", math.nan, moment + 500, STEPS + 1))
    points.append(Metric("train_loss", 0.25, moment + 900, STEPS * 100))  # once more
    points += [Metric("unnumbered", 1 / (i + 1), moment + i, 0) for i in range(4)]
    points.append(Metric("accuracy", rng.random(), moment + 950, 0))
    points.append(Metric("system/cpu_utilization_percentage", 50.0, moment, 0))
    points.append(Metric("far", math.inf, moment, 0))
    client.log_batch(run, metrics=points)
    if dataset is not None:
        with mlflow.start_run(run_id=run):
            for step in (3, 4, 7):
                mlflow.log_metric(LOST, 1 / step, step=step, dataset=dataset)


def sweep(uri, trials):
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(uri)
    rng = random.Random(0)
    experiment = client.create_experiment('a "sweep": one')
    dataset = mlflow.data.from_pandas(pd.DataFrame({"a": [1.0]}), name="held_out")
    for number in range(trials):
        name = "twice" if number in (3, 4) else f"run {number}"
        start = 1_700_000_000_000 + 100_000 * number
        run = client.create_run(experiment, start_time=start, run_name=name).info.run_id
        train(client, rng, number, run, dataset=dataset if number < 2 else None)
        client.set_tag(run, "group", f"g{number % 2}")
        ended = {5: "FAILED", 6: "KILLED", 7: "RUNNING"}.get(number, "FINISHED")
        if ended != "RUNNING":
            client.set_terminated(run, ended, end_time=start + 1000 * (number + 1))
        if number == 8:
            client.delete_run(run)
    parent = client.create_run(experiment, run_name="above").info.run_id
    client.log_param(parent, "folds", "3")
    for fold in range(3):
        tags = {"mlflow.parentRunId": parent}
        run = client.create_run(experiment, tags=tags, run_name=f"fold {fold}").info.run_id
        train(client, rng, trials + fold, run)
        client.set_terminated(run, "FINISHED")
    client.set_terminated(parent, "FINISHED")
    other = client.create_experiment("other")
    run = client.create_run(other).info.run_id
    client.log_metric(run, "loss", 1.0)
    gone = client.create_experiment("gone")
    client.log_metric(client.create_run(gone).info.run_id, "loss", 1.0)
    client.delete_experiment(gone)
    return client, experiment


def truth(client, experiment, lost):
    """What MLflow's client reads of the trials."""
    found = client.search_runs([experiment], run_view_type=ViewType.ACTIVE_ONLY, max_results=5000)
    above = {run.data.tags.get("mlflow.parentRunId") for run in found}
    counts = defaultdict(int)
    runs = {}
    for run in found:
        counts[run.info.run_name] += 1
    for run in found:
        if run.info.run_id in above:
            continue
        name, own = run.info.run_name, run.info.run_id
        name = name if counts[name] == 1 else f"{name} {own[:8]}"
        curves = {}
        for metric in run.data.metrics:
            if metric.startswith("system/") or metric == lost:
                continue
            history = client.get_metric_history(own, metric)
            points = {}
            for m in sorted(history, key=lambda m: (m.step, m.timestamp, m.value)):
                points[m.step] = m.value
            if len(history) > 1 and len(points) == 1:
                points = dict(
                    enumerate(m.value for m in sorted(history, key=lambda m: m.timestamp))
                )
            if len(points) > 1:
                curves[metric] = [list(points), list(points.values())]
        results = {m: v for m, v in run.data.metrics.items() if not m.startswith("system/")}
        runs[name] = {
            "config": dict(run.data.params),
            "results": {m: v for m, v in results.items() if m not in ("far", lost)},
            "curves": curves,
            "status": run.info.status.lower(),
        }
    return {"runs": runs}


def main():
    out = Path(sys.argv[1]).resolve()
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    (out / "store").mkdir()
    for uri, file, lost in (
        ((out / "mlruns").as_uri(), "truth.json", LOST),
        (f"sqlite:///{out}/store/mlflow.db", "truth-database.json", ""),
    ):
        client, experiment = sweep(uri, trials)
        (out / file).write_text(json.dumps(truth(client, experiment, lost)), "utf-8")


if __name__ == "__main__":
    main()
