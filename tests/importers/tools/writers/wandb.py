"""Offline runs of W&B: OUT/wandb is a sweep; OUT/epochs, resumed, branched, ended and several have
what is special.

OUT/truth.json has the runs of OUT/wandb, OUT/NAME.json those of OUT/NAME, as `wandb leet inspect`
reads them: the client has no other reader of its files. Runs of `resumed` and `branched` have a
list, with an entry for each of their folders.
"""

import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}

import wandb
from wandb.util import get_core_path

OUT = Path(sys.argv[1]).resolve()
WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def begin(folder, **more):
    (OUT / folder).mkdir(exist_ok=True)
    return wandb.init(**{"project": "digits", "dir": OUT / folder, **more})


def train(run, steps=20, first=0):
    lr, width = run.config["lr"], run.config["model"]["width"]
    for step in range(first, steps):
        loss = (math.log10(lr) + 2) ** 2 / 9 + 8 / width + 1 / (1 + step)
        found = {"train": {"loss": loss}}
        if step % 2:
            found["val/loss"] = loss + 0.1 if lr < 0.2 else math.nan
            found["val/acc"] = 1 / (1 + loss)
        run.log(found)


def sweep():
    draw = random.Random(0)
    for i in range(8):
        config = {
            "lr": 10 ** draw.uniform(-4, 0),
            "model": {"width": draw.choice([16, 32, 64]), "act": draw.choice(["relu", "tanh"])},
            "nesterov": draw.random() < 0.5,
            "betas": [0.9, 0.99],
            "schedule": None,
            "seed": i,
        }
        run = begin(".", config=config, group="even" if i % 2 else "odd", tags=["x"])
        if i == 3:
            run.config.update({"late": "set <b>later</b>"})
        train(run)
        run.summary["best"] = {"step": i, "name": f"epoch {i}"}
        run.finish(exit_code=int(config["lr"] > 0.2))


def epochs():
    for i in range(3):
        run = begin("epochs", name="same" if i else "other", config={"lr": 0.1 * 2**-i})
        run.define_metric("epoch")
        run.define_metric("val/*", step_metric="epoch")
        run.define_metric("val/loss", step_metric="epoch", summary="min")
        run.define_metric("train/loss", step_metric="epoch")
        for step in range(30):
            run.log({"train/loss": 1 / (1 + step), "epoch": step // 10})
            if step % 10 == 9:
                run.log(
                    {"val/loss": abs(step - 15) + i, "val/acc": step / 30, "epoch": step // 10}
                )
        run.log({"weights": wandb.Histogram(np_histogram=([1, 2], [0, 1, 2])), "said": "bye"})
        run.finish()


def resumed():
    for first, last in ((0, 7), (5, 12)):
        run = begin("resumed", id="again", resume="allow", config={"lr": 0.1, "until": last})
        for step in range(first, last):
            run.log({"loss": 1 / (1 + step) + last}, step=step)
        run.finish(exit_code=int(last == 7))


def branched():
    """A run, a fork from its step 3, and a return to its step 4."""
    for options, losses in (
        ({"id": "trunk"}, [9.0, 8, 7, 6, 5, 4]),
        ({"fork_from": "trunk?_step=3", "name": "fork"}, [3.0, 2]),
        ({"resume_from": "trunk?_step=4"}, [1.0, 0.5]),
    ):
        run = begin("branched", config={"lr": losses[-1]}, **options)
        for loss in losses:
            run.log({"loss": loss})
        run.finish()


def several():
    for project, sweep in (("digits", "s1"), ("digits", "s1"), ("digits", ""), ("faces", "s2")):
        settings = wandb.Settings(sweep_id=sweep) if sweep else None
        run = begin("several", project=project, settings=settings, config={"lr": 0.1})
        run.log({"loss": 1.0})
        run.finish()


def ended():
    """How runs end: Ctrl-C, an exception, a machine that is taken away, and killed at once.

    W&B's service outlives the process `orphaned`, and ends that run with exit code 0 later.
    """
    (OUT / "ended").mkdir(exist_ok=True)
    alone = {name: value for name, value in os.environ.items() if "SERVICE" not in name}
    for how, last, env in (
        ("finished", "run.finish()", alone),
        ("interrupted", "raise KeyboardInterrupt", alone),
        ("raised", "raise ValueError('x')", alone),
        ("preempted", "run.mark_preempting(); run.finish(exit_code=1)", alone),
        ("killed", "time.sleep(40); os.kill(os.getpid(), 9)", alone),
        ("orphaned", "os.kill(os.getpid(), 9)", os.environ),
    ):
        script = OUT / "ended" / f"{how}.py"
        script.write_text(
            "import os, time, wandb\n"
            f"run = wandb.init(project='digits', id={how!r}, config={{'lr': 0.1}})\n"
            f"run.log({{'loss': 1.0}})\n{last}\n"
        )
        subprocess.run([sys.executable, script], cwd=script.parent, env=env, capture_output=True)


def inspected(file, *options):
    """As `wandb leet inspect`, without the start of Python for each file."""
    tool = [get_core_path(), "leet", "inspect", "--no-observability", "--json", *options]
    asked = [*tool, f"-run-file={file}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def flat(values, above=""):
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", WORDS.get(value, value) if isinstance(value, str) else value


def truth(folder):
    runs = {}
    for file in sorted((OUT / folder).glob("wandb/offline-run-*/*.wandb")):
        said = json.loads(inspected(file, "--summary"))
        name = said["name"] or said["run_id"]
        if name == "same":
            name = f"same ({said['run_id']})"
        curves = {}
        for line in inspected(file).splitlines():
            record = json.loads(line)
            if record["type"] == "history":
                row = dict(flat(record["history"]["item"]))
                for metric, value in row.items():
                    if not metric.startswith("_") and type(value) in (int, float):
                        steps, values = curves.setdefault(metric, ([], []))
                        steps.append(row["_step"])
                        values.append(value)
        own = {
            "id": said["run_id"],
            "config": dict(flat(said["config"])),
            "results": {
                key: value
                for key, value in flat(said["summary"])
                if not key.startswith("_") and type(value) in (int, float)
            },
            "curves": curves,
            "status": said["state"],
            "exit_code": said["exit_code"],
        }
        runs.setdefault(name, []).append(own)
    listed = folder in ("resumed", "branched")
    return runs if listed else {name: own for name, (own,) in runs.items()}


for make in (sweep, epochs, resumed, branched, several, ended):
    make()
(OUT / "truth.json").write_text(json.dumps({"runs": truth(".")}))
for folder in ("epochs", "resumed", "branched", "ended"):
    (OUT / f"{folder}.json").write_text(json.dumps({"runs": truth(folder)}))
