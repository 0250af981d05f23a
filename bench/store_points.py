"""Points a second from `report` to the book, beside Optuna's storages; durability stated for each.

Our clock begins before the trials are added and ends when the last is on record in the book:
adding, claiming, `trial.report` (the handle that training holds), the log's end synced, the log
taken in, all of it committed and synced, the log deleted. Optuna's has `ask`, `report`, `tell`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from against_optuna import spread

HERE = Path(__file__).parent

TRAIN = """
import threading
from store_curves import values
from tunebook.training.assignment import Assignment
from tunebook.training.handle import Trial
from tunebook.training.log import TrialLog, attempt_files
from tunebook.domain.design import Objective
from tunebook.domain.trial import Outcome, Status
curves = values("loss", 64).tolist()
names = ["loss", "accuracy", "norm"]
def train(files, record, metrics):
    own = attempt_files(files, record.key, record.attempt)
    log = TrialLog(own)
    trial = Trial(Assignment(trial=record, files=own, code=None, objective=Objective("loss")), log, threading.Event())
    numbers, names_ = curves[record.number % 64], names[:metrics]
    for step, value in enumerate(numbers):
        trial.report(step, dict.fromkeys(names_, value))
    log.end(Outcome(status=Status.COMPLETE, seconds=1.0, ended_at=1.0))
    log.close()
"""

ALONE = (
    TRAIN
    + """
import sys, time
import tunebook as tb
from tunebook.store.ingest import End, settle_all
place, trials, metrics, pile = sys.argv[1], *map(int, sys.argv[2:5])
book = tb.Book(place, objective=tb.minimize("loss"))
store = book._store
found = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=trials, max_train_steps=100)
began = time.perf_counter()
found._add_search_trials()
ends = []
claims = store.claim(1, "bench", 600.0, trials)
for claim in claims:
    train(store.files, claim.trial, metrics)
    ends.append(End(key=claim.trial.key, attempt=1))
    if len(ends) == pile or claim is claims[-1]:
        assert all(settle_all(store, ends))
        ends = []
seconds = time.perf_counter() - began
kept = found.table().curves
assert len(kept) == metrics and all(len(c.steps) == trials * 100 for c in kept.values())
print(trials * 100 * metrics / seconds)
"""
)

REPORT = (
    TRAIN
    + """
import statistics, tempfile, time
from pathlib import Path
from tunebook.domain.trial import TrialRecord
each = []
class Timed(Trial):
    def report(self, step, metrics):
        began = time.perf_counter()
        super().report(step, metrics)
        each.append(time.perf_counter() - began)
Trial = Timed
with tempfile.TemporaryDirectory() as folder:
    for n in range(100):
        train(Path(folder), TrialRecord(round=1, number=n, study="", index=0, config={"x": 0.5}, seed=1, max_train_steps=100, attempt=1), 3)
