"""Worker processes: reused while healthy, replaced after a fault, given their share of cores."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from execution.trainings import environment, who
from tunebook.domain.errors import DesignError
from tunebook.domain.trial import Cause, Status
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.local import LocalExecutor
from tunebook.execution.outcome import death
from tunebook.execution.resources import (
    THREAD_SETTINGS,
    cores,
    memory_mb,
    oom_kills,
    own_memory_mb,
    thread_settings,
)
from tunebook.execution.scheduler import run_trials


def pids(store):
    return [store.measurements(t.key)[0].value for t in store.trials(1)]


def test_workers_are_reused_while_healthy_and_replaced_after_a_fault(make_book):
    store = make_book([{"x": x} for x in (1, 2, 13, 3, 4)])
    run_trials(store, 1, training_code(who), RunOptions(workers=1))
    first, second, third, fourth, fifth = pids(store)
    assert first == second == third
    assert fourth == fifth != third
    assert store.trials(1)[2].status is Status.INFEASIBLE


def test_an_executor_runs_other_code_later(make_book):
    def other(trial):
        return 3.0

    executor = LocalExecutor(1)
    stores = [make_book([{"x": 1}]) for _ in range(2)]
    for store, train in zip(stores, (who, other), strict=True):
        closing, executor.close = executor.close, lambda **_: ()
        run_trials(store, 1, training_code(train), RunOptions(executor=executor))
        executor.close = closing
    executor.close()
    assert stores[1].measurements(stores[1].trials(1)[0].key)[0].value == 3.0


def test_a_worker_gets_its_settings_and_its_traceback_names_the_line(make_book, monkeypatch):
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    store = make_book([{"x": 1}])
    run_trials(store, 1, training_code(environment), RunOptions(workers=64))
    tail = store.trials(1)[0].output_tail
    assert '"OMP_NUM_THREADS": "1"' in tail
    assert '"MKL_NUM_THREADS": "7"' in tail
    assert 'raise RuntimeError("look at the output")' in tail


def test_threads_are_a_share_of_the_cores_unless_a_person_says_otherwise():
    assert thread_settings(1, {})["NPROC"] == str(cores())
    assert thread_settings(10 * cores(), {})["OMP_NUM_THREADS"] == "1"
    by_hand = thread_settings(1, {"OMP_NUM_THREADS": "3", "NPROC": "5"})
    assert by_hand["MKL_NUM_THREADS"] == "3"
    assert "OMP_NUM_THREADS" not in by_hand
    assert "NPROC" not in by_hand
    fixed = thread_settings(4, {"OMP_NUM_THREADS": "3", "NPROC": "5"}, threads=2)
    assert {fixed[name] for name in THREAD_SETTINGS} == {"2"}


@pytest.mark.parametrize("wrong", [0, -1, True])
def test_workers_are_counted_from_one(wrong):
    with pytest.raises(DesignError, match="workers is a whole number"):
        LocalExecutor(wrong)


def test_memory_counts_a_process_with_all_that_it_started():
    script = (
        "import os, time\n"
        "held = bytearray(64 * 2**20)\n"
        "child = os.fork()\n"
        "more = None if child else bytearray(32 * 2**20)\n"
        "print('ready', flush=True) if not child else None\n"
        "time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        process.stdout.readline()
        time.sleep(0.1)
        summed = memory_mb([process.pid])[process.pid]
        own = own_memory_mb(process.pid)
        # The forked child shares the first 64 MB: counted twice in the sum, once in the second.
        assert summed > 64 + 64 + 32
        assert 64 + 32 <= own < 64 + 64 + 32
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_signs_of_a_death_are_told_in_words():
    assert death(0, out_of_memory=False) == (
        Cause.CRASHED,
        "its process ended itself with exit code 0",
    )
    assert death(-signal.SIGKILL, out_of_memory=True)[0] is Cause.OUT_OF_MEMORY
    assert "often" in death(-signal.SIGKILL, out_of_memory=False)[1]
    assert death(-signal.SIGSEGV, out_of_memory=True) == (Cause.CRASHED, "killed by SIGSEGV")
    assert death(-63, out_of_memory=False)[1] == "killed by signal 63"


def test_kills_for_memory_are_counted_without_privileges():
    assert oom_kills() >= 0
