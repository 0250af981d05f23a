"""A study of many trials with curves: into a table, and on disk, beside Optuna's SQLite.

Optuna's trials are put into its own tables by one bulk insert, since its own calls would take
hours; ours go through the store. Both files are vacuumed. Each reading is a fresh process, and
both must read the same numbers.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from against_optuna import spread
from store_curves import KINDS

HERE = Path(__file__).parent

FILL_OPTUNA = """
import random, sqlite3, sys
import optuna
from store_curves import values
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage="sqlite:///" + sys.argv[1])
kind, n = sys.argv[2], int(sys.argv[3])
curves = values(kind, n)
trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
trial.report(float(curves[0, 0]), 0)
study.tell(trial, 0.5)
study._storage._backend.engine.dispose()
c = sqlite3.connect(sys.argv[1])
def columns(table):
    return [r[1] for r in c.execute(f"PRAGMA table_info({table})")]
def copies(table, rows):
    names = columns(table)
    row = dict(zip(names, c.execute(f"SELECT * FROM {table}").fetchone()))
    mark = ",".join("?" * len(names))
    c.executemany(f"INSERT INTO {table} VALUES ({mark})", (tuple({**row, **r}[k] for k in names) for r in rows))
copies("trials", ({"trial_id": i + 1, "number": i} for i in range(1, n)))
copies("trial_params", ({"param_id": i + 1, "trial_id": i + 1, "param_value": random.random()} for i in range(1, n)))
copies("trial_values", ({"trial_value_id": i + 1, "trial_id": i + 1} for i in range(1, n)))
key = columns("trial_intermediate_values")[0]
copies("trial_intermediate_values", ({key: i * 100 + s + 1, "trial_id": i + 1, "step": s, "intermediate_value": float(curves[i, s])} for i in range(n) for s in range(i == 0, 100)))
c.commit()
c.execute("VACUUM")
c.close()
"""

READ_OURS = """
import sys, time
import numpy as np
import tunebook as tb
from store_curves import values
book = tb.Book(sys.argv[1])
began = time.perf_counter()
table = book.rounds[0].table()
print(time.perf_counter() - began)
assert table.curves["loss"].values.tobytes() == values(sys.argv[2], int(sys.argv[3])).tobytes()
"""

READ_OPTUNA = """
import sys, time
import numpy as np
import optuna
from store_curves import values
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = "sqlite:///" + sys.argv[1]
name = optuna.get_all_study_names(storage)[0]
study = optuna.load_study(storage=storage, study_name=name)
began = time.perf_counter()
trials = study.get_trials(deepcopy=False)
rows = [(t.number, t.params, t.value, t.state, sorted(t.intermediate_values.items())) for t in trials]
print(time.perf_counter() - began)
read = np.array([[v for _, v in r[4]] for r in rows])
assert read.tobytes() == values(sys.argv[2], int(sys.argv[3])).tobytes()
"""


def ran(script: str | Path, *words: object) -> float:
    """The number that a script printed last, in a process of its own."""
    what = ["-c", script] if isinstance(script, str) else [str(script)]
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", *what, *map(str, words)],
        capture_output=True, text=True, cwd=HERE,
    )  # fmt: skip
    if ended.returncode:
        raise SystemExit(f"{str(script)[:200]}\n{ended.stderr[-2000:]}")
    lines = ended.stdout.split()
    return float(lines[-1]) if lines else 0.0


Rows = dict[str, dict[str, list[float]]]


def reading(trials: int, repeats: int) -> Rows:
    """Of each kind of curve: seconds to a table, and megabytes on disk."""
    rows: Rows = {}
    for kind in KINDS:
        rows[kind] = {k: [] for k in ("ours_s", "theirs_s", "ours_mb", "theirs_mb", "before_mb")}
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = f"{folder}/t.db", f"{folder}/o.db"
            rows[kind]["before_mb"].append(ran(HERE / "store_filling.py", ours, kind, trials))
            ran(FILL_OPTUNA, theirs, kind, trials)
            whole = sum(p.stat().st_size for p in Path(folder).glob("t.db*"))
            rows[kind]["ours_mb"].append(whole / 1e6)
            rows[kind]["theirs_mb"].append(Path(theirs).stat().st_size / 1e6)
            for _ in range(repeats):
                rows[kind]["theirs_s"].append(ran(READ_OPTUNA, theirs, kind, trials))
                rows[kind]["ours_s"].append(ran(READ_OURS, ours, kind, trials))
        print(kind, rows[kind], flush=True)
    return rows


def chapter(rows: Rows, trials: int, repeats: int) -> str:
    """The page's part on reading and size."""
    lines = []
    for kind, own in rows.items():
        pairs = [b / a for a, b in zip(own["ours_s"], own["theirs_s"], strict=True)]
        lines.append(
            f"| {kind} | {spread(own['ours_s'])} | {spread(own['theirs_s'])} | {spread(pairs)} | "
            f"{own['ours_mb'][0]:.2f} | {own['theirs_mb'][0]:.1f} | "
            f"{own['theirs_mb'][0] / own['ours_mb'][0]:.1f} |"
        )
    table = "\n".join(lines)
    loss = rows["loss"]
    faster = statistics.median(
        b / a for a, b in zip(loss["ours_s"], loss["theirs_s"], strict=True)
    )
    smaller = loss["theirs_mb"][0] / loss["ours_mb"][0]
    return f"""## A study of {trials:,} trials of 100 points

Into a table with curves, and on disk, {repeats} times in turn. *loss*: each curve falls from 1.5 to 3 towards 0.05 to 1 with a time
constant of 5 to 40 steps and 1 % of multiplicative noise, in single precision as frameworks have it. *error*: a third of
that as a count of wrong answers among 10,000. *random*: uniform random numbers of double precision, which nothing can pack.
One metric and one hyperparameter; Optuna has the same numbers, and that both read back every bit of them is part of the run. We
also keep the time of each report (a tenth of a second apart, 3 % of noise, to a ten-thousandth of a second), which Optuna does not.

| curves | Tunebook (s) | Optuna, SQLite (s) | times faster | Tunebook (MB) | Optuna (MB) | times smaller |
|---|---|---|---|---|---|---|
{table}

- Into a table: {faster:.0f} times faster (100 required). On disk: {smaller:.1f} times smaller for training losses (5 required), {rows["random"]["theirs_mb"][0] / rows["random"]["ours_mb"][0]:.1f} times
  for random numbers: of a number in double precision without any pattern there are 8 bytes to keep.
- Both files are vacuumed; ours was {loss["before_mb"][0]:.2f} MB before. Ours was filled through the store, Optuna's by bulk inserts into its tables;
  each reading is a process of its own.
"""
