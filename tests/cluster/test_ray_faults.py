"""What befalls trials on a real Ray, and what is left of a round after it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from cluster.followed_round import *  # noqa: F403 - fixtures, and what tests share
from cluster.followed_round import (
    PENDING,
    going,
    nothing_lost,
    run,
    start,
    table_of,
    until,
    whole,
)
from cluster.ray_cluster import ACTOR, DRIVER, WORKER
from cluster.ray_cluster import started as started_ray
from tunebook.domain.errors import ClusterError
from tunebook.execution.local import LocalExecutor
from tunebook.execution.ray.executor import RayExecutor


@pytest.fixture
def of(ray, acknowledged):
    """Settings of an executor on the cluster whose workers note what they acknowledge."""
    import os

    environment = {"ACKNOWLEDGED": os.environ["ACKNOWLEDGED"]}

    def settings(workers, **more):
        there = {"address": ray.address, "runtime_env": {"env_vars": environment}}
        return {"workers": workers, **there, **more}

    return settings


def nothing_runs(ray):
    until(lambda: ray.processes() == [])


def kill(ray, kind):
    ray.processes(kind)[0].kill()


def test_the_table_is_that_of_local_processes(ray, of, make, acknowledged):
    here, there = make(4, 20, 0.0), make(4, 20, 0.0)
    run(here, LocalExecutor(2, threads=1))
    run(there, RayExecutor(**of(4)))
    assert table_of(there) == table_of(here) == whole(here, 20)
    assert [t.config for t in there.trials(1)] == [t.config for t in here.trials(1)]
    assert [t.seed for t in there.trials(1)] == [t.seed for t in here.trials(1)]


@pytest.mark.parametrize("kind", [WORKER, ACTOR])
def test_a_killed_process_is_repeated_from_its_checkpoint(ray, of, make, acknowledged, kind):
    store = make(2, 240)
    at = []

    def act():
        at.append(time.time())
        kill(ray, kind)

    run(store, RayExecutor(**of(2)), when=going(acknowledged, 2, 22), act=act)
    rows = acknowledged()
    nothing_lost(store, rows, 240)
    assert sorted(t.attempt for t in store.trials(1)) == [1, 2]
    again = next(r for r in rows if r[1] == 2)
    print(f"killed {kind}: reports again after {again[4] - at[0]:.1f} s, at step {again[2]}")
    assert again[2] >= 10  # from a checkpoint that had been carried, not from 0
    nothing_runs(ray)


def test_a_killed_runner_is_followed_by_another(ray, of, make, acknowledged):
    store = make(3, 240)
    runner = start(store, kind="ray", **of(3))
    until(going(acknowledged, 3, 22))
    runner.kill()
    runner.communicate()
    began = time.time()
    again = start(store, kind="ray", **of(3))
    said, complaints = again.communicate(timeout=900)
    assert again.returncode == 0, complaints
    assert json.loads(said)["complete"] == 3
    rows = acknowledged()
    second = [r for r in rows if r[1] == 2]
    print(f"killed runner: the next one's first report after {second[0][4] - began:.1f} s")
    assert second[0][2] >= 10
    nothing_lost(store, rows, 240)
    nothing_runs(ray)


def test_actors_of_a_killed_runner_end_with_no_other(ray, of, make, acknowledged):
    store = make(2, 4000)
    runner = start(store, kind="ray", **of(2))
    until(going(acknowledged, 2, 6))
    runner.kill()
    runner.communicate()
    began = time.monotonic()
    nothing_runs(ray)
    print(f"killed runner: nothing of it runs after {time.monotonic() - began:.1f} s")
    assert not [p for p in Path("/tmp").glob("tunebook-ray-*") if (p / "files").exists()]


def test_a_killed_driver_ends_the_run_in_words(ray, of, make, acknowledged):
    store = make(2, 2000)
    with pytest.raises(ClusterError, match="lost while 2 trials were under way") as told:
        run(
            store,
            RayExecutor(**of(2)),
            when=going(acknowledged, 2, 22),
            act=lambda: kill(ray, DRIVER),
        )
    assert "run again" in told.value.next_step
    assert {t.status for t in store.trials(1)} == {PENDING}
    table = table_of(store)
    assert len(table) > 20
    assert {key: whole(store, 2000)[key] for key in table} == table
    nothing_runs(ray)


def test_an_interrupted_run_keeps_all_that_was_reported(ray, of, make, acknowledged):
    store = make(3, 2000)

    def stop():
        raise KeyboardInterrupt

    executor = RayExecutor(**of(3, cpus=2))  # two run, one waits for a place
    summary = run(store, executor, when=going(acknowledged, 2, 7), act=stop)
    assert summary.stopped == "interrupted"
    assert {t.status for t in store.trials(1)} == {PENDING}
    table = table_of(store)
    assert all(table[n, step] == value for n, _, step, value, _ in acknowledged())
    nothing_runs(ray)


def test_cancelling_one_trial_leaves_the_others(ray, of, make, acknowledged):
    store = make(2, 240)
    executor = RayExecutor(**of(2))
    run(
        store,
        executor,
        when=going(acknowledged, 2, 12),
        act=lambda: executor.cancel(store.trials(1)[0].key),
    )
    nothing_lost(store, acknowledged(), 240)
    assert [t.attempt for t in store.trials(1)] == [2, 1]
    nothing_runs(ray)


def test_seconds_from_submit_to_the_first_report(ray, of, make, acknowledged):
    took = []
    for _ in range(3):
        store, before = make(1, 1), len(acknowledged())
        executor = RayExecutor(**of(1))
        began = time.time()
        run(store, executor)
        took.append(acknowledged()[before][4] - began)
        nothing_lost(store, acknowledged()[before:], 1)
    print("submit to first report:", " ".join(f"{t:.2f}" for t in sorted(took)), "s")


def test_a_trial_on_a_lost_node_goes_on_at_another(make, acknowledged):
    import os

    with started_ray() as ray:
        node = ray.add(4, here=4)
        store = make(2, 400)
        environment = {"env_vars": {"ACKNOWLEDGED": os.environ["ACKNOWLEDGED"]}}
        spare = []
        at = []

        def lose():
            at.append(time.time())
            ray.lose(node)
            spare.append(ray.add(4, here=4))

        executor = RayExecutor(
            2, address=ray.address, resources={"here": 1}, runtime_env=environment
        )
        run(store, executor, when=going(acknowledged, 2, 22), act=lose)
        rows = acknowledged()
        nothing_lost(store, rows, 400)
        assert {t.attempt for t in store.trials(1)} == {2}
        again = [r for r in rows if r[1] == 2]
        print(f"lost node: reports again after {again[0][4] - at[0]:.1f} s, at step {again[0][2]}")
        assert again[0][2] >= 10
        nothing_runs(ray)


def test_a_cluster_that_dies_ends_the_run_in_words(make, acknowledged):
    import os

    with started_ray() as ray:
        store = make(2, 4000)
        environment = {"env_vars": {"ACKNOWLEDGED": os.environ["ACKNOWLEDGED"]}}
        executor = RayExecutor(2, address=ray.address, runtime_env=environment)
        at = []

        def lose():
            at.append(time.time())
            ray.lose_head()

        with pytest.raises(ClusterError, match="the Ray cluster was lost"):
            run(store, executor, when=going(acknowledged, 2, 22), act=lose)
        print(f"dead cluster: said after {time.time() - at[0]:.1f} s")
        assert {t.status for t in store.trials(1)} == {PENDING}
        table = table_of(store)
        assert len(table) > 20
        assert {key: whole(store, 4000)[key] for key in table} == table
        nothing_runs(ray)
