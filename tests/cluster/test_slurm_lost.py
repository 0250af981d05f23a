"""A controller or a node that is lost: each test has a cluster of its own, which it breaks."""

from __future__ import annotations

import time

import pytest

from cluster.followed_round import *  # noqa: F403 - fixtures, and what tests share
from cluster.followed_round import PENDING, TRAIN, going, nothing_left, nothing_lost, run, until
from cluster.slurm_cluster import started
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.scheduler import run_trials
from tunebook.execution.slurm.executor import SlurmExecutor


@pytest.fixture
def slurm(tmp_path_factory):
    with started(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


def test_a_controller_that_is_killed_and_comes_back_costs_nothing(slurm, make, acknowledged):
    store = make(3, 300)  # the third is submitted while it is away
    down = []

    def kill():
        slurm.save()
        slurm.kill_controller()
        down.append(time.monotonic())

    def look(progress):
        if not down and going(acknowledged, 2, 7)():
            kill()
        elif len(down) == 1 and time.monotonic() - down[0] > 6:
            slurm.start_controller()
            down.append(time.monotonic())

    executor = SlurmExecutor(2, cpus=1)
    run_trials(store, 1, training_code(TRAIN), RunOptions(executor=executor), on_progress=look)
    assert len(down) == 2
    nothing_lost(store, acknowledged(), 300)
    assert {t.attempt for t in store.trials(1)} == {1}
    nothing_left(slurm, store)


def test_jobs_end_though_the_controller_is_away(slurm, make, acknowledged):
    store = make(2, 2000)

    def stop():
        slurm.save()
        slurm.kill_controller()
        raise KeyboardInterrupt

    try:
        run(store, SlurmExecutor(2, cpus=1), when=going(acknowledged, 2, 7), act=stop)
        until(lambda: slurm.processes() == [])
    finally:
        slurm.start_controller()
    assert {t.status for t in store.trials(1)} == {PENDING}
    until(lambda: slurm.jobs() == [])


def test_a_node_that_is_lost_does_not_write_beside_its_successor(slurm, make, acknowledged):
    store, lost = make(1, 1000), []  # 50 s: it has not ended when it is given up

    def look(progress):
        if not lost and going(acknowledged, 1, 12)():
            slurm.lose_node()
            assert slurm.processes()  # as behind a cut network, its job goes on
            lost.append(time.monotonic())
        elif len(lost) == 1 and slurm.processes() == []:
            slurm.find_node()
            lost.append(time.monotonic())

    run_trials(
        store,
        1,
        training_code(TRAIN),
        RunOptions(executor=SlurmExecutor(1, cpus=1)),
        on_progress=look,
    )
    print(f"lost node: its job ended itself after {lost[1] - lost[0]:.1f} s")
    rows = acknowledged()
    nothing_lost(store, rows, 1000)
    assert store.trials(1)[0].attempt == 2
    times = {a: [r[4] for r in rows if r[1] == a] for a in (1, 2)}
    assert max(times[1]) < min(times[2])
    nothing_left(slurm, store)
