"""Real runners: scripts without a main guard, Ctrl-C, kill -9, data loaders, a Jupyter kernel."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient import NotebookClient

from sizes import some_slow
from tunebook.domain.trial import Status, TrialKey
from tunebook.execution.child import MARK
from waiting import HANG_S, lines, until

RUNNER = Path(__file__).with_name("runner.py")


def start(store, function, workers=2, grace_s=2.0):
    command = [sys.executable, str(RUNNER), store.location, function, str(workers), str(grace_s)]
    runner = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert runner.stdout.readline() == "running\n", runner.communicate()[1]
    return runner


def finish(runner):
    said, complaints = runner.communicate(timeout=HANG_S)
    assert runner.returncode == 0, complaints
    return json.loads(said)


def left_behind(runner):
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(runner.pid):
                found.append(process)
        except psutil.Error:
            continue
    return found


def acknowledged(store):
    """(trial, step) to its last acknowledged value, as training itself noted it."""
    lines = Path(store.location + ".acknowledged").read_text().splitlines()
    rows = [line.split() for line in lines]
    return {(int(n), int(step)): float(value) for n, _, step, value in rows}


def table_of(store):
    return {
        (trial.number, m.step): m.value
        for trial in store.trials(1)
        for m in store.measurements(trial.key)
    }


def expected(trials, steps):
    return {(n, s): (100 + n) * 0.001 + 1 / (s + 1) for n in range(trials) for s in range(steps)}


def test_a_script_without_a_main_guard_runs(make_book):
    store = make_book([{"x": float(n)} for n in range(4)])
    assert finish(start(store, "quick"))["complete"] == 4
    assert table_of(store) == {(n, 9): n + 0.001 for n in range(4)}


@pytest.mark.parametrize("number", some_slow([signal.SIGINT, signal.SIGTERM], [signal.SIGINT]))
def test_an_interrupted_runner_stops_cleanly_and_goes_on_later(make_book, number):
    store = make_book([{"x": float(n)} for n in range(3)], max_train_steps=120)
    runner = start(store, "slow")
    until(lambda: lines(store.location + ".acknowledged") >= 10)
    runner.send_signal(number)
    summary = finish(runner)
    assert summary["stopped"] == "interrupted"
    assert left_behind(runner) == []
    assert {t.status for t in store.trials(1)} == {Status.PENDING}
    known = acknowledged(store)
    assert known
    assert known.items() <= table_of(store).items()
    again = finish(start(store, "slow"))
    assert again["complete"] == 3
    assert table_of(store) == expected(3, 120)


def test_a_second_ctrl_c_does_not_wait(make_book):
    """The training is deaf, and the first Ctrl-C would wait for it far longer than the test."""
    store = make_book([{"x": 0.0}])
    runner = start(store, "deaf", workers=1, grace_s=10 * HANG_S)
    until(lambda: lines(store.location + ".acknowledged") == 1)
    runner.send_signal(signal.SIGINT)
    until(lambda: lines(store.location + ".acknowledged") == 2)  # training was asked to stop
    runner.send_signal(signal.SIGINT)
    runner.communicate(timeout=HANG_S)
    assert left_behind(runner) == []


def test_a_killed_runner_loses_nothing_acknowledged(make_book):
    store = make_book([{"x": float(n)} for n in range(4)], max_train_steps=40)
    for moment in (0.1, 0.45, 0.8):
        runner = start(store, "slow")
        time.sleep(moment)
        runner.kill()
        runner.communicate()
        until(lambda killed=runner: left_behind(killed) == [])
    summary = finish(start(store, "slow"))
    assert {t.status for t in store.trials(1)} == {Status.COMPLETE}
    assert summary["complete"] <= 4
    assert acknowledged(store).items() <= table_of(store).items()
    assert table_of(store) == expected(4, 40)
    assert store.rounds()[0].spent_twice_s >= 0
    assert not list(store.files.rglob("*.log"))


@pytest.mark.slow
def test_a_data_loader_with_its_own_processes_runs_in_a_worker(make_book):
    store = make_book([{"x": 0.0}])
    runner = start(store, "loader", workers=1)
    assert finish(runner)["complete"] == 1
    assert left_behind(runner) == []
    assert len(store.measurements(TrialKey(1, 0))) == 4


NOTEBOOK = """
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.scheduler import run_trials
from tunebook.store.sql import SqlStore

SCALE = 2.0

class Model:
    def error(self, x):
        return SCALE * x

def train(trial):
    trial.report(0, {"valid/error": Model().error(trial.config["x"])})

store = SqlStore.open(BOOK, create=False)
code = training_code(train)
print(code.path == "", "SCALE" not in code.text, "def train" in code.text)
print(run_trials(store, 1, code, RunOptions(workers=2)).complete)
store.close()
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_function_of_a_notebook_runs(make_book):
    store = make_book([{"x": float(n)} for n in range(3)])
    cell = nbformat.v4.new_code_cell(f"BOOK = {store.location!r}\n{NOTEBOOK}")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, timeout=HANG_S, kernel_name="python3").execute()
    said = "".join(o["text"] for o in cell["outputs"] if o["output_type"] == "stream")
    assert said.splitlines() == ["True True True", "3"]
    assert table_of(store) == {(n, 0): 2.0 * n for n in range(3)}
