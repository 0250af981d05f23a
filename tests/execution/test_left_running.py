"""Ranks in sessions of their own, deaf to SIGTERM, are gone after a trial, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from tunebook.domain.program import command
from tunebook.domain.trial import Cause
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.local import PROGRAM_GRACE_S, LocalExecutor
from tunebook.execution.scheduler import run_trials
from tunebook.training.program import GRACE_S
from waiting import HANG_S

RANK = """
import signal, sys, time
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGTERM, lambda *_: None)
for i in range(3000):
    with open(sys.argv[2], "a") as f:
        f.write(f'{{"step": {i}, "valid/error": {1 / (i + 1)}}}\\n')
    time.sleep(0.1)
"""
LAUNCHER = """
import subprocess, sys
ranks = [subprocess.Popen([sys.executable, "rank.py", *sys.argv[1:]], start_new_session=True)
         for _ in range(2)]
open("ranks", "w").write(" ".join(str(r.pid) for r in ranks))
for r in ranks: r.wait()
"""


@pytest.fixture
def launched(tmp_path, monkeypatch):
    """A command as torchrun's: a shell script, a launcher, and ranks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rank.py").write_text(RANK)
    (tmp_path / "launcher.py").write_text(LAUNCHER)
    shell = tmp_path / "launch.sh"
    shell.write_text(f'#!/bin/bash\n{sys.executable} launcher.py "$@"\n')
    shell.chmod(0o755)
    return command(["./launch.sh", "deaf", "{folder}/m.json"], metrics="json:{folder}/m.json")


def ranks_at(folder: Path):
    until = time.monotonic() + HANG_S
    while time.monotonic() < until:
        with_pids = (folder / "ranks").read_text().split() if (folder / "ranks").exists() else []
        if len(with_pids) == 2:
            return [int(p) for p in with_pids]
        time.sleep(0.05)
    raise AssertionError("the ranks never began")


def running(pids):
    found = []
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
        except psutil.Error:
            continue
    return found


def test_none_outlives_a_time_limit(make_book, launched, tmp_path):
    store = make_book([{"x": 1.0}], time_limit_s=10.0, max_train_steps=5000)
    run_trials(store, 1, training_code(launched), RunOptions(workers=1))
    trial = store.trials(1)[0]
    assert trial.cause is Cause.TIMED_OUT and store.measurements(trial.key)
    assert not running(ranks_at(tmp_path))


def test_none_outlives_its_worker_that_is_dead_already(make_book, launched, tmp_path):
    store = make_book([{"x": 1.0}], max_train_steps=5000)
    executor = LocalExecutor(1)

    def shoot(progress):
        if (tmp_path / "ranks").exists() and executor._slots[0].worker is not None:
            os.kill(executor._slots[0].worker.pid, signal.SIGKILL)

    run_trials(store, 1, training_code(launched), RunOptions(executor=executor), on_progress=shoot)
    assert not running(ranks_at(tmp_path))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_none_outlives_ctrl_c_or_the_next_run_after_a_kill(make_book, launched, tmp_path, number):
    store = make_book([{"x": 1.0}], max_train_steps=5000)
    code = textwrap.dedent(
        f"""
        from tunebook.execution import RunOptions
        from tunebook.execution.code import training_code
        from tunebook.execution.scheduler import run_trials
        from tunebook.store.sql import SqlStore
        from tunebook.domain.program import command
        store = SqlStore.open({store.location!r}, create=False)
        run_trials(store, 1, training_code(command(["./launch.sh", "deaf", "{{folder}}/m.json"],
                   metrics="json:{{folder}}/m.json")), RunOptions(workers=1))
        """
    )
    host = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, start_new_session=True)
    ranks = ranks_at(tmp_path)
    host.send_signal(number)
    if number == signal.SIGINT:
        time.sleep(1.0)
        host.send_signal(number)  # at once
    host.wait(60)
    if number == signal.SIGKILL:
        (tmp_path / "rank.py").write_text(
            'open(__import__("sys").argv[2], "a").write(\'{"valid/error": 1}\\n\')'
        )
        run_trials(store, 1, training_code(launched), RunOptions(workers=1))
    assert not running(ranks)


def test_a_program_has_its_ten_seconds_after_a_time_limit(make_book, tmp_path, monkeypatch):
    """It saves for six seconds once it was asked to end, and leaves by itself."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saves.py").write_text(
        textwrap.dedent(
            """
            import signal, sys, time
            asked = []
            signal.signal(signal.SIGTERM, lambda *_: asked.append(time.monotonic()))
            for s in range(10000):
                print('{"step": %d, "valid/error": %f}' % (s, 1 / (1 + s)), flush=True)
                time.sleep(0.1)
                if asked:
                    while time.monotonic() < asked[0] + 6: time.sleep(0.1)
                    open("saved", "w").write("whole")
                    sys.exit(0)
            """
        )
    )
    store = make_book([{"x": 1.0}], time_limit_s=10.0, max_train_steps=20000)
    run_trials(
        store, 1, training_code(command([sys.executable, "saves.py"])), RunOptions(workers=1)
    )
    assert store.trials(1)[0].cause is Cause.TIMED_OUT
    assert (tmp_path / "saved").read_text() == "whole"
    assert PROGRAM_GRACE_S > GRACE_S == 10
