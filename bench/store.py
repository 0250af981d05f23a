"""The store beside Optuna's: points a second, reading a study of 10,000 trials, size on disk.

    make bench-store

Curves of 100 points. The tools run in turn, each in a process of its own, several times; Optuna's
10,000 trials are put into its tables by one bulk insert, since its own calls would take hours.
Writes docs/store.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from against_optuna import spread

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

OURS = """
import os, sys, tempfile, time
import tunebook as tb
from tunebook.store.ingest import settle
from tunebook.training.log import TrialLog, attempt_files
from tunebook.words.trial import Outcome, Status
place, trials, metrics = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
book = tb.Book(place, objective=tb.minimize("loss"))
found = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=trials, max_train_steps=100)
found._add_search_trials()
store = book._store
names = ["loss", "accuracy", "norm"][:metrics]
seconds = 0.0
for claim in store.claim(1, "bench", 600.0, trials):
    began = time.perf_counter()
    log = TrialLog(attempt_files(store.files, claim.trial.key, 1))
    log.start(0)
    for step in range(100):
        log.measure(step, dict.fromkeys(names, 1.0 / (step + 1)))
    log.end(Outcome(status=Status.COMPLETE, seconds=1.0, ended_at=1.0))
    log.close()
    assert settle(store, claim.trial.key, 1) is not None
    seconds += time.perf_counter() - began
print(trials * 100 * metrics / seconds)
"""

OPTUNA = """
import sys, time
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
kind, place, trials = sys.argv[1], sys.argv[2], int(sys.argv[3])
if kind == "journal":
    storage = JournalStorage(JournalFileBackend(place))
else:
    storage = RDBStorage(place)
if kind == "wal":
    from sqlalchemy import event
    @event.listens_for(storage.engine, "connect")
    def fast(connection, _):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
    storage.engine.dispose()
study = optuna.create_study(storage=storage)
began = time.perf_counter()
for _ in range(trials):
    trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
    for step in range(100):
        trial.report(1.0 / (step + 1), step)
    study.tell(trial, 0.5)
print(trials * 100 / (time.perf_counter() - began))
"""

FILL_OURS = """
import sys
import numpy as np
import sqlalchemy as sa
import tunebook as tb
from tunebook.store.curves import chunk_row
from tunebook.store.chunks import Points
from tunebook.store.schema import attempt, chunk, trial
from tunebook.words.trial import TrialKey
book = tb.Book(sys.argv[1], objective=tb.minimize("loss"))
n = int(sys.argv[2])
found = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=n, max_train_steps=100)
found._add_search_trials()
rng = np.random.default_rng(0)
with book._store._writing() as c:
    c.execute(sa.update(trial).values(status="complete", attempt=1, seconds=1.0, ended_at=1.0))
    c.execute(sa.insert(attempt), [{"round": 1, "number": i, "attempt": 1, "first_step": 0, "lines": 102} for i in range(n)])
    steps = np.arange(100)
    c.execute(sa.insert(chunk), [chunk_row(TrialKey(1, i), 1, "loss", Points(steps, rng.random(100), steps * 0.1)) for i in range(n)])
book.close()
"""

FILL_OPTUNA = """
import datetime, random, sqlite3, sys
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage="sqlite:///" + sys.argv[1])
n = int(sys.argv[2])
trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
trial.report(0.5, 0)
study.tell(trial, 0.5)
study._storage._backend.engine.dispose()
c = sqlite3.connect(sys.argv[1])
def columns(table):
    return [r[1] for r in c.execute(f"PRAGMA table_info({table})")]
def copies(table, key, rows):
    names = columns(table)
    first = c.execute(f"SELECT * FROM {table}").fetchone()
    row = dict(zip(names, first))
    mark = ",".join("?" * len(names))
    c.executemany(f"INSERT INTO {table} VALUES ({mark})", (tuple({**row, **r}[k] for k in names) for r in rows))