each.sort()
print(each[len(each) * 99 // 100] * 1e6, statistics.median(each) * 1e6)
"""
)

WORKER = (
    TRAIN
    + """
import sys
from pathlib import Path
from tunebook.domain.trial import TrialRecord
metrics = int(sys.argv[2])
print("up", flush=True)
for number in sys.stdin.readline().split():
    record = TrialRecord(round=1, number=int(number), study="", index=0, config={"x": 0.5}, seed=1, max_train_steps=100, attempt=1)
    train(Path(sys.argv[1]), record, metrics)
    print(number, flush=True)
"""
)

BESIDE = (
    "WORKER = "
    + repr(WORKER)
    + """
import os, select, subprocess, sys, time
import tunebook as tb
from tunebook.store.ingest import End, settle_all
from tunebook.domain.trial import TrialKey
place, trials, metrics, workers = sys.argv[1], *map(int, sys.argv[2:5])
book = tb.Book(place, objective=tb.minimize("loss"))
store = book._store
found = book.round("q", nuisance={"x": tb.uniform(0, 1)}, trials=trials, max_train_steps=100)
pool = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", WORKER, str(store.files), str(metrics)],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) for _ in range(workers)]
for one in pool:
    assert one.stdout.readline() == b"up\\n"
began = time.perf_counter()
found._add_search_trials()
numbers = [str(c.trial.number) for c in store.claim(1, "bench", 600.0, trials)]
for k, one in enumerate(pool):
    one.stdin.write((" ".join(numbers[k::workers]) + "\\n").encode())
left, tails, piles = trials, {one.stdout: b"" for one in pool}, []
while left:
    ends = []
    for pipe in select.select(list(tails), [], [])[0]:
        *whole, tails[pipe] = (tails[pipe] + os.read(pipe.fileno(), 65536)).split(b"\\n")
        ends += [End(key=TrialKey(1, int(n)), attempt=1) for n in whole]
    for first in range(0, len(ends), 250):
        several = ends[first : first + 250]
        assert all(settle_all(store, several))
        piles.append(len(several))
    left -= len(ends)
seconds = time.perf_counter() - began
kept = found.table().curves
assert len(kept) == metrics and all(len(c.steps) == trials * 100 for c in kept.values())
print(sum(piles) / len(piles), trials * 100 * metrics / seconds)
"""
)

STORAGE = """
import sys, time
import optuna
from store_curves import values
optuna.logging.set_verbosity(optuna.logging.ERROR)
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
curves = values("loss", 64).tolist()
def opened(kind, place):
    if kind == "journal":
        return JournalStorage(JournalFileBackend(place))
    storage = RDBStorage(place, engine_kwargs={"connect_args": {"timeout": 60}} if kind != "server" else {})
    if kind == "wal":
        from sqlalchemy import event
        @event.listens_for(storage.engine, "connect")
        def fast(connection, _):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
        storage.engine.dispose()
    return storage
def work(study, trials):
    for _ in range(trials):
        trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        for step, value in enumerate(curves[trial.number % 64]):
            trial.report(value, step)
        study.tell(trial, 0.5)
"""

OPTUNA = (
    STORAGE
    + """
kind, place, trials = sys.argv[1], sys.argv[2], int(sys.argv[3])
study = optuna.create_study(storage=opened(kind, place))
began = time.perf_counter()
work(study, trials)
print(trials * 100 / (time.perf_counter() - began))
"""
)

OPTUNA_WORKER = (
    STORAGE
    + """
study = optuna.load_study(storage=opened(sys.argv[1], sys.argv[2]), study_name="q")
print("up", flush=True)
sys.stdin.readline()
work(study, int(sys.argv[3]))
"""
)

OPTUNA_BESIDE = (
    "WORKER = "
    + repr(OPTUNA_WORKER)
    + STORAGE
    + """
import subprocess
kind, place, trials, workers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
study = optuna.create_study(storage=opened(kind, place), study_name="q")
pool = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", WORKER, kind, place, str(trials // workers)],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
for one in pool:
    one.stdout.readline()
began = time.perf_counter()
for one in pool:
    one.stdin.write("go\\n"); one.stdin.flush()
for one in pool:
    assert one.wait() == 0
print(trials * 100 / (time.perf_counter() - began))
"""
)

PLAIN, WAL, WAL_2 = (
    "Optuna, SQLite as it comes",
    "Optuna, SQLite in WAL",
    "Optuna, SQLite in WAL, 2 training",
)
ONE, THREE = "Tunebook, all in one process", "Tunebook, all in one process, three metrics"
SINGLY = "Tunebook, all in one process, each trial by a transaction of its own"
BESIDE_1, BESIDE_2 = (
    "Tunebook, 1 training, the host next to it",
    "Tunebook, 2 training, the host next to them",
)
BESIDE_3 = "Tunebook, 2 training, the host next to them, three metrics"
SYNCED = "Tunebook, every report synced"
POWER = "power cut, each point"
OURS = "killed process at once; power cut within a second, and at each trial's end"
DURABLE = {
    PLAIN: POWER, WAL: "killed process", WAL_2: "killed process", "Optuna, journal file": POWER,
    "Optuna, PostgreSQL": POWER, ONE: OURS, THREE: "the same", SINGLY: "the same", BESIDE_1: "the same",
    BESIDE_2: "the same", BESIDE_3: "the same", SYNCED: "power cut, each report",
    "Tunebook, PostgreSQL": "as Tunebook, SQLite",
}  # fmt: skip


def ran(script: str, *words: object, **environment: str) -> float:
    """The number that a script printed last, in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *map(str, words)],
        capture_output=True, text=True, cwd=HERE, env={**os.environ, **environment},
    )  # fmt: skip
    if ended.returncode:
        raise SystemExit(f"{script[-600:]}\n{ended.stderr[-2000:]}")
    return float(ended.stdout.split()[-1])


