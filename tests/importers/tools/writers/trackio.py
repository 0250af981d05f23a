"""A project of trackio with a sweep, another one, and fragments: OUT/store, OUT/two, OUT/fragments.

OUT/truth.json has the runs of OUT/store, OUT/fragments.json those of OUT/fragments after trackio
itself put them into a database, as `SQLiteStorage` reads them. Of a step that was logged twice the
later value counts.
"""

import json
import math
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

OUT = Path(sys.argv[1]).resolve()


def write(folder, mode="sqlite"):
    """In a process of its own: trackio reads the folder from its environment when it is loaded."""
    (OUT / folder).mkdir(exist_ok=True)
    settings = {"TRACKIO_DIR": str(OUT / folder), "TRACKIO_STORAGE_MODE": mode}
    env = {**os.environ, **settings, "HF_HUB_OFFLINE": "1"}
    own = [sys.executable, "-P", __file__, str(OUT), folder]
    subprocess.run(own, env=env, check=True, timeout=600)


def sweep(trackio, project, runs):
    draw = random.Random(1)
    for i in range(runs):
        lr, width = 10 ** draw.uniform(-4, 0), draw.choice([16, 32, 64])
        config = {
            "lr": lr,
            "model": {"width": width, "act": draw.choice(["relu", "tanh"])},
            "nesterov": draw.random() < 0.5,
            "betas": [0.9, 0.99],
            "schedule": None,
            "seed": i,
        }
        name = "twice" if i in (1, 2) else f"run <b>{i}</b>"
        trackio.init(project=project, name=name, group="g", config=config, embed=False)
        for step in range(20):
            loss = (math.log10(lr) + 2) ** 2 / 9 + 8 / width + 1 / (1 + step)
            found = {"train/loss": loss, "val": {"loss": loss + 0.1, "acc": 1 / (1 + loss)}}
            if step % 5 == 4:
                found |= {"rare": math.inf if i == 3 else step, "bad": math.nan, "said": "hello"}
            trackio.log(found)
        trackio.log({"train/loss": 7.0}, step=3)
        trackio.log({"huge": 10**15, "flag": True}, step=40)
        trackio.finish()


def flat(values, above=""):
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def number(value):
    words = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    value = words.get(value, value) if isinstance(value, str) else value
    return value if type(value) in (int, float) else None


def truth(storage, project):
    runs = {}
    records = storage.get_run_records(project)
    names = [record["name"] for record in records]
    for record in records:
        own = {"project": project, "run": record["name"], "run_id": record["id"]}
        points = {}
        for row in storage.get_logs(**own, max_points=None):
            for metric, value in flat(row):
                if metric not in ("step", "timestamp") and number(value) is not None:
                    points.setdefault(metric, {})[row["step"]] = number(value)
        curves = {
            metric: [sorted(by_step), [by_step[step] for step in sorted(by_step)]]
            for metric, by_step in points.items()
        }
        config = storage.get_run_config(**own)
        name = record["name"]
        name = name if names.count(name) == 1 else f"{name} ({record['id'][:8]})"
        runs[name] = {
            "config": {k: v for k, v in flat(config) if not k.startswith("_")},
            "results": {metric: values[-1] for metric, (_, values) in curves.items()},
            "curves": curves,
        }
    return {"runs": runs}


def part(folder):
    import trackio
    from trackio.sqlite_storage import SQLiteStorage

    if folder == "imported":
        from trackio import fragments

        fragments.import_inbox_dir()
        found = truth(SQLiteStorage, "digits")
        (OUT / "fragments.json").write_text(json.dumps(found))
        return
    sweep(trackio, "digits", 6 if folder == "store" else 2)
    if folder == "two":
        sweep(trackio, "faces", 1)
    if folder == "store":
        (OUT / "truth.json").write_text(json.dumps(truth(SQLiteStorage, "digits")))


if len(sys.argv) > 2:
    part(sys.argv[2])
else:
    write("store")
    write("two")
    write("fragments", "jsonl")
    shutil.copytree(OUT / "fragments", OUT / "imported")
    write("imported")