copies("trials", "trial_id", ({"trial_id": i + 1, "number": i} for i in range(1, n)))
copies("trial_params", "param_id", ({"param_id": i + 1, "trial_id": i + 1, "param_value": random.random()} for i in range(1, n)))
copies("trial_values", "trial_value_id", ({"trial_value_id": i + 1, "trial_id": i + 1} for i in range(1, n)))
key = columns("trial_intermediate_values")[0]
copies("trial_intermediate_values", key, ({key: i * 100 + s + 2, "trial_id": i + 1, "step": s, "intermediate_value": random.random()} for i in range(n) for s in range(i == 0, 100)))
c.commit()
c.execute("VACUUM")
c.close()
"""

READ_OURS = """
import sys, time
import tunebook as tb
book = tb.Book(sys.argv[1])
began = time.perf_counter()
table = book.rounds[0].table()
print(time.perf_counter() - began)
assert sum(len(c.steps) for c in table.curves.values()) == int(sys.argv[2]) * 100
"""

READ_OPTUNA = """
import sys, time
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = "sqlite:///" + sys.argv[1]
name = optuna.get_all_study_names(storage)[0]
study = optuna.load_study(storage=storage, study_name=name)
began = time.perf_counter()
trials = study.get_trials(deepcopy=False)
rows = [(t.number, t.params, t.value, t.state, sorted(t.intermediate_values.items())) for t in trials]
print(time.perf_counter() - began)
assert sum(len(r[4]) for r in rows) == int(sys.argv[2]) * 100
"""


def ran(script: str, *words: object, **environment: str) -> float:
    """The number that a script printed last, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-c", script, *map(str, words)]
    ended = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}
    )
    if ended.returncode:
        raise SystemExit(f"{script[:300]}\n{ended.stderr[-2000:]}")
    lines = ended.stdout.split()
    return float(lines[-1]) if lines else 0.0


def points(server, repeats: int) -> dict[str, list[float]]:
    """Points a second, each kind in turn."""
    rows: dict[str, list[float]] = {}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = (
                _database(server),
                _database(server).replace("postgresql:", "postgresql+psycopg:"),
            )
            each = {
                "Optuna, SQLite as it comes": lambda f=folder: ran(
                    OPTUNA, "plain", f"sqlite:///{f}/a.db", 3
                ),
                "Optuna, SQLite in WAL": lambda f=folder: ran(
                    OPTUNA, "wal", f"sqlite:///{f}/b.db", 8
                ),
                "Optuna, journal file": lambda f=folder: ran(OPTUNA, "journal", f"{f}/j.log", 10),
                "Optuna, PostgreSQL": lambda u=theirs: ran(OPTUNA, "server", u, 3),
                "Tunebook, SQLite": lambda f=folder: ran(OURS, f"{f}/t.db", 300, 1),
                "Tunebook, SQLite, three metrics a report": lambda f=folder: ran(
                    OURS, f"{f}/u.db", 300, 3
                ),
                "Tunebook, SQLite, every report synced": lambda f=folder: ran(
                    OURS, f"{f}/v.db", 40, 1, TUNEBOOK_SYNC_EVERY_S="0"
                ),
                "Tunebook, PostgreSQL": lambda u=ours, f=folder: ran(
                    OURS, u, 200, 1, TUNEBOOK_FILES=f"{f}/files"
                ),
            }
            for name, measured in each.items():
                rows.setdefault(name, []).append(measured())
                print(name, rows[name][-1], flush=True)
    return rows


def reading(trials: int, repeats: int) -> dict[str, list[float]]:
    """Seconds to a table of a study, and bytes on disk."""
    rows: dict[str, list[float]] = {k: [] for k in ("ours_s", "theirs_s", "ours_mb", "theirs_mb")}
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = f"{folder}/t.db", f"{folder}/o.db"
        ran(FILL_OURS, ours, trials)
        ran(FILL_OPTUNA, theirs, trials)
        rows["ours_mb"].append(sum(p.stat().st_size for p in Path(folder).glob("t.db*")) / 1e6)
        rows["theirs_mb"].append(Path(theirs).stat().st_size / 1e6)
        for _ in range(repeats):
            rows["theirs_s"].append(ran(READ_OPTUNA, theirs, trials))
            rows["ours_s"].append(ran(READ_OURS, ours, trials))
    print(rows, flush=True)
    return rows


