"""E2 I3: checkpoints are whole or not there, the best and the last are kept, resuming passes over damage."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from tunebook.domain.design import Objective
from tunebook.training import checkpoints
from tunebook.training.handle import Trial
from tunebook.training.log import TrialLog


def save(text):
    return lambda path: path.write_text(text)


def keep(folder, step, loss, save, best=1):
    objective = Objective("loss")
    saving = checkpoints.Saving(
        step=step, metrics={"loss": loss}, objective=objective, best=best, by=(objective,)
    )
    checkpoints.keep(folder, saving, save)


def steps(folder):
    return [c.step for c in checkpoints.listed(folder)]


def test_the_best_and_the_last_are_kept(tmp_path):
    for step, loss in enumerate([0.5, 0.2, 0.4, 0.3, 0.6]):
        keep(tmp_path, step, loss, save(str(step)), best=2)
    assert steps(tmp_path) == [1, 3, 4]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "1",
        "1.json",
        "3",
        "3.json",
        "4",
        "4.json",
    ]


def test_a_save_that_raises_leaves_the_earlier_ones(tmp_path):
    keep(tmp_path, 0, 0.5, save("zero"))

    def broken(path):
        path.write_text("half")
        raise ValueError("out of luck")

    with pytest.raises(ValueError, match="out of luck"):
        keep(tmp_path, 1, 0.4, broken)
    assert steps(tmp_path) == [0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0", "0.json"]


def test_a_save_that_makes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="made nothing"):
        keep(tmp_path, 1, 0.4, lambda path: None)


def test_folders_are_checkpoints_too(tmp_path):
    def folder(path):
        (path / "deep").mkdir(parents=True)
        (path / "deep/model.bin").write_bytes(b"\0" * 1000)

    keep(tmp_path, 3, 0.1, folder)
    (kept,) = checkpoints.listed(tmp_path)
    assert kept.whole
    (kept.content / "deep/model.bin").write_bytes(b"\1" * 1000)
    assert not kept.whole


def test_a_kill_while_saving_leaves_the_earlier_one(tmp_path):
    script = """
import dataclasses, sys, time
from pathlib import Path
from tunebook.training import checkpoints
folder = Path(sys.argv[1])
from tunebook.domain.design import Objective
loss = Objective("loss")
saving = checkpoints.Saving(step=0, metrics={"loss": 0.5}, objective=loss, best=1, by=(loss,))
checkpoints.keep(folder, saving, lambda p: p.write_text("zero"))
def slow(path):
    with path.open("w") as out:
        while True:
            out.write("x" * 1000); out.flush(); print("saving", flush=True); time.sleep(0.01)
checkpoints.keep(folder, dataclasses.replace(saving, step=1, metrics={"loss": 0.1}), slow)
"""
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    writer.stdout.readline()
    time.sleep(0.1)
    writer.kill()
    writer.communicate()
    (kept,) = checkpoints.listed(tmp_path)
    assert (kept.step, kept.whole, kept.content.read_text()) == (0, True, "zero")


def handle(assign, **more):
    assignment = assign(**more)
    log = TrialLog(assignment.files)
    return Trial(assignment, log, threading.Event()), log, assignment


def test_resuming_goes_on_after_the_newest_whole_checkpoint(assign):
    trial, log, assignment = handle(assign)
    assert trial.resume(lambda path: pytest.fail("nothing to load")) == 0
    for step, loss in ((2, 0.5), (5, 0.3), (7, 0.4)):
        trial.report(step, {"loss": loss})
        trial.checkpoint(step, save(f"after {step}"))
    log.close()
    assert steps(assignment.files.checkpoints) == [5, 7]

    again, log, _ = handle(assign, attempt=2)
    loaded = []
    assert again.resume(lambda path: loaded.append(path.read_text())) == 8
    assert loaded == ["after 7"]
    log.close()

    (assignment.files.checkpoints / "7").write_text("rotten")
    third, log, _ = handle(assign, attempt=3)
    loaded.clear()
    assert third.resume(lambda path: loaded.append(path.read_text())) == 6
    assert loaded == ["after 5"]
    log.close()