def _each(folder: str, database: str) -> dict[str, Callable[[], float]]:
    files = {"TUNEBOOK_FILES": f"{folder}/files"}
    theirs = database.replace("postgresql:", "postgresql+psycopg:")
    return {
        WAL: lambda: ran(OPTUNA, "wal", f"sqlite:///{folder}/b.db", 10),
        ONE: lambda: ran(ALONE, f"{folder}/t.db", 400, 1, 100),
        THREE: lambda: ran(ALONE, f"{folder}/u.db", 400, 3, 100),
        SINGLY: lambda: ran(ALONE, f"{folder}/w.db", 200, 1, 1),
        BESIDE_1: lambda: ran(BESIDE, f"{folder}/x.db", 600, 1, 1),
        WAL_2: lambda: ran(OPTUNA_BESIDE, "wal", f"sqlite:///{folder}/c.db", 20, 2),
        BESIDE_2: lambda: ran(BESIDE, f"{folder}/y.db", 600, 1, 2),
        BESIDE_3: lambda: ran(BESIDE, f"{folder}/z.db", 600, 3, 2),
        PLAIN: lambda: ran(OPTUNA, "plain", f"sqlite:///{folder}/a.db", 3),
        SYNCED: lambda: ran(ALONE, f"{folder}/v.db", 60, 1, 60, TUNEBOOK_SYNC_EVERY_S="0"),
        "Optuna, journal file": lambda: ran(OPTUNA, "journal", f"{folder}/j.log", 10),
        "Optuna, PostgreSQL": lambda: ran(OPTUNA, "server", theirs, 3),
        "Tunebook, PostgreSQL": lambda: ran(ALONE, database, 300, 1, 100, **files),
    }


LOAD = "load"
REPORTED = "one report of three metrics (microseconds)"


def points(server, repeats: int) -> dict[str, list[float]]:
    """Points a second, each kind in turn."""
    rows: dict[str, list[float]] = {}
    for turn in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            for who in ("ours", "theirs"):
                server.run(f"CREATE DATABASE {who}{turn}")
            kinds = _each(folder, server.url(f"ours{turn}"))
            theirs = _each(folder, server.url(f"theirs{turn}"))
            for name in kinds:
                measured = theirs[name] if name.startswith("Optuna") else kinds[name]
                rows.setdefault(name, []).append(measured())
                print(f"{name}: {rows[name][-1]:,.0f}", flush=True)
            rows.setdefault(REPORTED, []).append(ran(REPORT))
            rows.setdefault(LOAD, []).append(os.getloadavg()[1])
    return rows


def _times(ours: list[float], theirs: list[float]) -> str:
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def chapter(rows: dict[str, list[float]]) -> str:
    """The page's part on points a second."""
    table = "\n".join(f"| {n} | {DURABLE[n]} | {spread(rows[n])} |" for n in DURABLE)
    wal, both = rows[WAL], rows[WAL_2]
    cost = f"{spread(rows[REPORTED])} microseconds"
    load = f"{spread(rows[LOAD])}"
    return f"""## Points a second, from `report` to the book

Curves of 100 points of a training loss (see below). Our clock begins before the trials are added and ends when the last is on
record: adding and claiming, `trial.report`, the log's end synced, the log taken in, committed and synced, and deleted. Optuna's
has `ask`, `report` and `tell`. By default a report of ours survives a killed process at once, and a power cut within a second or at
its trial's end: to be compared with Optuna's WAL. The row with every report synced is to be compared with its SQLite as it comes.

| | survives | points a second |
|---|---|---|
{table}

The machine had other work meanwhile: its load over five minutes was {load}, on two cores. That slows both tools, so what counts is the comparison of neighbours in a turn.

How many times Optuna's points, turn by turn (median, range). The goals are 80 times the WAL and 10 times the synced SQLite; with one
metric a report the first is not reached:

| | one metric a report | three metrics a report |
|---|---|---|
| all in one process, against one with the WAL | {_times(rows[ONE], wal)} | {_times(rows[THREE], wal)} |
| each trial by a transaction of its own | {_times(rows[SINGLY], wal)} | |
| one that trains and the host next to it, against one with the WAL | {_times(rows[BESIDE_1], wal)} | |
| two that train and the host next to them, against two with the WAL | {_times(rows[BESIDE_2], both)} | {_times(rows[BESIDE_3], both)} |
| every report synced, against SQLite as it comes | {_times(rows[SYNCED], rows[PLAIN])} | |

Trials that end while the host records others pile up, and the pile is recorded by one transaction: in one process by 100 (here the
measurement piles them up), with the host next to those that train by as many as have come. A training that ends a trial in a second
never has such a pile, and needs none: then the row with a transaction for each trial holds.

A log, its sync and its deletion cost the same for a trial however much it reports, so three metrics are nearer to the requirement than
one. [Decision 0021](decisions/0021-packed-curves.md) says where the time goes, and what else was tried.

One `report` of three metrics costs the training loop {cost}: the median of 10,000, of each of the turns (20 required).
"""