_numbers = iter(range(1, 1000))


def _database(server) -> str:
    name = f"bench{next(_numbers)}"
    server.run(f"CREATE DATABASE {name}")
    return server.url(name)


def page(
    rows: dict[str, list[float]], read: dict[str, list[float]], trials: int, repeats: int
) -> str:
    median = {name: statistics.median(values) for name, values in rows.items()}
    durable = {
        "Optuna, SQLite as it comes": "power cut, each point",
        "Optuna, SQLite in WAL": "killed process",
        "Optuna, journal file": "power cut, each point",
        "Optuna, PostgreSQL": "power cut, each point",
        "Tunebook, SQLite": "killed process at once; power cut within a second, and at each trial's end",
        "Tunebook, SQLite, three metrics a report": "the same",
        "Tunebook, SQLite, every report synced": "power cut, each report",
        "Tunebook, PostgreSQL": "as Tunebook, SQLite",
    }
    table = "\n".join(f"| {n} | {durable[n]} | {spread(v)} |" for n, v in rows.items())
    wal, plain = median["Optuna, SQLite in WAL"], median["Optuna, SQLite as it comes"]
    one, three = median["Tunebook, SQLite"], median["Tunebook, SQLite, three metrics a report"]
    synced = median["Tunebook, SQLite, every report synced"]
    faster = statistics.median(read["theirs_s"]) / statistics.median(read["ours_s"])
    smaller = read["theirs_mb"][0] / read["ours_mb"][0]
    return f"""# The store

`make bench-store`: Tunebook {version("tunebook")}, Optuna {version("optuna")}, PostgreSQL 15 on the same machine, Python
{platform.python_version()}, 2 cores, a shared machine; each {repeats} times in turn, medians with the whole range in brackets.

## Points a second, from `report` to the book

Curves of 100 points. Tunebook's figure is all of the way: lines in the trial's log, its end synced, the log taken into the
book and that committed and synced. Adding and claiming its trials is not in it, Optuna's `ask` and `tell` are. By default a report of
ours survives a killed process at once, and a power cut within a second or at its trial's end: to be compared with Optuna's WAL. The row
with every report synced is to be compared with Optuna's SQLite as it comes.

| | survives | points a second |
|---|---|---|
{table}

- Surviving a killed process: {one / wal:.0f} times Optuna's WAL with one metric a report, {three / wal:.0f} times with three (80 asked).
- With a sync for every report (`TUNEBOOK_SYNC_EVERY_S=0`): {synced / plain:.0f} times Optuna's SQLite (10 asked).

## A study of {trials:,} trials of 100 points

| | Tunebook | Optuna, SQLite | |
|---|---|---|---|
| into a table, with curves (s) | {spread(read["ours_s"])} | {spread(read["theirs_s"])} | {faster:.0f} times faster (100 asked) |
| on disk (MB) | {read["ours_mb"][0]:.1f} | {read["theirs_mb"][0]:.1f} | 1 to {smaller:.1f} (5 asked) |

Both were filled by bulk inserts into their own tables, Optuna's file vacuumed and ours not; both are read by a fresh process.
The values are random numbers, which no packing makes smaller: real curves would be.

## Not reached so far

80 times Optuna's WAL: the end of a trial was brought from 4.8 to 1.3 ms (one transaction, its log read once, statements made
once); taking in many trials by one transaction has not been tried. Reading 100 times faster and a fifth of the size: points are
stored as they are, 24 bytes each, and a packed form has not been tried.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--trials", type=int, default=10_000)
    asked = parser.parse_args()
    from system.postgres import Server

    server = Server()
    try:
        rows = points(server, asked.repeats)
    finally:
        server.remove()
    read = reading(asked.trials, max(2, asked.repeats // 2))
    text = page(rows, read, asked.trials, asked.repeats)
    (Path(__file__).parents[1] / "docs/store.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
