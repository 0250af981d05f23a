"""Programs that other tools' environments run for bench/sources.py: they write and read sweeps."""

from __future__ import annotations

_CURVES = """
import math, random
def config(draw):
    return {"lr": 10 ** draw.uniform(-5, -1), "wd": 10 ** draw.uniform(-6, -1),
            "width": draw.choice([64, 128, 256]), "dropout": draw.uniform(0, 0.5)}
def curve(c, draw, points):
    floor = 0.3 + 0.05 * (math.log10(c["lr"]) + 3) ** 2 + 0.1 * c["dropout"] ** 2
    return [floor + math.exp(-i / 12) + 0.01 * draw.gauss(0, 1) for i in range(points)]
draw = random.Random(0)
"""

WRITE = {
    "optuna": _CURVES
    + """
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
def objective(trial):
    c = {"lr": trial.suggest_float("lr", 1e-5, 1e-1, log=True),
         "wd": trial.suggest_float("wd", 1e-6, 1e-1, log=True),
         "width": trial.suggest_categorical("width", [64, 128, 256]),
         "dropout": trial.suggest_float("dropout", 0, 0.5)}
    for step, value in enumerate(curve(c, draw, 100)):
        trial.report(value, step)
    return value
study = optuna.create_study(storage="sqlite:///study.db", study_name="s",
                            sampler=optuna.samplers.RandomSampler(seed=0))
study.optimize(objective, n_trials=RUNS)
""",
    "mlflow": _CURVES
    + """
import os
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow
from mlflow.entities import Metric
mlflow.set_tracking_uri("file:./mlruns")
mlflow.set_experiment("digits")
client = mlflow.MlflowClient()
for i in range(RUNS):
    c = config(draw)
    with mlflow.start_run() as run:
        mlflow.log_params(c)
        for name in ("train/loss", "valid/loss"):
            points = [Metric(name, v, 1700000000000 + s, s) for s, v in enumerate(curve(c, draw, 50))]
            client.log_batch(run.info.run_id, metrics=points)
""",
    "wandb": _CURVES
    + """
import os
os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
import wandb
for i in range(RUNS):
    c = config(draw)
    run = wandb.init(project="digits", config=c)
    for a, b in zip(curve(c, draw, 50), curve(c, draw, 50)):
        run.log({"train/loss": a, "valid/loss": b})
    run.finish()
""",
}
"""By tool: writes RUNS runs into the current folder."""

READ = {
    "tunebook": """
import sys
from tunebook.importers.sources import read_source
found = read_source(sys.argv[1])
assert len(found.rows) >= 1 and len(found.curves.value) >= 100 * len(found.rows)
""",
    "optuna": """
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(study_name="s", storage=f"sqlite:///{sys.argv[1]}")
found = [(t.params, t.value, t.state, t.intermediate_values) for t in study.trials]
assert sum(len(t[3]) for t in found) == 100 * len(found)
""",
    "mlflow": """
import os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow
client = mlflow.MlflowClient(f"file:./{sys.argv[1]}")
e = client.get_experiment_by_name("digits").experiment_id
runs, token = [], None
while True:
    page = client.search_runs([e], max_results=1000, page_token=token)
    runs += page
    token = page.token
    if not token:
        break
found = [(r.data.params, r.info.status, {m: client.get_metric_history(r.info.run_id, m)
          for m in r.data.metrics}) for r in runs]
assert sum(len(h) for r in found for h in r[2].values()) == 100 * len(found)
""",
    "wandb": """
import subprocess, sys
from pathlib import Path
from wandb.util import get_core_path
found = 0
for file in sorted(Path(sys.argv[1]).glob("*run-*/*.wandb")):
    said = subprocess.run([get_core_path(), "leet", "inspect", "--no-observability", "--json", f"-run-file={file}"],
                          check=True, capture_output=True)
    found += len(said.stdout)
assert found
""",
}
"""By tool: reads the place that is named, configurations, states and whole curves."""
