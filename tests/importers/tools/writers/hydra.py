"""Sweeps of Hydra whose jobs write their own logs; run as hydra.py OUT.

OUT/grid: the basic sweeper, a table a job, one job that fails. OUT/tpe: the Optuna sweeper with
ranges and groups, JSON lines a job. OUT/bare: jobs that write nothing in their folder, with the
curves of all in OUT/curves.csv.
"""

import json
import subprocess
import sys
from pathlib import Path

OUT = Path(sys.argv[1])
PROGRAM = """
import json
from pathlib import Path
import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

def say(cfg, job, points):
    said = {"sweep": cfg.sweep, "job": job, "points": points,
            "config": OmegaConf.to_container(cfg, resolve=False)}
    with open("said.jsonl", "a") as file:
        file.write(json.dumps(said) + "\\n")

@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg):
    own = HydraConfig.get()
    place = Path(own.runtime.output_dir)
    rate, value, points = cfg.optimizer.lr, 1.0, []
    if rate > 0.5 and own.job.num < 5:
        say(cfg, own.job.num, [])
        raise ValueError("diverged")
    for step in range(8):
        value = value * (1 - rate) + 0.001 * cfg.model.width
        points.append([step * 10, value, value + 0.1])
    if cfg.log == "csv":
        lines = [",".join(map(repr, row)) for row in points]
        (place / "metrics.csv").write_text("step,train/loss,val/loss\\\\n" + "\\\\n".join(lines) + "\\\\n")
    elif cfg.log == "jsonl":
        lines = [json.dumps({"step": s, "train": {"loss": a}, "val": {"loss": b}}) for s, a, b in points]
        (place / "log.jsonl").write_text("\\\\n".join(lines) + "\\\\n")
    else:
        with open("curves.csv", "a") as file:
            file.writelines(f"{own.job.num},{s},val/loss,{b!r}\\\\n" for s, _, b in points)
    said = {"sweep": cfg.sweep, "job": own.job.num, "points": points,
            "config": OmegaConf.to_container(cfg, resolve=False)}
    with open("said.jsonl", "a") as file:
        file.write(json.dumps(said) + "\\\\n")
    return points[-1][2]

main()
""".replace("\\\\n", "\\n")
CONFIG = {
    "config.yaml": "defaults: [{optimizer: sgd}, _self_]\nsweep: ''\nlog: csv\nmodel: {width: 8, act: relu}\n"
    "betas: [0.9, 0.99]\nseed: 0\nname: ${sweep}\n",
    "tuned.yaml": """
defaults: [config, override hydra/sweeper: optuna, override hydra/sweeper/sampler: tpe, _self_]
hydra:
  sweeper:
    direction: minimize
    n_jobs: 1
    n_trials: 14
    sampler: {seed: 0}
    params:
      optimizer.lr: tag(log, interval(1e-4, 0.4))
      model.width: int(interval(4, 32))
      optimizer: choice(sgd, adam)
""",
    "optimizer/sgd.yaml": "_target_: torch.optim.SGD\nlr: 0.1\nmomentum: 0.9\n",
    "optimizer/adam.yaml": "_target_: torch.optim.Adam\nlr: 0.01\neps: 1e-8\n",
}


def run(name, *arguments):
    fixed = [f"sweep={name}", f"hydra.sweep.dir={name}"]
    command = [sys.executable, "app.py", "-m", *arguments, *fixed]
    subprocess.run(command, cwd=OUT, capture_output=True)


def sweeps():
    (OUT / "app.py").write_text(PROGRAM)
    for name, text in CONFIG.items():
        file = OUT / "conf" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    run("grid", "optimizer.lr=0.1,0.9,0.01", "model.width=8,16", "model.act=relu,tanh")
    run("tpe", "--config-name", "tuned", "log=jsonl")
    (OUT / "curves.csv").write_text("trial,step,metric,value\n")
    run("bare", "log=none", "optimizer.lr=0.1,0.01", "model.width=8,16,32")


def flat(table, above=""):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def truth():
    runs = {}
    for line in (OUT / "said.jsonl").read_text().splitlines():
        said = json.loads(line)
        steps, train, valid = (list(c) for c in zip(*said["points"] or [(0, 0, 0)], strict=True))
        curves = (
            {"train/loss": [steps, train], "val/loss": [steps, valid]} if said["points"] else {}
        )
        config = {n: v for n, v in flat(said["config"]) if not n.endswith("_target_")}
        results = {n: values[-1] for n, (_, values) in curves.items()}
        if said["sweep"] == "bare":  # the curves of one metric are elsewhere, and nothing here
            curves, results = {"val/loss": curves["val/loss"]}, {}
        runs.setdefault(said["sweep"], {})[str(said["job"])] = {
            "config": config, "results": results, "curves": curves,
            "status": "complete" if said["points"] else "failed",
        }  # fmt: skip
    return {"runs": runs["grid"], **runs}


sweeps()
(OUT / "truth.json").write_text(json.dumps(truth()))
