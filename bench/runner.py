"""What running costs: trials that do nothing, beside Optuna, Ray Tune and joblib; 64 workers.

    make bench-runner

Two processes each, in turn, repeated; a start-up that is paid once (interpreter, Ray's cluster) is
not counted where the tool has a way to be warm. Writes docs/runner.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from against_optuna import spread

TRIALS = 200

TUNEBOOK = """
import sys, time
import tunebook as tb
def train(trial):
    return (trial.config["x"] - 0.3) ** 2
book = tb.Book(sys.argv[1] + "/t.db", objective=tb.minimize("loss"))
for trials in (4, int(sys.argv[2])):  # four first: the workers are up, as a pool's are
    found = book.round(f"q{trials}", nuisance={"x": tb.uniform(0, 1)}, trials=trials, max_train_steps=1)
    began = time.perf_counter()
    found.run(train, workers=2, progress=False)
print(time.perf_counter() - began)
"""

OPTUNA = """
import subprocess, sys, time
import optuna
optuna.logging.set_verbosity(optuna.logging.WARNING)
{storage}
optuna.create_study(storage=storage, study_name="q")
work = '''
import sys, time
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
{storage}
study = optuna.load_study(storage=storage, study_name="q", sampler=optuna.samplers.RandomSampler())
print("up", flush=True)
sys.stdin.readline()
study.optimize(lambda t: (t.suggest_float("x", 0, 1) - 0.3) ** 2, n_trials=int(sys.argv[2]))
'''
pool = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", work, sys.argv[1], str(int(sys.argv[2]) // 2)],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
for one in pool:
    one.stdout.readline()
began = time.perf_counter()
for one in pool:
    one.stdin.write("go\\n"); one.stdin.flush()
for one in pool:
    assert one.wait() == 0
print(time.perf_counter() - began)
"""
SQLITE = 'storage = f"sqlite:///{sys.argv[1]}/o.db"'
JOURNAL = """
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
storage = JournalStorage(JournalFileBackend(sys.argv[1] + "/o.log"))
"""

RAY = """
import logging, os, sys, time
os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray
from ray import tune
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR,
         object_store_memory=100_000_000)
def fit(trials):
    tuner = tune.Tuner(lambda c: {"loss": (c["x"] - 0.3) ** 2},
                       param_space={"x": tune.uniform(0, 1)},
                       tune_config=tune.TuneConfig(num_samples=trials, max_concurrent_trials=2, reuse_actors=True),
                       run_config=tune.RunConfig(storage_path=sys.argv[1], verbose=0))
    began = time.perf_counter()
    tuner.fit()
    return time.perf_counter() - began
fit(2)
print(fit(int(sys.argv[2])))
"""

JOBLIB = """
import sys, time
from joblib import Parallel, delayed
def train(x):
    return (x - 0.3) ** 2
with Parallel(n_jobs=2, batch_size=1) as pool:
    pool(delayed(train)(0.1) for _ in range(4))
    began = time.perf_counter()
    pool(delayed(train)(i / 1000) for i in range(int(sys.argv[2])))
    print(time.perf_counter() - began)
"""

MANY = """
import json, resource, sys, time
import tunebook as tb
def train(trial):
    import time
    due = time.monotonic()
    late = 0.0
    for step in range(trial.max_train_steps):
        due += 0.2
        time.sleep(max(0.0, due - time.monotonic()))
        late = max(late, time.monotonic() - due)
        trial.report(step, {"loss": 1.0 / (step + 1), "late": late})
book = tb.Book(sys.argv[1] + "/m.db", objective=tb.minimize("loss"))
found = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=128, max_train_steps=50)
began = time.perf_counter()
summary = found.run(train, workers=64, progress=False)
seconds = time.perf_counter() - began
own = resource.getrusage(resource.RUSAGE_SELF)
assert summary.complete == 128, summary
print(json.dumps({"seconds": seconds, "host_cpu_s": own.ru_utime + own.ru_stime}))
"""

PEERS = {
    "Tunebook, SQLite, each end synced": TUNEBOOK,
    "Optuna, two processes, SQLite": OPTUNA.replace("{storage}", SQLITE),
    "Optuna, two processes, journal file": OPTUNA.replace("{storage}", JOURNAL),
    "Ray Tune, actors reused, files": RAY,
    "joblib (loky), nothing recorded": JOBLIB,
}


def ran(script: str, *sizes: int) -> str:
    """The last line that a script printed, in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-c", script, folder, *map(str, sizes)]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if ended.returncode:
        raise SystemExit(f"{script[:200]}\n{ended.stderr[-2000:]}")
    return ended.stdout.splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cluster", type=Path, help="what bench/many_workers.py printed")
    asked = parser.parse_args()
    rows: dict[str, list[float]] = {name: [] for name in PEERS}
    many = []
    for _ in range(asked.repeats):
        for name, script in PEERS.items():
            rows[name].append(TRIALS / float(ran(script, TRIALS)))
            print(name, rows[name][-1], flush=True)
    many = [json.loads(ran(MANY)) for _ in range(3)]
    text = page(rows, many, asked)
    (Path(__file__).parents[1] / "docs/runner.md").write_text(text, "utf-8")
    print(text)


def page(rows: dict[str, list[float]], many: list[dict], asked: argparse.Namespace) -> str:
    versions = ", ".join(f"{n} {version(n)}" for n in ("tunebook", "optuna", "ray", "joblib"))
    table = "\n".join(f"| {name} | {spread(values)} |" for name, values in rows.items())
    seconds = spread([m["seconds"] for m in many])
    cpu = spread([m["host_cpu_s"] for m in many])
    cluster = json.loads(asked.cluster.read_text()) if asked.cluster else None
    return f"""# What running costs

`make bench-runner`; {versions}, Python {platform.python_version()}, 2 cores, a shared machine; medians, with the whole
range in brackets.

## Trials that do nothing

{TRIALS} trials on two processes that are up already, each tool {asked.repeats} times in turn.

| | trials a second |
|---|---|
{table}

The work is not the same. joblib hands out calls and records nothing. Optuna trains in the process that also writes the
database. A Tunebook trial crosses into a worker process and back, with a log of its own, a lock, and an end that is
synced before it counts; a fault in it is its own.

## 64 workers on one host

128 trials of 50 reports, one each 0.2 s, so 10 s a trial and 20 s if nothing cost anything: {seconds} s on two cores,
starting 64 interpreters included; the host itself used {cpu} s of processor. All 6,400 reports of two metrics are in
the book.
{_cluster(cluster)}"""


def _cluster(found: dict | None) -> str:
    if found is None:
        return ""
    q = found["latency_s"]
    return f"""
## A simulated cluster of {found["workers"]:,} workers

`bench/many_workers.py`: {found["hosts"]} hosts, each a process with {found["workers"] // found["hosts"]} simulated workers that report once a second, on one
PostgreSQL book, all on the same two cores as the server. Scheduler, logs and store are the real ones.

| | |
|---|---|
| reports | {found["reports"]:,}, of which in the book {found["stored"]:,} |
| time | {found["seconds"]:.0f} s for two rows of trials of {found["reports"] // (2 * found["workers"])} s each |
| from `report` to the commit | median {q["0.5"]} s, 90 % {q["0.9"]} s, 99 % {q["0.99"]} s, 99.9 % {q["0.999"]} s, slowest {found["slowest_s"]} s |
| reports later than their second, 99 % | {found["late_s_p99"]} s |
| processor of the hosts | {found["cpu_s_of_hosts"]} s |

A host takes in what its trials logged every 0.75 s, in one transaction, which is the floor of that latency.
"""


if __name__ == "__main__":
    main()
