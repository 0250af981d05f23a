"""What a real SLURM does to jobs, and what is left of a round after it."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import psutil
import pytest

from cluster.followed_round import *  # noqa: F403 - fixtures, and what tests share
from cluster.followed_round import (
    PENDING,
    TRAIN,
    going,
    nothing_left,
    nothing_lost,
    run,
    start,
    table_of,
    until,
    whole,
)
from tunebook.domain.errors import ClusterError, TrainingLoadError
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.local import LocalExecutor
from tunebook.execution.scheduler import run_trials
from tunebook.execution.slurm.executor import SlurmExecutor


def test_the_table_is_that_of_local_processes(slurm, make, acknowledged):
    here, there = make(4, 20, 0.0), make(4, 20, 0.0)
    run(here, LocalExecutor(2, threads=1))
    run(there, SlurmExecutor(4, cpus=1))
    assert table_of(there) == table_of(here) == whole(here, 20)
    assert [t.config for t in there.trials(1)] == [t.config for t in here.trials(1)]
    assert [t.seed for t in there.trials(1)] == [t.seed for t in here.trials(1)]


def test_a_preempted_trial_goes_on_from_its_checkpoint(slurm, make, acknowledged):
    store, steps = make(2, 240), 240
    high = ["sbatch", "-p", "high", "-n", "8", "-o", "/dev/null", "--wrap", "sleep 1"]
    summary = run(
        store,
        SlurmExecutor(2, partition="low", cpus=4, grace_s=5),
        when=going(acknowledged, 2, 12),
        act=lambda: slurm.said(*high),
    )
    rows = acknowledged()
    nothing_lost(store, rows, steps)
    assert {t.attempt for t in store.trials(1)} == {2}
    for n in range(2):
        first = next(r for r in rows if r[0] == n and r[1] == 2)
        before = [r for r in rows if r[0] == n and r[1] == 1]
        assert first[2] >= 10  # a step after a checkpoint, not 0
        print(f"preempted trial {n}: reports again after {first[4] - before[-1][4]:.1f} s")
    assert summary.failed == 0
    nothing_left(slurm, store)


def test_preemption_is_not_counted_as_a_fault(slurm, make, acknowledged):
    store = make(1, 400, 0.1)
    high = ["sbatch", "-p", "high", "-n", "8", "-o", "/dev/null", "--wrap", "sleep 0.5"]
    state = {"preempted": 0}

    def look(progress):
        rows = acknowledged()
        if state["preempted"] < 5 and rows and rows[-1][1] == state["preempted"] + 1:
            state["preempted"] += 1
            slurm.said(*high)

    executor = SlurmExecutor(1, partition="low", cpus=8, grace_s=3)
    run_trials(store, 1, training_code(TRAIN), RunOptions(executor=executor), on_progress=look)
    nothing_lost(store, acknowledged(), 400)
    assert store.trials(1)[0].attempt == 6  # more than the losses that a trial may have


def test_a_job_that_a_person_cancels_is_repeated(slurm, make, acknowledged):
    store = make(2, 240)
    run(
        store,
        SlurmExecutor(2, cpus=1, grace_s=5),
        when=going(acknowledged, 2, 12),
        act=lambda: slurm.said("scancel", slurm.jobs()[0].split("|")[0]),
    )
    nothing_lost(store, acknowledged(), 240)
    assert sorted(t.attempt for t in store.trials(1)) == [1, 2]
    nothing_left(slurm, store)


def test_jobs_that_slurm_refuses_are_told_in_its_words(slurm, make, acknowledged):
    store = make(3, 5)
    with pytest.raises(ClusterError, match=r"invalid partition specified: nope") as told:
        run(store, SlurmExecutor(2, partition="nope"))
    assert "sinfo -s" in told.value.next_step
    assert {t.status for t in store.trials(1)} == {PENDING}
    assert acknowledged() == []
    nothing_left(slurm, store)
    run(store, SlurmExecutor(2))
    nothing_lost(store, acknowledged(), 5)


def test_a_limit_that_no_partition_has_is_refused(slurm, make, acknowledged):
    with pytest.raises(ClusterError, match="time limit is invalid") as told:
        run(make(1, 5), SlurmExecutor(1, time_s=48 * 3600))
    assert "time_s=172800" in told.value.next_step


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"python": "/nowhere/python"}, "/nowhere/python"),
        ({"setup": ["echo the module is not there", "exit 7"]}, "the module is not there"),
    ],
)
def test_a_job_that_can_not_begin_ends_the_run_with_its_words(
    slurm, make, acknowledged, settings, words
):
    store = make(2, 5)
    with pytest.raises(TrainingLoadError, match=words):
        run(store, SlurmExecutor(2, **settings))
    assert {t.status for t in store.trials(1)} == {PENDING}
    nothing_left(slurm, store)


def test_an_interrupted_run_leaves_no_job_running_or_waiting(slurm, make, acknowledged):
    store = make(3, 2000)

    def stop():
        raise KeyboardInterrupt

    began = time.monotonic()
    executor = SlurmExecutor(3, cpus=8)  # one runs, two wait for the node
    summary = run(store, executor, when=going(acknowledged, 1, 7), act=stop)
    print(f"interrupted: all gone after {time.monotonic() - began:.1f} s from the start")
    assert summary.stopped == "interrupted"
    assert {t.status for t in store.trials(1)} == {PENDING}
    nothing_left(slurm, store)
    table = table_of(store)
    assert all(table[n, step] == value for n, _, step, value, _ in acknowledged())


def test_cancelling_one_trial_leaves_the_others(slurm, make, acknowledged):
    store = make(2, 240)
    executor = SlurmExecutor(2, cpus=1)
    run(
        store,
        executor,
        when=going(acknowledged, 2, 12),
        act=lambda: executor.cancel(store.trials(1)[0].key),
    )
    nothing_lost(store, acknowledged(), 240)
    assert [t.attempt for t in store.trials(1)] == [2, 1]
    nothing_left(slurm, store)


def test_a_killed_runner_is_followed_by_another(slurm, make, acknowledged):
    store = make(3, 240)
    runner = start(store, kind="slurm", workers=3, cpus=4)  # two run, one waits for the node
    until(going(acknowledged, 2, 12))
    runner.kill()
    runner.communicate()
    assert len(slurm.jobs()) == 3
    began = time.time()
    again = start(store, kind="slurm", workers=3, cpus=4)
    said, complaints = again.communicate(timeout=900)
    assert again.returncode == 0, complaints
    assert json.loads(said)["complete"] == 3
    rows = acknowledged()
    first = min(r[4] for r in rows if r[1] == 2)
    print(f"killed runner: the next one's first report after {first - began:.1f} s")
    nothing_lost(store, rows, 240)
    nothing_left(slurm, store)


def test_jobs_of_a_dead_host_end_by_themselves(slurm, make, acknowledged):
    store = make(2, 4000)
    runner = start(store, kind="slurm", workers=2, cpus=1, host_gone_s=8, grace_s=2)
    until(going(acknowledged, 2, 6))
    began = time.monotonic()
    runner.kill()
    runner.communicate()
    until(lambda: not slurm.jobs() and not slurm.processes())
    took = time.monotonic() - began
    print(f"dead host: its jobs ended after {took:.1f} s, with host_gone_s=8")
    assert took > 2


def test_a_killed_job_process_is_repeated(slurm, make, acknowledged):
    store = make(1, 240)

    def kill():
        for process in slurm.processes():
            with suppress(psutil.Error):  # one that has just ended
                if "tunebook.execution.slurm.job" in process.cmdline():
                    process.kill()

    run(store, SlurmExecutor(1, cpus=1), when=going(acknowledged, 1, 12), act=kill)
    nothing_lost(store, acknowledged(), 240)
    assert store.trials(1)[0].attempt == 2
    nothing_left(slurm, store)


def test_a_trial_longer_than_its_job_goes_on_in_another(slurm, make, acknowledged):
    store, steps = make(1, 240, 0.3), 240

    def shorten():
        job = slurm.jobs()[0].split("|")[0]
        slurm.said("scontrol", "update", f"JobId={job}", "TimeLimit=1")

    run(
        store,
        SlurmExecutor(1, cpus=1, time_s=600, grace_s=2),
        when=going(acknowledged, 1, 3),
        act=shorten,
    )
    rows = acknowledged()
    nothing_lost(store, rows, steps)
    assert store.trials(1)[0].attempt == 2
    again = next(r for r in rows if r[1] == 2)
    last = max(r[2] for r in rows if r[1] == 1)
    assert last - 5 <= again[2] <= last + 1
    nothing_left(slurm, store)


def test_seconds_from_submit_to_the_first_report(slurm, make, acknowledged):
    took = []
    for _ in range(5):
        store, before = make(1, 1), len(acknowledged())
        began = time.time()
        run(store, SlurmExecutor(1, cpus=1))
        took.append(acknowledged()[before][4] - began)
        nothing_lost(store, acknowledged()[before:], 1)
    print("submit to first report:", " ".join(f"{t:.2f}" for t in sorted(took)), "s")
