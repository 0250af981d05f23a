"""The actor's class, without Ray: what it trains, says, and leaves behind when it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from tunebook.domain.design import Objective
from tunebook.domain.trial import Status, TrialRecord
from tunebook.execution.child import MARK
from tunebook.execution.code import training_code
from tunebook.execution.ray.messages import code_of, order
from tunebook.execution.ray.node import RayNode, clear_left_behind
from tunebook.training.assignment import Assignment
from tunebook.training.log import attempt_files, read_log
from waiting import until

TRAIN = """
import subprocess, sys, time

def train(trial):
    print("begins")
    for step in range(trial.max_train_steps):
        trial.report(step, {"loss": 1 / (step + 1)})
        time.sleep(trial.config["pace"])

def unloadable(trial):
    pass

def with_a_child(trial):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    train(trial)
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder of temporary files of its own, for this process and what it starts."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    yield tmp_path / "tmp"
    monkeypatch.setattr(tempfile, "tempdir", None)


def told(tmp_path, name="train", pace=0.0, steps=4, number=0):
    broken = "import no_such_module\n" if name == "unloadable" else ""
    (tmp_path / "trained.py").write_text(broken + TRAIN)
    code = training_code(f"{tmp_path / 'trained.py'}:{name}")
    trial = TrialRecord(round=1, number=number, study="", index=number, config={"pace": pace},
                        seed=1, max_train_steps=steps, attempt=1)  # fmt: skip
    assignment = Assignment(
        trial=trial,
        files=attempt_files(tmp_path / "host", trial.key, 1),
        code=code,
        objective=Objective("loss"),
    )
    line = json.loads(order(assignment, 0))
    return line["assignment"], json.loads(code_of(assignment, 0))["code"]


def trained(node, what, number=0):
    """Train to the end; returns how it ended, the log's bytes and what was printed."""
    node.expect((1, number), 1)
    node.begin(*what, 0)
    log = out = b""
    for _ in range(100):
        heard = node.hear(len(log), len(out))
        log, out = log + heard["log"], out + heard["out"]
        if heard["ended"] is not None:
            return heard["ended"], log, out
    raise AssertionError("it did not end")


def test_trials_one_after_another_in_one_worker(tmp_path):
    node = RayNode(60.0)
    try:
        for number in (0, 1):
            ended, log, out = trained(node, told(tmp_path, number=number), number)
            assert (ended.key.number, ended.attempt, ended.outcome) == (number, 1, None)
            (tmp_path / "log").write_bytes(log)
            read = read_log(tmp_path / "log")
            assert [m.step for m in read.measurements] == [0, 1, 2, 3]
            assert read.outcome.status is Status.COMPLETE
            assert out == b"begins\n"
    finally:
        node.leave()


def test_nothing_is_left_once_it_has_left(tmp_path, elsewhere):
    before = set(psutil.Process().children())
    node = RayNode(60.0)
    node.expect((1, 0), 1)
    node.begin(*told(tmp_path, pace=30.0), 0)
    while not node.hear(0, 0)["log"]:
        pass
    node.leave()
    assert list(elsewhere.glob("tunebook-ray-*")) == []
    assert not [p for p in psutil.Process().children() if p not in before and _lives(p)]


def test_a_killed_actors_children_and_folder_are_cleared_by_the_next(tmp_path, elsewhere):
    what = told(tmp_path, "with_a_child", pace=30.0)
    script = (
        "import sys, json\nfrom tunebook.execution.ray.node import RayNode\n"
        "node = RayNode(60.0)\nnode.expect((1, 0), 1)\n"
        "node.begin(*json.loads(sys.argv[1]), 0)\n"
        "while not node.hear(0, 0)['log']: pass\n"
        "print('trains', flush=True)\nnode.hear(0, 0)\nimport time; time.sleep(600)\n"
    )
    actor = subprocess.Popen([sys.executable, "-c", script, json.dumps(what)],
                             stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert actor.stdout.readline() == "trains\n"
    marked = [p for p in psutil.process_iter() if _marked(p, actor.pid)]
    assert len(marked) == 2
    clear_left_behind()  # it lives: nothing is touched
    assert len(list(elsewhere.glob("tunebook-ray-*"))) == 1
    actor.kill()
    actor.communicate()
    until(lambda: sum(map(_lives, marked)) <= 1)  # the worker dies with its actor
    clear_left_behind()
    until(lambda: not any(map(_lives, marked)))
    assert list(elsewhere.glob("tunebook-ray-*")) == []


def test_a_folder_is_never_there_without_its_lock(elsewhere, monkeypatch):
    from tunebook.execution.ray import node as ray_node

    true, seen = ray_node.take_lock, []

    def watched(path, **more):
        seen.extend(elsewhere.glob(f"{ray_node.PREFIX}*"))
        return true(path, **more)

    monkeypatch.setattr(ray_node, "take_lock", watched)
    node = RayNode(60.0)
    try:
        assert seen == []  # another actor that begins now finds nothing to clear
        assert len(list(elsewhere.glob(f"{ray_node.PREFIX}*"))) == 1
    finally:
        node.leave()


def test_a_log_that_is_gone_from_the_node_ends_what_may_be_taken(tmp_path, elsewhere):
    node = RayNode(60.0)
    try:
        node.expect((1, 0), 1)
        node.begin(*told(tmp_path, pace=0.05, steps=400), 0)
        log = b""
        while not log:
            log = node.hear(0, 0)["log"]
        (file,) = elsewhere.rglob("*.log")
        file.unlink()
        with pytest.raises(FileNotFoundError, match="is gone from its node"):
            node.hear(len(log), 0)
    finally:
        node.leave()


def test_a_silent_host_ends_it(tmp_path, elsewhere):
    script = (
        "from tunebook.execution.ray.node import RayNode\nimport time\n"
        "node = RayNode(1.0)\ntime.sleep(600)\nprint('nobody ended it')\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert (ended.returncode, ended.stdout) == (0, b"")
    assert list(elsewhere.glob("tunebook-ray-*")) == []


def test_code_that_can_not_be_loaded_is_told(tmp_path):
    node = RayNode(60.0)
    try:
        ended, _, _ = trained(node, told(tmp_path, "unloadable"))
        assert "no_such_module" in ended.unloadable
    finally:
        node.leave()


def _marked(process, actor):
    try:
        return process.environ().get(MARK) == str(actor)
    except psutil.Error:
        return False


def _lives(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_folder_is_for_its_user_alone(elsewhere):
    node = RayNode(60.0)
    try:
        (folder,) = elsewhere.glob("tunebook-ray-*")
        assert Path(folder).stat().st_mode & 0o077 == 0
        assert os.access(folder, os.W_OK)
    finally:
        node.leave()
