"""What a person is told when Ray does not do what they asked, and what is carried to a node."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.followed_round import *  # noqa: F403 - fixtures
from cluster.followed_round import COMPLETE, PENDING, going, nothing_lost, until
from cluster.ray_cluster import ACTOR
from cluster.ray_cluster import started as started_ray
from tunebook.domain.decision import Setting
from tunebook.domain.errors import ClusterError, DesignError, TrainingLoadError
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.ray.executor import RayExecutor
from tunebook.execution.scheduler import run_trials
from tunebook.training.log import attempt_files

CARRIED = '''
import hashlib

BLOCK = b"0123456789abcdef" * (1 << 16)


def train(trial):
    """A checkpoint of 20 MB and two files, an empty one beside, and artifacts."""
    before = []
    start = trial.resume(lambda folder: before.append(digest(folder)))
    trial.artifact("pictures/last.txt", lambda path: path.write_text(f"{start} {before}"))
    for step in range(start, trial.max_train_steps):
        trial.report(step, {"valid/error": 1 / (step + 1)})
        trial.checkpoint(step, save)
        sleep_after_the_second(trial, step)


def save(folder):
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "weights").write_bytes(BLOCK * 20)
    (folder / "empty").write_bytes(b"")


def digest(folder):
    assert (folder / "empty").read_bytes() == b""
    return hashlib.sha256((folder / "deep" / "weights").read_bytes()).hexdigest()


def sleep_after_the_second(trial, step):
    import time

    if trial.attempt == 1 and step == 2:
        time.sleep(600)
'''


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"workers": 0}, "workers is a whole number of at least 1; got 0"),
        ({"gpus": -1}, "gpus is a number of 0 or more; got -1"),
        ({"cpus": float("nan")}, "cpus is a number of 0 or more"),
        ({"memory_mb": 0.5}, "memory_mb is a whole number"),
        ({"address": ""}, "address is a text as ray.init takes it"),
        ({"resources": {"a100": 0}}, "resources is amounts by name"),
        ({"runtime_env": "."}, "runtime_env is a table as Ray takes it"),
        ({"runtime_env": {"x": object()}}, "of texts, numbers and lists"),
        ({"host_gone_s": 1}, "host_gone_s is a number of seconds, 5 or more"),
    ],
)
def test_settings_that_make_no_sense_are_told_before_ray_is_asked(told, words):
    with pytest.raises(DesignError, match=words):
        RayExecutor(**told)


def test_an_address_where_nothing_answers(monkeypatch):
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "2")
    monkeypatch.setenv("RAY_gcs_server_request_timeout_seconds", "2")
    with pytest.raises(
        ClusterError, match=r"can't connect to a Ray cluster at 127\.0\.0\.1:1"
    ) as told:
        RayExecutor(1, address="127.0.0.1:1")
    assert "ray status" in told.value.next_step


def test_an_address_in_the_environment_where_nothing_answers_starts_no_other(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "2")
    monkeypatch.setenv("RAY_gcs_server_request_timeout_seconds", "2")
    with pytest.raises(ClusterError, match=r"can't connect to a Ray cluster at 127\.0\.0\.1:1"):
        RayExecutor(1)


def test_a_checkpoint_that_is_damaged_on_its_node_holds_nothing_up(ray, make_book, tmp_path):
    (tmp_path / "spoilt.py").write_text(
        "def train(trial):\n"
        "    seen = []\n"
        "    for step in range(2):\n"
        "        trial.report(step, {'valid/error': 0.5})\n"
        "        trial.checkpoint(step, lambda path: (path.write_text('x'), seen.append(path)))\n"
        "    (seen[-1].parent / '1').write_text('y')\n"
    )
    store = make_book([{"x": 1}])
    code = training_code(f"{tmp_path / 'spoilt.py'}:train")
    run_trials(store, 1, code, RunOptions(executor=RayExecutor(1, address=ray.address)))
    trial = store.trials(1)[0]
    assert (trial.status, trial.attempt) == (COMPLETE, 1), trial.detail
    kept = attempt_files(store.files, trial.key, 1).checkpoints
    assert not (kept / "1.json").exists()
    until(lambda: ray.processes() == [])


def test_code_that_a_node_can_not_load_ends_the_run(ray, make_book, tmp_path):
    store = make_book([{"x": 1}] * 2)
    (tmp_path / "broken.py").write_text("import no_such_module\n\n\ndef train(trial):\n    pass\n")
    code = training_code(f"{tmp_path / 'broken.py'}:train")
    with pytest.raises(TrainingLoadError, match="no_such_module"):
        run_trials(store, 1, code, RunOptions(executor=RayExecutor(2, address=ray.address)))
    assert {t.status for t in store.trials(1)} == {PENDING}
    until(lambda: ray.processes() == [])


def test_a_runtime_environment_that_ray_can_not_make_is_told_at_once(ray, tmp_path):
    there = {"working_dir": str(tmp_path / "nowhere")}
    with pytest.raises(ClusterError, match="nowhere"):
        RayExecutor(1, address=ray.address, runtime_env=there)
    until(lambda: ray.processes() == [])


def test_trials_that_fit_on_no_node_are_said_and_can_be_stopped(ray, make_book, capsys):
    store = make_book([{"pace": 0}])
    executor = RayExecutor(1, address=ray.address, resources={"a100": 1})
    assert "none of the 1 nodes of the Ray cluster has 1 CPU, 1 a100" in capsys.readouterr().err
    code = training_code(f"{Path(__file__).with_name('followed_training.py')}:train")
    told = []

    def stop(progress):
        told.append(progress)
        if len(told) == 5:
            raise KeyboardInterrupt

    summary = run_trials(store, 1, code, RunOptions(executor=executor), on_progress=stop)
    assert summary.stopped == "interrupted"
    assert store.trials(1)[0].status is PENDING
    until(lambda: ray.processes() == [])


def test_as_many_workers_as_the_cluster_has_places(ray):
    executor = RayExecutor(address=ray.address, cpus=2)
    assert executor.workers == 2
    assert executor.close() == ()
    assert executor.close() == ()


def test_code_goes_to_nodes_that_have_not_the_hosts_folder(ray, make_book, tmp_path, monkeypatch):
    store = make_book([{"x": 1}])
    (tmp_path / "rates.py").write_text("RATE = 0.25\n")
    (tmp_path / "train_it.py").write_text(
        "import rates\n\n\ndef train(trial):\n    trial.report(0, {'valid/error': rates.RATE})\n"
    )
    monkeypatch.chdir(tmp_path)
    # A host's folder that no node has: what the node finds is what Ray carried there.
    code = replace(training_code("train_it.py:train"), cwd="/no/such/folder", sys_path=())
    executor = RayExecutor(1, address=ray.address, runtime_env={"working_dir": str(tmp_path)})
    run_trials(store, 1, code, RunOptions(executor=executor))
    trial = store.trials(1)[0]
    assert trial.status is COMPLETE, trial.detail
    assert store.measurements(trial.key)[0].value == 0.25


def test_large_checkpoints_and_artifacts_are_carried_there_and_back(ray, make_book, tmp_path):
    store = make_book([{"x": 1}], max_train_steps=5)
    (tmp_path / "carried.py").write_text(CARRIED)
    code = training_code(f"{tmp_path / 'carried.py'}:train")
    key = store.trials(1)[0].key
    files = attempt_files(store.files, key, 1)
    done = []

    def look(progress):
        if not done and (files.checkpoints / "2.json").exists():
            done.append(True)
            ray.processes(ACTOR)[0].kill()

    run_trials(
        store, 1, code, RunOptions(executor=RayExecutor(1, address=ray.address)), on_progress=look
    )
    trial = store.trials(1)[0]
    assert (trial.status, trial.attempt) == (COMPLETE, 2), trial.detail
    assert [m.step for m in store.measurements(key)] == [0, 1, 2, 3, 4]
    # It went on from the third, whole: the artifact that it replaced says from where and what.
    said = (files.checkpoints.with_suffix(".artifacts") / "pictures/last.txt").read_text()
    expected = "3 ['" + _digest() + "']"
    assert said == expected
    # The best and the last: one and the same here, each on its own.
    assert sorted(p.name for p in files.checkpoints.iterdir()) == ["4", "4.json"]
    assert (files.checkpoints / "4" / "deep" / "weights").stat().st_size == 20 << 20
    assert not list(store.files.rglob(".*"))


def _digest():
    import hashlib

    return hashlib.sha256(b"0123456789abcdef" * (1 << 16) * 20).hexdigest()


def test_checkpoints_elsewhere_leave_no_gap_after_a_lost_node(make, acknowledged, tmp_path):
    with started_ray() as ray:
        node = ray.add(2, here=2)
        store = make(1, 400)
        objective = store.setting()[1]
        place = f"file://{tmp_path / 'checkpoints'}"
        store.set_setting(Setting(name="test", checkpoints=place), objective)
        lost = []

        def look(progress):
            if not lost and going(acknowledged, 1, 22)():
                ray.lose(node)
                lost.append(ray.add(2, here=2))

        executor = RayExecutor(
            1,
            address=ray.address,
            resources={"here": 1},
            runtime_env={"env_vars": {"ACKNOWLEDGED": os.environ["ACKNOWLEDGED"]}},
            host_gone_s=5,
        )
        code = training_code(f"{Path(__file__).with_name('followed_training.py')}:train")
        run_trials(store, 1, code, RunOptions(executor=executor), on_progress=look)
        rows = acknowledged()
        nothing_lost(store, rows, 400)
        times = {a: [r[4] for r in rows if r[1] == a] for a in (1, 2)}
        assert max(times[1]) < min(times[2])
        # The last checkpoint may be of a step whose report was lost with the node; the one before
        # it that was kept is then the best.
        assert next(r for r in rows if r[1] == 2)[2] >= 5
