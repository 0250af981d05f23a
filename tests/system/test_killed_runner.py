"""kill -9 of the runner at 20 random moments: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tunebook.book.notebook import Book
from tunebook.domain.formats.spelling import minimize
from tunebook.domain.trial import Status
from waiting import until

SCRIPT = Path(__file__).with_name("kill_me.py")
TRIALS, KILLS = 240, 20


def start(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(TRIALS), "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def workers_of(folder: Path) -> list[psutil.Process]:
    """Worker processes that hold a file of this folder's book open, or were started for it."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        line = " ".join(process.info["cmdline"] or [])
        if "tunebook.training.worker" in line:
            try:
                if any(str(folder) in f.path for f in process.open_files()):
                    found.append(process)
            except psutil.Error:
                continue
    return found


def table_of(folder: Path) -> list[tuple]:
    with Book(folder / "killed.db") as book:
        table = book.rounds[0].table()
        rows = []
        for i, name in enumerate(table.name):
            curves = {
                m: tuple(map(tuple, (a.tolist() for a in c.of(i))))
                for m, c in table.curves.items()
            }
            rows.append(
                (
                    name,
                    dict(table.config[i]),
                    table.seed[i],
                    table.status[i],
                    table.value[i],
                    curves,
                )
            )
        return rows


def test_twenty_kills(tmp_path):
    killed, quiet = tmp_path / "killed", tmp_path / "quiet"
    killed.mkdir()
    quiet.mkdir()
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    completed: dict[str, int] = {}
    for _ in range(KILLS):
        runner = start(killed)
        time.sleep(dice.uniform(0.3, 2.2))
        assert runner.poll() is None, "the round ended before it could be killed often enough"
        os.kill(runner.pid, signal.SIGKILL)
        runner.communicate()
        until(lambda: workers_of(killed) == [])  # no orphan goes on
        # Killed before the book had its setting, it is given one here.
        with Book(killed / "killed.db", objective=minimize("loss")) as book:
            for trial in book.rounds[0].trials if book.rounds else ():
                if trial.status is Status.COMPLETE:
                    known = completed.setdefault(trial.name, trial.attempt)
                    assert known == trial.attempt, f"{trial.name} was completed twice"
    last = start(killed)
    out, err = last.communicate(timeout=1200)
    assert "done" in out, err
    undisturbed = start(quiet)
    out, err = undisturbed.communicate(timeout=1200)
    assert "done" in out, err

    rows = {row[0]: row for row in table_of(killed)}
    for line in (killed / "acknowledged.txt").read_text().splitlines():
        name, step, value = line.split()
        steps, values = rows[name][5]["loss"]
        assert dict(zip(steps, values, strict=True))[int(step)] == float(value), line
    assert table_of(killed) == table_of(quiet)
